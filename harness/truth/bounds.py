"""How far a distance that is computed in float32 may be from the exact one, from the lengths of the vectors alone.

A sum of n products in float32 is off by at most gamma = n * u / (1 - n * u) times the sum of the absolute products,
whatever the order and with fused operations too (u = 2**-24), and that sum is at most the product of the two lengths
(Cauchy and Schwarz). So nothing has to be computed for each pair to know which objects can't be among the nearest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from harness.model import Metric
from harness.oracle import TINY, UNIT

Floats = NDArray[np.float64]
Number = TypeVar("Number", float, Floats)

SMALLEST, LARGEST = 2.0**-80, 2.0**124
"""Between these a sum of squares is safe in float32; the oracle knows nothing of what lies outside."""

_AND_OURS = 1 + 2.0**-7
"""Room for the roundings of float64 in what is computed here."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A distance d in float32 lies within d * relative + absolute of the exact one."""

    absolute: float
    relative: float = 0.0

    def highest(self, distance: Number) -> Number:
        """Return the largest that this one may be on the other side of the rounding."""
        return distance * (1 + self.relative) + self.absolute

    def reach(self, edge: Number) -> Number:
        """Return the largest distance that may be at most `edge` on the other side of the rounding."""
        return (edge + self.absolute) / (1 - self.relative)


def ours(metric: Metric, length: float, longest: float, components: int) -> Bound:
    """Return how far the first, quick distances of `scanning` may be from the exact ones.

    Args:
        metric: the distance.
        length: of the question's vector.
        longest: the largest length among the objects.
        components: n.
    """
    gamma, lost = _gamma(components + 8), 4 * components * TINY
    if metric is Metric.HAMMING:
        return Bound(0.0)
    if metric is Metric.COSINE:  # both lengths are sums of their own, each halved by the root
        return Bound(2 * gamma + 8 * UNIT)
    if metric is Metric.DOT:
        return Bound(gamma * length * longest + lost)
    if metric is Metric.L2:  # as the difference of squares and a product
        return Bound(gamma * (length + longest) ** 2 + lost)
    return Bound(lost, gamma)


def the_oracles(metric: Metric, length: float, longest: float, components: int) -> Bound:
    """Return a bound that is never below the oracle's, which looks at every term of every pair.

    Args:
        metric: the distance.
        length: of the question's vector.
        longest: the largest length among the objects.
        components: n.
    """
    gamma, lost = _gamma(components + 8) * _AND_OURS, 4 * components * TINY
    if metric is Metric.HAMMING:
        return Bound(0.0)
    if metric is Metric.COSINE:
        return Bound(4 * gamma + 16 * UNIT)
    if metric is Metric.DOT:
        return Bound(3 * gamma * length * longest + lost)
    return Bound(lost, 3 * gamma)


def _gamma(terms: int) -> float:
    return terms * UNIT / (1 - terms * UNIT)
