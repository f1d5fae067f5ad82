"""The shift of a percentile between two samples that are known as counts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.statistics.counted import Counted, Counts


def counted(values: np.ndarray) -> Counts:
    """A sample as counts."""
    found, counts = np.unique(values, return_counts=True)
    return found, counts


def drawn(seed: int, shift: float = 0.0) -> Counts:
    """A thousand normal values, to two digits."""
    return counted(np.round(np.random.default_rng(seed).normal(shift, 1.0, 1000), 2))


@pytest.mark.parametrize("q", [50.0, 95.0])
def test_the_interval_holds_the_true_shift(q: float) -> None:
    """Of 200 pairs whose true shift is 0.5, the 95% interval holds it in 190, or a few less by chance."""
    held = 0
    for seed in range(200):
        within = Counted(drawn(2 * seed), drawn(2 * seed + 1, 0.5), q, (1000, 1000)).interval(0.95)
        held += within.low <= 0.5 <= within.high
    assert held >= 183


def test_fewer_independent_samples_say_less() -> None:
    """The same counts that are worth a hundred samples have an interval about three times as wide."""
    many = Counted(drawn(1), drawn(2), 50.0, (1000, 1000)).interval(0.95)
    few = Counted(drawn(1), drawn(2), 50.0, (100, 100)).interval(0.95)
    assert 2 < (few.high - few.low) / (many.high - many.low) < 5


def test_tests_and_interval_agree() -> None:
    """What is outside the interval is refused at its error, what is inside is not; the estimate is inside."""
    shift = Counted(drawn(3), drawn(4, 0.3), 90.0, (800, 900))
    within = shift.interval(0.95)
    assert within.low < shift.estimate < within.high
    assert shift.above(within.low - 0.02) <= 0.025 < shift.above(within.low + 0.02)
    assert shift.below(within.high + 0.02) <= 0.025 < shift.below(within.high - 0.02)
    assert shift.above(-9.0) < shift.above(0.0) < shift.above(9.0) == pytest.approx(1)


def test_too_few_say_nothing() -> None:
    """Ten independent samples may all lie below the 95th percentile: no upper bound, no lower one."""
    within = Counted(drawn(1), drawn(2), 95.0, (10, 10)).interval(0.99)
    assert within == (-math.inf, math.inf)
