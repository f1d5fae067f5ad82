"""How far one sample is shifted against another, by ranks: exact, whatever the distributions are.

Three kinds of evidence, by what may be exchanged if nothing differs: the two sides of a round (`Paired`, `Exceeding`),
or the blocks of two runs (`Unpaired`). Never a single request: requests that follow each other are not independent.

Sources: Hodges and Lehmann 1963 for the shift and its interval by inverting a rank test; for `Exceeding` the sign-flip
(randomisation) test, which is exact if the order within each round was drawn by lot.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, lru_cache
from statistics import NormalDist
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from harness.statistics.percentiles import Interval, rank

Numbers = NDArray[np.float64]

_EXACT = 200
"""Up to so many rounds, and so many blocks together, the distribution of a rank sum is counted out."""

_NORMAL = NormalDist()
_STEPS = 28


class Shift(Protocol):
    """What is known of a shift between two samples: the best guess, and how well each other value fits."""

    @property
    def estimate(self) -> float:
        """The best guess."""

    def above(self, shift: float) -> float:
        """Probability, if the true shift is at most this, of seeing as much or more: small means it is larger."""

    def below(self, shift: float) -> float:
        """Probability, if the true shift is at least this, of seeing as little or less: small means it is smaller."""

    def interval(self, confidence: float) -> Interval:
        """Where the true shift lies with this confidence; infinite ends if there is too little to say."""


class Paired:
    """The shift of differences against zero, by Wilcoxon's signed rank: one difference a round.

    Args:
        differences: head minus base of each round (or their logarithms' difference), in any order.

    Raises:
        ValueError: there are none, or one is no finite number.
    """

    def __init__(self, differences: Sequence[float] | Numbers) -> None:
        values = _numbers(differences)
        rows, columns = np.triu_indices(values.size)
        self._walsh = np.sort((values[rows] + values[columns]) / 2)
        self._n = int(values.size)

    @property
    def estimate(self) -> float:
        """The median of the means of all pairs (Hodges and Lehmann)."""
        return float(np.median(self._walsh))

    def above(self, shift: float) -> float:
        """See `Shift.above`: the signed-rank sum beyond the shift, ties counted against it."""
        return _upper(self._walsh.size - int(np.searchsorted(self._walsh, shift, "right")), self._n, None)

    def below(self, shift: float) -> float:
        """See `Shift.below`."""
        return _upper(int(np.searchsorted(self._walsh, shift, "left")), self._n, None)

    def interval(self, confidence: float) -> Interval:
        """Return what no one-sided test at half of what is left of the confidence refuses."""
        return _between(self._walsh, _critical((1 - confidence) / 2, self._n, None))


class Unpaired:
    """The shift of one sample against another, by the rank sum of Mann and Whitney: one value a block.

    Args:
        base: the values of one side.
        head: those of the other.

    Raises:
        ValueError: a side has none, or one is no finite number.
    """

    def __init__(self, base: Sequence[float] | Numbers, head: Sequence[float] | Numbers) -> None:
        first, second = _numbers(base), _numbers(head)
        self._apart = np.sort((second[:, None] - first[None, :]).ravel())
        self._n, self._m = int(first.size), int(second.size)

    @property
    def estimate(self) -> float:
        """The median of all differences between the sides (Hodges and Lehmann)."""
        return float(np.median(self._apart))

    def above(self, shift: float) -> float:
        """See `Shift.above`: in how many pairs head is beyond the shift, ties counted against it."""
        return _upper(self._apart.size - int(np.searchsorted(self._apart, shift, "right")), self._n, self._m)

    def below(self, shift: float) -> float:
        """See `Shift.below`."""
        return _upper(int(np.searchsorted(self._apart, shift, "left")), self._n, self._m)

    def interval(self, confidence: float) -> Interval:
        """Return what no one-sided test at half of what is left of the confidence refuses."""
        return _between(self._apart, _critical((1 - confidence) / 2, self._n, self._m))


class Exceeding:
    """The shift of a percentile, by how many samples of each side of a round lie beyond that of all.

    If head were base shifted by s, then with s taken off head again either side of a round might have been the other:
    the excess of one over the other has any sign, round by round, like coins. That is counted out.

    Args:
        base: the samples of each round, in order.
        head: the same of the other side; as many rounds.
        q: the percentile, in (0, 100).

    Raises:
        ValueError: the sides differ in their rounds, there are no samples, or there is no such percentile.
    """

    def __init__(
        self, base: Sequence[Sequence[float] | Numbers], head: Sequence[Sequence[float] | Numbers], q: float
    ) -> None:
        if len(base) != len(head):
            raise ValueError(f"{len(base)} rounds of one side and {len(head)} of the other")
        self._base, self._head = (_numbers(np.concatenate([*map(np.asarray, side)])) for side in (base, head))
        self._round_of_base, self._round_of_head = (
            np.repeat(np.arange(len(side)), [len(block) for block in side]) for side in (base, head)
        )
        self._rounds, self._q = len(base), q

    @cached_property
    def estimate(self) -> float:
        """The difference between the percentiles of the two sides, all rounds together."""
        return _percentile(self._head, self._q) - _percentile(self._base, self._q)

    def above(self, shift: float) -> float:
        """See `Shift.above`."""
        return _coins(self._excess(shift))

    def below(self, shift: float) -> float:
        """See `Shift.below`."""
        return _coins(-self._excess(shift))

    def interval(self, confidence: float) -> Interval:
        """Return what no one-sided test at half of what is left of the confidence refuses, by bisection."""
        tail = (1 - confidence) / 2
        reach = float(max(self._head.max() - self._base.min(), self._base.max() - self._head.min()))
        low, high = (self._end(test, way * reach, tail) for test, way in ((self.above, -1.0), (self.below, 1.0)))
        return Interval(low, high)

    def _end(self, test: object, far: float, tail: float) -> float:
        assert callable(test)
        if test(far) > tail:
            return math.copysign(math.inf, far)
        refused, kept = far, self.estimate
        for _ in range(_STEPS):
            middle = (refused + kept) / 2
            refused, kept = (middle, kept) if test(middle) <= tail else (refused, middle)
        return refused

    def _excess(self, shift: float) -> NDArray[np.int64]:
        """By how many more samples of head than of base each round exceeds the percentile of all."""
        head = self._head - shift
        bound = _percentile(np.concatenate([self._base, head]), self._q)
        beyond_head = np.bincount(self._round_of_head[head > bound], minlength=self._rounds)
        beyond_base = np.bincount(self._round_of_base[self._base > bound], minlength=self._rounds)
        return (beyond_head - beyond_base).astype(np.int64)


def chance(shift: Shift) -> float:
    """Return how often chance shifts as much as was seen, in either direction, if there is no shift."""
    return min(1.0, 2 * min(shift.above(0.0), shift.below(0.0)))


def holm(probabilities: Sequence[float]) -> tuple[float, ...]:
    """Return probabilities of error that hold for all of them together (Holm 1979), in the order given."""
    order = sorted(range(len(probabilities)), key=lambda place: probabilities[place])
    corrected, so_far = [1.0] * len(probabilities), 0.0
    for done, place in enumerate(order):
        so_far = max(so_far, min(1.0, (len(order) - done) * probabilities[place]))
        corrected[place] = so_far
    return tuple(corrected)


def _numbers(values: Sequence[float] | Numbers) -> Numbers:
    found = np.asarray(values, np.float64)
    if not found.size:
        raise ValueError("there are no samples")
    if not np.isfinite(found).all():
        raise ValueError("a sample is not a finite number")
    return found


def _percentile(values: Numbers, q: float) -> float:
    place = rank(values.size, q) - 1
    return float(np.partition(values, place)[place])


# --- how often chance does as much ------------------------------------------------------------------


def _upper(sum_of_ranks: int, n: int, m: int | None) -> float:
    """P(S >= this) where S is the signed-rank sum of n, or with m the number of pairs of n and m in one order."""
    if n + (m or 0) <= _EXACT:
        return float(_tails(n, m)[sum_of_ranks])
    mean, deviation = _moments(n, m)
    return 1 - _NORMAL.cdf((sum_of_ranks - 0.5 - mean) / deviation)


def _critical(tail: float, n: int, m: int | None) -> int:
    """The largest k with P(S < k) <= tail, by symmetry P(S > most - k); 0 if there is none."""
    if n + (m or 0) <= _EXACT:
        return int((_tails(n, m) <= tail).sum()) - 1
    mean, deviation = _moments(n, m)
    return max(0, math.floor(mean + deviation * _NORMAL.inv_cdf(tail)))


def _between(ordered: Numbers, k: int) -> Interval:
    """The k-th value from each end."""
    if k < 1:
        return Interval(-math.inf, math.inf)
    return Interval(float(ordered[k - 1]), float(ordered[-k]))


def _moments(n: int, m: int | None) -> tuple[float, float]:
    if m is None:
        return n * (n + 1) / 4, math.sqrt(n * (n + 1) * (2 * n + 1) / 24)
    return n * m / 2, math.sqrt(n * m * (n + m + 1) / 12)


@lru_cache(maxsize=64)
def _tails(n: int, m: int | None) -> Numbers:
    """P(S >= k) for k from 0 to the most that S can be, and 0 beyond."""
    shares = _signed(n) if m is None else _pairs(n, m)
    tails: Numbers = np.minimum(1.0, np.append(np.cumsum(shares[::-1])[::-1], 0.0))
    return tails


def _signed(n: int) -> Numbers:
    """Probability of each signed-rank sum."""
    shares = np.zeros(n * (n + 1) // 2 + 1)
    shares[0] = 1.0
    for each in range(1, n + 1):
        shares[each:] = (shares[each:] + shares[:-each]) / 2
        shares[:each] /= 2
    return shares


def _pairs(n: int, m: int) -> Numbers:
    """Probability of each number of pairs: the Gaussian binomial (n + m over n), made factor by factor."""
    counts = np.zeros(n * m + 1)
    counts[0] = 1.0
    for each in range(1, n + 1):
        grown = counts.copy()
        grown[m + each :] -= counts[: -(m + each)] if m + each < counts.size else 0.0
        for start in range(each):
            grown[start::each] = np.cumsum(grown[start::each])
        counts = np.maximum(grown, 0.0) * (each / (m + each))
    return np.asarray(counts / counts.sum(), np.float64)


def _coins(excess: NDArray[np.int64]) -> float:
    """P(the sum of these, each with a sign by lot >= their own sum)."""
    sizes = np.abs(excess)[excess != 0]
    total, seen = int(sizes.sum()), int(excess.sum())
    if sizes.size > 10 * _EXACT:
        return 1 - _NORMAL.cdf((seen - 1) / math.sqrt(float((sizes**2).sum())))
    shares = np.zeros(total + 1)  # of the sum of those that come up heads
    shares[0] = 1.0
    for size in sizes:
        shares[size:] = (shares[size:] + shares[:-size]) / 2
        shares[:size] /= 2
    return float(min(1.0, shares[(total + seen + 1) // 2 :].sum()))
