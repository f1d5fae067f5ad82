"""Warm-up and steady state on made-up streams whose change is known."""

from __future__ import annotations

import numpy as np
import pytest

from harness.load.steady import steady_from

N = 6_000
TIMES = np.arange(N) / 100.0
"""A minute at 100/s."""


def noise(seed: int) -> np.ndarray:
    """Times around 10 ms with a long tail, as searches have."""
    rng = np.random.default_rng(seed)
    return 0.01 * rng.lognormal(0, 0.25, N) * np.where(rng.uniform(size=N) < 0.01, 10, 1)


@pytest.mark.parametrize("seed", range(20))
def test_a_steady_stream_has_no_warm_up(seed: int) -> None:
    """Nothing is cut from times that come from one distribution, whatever the seed."""
    found = steady_from(TIMES, noise(seed))
    assert found.steady
    assert found.start <= 3.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("warm", [6.0, 15.0, 25.0])
def test_a_step_is_found_where_it_is(warm: float, seed: int) -> None:
    """Times that are half as long again until some second are cut there, to within a batch or two."""
    found = steady_from(TIMES, noise(seed) * np.where(warm > TIMES, 1.5, 1.0))
    assert found.steady
    assert warm - 1.0 <= found.start <= warm + 2.0


@pytest.mark.parametrize("seed", range(5))
def test_a_warm_up_that_fades_is_cut_until_it_does_not_matter(seed: int) -> None:
    """Of times that begin four times as long and fade with a time constant of 3 s, at most a tenth is left."""
    found = steady_from(TIMES, noise(seed) * (1 + 3 * np.exp(-TIMES / 3)))
    assert found.steady
    assert 6.0 <= found.start <= 20.0
    assert 3 * np.exp(-found.start / 3) < 0.25


@pytest.mark.parametrize("seed", range(5))
def test_a_stall_is_not_cut_away(seed: int) -> None:
    """A second in which nothing is answered, in the middle or late, is no warm-up: it stays in."""
    for when in (12.0, 20.0, 45.0):
        stalled = noise(seed) + np.clip(when + 1.0 - TIMES, 0, 1) * (when <= TIMES)
        found = steady_from(TIMES, stalled)
        assert found.steady
        assert found.start < 3.0


@pytest.mark.parametrize("seed", range(5))
def test_a_drift_is_no_steady_state(seed: int) -> None:
    """Times that grow to the double are never steady, and that is said."""
    found = steady_from(TIMES, noise(seed) * (1 + TIMES / 60))
    assert not found.steady
    assert "steady state" in found.why


def test_too_few_answers_tell_nothing() -> None:
    """With a handful of answers nothing is cut, and the sentence says why."""
    found = steady_from(TIMES[:50], noise(0)[:50])
    assert (found.start, found.steady) == (0.0, True)
    assert "too few" in found.why
