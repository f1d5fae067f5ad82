"""The largest rate at which a database keeps a promise: upwards until it is broken, then halfway between, and again.

Each rate is asked for long enough that its percentile can be said. A rate counts as kept only if the whole interval of
the percentile keeps the promise, nothing failed, and the measurement can be trusted; as broken only if none of the
interval does, or requests failed. What lies between is open, and is not counted as kept. A rate that can't be measured
is asked for once more, and if that can't be either the search ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Generic, Protocol, TypeVar

_CLOSE = 1.1
"""A rate that was kept and one that was not are close enough when they differ by less than this factor."""

_MOST = 16
"""So many rates are asked for at most."""

LEAST = 0.5
"""Requests a second; where not even that is kept, nothing is."""


class Kept(StrEnum):
    """What one rate came to."""

    KEPT = "kept"
    BROKEN = "broken"
    OPEN = "open"
    INVALID = "invalid"


class Step(Protocol):
    """What was measured at one rate."""

    @property
    def kept(self) -> str:
        """What it came to, a `Kept`."""


Measured = TypeVar("Measured", bound=Step)


@dataclass(frozen=True, slots=True)
class Limit(Generic[Measured]):
    """What the search came to: `kept` is the largest rate that kept the promise, None if none did.

    `broken` is the smallest rate above it that did not; None if the search ended before there was one. `steps` has all
    that was measured, in the order asked, with the rate of each.
    """

    kept: float | None
    broken: float | None
    steps: tuple[tuple[float, Measured], ...]


def search(measure: Callable[[float], Measured], *, first: float, most: float, least: float = LEAST) -> Limit[Measured]:
    """Search for the limit.

    Args:
        measure: asks at a rate and says what that came to.
        first: the rate to begin with.
        most: no higher rate is asked for.
        least: no lower one is; at most `first`.
    """
    steps: list[tuple[float, Measured]] = []
    kept, broken = 0.0, float("inf")
    rate = min(first, most)
    while len(steps) < _MOST:
        found = measure(rate)
        steps.append((rate, found))
        if found.kept == Kept.INVALID:  # says nothing of the database: once more, and then it can't be told here
            if len(steps) > 1 and steps[-2][1].kept == Kept.INVALID:
                break
            continue
        if found.kept == Kept.KEPT:
            kept = max(kept, rate)
        else:  # a higher one that was kept before was luck
            broken, kept = min(broken, rate), kept if kept < rate else _below(steps, rate)
        following = _next(rate, kept, broken, (least, most))
        if following is None:
            break
        rate = following
    return Limit(kept or None, broken if broken < float("inf") else None, tuple(steps))


def _below(steps: list[tuple[float, Measured]], rate: float) -> float:
    return max((one for one, found in steps if found.kept == Kept.KEPT and one < rate), default=0.0)


def _next(rate: float, kept: float, broken: float, within: tuple[float, float]) -> float | None:
    """The next rate to ask for; None when the limit is known well enough, or lies without."""
    least, most = within
    if broken == float("inf"):
        return min(2 * rate, most) if rate < most else None
    if kept == 0.0:
        return max(least, broken / 2) if broken > least else None
    return sqrt(kept * broken) if broken / kept > _CLOSE else None
