"""Surveys on the screen and on the page."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

from rich.console import Console

from harness.record import AxisEntry, LimitEntry, LimitStepFact, PercentileFact, Record, RunEntry
from harness.record.used_entries import AnsweredFact, LookFact
from harness.report import html
from harness.report.surveys import axes
from harness.report.terminal import render

RUN = RunEntry(
    harness="0", python="3", platform="", cpus=1, argv=(), target="", started=datetime(2026, 1, 2, tzinfo=UTC)
)


SURE = PercentileFact(q=50.0, n=102, needed=20, value_ms=29.5, low_ms=23.25, high_ms=38.75, independent=90)


def shown(promised: PercentileFact) -> tuple[str, str]:
    """The page and the screen of a limit with one rate."""
    step = LimitStepFact(
        rate=4.0, seconds=25.5, fates={"ok": 102}, p50=SURE, promised=promised, lateness_ms=0, kept="open", why="why"
    )
    entry = LimitEntry(
        scenario="s",
        collection="C",
        interface="graphql",
        promise=f"p{promised.q:g} at most 300 ms",
        q=promised.q,
        bound_ms=300,
        steps=(step,),
    )
    record = Record(Path("record.jsonl"), (RUN, entry), truncated=False)
    screen = StringIO()
    render(record, Console(file=screen, width=120))
    return html.render(record), screen.getvalue()


def test_a_percentile_without_an_interval_is_shown_without_one() -> None:
    """Answers that hang together may be too few for an interval, and their percentile is a figure all the same."""
    for text in shown(PercentileFact(q=90.0, n=102, needed=100, value_ms=70.25, independent=26)):
        assert "70.2" in text
        assert "23.2\N{EN DASH}38.8" in text


def test_a_median_that_is_promised_is_shown_once() -> None:
    """It has one column and one line in the drawing; any other percentile has the median beside it."""
    page, screen = shown(SURE)
    assert page.count("</svg> p50</span>") == 1
    assert page.count("29.5") == screen.count("29.5") + 1, "the mark of its point"
    assert screen.count("p50") == 2, "the heading, and the promise"
    page, screen = shown(PercentileFact(q=90.0, n=102, needed=100, value_ms=70.25, independent=26))
    assert page.count("</svg> p50</span>") == page.count("</svg> p90</span>") == 1


def test_a_moment_has_one_place_in_every_drawing() -> None:
    """Drawings of what was answered and of what was used reach equally far, whenever each begins and ends."""
    answered = tuple(
        AnsweredFact(start=at, seconds=1, answered=5, p50_ms=5.0, largest_ms=9.0) for at in (0.0, 5.0, 10.0)
    )
    looks = tuple(LookFact(at=at, database_cpu=at / 2, resident=1000) for at in (3.0, 5.0, 20.0))
    entry = AxisEntry(about="a load", answered=answered, looks=looks)
    [shown] = axes(Record(Path("record.jsonl"), (RUN, entry), truncated=False))
    assert [name for name, _ in shown.drawings] == ["milliseconds", "requests a second", "processors", "memory"]
    assert len({drawing.across for _, drawing in shown.drawings}) == 1
