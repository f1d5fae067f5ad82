"""Shares with exact intervals."""

from __future__ import annotations

import pytest

from harness.statistics.proportions import chance_of_more, exact


def test_known_intervals() -> None:
    """0 of 20, 5 of 100 and 20 of 20, as the tables of Clopper and Pearson have them."""
    assert exact(0, 20) == pytest.approx((0.0, 0.16843), abs=1e-5)
    assert exact(5, 100) == pytest.approx((0.01643, 0.11283), abs=1e-5)
    assert exact(20, 20) == pytest.approx((0.83157, 1.0), abs=1e-5)


def test_more_than_all_is_no_share() -> None:
    """Three of two is a mistake."""
    with pytest.raises(ValueError, match="3 of 2 is no share"):
        exact(3, 2)


def test_fishers_test_is_that_of_the_books() -> None:
    """His own example, 3 of 4 against 1 of 4, has the probability 17/70; equal shares are no evidence at all."""
    assert chance_of_more((1, 4), (3, 4)) == pytest.approx(17 / 70)
    assert chance_of_more((0, 100), (0, 100)) == 1
    assert chance_of_more((0, 2000), (40, 2000)) < 1e-11
    assert chance_of_more((40, 2000), (0, 2000)) == pytest.approx(1)
    with pytest.raises(ValueError, match="are no shares"):
        chance_of_more((5, 4), (0, 4))
