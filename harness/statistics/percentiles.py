"""Percentiles only as far as a sample carries them, each with its interval; histograms and shares.

Pure functions on sequences of numbers; nothing is assumed about how the numbers are distributed.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

BEYOND = 10
"""So many samples must lie beyond a percentile before it is said at all."""

USUAL = (50.0, 95.0, 99.0)


class Interval(NamedTuple):
    """Where the true value lies with the confidence asked for; same unit as the samples."""

    low: float
    high: float


class Percentile(NamedTuple):
    """One percentile of a sample: `value` and `interval` are None when `n` is below `needed`.

    `independent` says as how many independent samples these count, where that is another number than `n` or unknown.
    """

    q: float
    n: int
    needed: int
    value: float | None
    interval: Interval | None
    independent: int | None = None


@dataclass(frozen=True, slots=True)
class Bin:
    """One bar of a histogram: `count` samples are at least `low` and below `high`."""

    low: float
    high: float
    count: int


class Summary(NamedTuple):
    """What is said of a sample of `n`."""

    n: int
    smallest: float
    largest: float
    percentiles: tuple[Percentile, ...]


def rank(n: int, q: float) -> int:
    """Position, counted from 1, of the `q`-th percentile among `n` sorted samples: the nearest rank, q in (0, 100].

    Raises:
        ValueError: no samples, or no such percentile.
    """
    if n < 1:
        raise ValueError("a percentile needs at least one sample")
    if not 0 < q <= 100:  # noqa: PLR2004 - per cent
        raise ValueError(f"a percentile is above 0 and at most 100, not {q}")
    return math.ceil(_fraction(q) * n)


def percentile(samples: Sequence[float], q: float) -> float:
    """Return the smallest sample that at least `q` per cent of the samples do not exceed.

    Raises:
        ValueError: no samples, a sample that is no number, or no such percentile.
    """
    return _sorted(samples)[rank(len(samples), q) - 1]


def carried(n: int, q: float) -> bool:
    """Tell whether `n` samples say anything about the `q`-th percentile: at least ten of them lie beyond it."""
    return n > 0 and n - rank(n, q) >= BEYOND


def needed(q: float) -> int:
    """Return the smallest number of samples that carries the `q`-th percentile: 20 for 50, 200 for 95, 1,000 for 99.

    Raises:
        ValueError: nothing lies beyond 100.
    """
    if not 0 < q < 100:  # noqa: PLR2004 - per cent
        raise ValueError(f"no number of samples carries the percentile {q}")
    return math.ceil(BEYOND / (1 - _fraction(q)))


def interval(samples: Sequence[float], q: float, confidence: float = 0.95) -> Interval | None:
    """Return two samples between which the true `q`-th percentile lies with at least this confidence.

    How many of n independent samples are at most the true percentile is binomial, whatever the distribution; so the
    probability that it lies outside two given ranks is exact. Each tail gets half of what is left of the confidence.

    Returns:
        The interval, or None if the samples are too few for one.

    Raises:
        ValueError: no samples, a sample that is no number, no such percentile, or no such confidence.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence is between 0 and 1, not {confidence}")
    ordered = _sorted(samples)
    rank(len(ordered), q)
    low, high = _ranks(len(ordered), float(_fraction(q)), (1 - confidence) / 2)
    if low < 1 or high > len(ordered):
        return None
    return Interval(ordered[low - 1], ordered[high - 1])


def summary(samples: Sequence[float], percentiles: Sequence[float] = USUAL) -> Summary:
    """Return the extremes and those percentiles that the sample carries, each with its 95% interval.

    Raises:
        ValueError: no samples, or a sample that is no number.
    """
    ordered = _sorted(samples)
    return Summary(len(ordered), ordered[0], ordered[-1], tuple(_percentile(ordered, q) for q in percentiles))


def histogram(samples: Sequence[float], per_decade: int = 20, floor: float = 1e-3) -> tuple[Bin, ...]:
    """Count samples in bins of equal width on a logarithmic axis, empty ones between the first and the last included.

    The edges are 10^(k / per_decade) for whole k whatever the samples are, so that histograms can be laid over each
    other and added. What is below `floor` counts as `floor`.

    Raises:
        ValueError: no samples, or a sample that is no number.
    """
    counts = Counter(_bin(max(sample, floor), per_decade) for sample in _sorted(samples))
    return tuple(
        Bin(_edge(number, per_decade), _edge(number + 1, per_decade), counts[number])
        for number in range(min(counts), max(counts) + 1)
    )


def share(parts: Sequence[float], wholes: Sequence[float]) -> float | None:
    """Return how much of all the wholes all the parts are, from 0 to 1; None if there is no whole.

    Two clocks measure the two, so a part may come out a little longer than its whole: that counts as all of it.
    """
    whole = math.fsum(wholes)
    return min(1.0, max(0.0, math.fsum(parts) / whole)) if whole > 0 else None


def _sorted(samples: Sequence[float]) -> list[float]:
    if not samples:
        raise ValueError("there are no samples")
    if not all(math.isfinite(sample) for sample in samples):
        raise ValueError("a sample is not a finite number")
    return sorted(samples)


def _fraction(q: float) -> Fraction:
    """Per cent as an exact fraction of what was written: 99.9 means 999/1000, not the float beside it."""
    return Fraction(repr(q)) / 100


def _percentile(ordered: Sequence[float], q: float) -> Percentile:
    n = len(ordered)
    if not carried(n, q):
        return Percentile(q, n, needed(q), None, None)
    return Percentile(q, n, needed(q), percentile(ordered, q), interval(ordered, q))


def _ranks(n: int, p: float, tail: float) -> tuple[int, int]:
    """Largest l with P(B < l) <= tail and smallest u with P(B >= u) <= tail, where B is binomial(n, p).

    Terms further than twelve standard deviations (and a few) from the mean are less than 1e-30 together: left out.
    """
    if p >= 1:
        return n, n + 1
    reach = 12 * math.sqrt(n * p * (1 - p)) + 60
    first, last = max(0, math.floor(n * p - reach)), min(n, math.ceil(n * p + reach))
    below, low = 0.0, first
    while low <= last and (below := below + _binomial(n, low, p)) <= tail:
        low += 1
    above, high = 0.0, last + 1
    while high > first and (above := above + _binomial(n, high - 1, p)) <= tail:
        high -= 1
    return low, high


def _binomial(n: int, k: int, p: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))


def _bin(value: float, per_decade: int) -> int:
    number = math.floor(math.log10(value) * per_decade)
    if value < _edge(number, per_decade):  # the logarithm was rounded over the edge
        return number - 1
    return number + 1 if value >= _edge(number + 1, per_decade) else number


def _edge(number: int, per_decade: int) -> float:
    return math.pow(10.0, number / per_decade)
