"""A comparison on the page, on a screen and as Markdown says the same, and no more than is known."""

from __future__ import annotations

import io

import golden
import pytest
from example_record import STARTED
from rich.console import Console

from harness.errors import ExitCode
from harness.record import CalibrationEntry, ComparisonEntry, EndEntry, Entry, PartFact, Record, RoundsEntry, RunEntry
from harness.report import versus
from harness.report.html import render as page_of
from harness.report.terminal import render

RUN = RunEntry(harness="0", python="3", platform="", cpus=1, argv=(), target="", started=STARTED)


def comparison(answer: str = "slower", **facts: object) -> ComparisonEntry:
    """The median of one question, 5% slower."""
    names = {"base": "base", "head": "head", "scenario": "s", "collection": "C", "question": "tabby"}
    numbers = {"n_base": 900, "n_head": 900, "base_ms": 10.0, "head_ms": 10.5, "change": 0.05, "low": 0.031}
    more = {"high": 0.069, "confidence": 0.995, "chance": 1e-6, "smallest": 0.032, "margin": 0.03, "metric": "p50"}
    said = {"interface": "graphql", "answer": answer, "sentence": "p50 is 5.0% slower"}
    return ComparisonEntry.model_validate({**names, **numbers, **more, **said, **facts})


def rounds(done: int) -> RoundsEntry:
    """So many of a hundred."""
    facts = {"base": "base", "head": "head", "planned": 100, "done": done, "looks": (20, 40), "false_alarm": 0.005}
    return RoundsEntry.model_validate({**facts, "missed": 0.05, "cost": 0.066, "seconds": 31.0})


def record(*entries: Entry) -> Record:
    """A comparison that came to its end."""
    end = EndEntry(finished=STARTED, exit_code=ExitCode.VIOLATED)
    return Record(golden.FILE, (RUN, *entries, end), truncated=False)


def test_screen_page_and_markdown_have_the_change_and_its_interval() -> None:
    """5.0% with 3.1% to 6.9%, and where the difference is."""
    part = PartFact(name="inference service", longer_ms=0.5, low_ms=0.4, high_ms=0.6)
    found = record(comparison(where="the difference is in the inference service", parts=(part,)), rounds(40))
    screen = Console(file=io.StringIO(), width=120)
    render(found, screen)

    for text in (screen.file.getvalue(), page_of(found), versus.markdown(found)):
        for said in ("+5.0%", "+3.1% to +6.9%", "the difference is in the inference service"):
            assert said in text.replace("\n", " ")


@pytest.mark.parametrize(
    ("answer", "said"), [("slower", "it was decided"), ("same", "it was decided"), ("open", "the time was over")]
)
def test_a_run_that_ended_early_says_why(answer: str, said: str) -> None:
    """Decided, or because the time that it may take was over."""
    assert f"40 rounds of 100: {said}" in " ".join(versus.worth(record(comparison(answer), rounds(40))))


def test_what_has_no_bound_is_said_and_drawn_to_the_edge() -> None:
    """Too few rounds bound nothing: the interval goes from edge to edge, and its ends are called any."""
    [row] = versus.rows([comparison("open", low=None, high=None)])

    assert (row.within, row.left, row.right) == ("any to any", 0.0, 100.0)


@pytest.mark.parametrize(
    ("answers", "headline"),
    [
        (["same", "same"], "**No difference.**"),
        (["same", "open"], "**Can't tell: tabby p50.**"),
        (["faster", "same"], "**Faster: tabby p50.**"),
        (["open", "slower"], "**Slower: tabby p50.**"),
        ([], "**Nothing could be compared.**"),
    ],
)
def test_the_first_line_is_the_gravest_answer(answers: list[str], headline: str) -> None:
    """Slower before what can't be told, that before faster."""
    assert versus.markdown(record(*map(comparison, answers))).splitlines()[0] == headline


def test_a_name_breaks_no_table() -> None:
    """A bar in a question's name does not end a cell of the Markdown."""
    assert "a\\|b (graphql)" in versus.markdown(record(comparison(question="a|b")))


def test_what_the_machine_is_worth_is_said() -> None:
    """A calibration that the record carries is one sentence."""
    kept = CalibrationEntry(
        made="2026-11-28",
        machine="m",
        percentile_error={"p50": 0.004, "p99": 0.011},
        stall_true_ms=400,
        stall_p99_ms=396,
        ceiling=20_000,
        false_alarms=0.0,
        false_alarms_at_most=0.012,
        found_5=0.97,
        found_10=1.0,
        replays=300,
        noise=0.05,
    )
    [said] = versus.calibrated(record(kept))

    assert "percentiles are right within 1.1%" in said
    assert "a stall of 400 ms showed as 396 ms at p99" in said
    assert "0.0% false alarms (at most 1.2%)" in said
