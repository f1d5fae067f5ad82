"""Where a row of values changes its level: points between which ranks say that before and after are not alike.

At each place the values just before and just after are held against each other by their ranks (Mann and Whitney's sum,
exact), in windows of several sizes, so that there and back are two changes. The row is cut where chance is least
likely, and the parts again, as long as chance is too unlikely for all that was tried (Bonferroni). Ranks, so one
strange run is no change; exact, so a change is said only when enough runs are behind it: with 20 before, after five.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np

from harness.statistics.ranks import Unpaired

_LEAST = 3
_WINDOWS = ((20, 5), (10, 10), (5, 20), (20, 20))
"""So many values at most before and after a place."""

ERROR = 0.01


@dataclass(frozen=True, slots=True)
class Change:
    """A change of level: `at` is the place of the first value after it, `before` and `after` are the levels' medians.

    `chance` is how often a row that never changes looks like that somewhere.
    """

    at: int
    before: float
    after: float
    chance: float


def changes(values: Sequence[float], *, error: float = ERROR, least: float = 0.0) -> tuple[Change, ...]:
    """Return the changes of a row, in order.

    Args:
        values: in order of time.
        error: how often a row that never changes may be said to.
        least: a change smaller than this share of the level before is none.

    Raises:
        ValueError: a value is no finite number.
    """
    found = dict(_cuts(np.asarray(values, np.float64), 0, error))
    while True:
        places = [0, *sorted(found), len(values)]
        levels = [median(values[start:end]) for start, end in pairwise(places)] if values else []
        steps = list(zip(sorted(found), levels, levels[1:], strict=False))
        small = [(abs(after - before), at) for at, before, after in steps if abs(after - before) < least * abs(before)]
        if not small:
            return tuple(Change(at, before, after, found[at]) for at, before, after in steps)
        del found[min(small)[1]]  # levels on both sides become one, and the next may be far from it


def _cuts(values: np.ndarray[tuple[int], np.dtype[np.float64]], start: int, error: float) -> list[tuple[int, float]]:
    places = range(_LEAST, len(values) - _LEAST + 1)
    if not places:
        return []
    chances = [_chance(values, place) for place in places]
    best = int(np.argmin(chances))
    chance = min(1.0, chances[best] * len(chances) * len(_WINDOWS))
    if chance > error:
        return []
    cut = places[best]
    return [
        *_cuts(values[:cut], start, error),
        (start + cut, chance),
        *_cuts(values[cut:], start + cut, error),
    ]


def _chance(values: np.ndarray[tuple[int], np.dtype[np.float64]], place: int) -> float:
    """How unlikely the most unlikely window around a place is."""
    least = 1.0
    for before, after in _WINDOWS:
        shift = Unpaired(values[max(0, place - before) : place], values[place : place + after])
        least = min(least, 2 * min(shift.above(0.0), shift.below(0.0)))
    return least
