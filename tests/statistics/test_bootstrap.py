"""Intervals by drawing blocks again."""

from __future__ import annotations

import numpy as np
import pytest

from harness.statistics import bootstrap, percentile


def blocks(seed: int, many: int, *, scale: float = 1.0) -> list[list[float]]:
    """Blocks whose requests have a disturbance in common."""
    rng = np.random.default_rng(seed)
    return [list(scale * np.exp(rng.normal(0, 0.3) + rng.normal(0, 0.2, 15))) for _ in range(many)]


def test_the_interval_of_a_percentile_holds_the_true_one_about_as_often_as_it_says() -> None:
    """Of 60 samples of 40 blocks at least 50 have the true median, 1, within their 95% interval."""
    held = 0
    for seed in range(60):
        low, high = bootstrap.percentile(blocks(seed, 40), 50)
        held += low <= 1.0 <= high

    assert held >= 50  # 57 expected; fewer than 50 has a probability of 0.1%


def test_a_ratio_has_one_between_its_ends_if_the_sides_are_alike_and_not_if_they_are_not() -> None:
    """Blocks drawn as pairs: a side beside itself is the same to the last digit, beside itself doubled it is double."""
    base = blocks(1, 20)

    assert bootstrap.ratio(base, base, 90) == (1.0, 1.0)
    assert bootstrap.ratio(base, [[2 * one for one in block] for block in base], 90) == (2.0, 2.0)


def test_the_same_seed_draws_the_same() -> None:
    """A report that is made again says the same."""
    assert bootstrap.percentile(blocks(4, 9), 50, seed=3) == bootstrap.percentile(blocks(4, 9), 50, seed=3)


def test_a_percentile_of_blocks_is_the_one_of_their_samples() -> None:
    """Two blocks that are alike have nothing to vary: the interval is the percentile itself."""
    some = blocks(1, 1)[0]

    assert bootstrap.percentile([some, some], 80) == (percentile(some, 80),) * 2


def test_sides_measured_apart_are_told_apart_by_what_their_blocks_vary() -> None:
    """30% between two runs of 40 blocks is found, and is not below zero; a run beside one like it is not accused."""
    shift = bootstrap.Resampled(*(np.log(blocks(seed, 40, scale=scale)) for seed, scale in ((1, 1.0), (2, 1.3))), 90)
    alike = bootstrap.Resampled(*(np.log(blocks(seed, 40)) for seed in (1, 2)), 90)

    assert (shift.above(0.0) < 0.01, shift.below(0.0) > 0.99) == (True, True)
    assert min(alike.above(0.0), alike.below(0.0)) > 0.005
    low, high = shift.interval(0.99)
    assert low < shift.estimate < high


def test_one_block_has_no_interval() -> None:
    """One block drawn again is the same block: that would be an interval without any width."""
    with pytest.raises(ValueError, match="two of them"):
        bootstrap.percentile([[1.0, 2.0]], 50)
