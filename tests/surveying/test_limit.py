"""What one rate comes to, from made-up loads: kept, broken, open or not to be told."""

from __future__ import annotations

import numpy as np
import pytest

from harness.load.disturbance import Disturbance
from harness.load.percentiles import percentiles
from harness.load.samples import Fate, Rows
from harness.load.saturation import Kept
from harness.load.validity import validity
from harness.record import PercentileFact
from harness.surveying.limit import came_to, would_take

N = 2000
CALM = Disturbance(own=0.1)
BUSY = Disturbance(own=0.1, others=0.3)


def load() -> Rows:
    """Requests of 20 s that take 10 to 20 ms, evenly spread, and are sent when they should be."""
    rows = Rows(np.arange(N) * 20.0 / N, np.zeros(N, dtype=np.int32))
    rows.sent[:] = rows.intended
    rows.received[:] = rows.sent + np.random.default_rng(0).permutation(np.linspace(0.010, 0.020, N))
    rows.fate[:] = Fate.OK
    return rows


def said(rows: Rows, bound: float, *, machine: Disturbance = CALM, wrong: int = 0, q: float = 50.0) -> tuple[Kept, str]:
    """What a rate came to with this promise, in milliseconds."""
    samples = rows.samples()
    promised = PercentileFact.of(*percentiles(samples.response[samples.ok], (q,))[0])
    return came_to(promised, bound, samples, wrong, validity(samples, 20.0, machine, lanes=8))


@pytest.mark.parametrize(("bound", "kept"), [(16.0, Kept.KEPT), (14.0, Kept.BROKEN), (15.0, Kept.OPEN)])
def test_a_rate_is_kept_by_the_whole_interval(bound: float, kept: Kept) -> None:
    """A median of 15 ms keeps 16, breaks 14, and nobody can say it of 15."""
    assert said(load(), bound)[0] is kept


@pytest.mark.parametrize("bound", [16.0, 14.0])
def test_a_busy_machine_makes_a_rate_invalid(bound: float) -> None:
    """Other programs on the machine spoil what seems kept and what seems broken."""
    assert said(load(), bound, machine=BUSY) == (
        Kept.INVALID,
        "the machine was disturbed: other programs took 30% of it",
    )


def test_a_late_generator_makes_a_rate_invalid() -> None:
    """Lateness is judged against the times that are measured, however far away the promise is."""
    rows = load()
    rows.sent += 0.003
    rows.received += 0.003
    kept, why = said(rows, 60_000.0)
    assert kept is Kept.INVALID
    assert why.startswith("the generator was the bottleneck: 3.0 ms late")


def test_a_rate_that_is_not_reached_is_not_kept_and_may_be_broken() -> None:
    """Half of the requests waited for a connection until the time was over: the server is too slow for the rate."""
    rows = load()
    rows.queued[1000:] = True
    rows.sent[1000:] += 20.0
    rows.received[1000:] += 20.0
    kept, why = said(rows, 60_000.0)
    assert kept is Kept.OPEN
    assert why.startswith("the rate was not reached: 1,000 of 2,000")
    assert said(rows, 5.0)[0] is Kept.BROKEN


@pytest.mark.parametrize(
    ("fate", "machine", "kept"),
    [
        (Fate.REFUSED, CALM, Kept.BROKEN),
        (Fate.REFUSED, BUSY, Kept.BROKEN),
        (Fate.TIMEOUT, CALM, Kept.BROKEN),
        (Fate.TIMEOUT, BUSY, Kept.INVALID),
    ],
)
def test_what_has_no_answer_breaks_the_promise_unless_it_may_be_the_machine(
    fate: Fate, machine: Disturbance, kept: Kept
) -> None:
    """A refusal is the server's own word; a time-out on a busy machine is nobody's."""
    rows = load()
    rows.fate[:5], rows.received[:5] = fate, np.nan
    assert said(rows, 60_000.0, machine=machine)[0] is kept


def test_a_wrong_answer_is_wrong_on_a_busy_machine_too() -> None:
    """No disturbance makes an answer wrong."""
    assert said(load(), 60_000.0, machine=BUSY, wrong=3) == (
        Kept.BROKEN,
        "3 of the answers that were compared are wrong",
    )


def test_a_percentile_that_is_not_carried_is_open() -> None:
    """Two thousand requests say nothing of p99.9, and the sentence says how many would."""
    assert said(load(), 60_000.0, q=99.9) == (Kept.OPEN, "p99.9 needs 10,000 answers, there were 2,000")


def test_answers_that_hang_together_are_fewer_than_they_are() -> None:
    """The last ninth is slow: two thousand answers are as good as ten, which carry no interval of p90."""
    rows = load()
    rows.received[-220:] += 1.0
    kept, why = said(rows, 60_000.0, q=90.0)
    assert kept is Kept.OPEN
    assert "which hang together: they count as" in why


@pytest.mark.parametrize(
    ("interval", "bound", "independent", "seconds"),
    [
        ((12.0, 18.0), 16.0, 2000, 180.0),  # the upper edge has to come from 3 ms away to 1 ms
        ((12.0, 18.0), 13.0, 2000, 50.0),  # the lower one from 3 ms to 2 ms
        (None, 16.0, 10, 200.0),  # half of the 20 that a median needs, in 100 s
        (None, 16.0, 2000, 100.0),  # never shorter than it was
        ((12.0, 18.0), 15.0, 2000, None),  # exactly what is promised: nobody knows
        ((12.0, 18.0), 20.0, 2000, None),  # kept already
        ((12.0, 18.0), 10.0, 2000, None),  # broken already
    ],
)
def test_it_is_said_how_long_it_would_take_to_tell(
    interval: tuple[float, float] | None, bound: float, independent: int, seconds: float | None
) -> None:
    """More answers that hang together, or an interval as narrow as the distance from what is promised."""
    low, high = interval or (None, None)
    fact = PercentileFact(q=50, n=2000, needed=20, value_ms=15, low_ms=low, high_ms=high, independent=independent)
    assert would_take(fact, bound, 20.0 if interval else 100.0) == seconds


def test_nobody_can_say_how_long_it_takes_where_nothing_was_seen() -> None:
    """A rate without enough answers says that by itself."""
    assert would_take(PercentileFact(q=99, n=3, needed=1000), 200.0, 5.0) is None
