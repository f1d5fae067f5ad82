"""The parts of a question's time as they are shown: what they come to, and the module's share of a percentile."""

from __future__ import annotations

import dataclasses
import io

import example_record
import pytest
from rich.console import Console

from harness.record import LatencyEntry, Record, StagesEntry
from harness.report import html, terminal
from harness.report.stages import PARTS, share_at, stacks

NAMED = {"target": "here", "scenario": "cats", "collection": "Photo", "question": "tabby", "interface": "graphql"}
SPLIT = StagesEntry(
    **NAMED,  # type: ignore[arg-type]
    image=(30.0,) * 30,
    vector=(3.0,) * 30,
    null=(8.0,) * 30,
    waited=(1.0,) * 30,
    computed=(20.0,) * 30,
    encode=0.5,
    decode=0.25,
)
TIMED = LatencyEntry(**NAMED, milliseconds=(10.0,) * 300 + (40.0,) * 20, service_ms=(5.0,) * 300 + (36.0,) * 20)  # type: ignore[arg-type]


def split_record() -> Record:
    """The example's record with a split."""
    record = example_record.record([example_record.picture(0)], metrics=("cosine",), questions=1)
    return dataclasses.replace(record, entries=(*record.entries[:-1], TIMED, SPLIT, record.entries[-1]))


def test_the_parts_come_to_the_whole() -> None:
    """What no clock claims is transport, so that the parts are the time from encoding to the decoded answer."""
    [stack] = stacks(split_record())
    assert dict(zip(PARTS, stack.parts, strict=True)) == pytest.approx(
        {"encode": 0.5, "transport": 6.0, "waiting": 1.0, "computing": 20.0, "index and fetch": 3.0, "decode": 0.25}
    )
    assert stack.total == pytest.approx(30.75)
    assert stack.null == pytest.approx(8.75)


def test_a_twin_that_took_longer_than_the_question_leaves_no_time_below_nothing() -> None:
    """A vector that is slower to ask about than its image fills what is left, and transport is nothing."""
    slower = SPLIT.model_copy(update={"vector": (50.0,) * 30})
    record = split_record()
    entries = tuple(slower if entry is SPLIT else entry for entry in record.entries)
    [stack] = stacks(dataclasses.replace(record, entries=entries))
    assert stack.parts[1] == 0.0
    assert stack.parts[4] == pytest.approx(9.0)


def test_the_module_share_of_a_percentile_is_that_of_the_requests_around_it() -> None:
    """Half of a typical request and nine tenths of a slow one: each percentile has the share of its own requests."""
    assert TIMED.service_ms is not None
    assert share_at(50, TIMED.service_ms, TIMED.milliseconds) == pytest.approx(0.5)
    assert share_at(95, TIMED.service_ms[:19] * 1, TIMED.milliseconds[:19]) is None
    ends = ((5.0,) * 200 + (36.0,) * 200, (10.0,) * 200 + (40.0,) * 200)
    assert share_at(95, *ends) == pytest.approx(0.9)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_screen_and_a_page_show_the_bar(encoding: str) -> None:
    """Both give the whole, each part and the module's shares; a screen without such signs has letters."""
    record = split_record()
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    terminal.render(record, Console(file=file, width=100, color_system=None))
    file.seek(0)
    said = file.read()
    assert "cats: tabby" in said
    assert "module share of p50 50%" in said
    assert "with a module that answers at once: p50 8.75 ms" in said
    assert ("ccccc" if encoding == "ascii" else "█████") in said
    page = html.render(record)
    assert "Where the time goes" in page
    assert "<title>computing: 20.0 ms</title>" in page
