"""How often something happens, from how often it did: exact, whatever the number of tries."""

from __future__ import annotations

import math

from harness.statistics.percentiles import Interval

_STEPS = 60


def exact(times: int, tries: int, confidence: float = 0.95) -> Interval:
    """Return where the true share lies (Clopper and Pearson 1934).

    Args:
        times: how often it happened.
        tries: out of so many.
        confidence: of the interval.

    Raises:
        ValueError: no tries, or more times than tries.
    """
    if not 0 <= times <= tries or tries < 1:
        raise ValueError(f"{times} of {tries} is no share")
    tail = (1 - confidence) / 2
    low = 0.0 if times == 0 else _where(lambda p: 1 - _at_most(times - 1, tries, p), tail)
    high = 1.0 if times == tries else _where(lambda p: 1 - _at_most(times, tries, p), 1 - tail)
    return Interval(low, high)


def chance_of_more(base: tuple[int, int], head: tuple[int, int]) -> float:
    """Return how likely head has as many or more, if the shares of both sides are the same (Fisher 1935, one-sided).

    Args:
        base: how often it happened, out of so many tries.
        head: the same of the other side.

    Raises:
        ValueError: more times than tries.
    """
    (before, tries), (after, others) = base, head
    if not (0 <= before <= tries and 0 <= after <= others):
        raise ValueError(f"{before} of {tries} and {after} of {others} are no shares")
    times = before + after
    whole = _ways(tries + others, times)
    possible = range(max(after, times - tries), min(times, others) + 1)
    return min(1.0, math.fsum(math.exp(_ways(others, k) + _ways(tries, times - k) - whole) for k in possible))


def _ways(n: int, k: int) -> float:
    """The logarithm of how many ways there are to choose k of n."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _where(rising: object, value: float) -> float:
    """The share at which a function that rises with it has this value."""
    assert callable(rising)
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < value else (low, middle)
    return (low + high) / 2


def _at_most(times: int, tries: int, p: float) -> float:
    """P(a binomial of so many tries <= times)."""
    if p <= 0 or p >= 1:
        return float(p <= 0)
    terms = (
        math.lgamma(tries + 1)
        - math.lgamma(k + 1)
        - math.lgamma(tries - k + 1)
        + k * math.log(p)
        + (tries - k) * math.log1p(-p)
        for k in range(times + 1)
    )
    return min(1.0, math.fsum(map(math.exp, terms)))
