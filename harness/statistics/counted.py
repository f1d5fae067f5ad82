"""The shift of a percentile between two samples of which only counts are known, and how many independent ones they are.

Of n independent samples the number that is at most the true percentile q is binomial(n, q), whatever the distribution;
so each place in the sorted samples is as likely to be where the true percentile lies as that number is to come out.
What two such places differ by, each with its probability, is the distribution of the shift. Nothing is drawn.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from harness.statistics.percentiles import Interval, rank

Floats = NDArray[np.float64]
Counts = tuple[Floats, NDArray[np.int64]]
"""Values, ascending, and how often each was counted; both of the length k."""

_REACH = 8
_STEPS = 60


class Counted:
    """The shift of the `q`-th percentile of one sample against that of another one. See `ranks.Shift`.

    Args:
        base: one sample.
        head: the other.
        q: the percentile, in (0, 100).
        independent: as how many independent samples each counts, at least 1.

    Raises:
        ValueError: a sample is empty.
    """

    def __init__(self, base: Counts, head: Counts, q: float, independent: tuple[int, int]) -> None:
        self._base, self._weights = _places(base, q, independent[0])
        self._head, weights = _places(head, q, independent[1])
        self._reached = np.concatenate([[0.0], np.cumsum(weights)])
        self.estimate = _at(head, q) - _at(base, q)

    def above(self, shift: float) -> float:
        """See `ranks.Shift.above`; where a place is beyond all samples, that counts against the shift."""
        at_most = self._reached[np.searchsorted(self._head, self._base + shift, "right")]
        return min(1.0, float(at_most @ self._weights))

    def below(self, shift: float) -> float:
        """See `ranks.Shift.below`."""
        less = self._reached[np.searchsorted(self._head, self._base + shift, "left")]
        return max(0.0, min(1.0, float((1 - less) @ self._weights)))

    def interval(self, confidence: float) -> Interval:
        """Return what no one-sided test at half of what is left of the confidence refuses."""
        tail = (1 - confidence) / 2
        inner = [side[np.isfinite(side)] for side in (self._base, self._head)]
        if not inner[0].size or not inner[1].size:
            return Interval(-math.inf, math.inf)
        least, most = float(inner[1][0] - inner[0][-1]), float(inner[1][-1] - inner[0][0])
        low = _turn(lambda shift: self.above(shift) > tail, least, most)
        high = -_turn(lambda shift: self.below(-shift) > tail, -most, -least)
        return Interval(low, high)


def _turn(true: object, low: float, high: float) -> float:
    """Where something that is false below and true above turns; -inf if it is true from the start."""
    assert callable(true)
    if true(low):
        return -math.inf if true(low - 1) else low
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (low, middle) if true(middle) else (middle, high)
    return low


def _places(sample: Counts, q: float, independent: int) -> tuple[Floats, Floats]:
    """Where the true percentile may lie, ascending, and how likely each place is; ±inf beyond all samples."""
    n, p = independent, q / 100
    reach = _REACH * math.sqrt(n * p * (1 - p)) + 20
    below = np.arange(max(0, math.floor(n * p - reach)), min(n, math.ceil(n * p + reach)) + 1)
    ways = math.lgamma(n + 1) - np.array([math.lgamma(k + 1) + math.lgamma(n - k + 1) for k in below.tolist()])
    weights = np.exp(ways + below * math.log(p) + (n - below) * math.log1p(-p))
    values, counts = sample
    reached = np.cumsum(counts)
    places = np.searchsorted(reached, (below + 0.5) / n * reached[-1], "left")
    found = values[np.minimum(places, len(values) - 1)]
    found = np.where(below == 0, -math.inf, np.where(below == n, math.inf, found))
    return found, weights / weights.sum()


def _at(sample: Counts, q: float) -> float:
    values, counts = sample
    reached = np.cumsum(counts)
    return float(values[np.searchsorted(reached, rank(int(reached[-1]) if len(reached) else 0, q), "left")])
