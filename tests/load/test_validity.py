"""When a load measured its own generator or a busy machine instead of the server."""

from __future__ import annotations

import numpy as np
import pytest

from harness.load.disturbance import Disturbance, watching
from harness.load.samples import Fate, Rows, Samples
from harness.load.validity import validity


def load(n: int = 2000, seconds: float = 20.0, *, service: float = 0.01, late: float = 0.0001) -> Rows:
    """Requests that are sent a little late and answered after a while, all of them alike."""
    rows = Rows(np.arange(n) * seconds / n, np.zeros(n, dtype=np.int32))
    rows.sent[:] = rows.intended + late
    rows.received[:] = rows.sent + service
    rows.fate[:] = Fate.OK
    return rows


def reasons(samples: Samples, disturbance: Disturbance | None = None) -> tuple[str, ...]:
    """Everything that is said against a load of 20 s."""
    return validity(samples, 20.0, disturbance or Disturbance(own=0.1), lanes=8).reasons


def test_a_load_that_ran_as_it_should_is_valid() -> None:
    """A generator that is a tenth of a millisecond late measures the server."""
    assert reasons(load().samples()) == ()


def test_a_generator_that_is_late_is_found() -> None:
    """Three milliseconds of lateness, connections being free, are too much beside a search of ten."""
    [said] = reasons(load(late=0.003).samples())
    assert said == "the generator was the bottleneck: 3.0 ms late at p50, connections being free"


def test_lateness_that_does_not_matter_is_none() -> None:
    """The same lateness beside a search of a tenth of a second is below its tenth."""
    assert reasons(load(late=0.003, service=0.1).samples()) == ()


def test_waiting_for_a_lane_is_not_the_generator() -> None:
    """What finds no lane free is late because of the server."""
    rows = load(late=0.003)
    rows.queued[:] = True
    assert reasons(rows.samples()) == ()


def test_a_rate_that_is_not_reached_is_said_and_spoils_nothing() -> None:
    """A server too slow for the rate can break a promise about times, and can't keep one."""
    rows = load()
    rows.queued[1000:] = True
    rows.sent[1000:] += 20.0
    rows.received[1000:] += 20.0
    found = validity(rows.samples(), 20.0, Disturbance(own=0.1), lanes=8)
    assert found.spoiled == ()
    assert found.short == "the rate was not reached: 1,000 of 2,000 requests were sent in the time, 8 at once at most"


@pytest.mark.parametrize(
    ("disturbance", "said"),
    [
        (Disturbance(own=0.95), "it was busy for 95% of the time"),
        (Disturbance(own=0.1, stolen=0.05), "its hypervisor took 5% of it"),
        (Disturbance(own=0.1, others=0.3), "other programs took 30% of it"),
        (Disturbance(own=0.1, slept=2.5), "the machine was suspended for 2.5 s"),
    ],
)
def test_a_machine_that_was_disturbed_is_said(disturbance: Disturbance, said: str) -> None:
    """What else the machine did spoils the measurement."""
    [found] = reasons(load().samples(), disturbance)
    assert said in found


def test_what_can_not_be_told_spoils_nothing() -> None:
    """Where nobody knows what others took, the load is valid and the record says that nobody knows."""
    assert reasons(load().samples(), Disturbance(own=0.1, others=None, stolen=None)) == ()


def test_a_watch_knows_this_process() -> None:
    """While nothing listens elsewhere, what this process takes is its own and no disturbance of its own."""
    with watching() as found:
        sum(range(2_000_000))
    assert found.own > 0.0
    assert found.slept == 0.0


def test_a_port_that_nobody_is_seen_behind_leaves_others_unknown() -> None:
    """The database's own work can't be told from a disturbance then: nothing is said rather than something wrong."""
    with watching([1]) as found:
        sum(range(100_000))
    assert found.others is None
