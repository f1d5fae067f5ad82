"""Percentiles of a load, each with an interval that knows that requests of one moment are alike.

The interval of `statistics` supposes independent samples. Under load they are not: a stall makes hundreds of requests
slow together. So the load is cut into blocks of time, and how much more the blocks differ than independent samples
would (the design effect of cluster sampling) says as how many independent ones the samples count. What hangs together
for longer than a thirtieth of the load shows only in longer blocks, so both are looked at and the larger effect counts:
that makes intervals of independent samples 5% wider, and they hold where those of one length of block did not.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, floor

import numpy as np

from harness.load.samples import Floats
from harness.statistics import Interval, Percentile, carried, interval, needed, rank

SAID = (50.0, 90.0, 95.0, 99.0, 99.9)
"""The percentiles that are told of every load, as far as it carries them."""

_BLOCKS = (30, 10)
_IN_A_BLOCK = 10
_FEWEST = 5
_MOST = 1_000_000


def percentiles(values: Floats, which: Iterable[float] = SAID) -> tuple[Percentile, ...]:
    """Return these percentiles, with 95% intervals.

    Args:
        values: n numbers in the order in which they were taken, none of them NaN.
        which: the percentiles, above 0 and below 100.
    """
    ordered = np.sort(values)
    return tuple(_percentile(values, ordered, q) for q in which)


def _percentile(values: Floats, ordered: Floats, q: float) -> Percentile:
    n = len(values)
    if not carried(n, q):
        return Percentile(q, n, needed(q), None, None)
    value = float(ordered[rank(n, q) - 1])
    count = effective(values, value, q)
    return Percentile(q, n, needed(q), value, _interval(ordered, q, count), count)


def effective(values: Floats, value: float, q: float) -> int:
    """Return as how many independent samples these count, for the percentile q, which is `value`; at most n.

    Args:
        values: n numbers in the order in which they were taken.
        value: their q-th percentile.
        q: above 0 and below 100.
    """
    n = len(values)
    beyond = (values > value).astype(np.float64)
    effects = [_effect(beyond, q / 100, min(blocks, n // _IN_A_BLOCK)) for blocks in _BLOCKS]
    return max(1, int(n / max(1.0, *effects)))


def _effect(beyond: Floats, p: float, blocks: int) -> float:
    """How many times as much the blocks' shares differ as independent samples would; 1 if there are too few."""
    n = len(beyond)
    if blocks < _FEWEST:
        return 1.0
    cuts = np.linspace(0, n, blocks + 1).astype(int)
    shares = np.add.reduceat(beyond, cuts[:-1]) / np.diff(cuts)
    return (n / blocks) * float(np.var(shares, ddof=1)) / (p * (1 - p))


def _interval(ordered: Floats, q: float, count: int) -> Interval | None:
    """The interval that `count` independent samples would have, laid on the sorted samples."""
    count = min(count, _MOST)
    ranks = interval(range(1, count + 1), q)
    if ranks is None:
        return None
    n = len(ordered)
    low = max(1, floor(ranks.low / count * n))
    high = min(n, ceil(ranks.high / count * n))
    return Interval(float(ordered[low - 1]), float(ordered[high - 1]))
