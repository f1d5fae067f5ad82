"""Percentiles are said only as far as the sample carries them, and their intervals are exact."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness import statistics
from harness.statistics.percentiles import _ranks

SAMPLES = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)
PER_CENT = st.sampled_from([1.0, 25.0, 50.0, 90.0, 95.0, 99.0, 99.9])


@given(SAMPLES, PER_CENT | st.just(100.0))
def test_a_percentile_is_the_nearest_rank(samples: list[float], q: float) -> None:
    """It is the smallest sample that at least q per cent of the samples do not exceed."""
    enough = [x for x in samples if Fraction(sum(y <= x for y in samples), len(samples)) * 100 >= Fraction(str(q))]

    assert statistics.percentile(samples, q) == min(enough)


def test_percentiles_of_one_to_a_hundred() -> None:
    """Of the numbers 1 to 100 the 50th percentile is 50, the 99th 99 and the 100th 100."""
    samples = list(range(100, 0, -1))

    assert [statistics.percentile(samples, q) for q in (50, 95, 99, 99.5, 100)] == [50, 95, 99, 100, 100]


def test_a_tenth_of_a_per_cent_is_what_was_written() -> None:
    """The rank of 99.9 per cent of 1,000 is 999, although the float is a little off."""
    assert statistics.rank(1000, 99.9) == 999
    assert statistics.rank(1_000_000, 99.99) == 999_900


@pytest.mark.parametrize(("q", "n"), [(50, 20), (90, 100), (95, 200), (99, 1000), (99.9, 10_000)])
def test_how_many_samples_a_percentile_needs(q: float, n: int) -> None:
    """Ten samples must lie beyond: 20 carry the median, 1,000 the 99th percentile, one fewer does not."""
    assert statistics.needed(q) == n
    assert statistics.carried(n, q)
    assert not statistics.carried(n - 1, q)


@given(st.integers(0, 5000), PER_CENT)
def test_carried_means_at_least_as_many_as_needed(n: int, q: float) -> None:
    """The two ways to say it agree for every number of samples."""
    assert statistics.carried(n, q) == (n >= statistics.needed(q))


@given(SAMPLES, PER_CENT, st.sampled_from([0.8, 0.9, 0.95, 0.99]))
def test_an_interval_is_the_narrowest_with_its_confidence(samples: list[float], q: float, confidence: float) -> None:
    """Summed by brute force in exact fractions, each end is the tightest rank whose tail is small enough."""
    n, p, tail = len(samples), Fraction(str(q)) / 100, (1 - Fraction(str(confidence))) / 2
    mass = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    below = [sum(mass[:k], Fraction(0)) for k in range(n + 2)]
    assume(all(abs(total - tail) > 1e-12 and abs(1 - total - tail) > 1e-12 for total in below))
    low = max(k for k in range(n + 1) if below[k] <= tail)
    high = min(k for k in range(n + 2) if 1 - below[k] <= tail)

    found = statistics.interval(samples, q, confidence)

    ordered = sorted(samples)
    assert found == (None if low < 1 or high > n else (ordered[low - 1], ordered[high - 1]))


def test_a_textbook_interval() -> None:
    """For the median of 100 samples the 95% interval is the 40th to the 61st."""
    assert statistics.interval(list(range(1, 101)), 50) == (40, 61)


def test_intervals_hold_what_they_promise() -> None:
    """Over a thousand made-up samples the true 95th percentile is inside at least 94% of the time."""
    source = random.Random(7)
    truth = -math.log(1 - 0.95)
    inside = 0
    for _ in range(1000):
        found = statistics.interval([source.expovariate(1) for _ in range(200)], 95)
        assert found is not None
        inside += found.low <= truth <= found.high

    assert inside >= 940


def test_an_interval_of_very_many_samples_is_tight() -> None:
    """With a million samples the median is known to a few thousandths, in terms few enough to sum."""
    low, high = _ranks(1_000_000, 0.5, 0.025)

    assert (low, high) == (499_020, 500_981)


@given(st.integers(1, 3000), PER_CENT)
def test_what_is_carried_has_an_interval(n: int, q: float) -> None:
    """A percentile that is shown is never without its interval, unless it is so low that nothing lies below it."""
    assume(statistics.carried(n, q) and n * q >= 1000)

    assert statistics.interval([float(x) for x in range(n)], q) is not None


def test_a_summary_says_what_is_missing() -> None:
    """Of 200 samples the median and the 95th percentile are said, and that the 99th needs 1,000."""
    middle, high, highest = statistics.summary([float(x) for x in range(200, 0, -1)]).percentiles

    assert (middle.value, high.value, highest.value) == (100, 190, None)
    assert middle.interval is not None
    assert middle.interval.low < 100 < middle.interval.high
    assert (highest.n, highest.needed, highest.interval) == (200, 1000, None)


@given(SAMPLES, st.sampled_from([5, 10, 20, 50]))
def test_every_sample_is_in_exactly_one_bar(samples: list[float], per_decade: int) -> None:
    """The counts of a histogram add up, its bars touch, and each bar counts what lies in it."""
    bars = statistics.histogram(samples, per_decade)
    floored = [max(sample, 1e-3) for sample in samples]

    assert [bar.count for bar in bars] == [sum(bar.low <= sample < bar.high for sample in floored) for bar in bars]
    assert sum(bar.count for bar in bars) == len(samples)
    assert all(left.high == right.low for left, right in itertools.pairwise(bars))
    assert bars[0].count
    assert bars[-1].count


def test_histograms_share_their_edges() -> None:
    """Bars of different samples that overlap have the same edges."""
    edges = {bar.low for bar in statistics.histogram([1.0, 30.0])}

    assert {bar.low for bar in statistics.histogram([1.7, 20.0])} <= edges


def test_shares() -> None:
    """A share is of the sums, never below 0 or above 1, and unknown without a whole."""
    assert statistics.share([1, 2], [4, 8]) == 0.25
    assert statistics.share([5], [4]) == 1
    assert statistics.share([], []) is None


@pytest.mark.parametrize("samples", [[], [math.nan], [1.0, math.inf]])
def test_what_is_no_sample_is_refused(samples: list[float]) -> None:
    """No samples, NaN and infinity are mistakes of the caller, in every function that reads samples."""
    for function in (statistics.summary, statistics.histogram):
        with pytest.raises(ValueError, match="sample"):
            function(samples)
    for also in (statistics.percentile, statistics.interval):
        with pytest.raises(ValueError, match="sample"):
            also(samples, 50)


@pytest.mark.parametrize("q", [0, -1, 100.1, math.nan])
def test_what_is_no_percentile_is_refused(q: float) -> None:
    """Per cent run from above 0 to 100."""
    with pytest.raises(ValueError, match="percentile"):
        statistics.percentile([1.0], q)
    with pytest.raises(ValueError, match="percentile"):
        statistics.needed(q)


def test_what_is_no_confidence_is_refused() -> None:
    """Certainty is not for sale."""
    for confidence in (0, 1, 95):
        with pytest.raises(ValueError, match="confidence"):
            statistics.interval([1.0], 50, confidence)


def test_nothing_carries_the_maximum() -> None:
    """No number of samples has ten of them beyond the 100th percentile, and it has no interval."""
    with pytest.raises(ValueError, match="carries"):
        statistics.needed(100)
    assert statistics.interval([1.0] * 50, 100) is None
    assert not statistics.carried(10_000, 100)
