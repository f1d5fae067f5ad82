"""Loads on a screen and on the page, from the record alone."""

from __future__ import annotations

from io import StringIO

import numpy as np
from rich.console import Console

from harness.histogram import Histogram
from harness.record import ClockFact, GeneratorFact, JudgedFact, LoadEntry, MomentFact, PercentileFact
from harness.report import loads
from harness.report.pen import Pen


def clock(milliseconds: float) -> ClockFact:
    """A clock with a median and a 95th percentile, and too few requests for the 99th."""
    facts = [
        PercentileFact(
            q=50, n=400, needed=20, value_ms=milliseconds, low_ms=milliseconds - 1, high_ms=milliseconds + 1
        ),
        PercentileFact(q=95, n=400, needed=200, value_ms=2 * milliseconds),
        PercentileFact(q=99, n=400, needed=1000),
    ]
    written = Histogram.of(np.full(400, milliseconds / 1000)).write()
    return ClockFact(n=400, histogram=written, percentiles=tuple(facts))


ENTRY = LoadEntry(
    scenario="many",
    collection="Photo",
    interface="graphql",
    loop="open",
    schedule="50/s on average",
    rate=50,
    seconds=10,
    mix="3 questions",
    concurrency=8,
    timeout=10,
    fates={"ok": 490, "refused": 7, "timeout": 3, "broken": 0, "not sent": 0},
    response=clock(20),
    service=clock(15),
    steady_from=2.0,
    moments=(
        MomentFact(start=0, seconds=5, intended=250, answered=250, p50_ms=10, largest_ms=100),
        MomentFact(start=5, seconds=5, intended=250, answered=240, p50_ms=10, largest_ms=50),
    ),
    judged=JudgedFact(answers=490, bodies=3, wrong=2, recall=0.99, first_fault="a neighbour is missing"),
    generator=GeneratorFact(cpu=0.1, loop="asyncio"),
    invalid=("the machine was disturbed",),
)


def printed(width: int = 100) -> str:
    """The load as a screen shows it."""
    text = StringIO()
    pen = Pen(Console(file=text, width=width))
    pen.print(*loads.tables([ENTRY], pen))
    return text.getvalue()


def test_a_screen_has_the_clocks_and_what_they_are_worth() -> None:
    """Each clock with its intervals, what is not carried with what it needs, errors apart, and why it is invalid."""
    said = printed()
    wanted = (
        "from when it was due",
        "service time",
        "19.0\N{EN DASH}21.0",
        "needs 1,000",
        "490 ok, 7 refused, 3 timeout",
    )
    for words in wanted:
        assert words in said
    assert "invalid: the machine was disturbed" in said
    assert "2 wrong (a neighbour is missing), recall 0.99" in said
    assert "our own part" not in said


def test_a_narrow_screen_is_enough() -> None:
    """At 80 columns no line is longer."""
    assert max(map(len, printed(80).splitlines())) <= 80


def test_the_page_draws_latency_over_time() -> None:
    """The largest time of the load is at the upper edge; where requests were lost there is a mark; warm-up is shown."""
    [drawn] = loads.drawn([ENTRY])
    assert drawn.largest == "M250.0 0.0L750.0 50.0"
    assert drawn.lost == (75.0,)
    assert drawn.warm == 20.0
