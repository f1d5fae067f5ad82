"""When requests are intended."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from harness.errors import UsageError
from harness.load.schedule import Schedule, Step, constant, poisson, ramp, replay, steps


def test_a_constant_rate_is_evenly_spaced() -> None:
    """At 4/s requests are a quarter of a second apart, the first one at once."""
    assert constant(4, 1.0).times.tolist() == [0.0, 0.25, 0.5, 0.75]


def test_independent_requests_are_as_many_and_as_irregular_as_they_should_be() -> None:
    """A Poisson schedule has rate x seconds requests; the gaps between them vary as much as they last on average."""
    schedule = poisson(1000, 10.0, seed=1)
    gaps = np.diff(schedule.times)
    assert len(schedule) == 10_000
    assert gaps.std() / gaps.mean() == pytest.approx(1.0, abs=0.05)
    assert poisson(1000, 10.0, seed=1).times.tolist() == schedule.times.tolist()
    assert poisson(1000, 10.0, seed=2).times.tolist() != schedule.times.tolist()


def test_steps_follow_each_other() -> None:
    """Each step has its own rate, and begins where the one before ends."""
    schedule = steps([Step(2, 1.0), Step(4, 1.0)])
    assert schedule.times.tolist() == [0.0, 0.5, 1.0, 1.25, 1.5, 1.75]
    assert schedule.seconds == 2.0


@pytest.mark.parametrize(("first", "last"), [(0.0, 100.0), (100.0, 0.0), (20.0, 80.0), (50.0, 50.0)])
def test_a_ramp_has_its_rate_at_every_time(first: float, last: float) -> None:
    """Up to any time as many requests are intended as the area below the rate says."""
    schedule = ramp(first, last, 10.0)
    for t in (1.0, 3.0, 7.0, 10.0):
        area = first * t + (last - first) * t * t / 20
        assert abs(np.searchsorted(schedule.times, t) - area) <= 1.0


def test_a_replay_keeps_the_gaps() -> None:
    """Recorded times are moved to 0, sorted, and keep their distances; the rate is that of the recording."""
    schedule = replay([105.0, 101.0, 102.0])
    assert schedule.times.tolist() == [0.0, 1.0, 4.0]
    assert schedule.rate == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: constant(0, 10), "a rate is above 0, not 0"),
        (lambda: constant(float("nan"), 10), "a rate is above 0"),
        (lambda: poisson(10, 0), "more than 0 seconds"),
        (lambda: constant(0.01, 10), "not one request"),
        (lambda: constant(1e6, 3600), "more than one load takes"),
        (lambda: ramp(0, 0, 10), "a rate is above 0"),
        (lambda: ramp(-1, 5, 10), "not below 0"),
        (lambda: steps([]), "without a step"),
        (lambda: replay([1.0]), "at least two"),
        (lambda: replay([1.0, float("inf")]), "finite"),
    ],
)
def test_what_is_no_schedule_is_said(make: Callable[[], Schedule], said: str) -> None:
    """A schedule that nobody can keep to is refused with a sentence."""
    with pytest.raises(UsageError, match=said):
        make()
