"""Powers that are fitted to figures, and how far their exponents are known."""

from __future__ import annotations

import numpy as np
import pytest

from harness.load.scaling import power


def test_a_power_is_found_exactly() -> None:
    """Figures without noise give the factor and the exponent, in an interval of no width."""
    found = power([1, 10, 100, 1000], [3, 30, 300, 3000])
    assert found is not None
    assert (found.factor, found.exponent, found.low, found.high) == pytest.approx((3, 1, 1, 1))
    assert found.at(1e9) == pytest.approx(3e9)
    assert found.between(1e9, 1000) == pytest.approx((3e9, 3e9))


def test_the_interval_holds_the_exponent_as_often_as_it_says() -> None:
    """Of 1,000 made-up series with noise of 20% the interval holds the true exponent in 95%, give or take two."""
    drawn = np.random.default_rng(1)
    sizes = [1000.0, 3000.0, 10000.0] * 3
    held = 0
    for _ in range(1000):
        found = power(sizes, [2 * x**0.3 * float(drawn.lognormal(0, 0.2)) for x in sizes])
        assert found is not None
        held += found.low <= 0.3 <= found.high
    assert 930 <= held <= 970


@pytest.mark.parametrize(("sizes", "figures"), [([1, 2], [1, 2]), ([5, 5, 5], [1, 2, 3]), ([1, 2, 3], [0, -1, 2])])
def test_what_has_no_exponent_has_none(sizes: list[float], figures: list[float]) -> None:
    """Two points, one size, or figures that are not above 0 fit any power."""
    assert power(sizes, figures) is None
