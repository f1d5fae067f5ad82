"""How a figure grows with a size: a power of it, with the exponent's interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log, sqrt

_T = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131),
    *(2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
"""Student's t at 97.5%, for 1 to 30 degrees of freedom; beyond, the last is on the safe side."""


@dataclass(frozen=True, slots=True)
class Power:
    """y = factor * x ** exponent; `low` and `high` are the exponent's 95% interval, of `n` points."""

    factor: float
    exponent: float
    low: float
    high: float
    n: int

    def at(self, x: float) -> float:
        """Return y at x."""
        return self.factor * float(x**self.exponent)

    def between(self, x: float, known: float) -> tuple[float, float]:
        """Return y at x if the exponent is the lowest, or the highest, it may be; at `known` all of them agree."""
        low, high = (self.at(known) * (x / known) ** one for one in (self.low, self.high))
        return (low, high) if low <= high else (high, low)


def power(sizes: Sequence[float], figures: Sequence[float]) -> Power | None:
    """Fit a power to figures at sizes by least squares of the logarithms.

    The interval is Student's, for points whose logarithms scatter alike; so measure each size more than once.

    Args:
        sizes: above 0.
        figures: one for each size; what is not above 0 is left out.

    Returns:
        The power, or None with fewer than three points or a single size.
    """
    points = [(log(x), log(y)) for x, y in zip(sizes, figures, strict=True) if y > 0]
    n = len(points)
    if n < 3 or len({x for x, _ in points}) < 2:  # noqa: PLR2004 - a line, and something that it misses
        return None
    mean_x, mean_y = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    exponent = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread
    start = mean_y - exponent * mean_x
    left = sum((y - start - exponent * x) ** 2 for x, y in points)
    margin = _T[min(n - 2, len(_T)) - 1] * sqrt(left / (n - 2) / spread)
    return Power(exp(start), exponent, exponent - margin, exponent + margin, n)
