"""Where a row of values changes its level, and that it does not where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from harness.statistics.changes import changes


def row(*levels: tuple[float, int], seed: int = 1, noise: float = 0.02) -> list[float]:
    """So many values around each level, one after the other."""
    rng = np.random.default_rng(seed)
    return [float(level * np.exp(rng.normal(0, noise))) for level, many in levels for _ in range(many)]


def test_a_change_is_found_where_it_is() -> None:
    """Twenty values around 10 and ten around 11: one change, at the 21st, with both levels."""
    [found] = changes(row((10, 20), (11, 10)))

    assert found.at == 20
    assert (found.before, found.after) == (pytest.approx(10, rel=0.02), pytest.approx(11, rel=0.02))
    assert found.chance < 0.01


def test_there_and_back_are_two_changes() -> None:
    """What becomes slower and recovers has changed twice."""
    assert [one.at for one in changes(row((10, 20), (12, 12), (10, 12)))] == [20, 32]


def test_a_row_that_does_not_change_hardly_ever_says_so() -> None:
    """Of 30 rows of 30 values at most three have a change; less than one is expected."""
    assert sum(bool(changes(row((10, 30), seed=seed))) for seed in range(30)) <= 3


def test_one_strange_value_is_no_change() -> None:
    """A run on a busy machine is thrice as slow: the level is what it was."""
    made = row((10, 30))
    made[17] *= 3

    assert changes(made) == ()


def test_a_change_that_is_too_small_to_matter_is_none() -> None:
    """1% is certain with so little noise, and nobody asked for less than 5%."""
    made = row((10, 20), (10.1, 20), noise=0.001)

    assert len(changes(made)) == 1
    assert changes(made, least=0.05) == ()


def test_few_values_have_no_change() -> None:
    """Five values can't be told from chance; none can't at all."""
    assert changes([1.0, 1.0, 1.0, 9.0, 9.0]) == ()
    assert changes([]) == ()


def test_after_five_runs_a_change_is_seen_and_after_two_not_yet() -> None:
    """With twenty runs before it takes some until chance is too unlikely."""
    assert changes(row((10, 20), (13, 2))) == ()
    assert [one.at for one in changes(row((10, 20), (13, 5)))] == [20]
