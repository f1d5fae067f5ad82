"""Where things stand in a drawing: distances on an axis, bars of a histogram. The templates draw them.

Across, positions are per cent of the width, so a drawing fits any screen and its words stay the same size; what has
many strokes is one path in a box of 1000 by 100 that is stretched.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.report import words
from harness.statistics import Bin, Summary

_WIDTH = 1000
_HEIGHT = 100
_MARGIN = 0.03
_RIGHT = 60
_LEFT, _FAR = 2, 98
_FEWEST = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at `x` per cent of the width, with a word beside it; `anchor` is an SVG text-anchor."""

    x: float
    label: str
    anchor: str = "middle"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """Distances on a line: `reach` is the path of all that are stored, `dots` what came back or should have."""

    reach: str
    dots: tuple[Mark, ...]
    ticks: tuple[Mark, ...]
    threshold: Mark | None


@dataclass(frozen=True, slots=True)
class Histogram:
    """Times on a logarithmic axis: the path of the bars, the percentiles as marks."""

    bars: str
    marks: tuple[Mark, ...]
    ticks: tuple[Mark, ...]


def axis(reach: Sequence[float], dots: Iterable[tuple[str, float, str]], threshold: float | None = None) -> Axis | None:
    """Lay distances on an axis that holds them all.

    Args:
        reach: the exact distances of everything within reach.
        dots: kind, distance and name of each object to point at.
        threshold: the distance that was asked for.

    Returns:
        The axis, or None if there is no distance at all.
    """
    dots = tuple(dots)
    values = [*reach, *(distance for _, distance, _ in dots), *([] if threshold is None else [threshold])]
    if not values:
        return None
    low, high = min(values), max(values)
    spare = (high - low) * _MARGIN or max(abs(low), 1.0) * _MARGIN
    low, high = low - spare, high + spare
    return Axis(
        reach="".join(f"M{x} 0v{_HEIGHT}" for x in sorted({round(_at(one, low, high) * 10) for one in reach})),
        dots=tuple(
            Mark(_at(distance, low, high), f"{name} at {words.number(distance)}", kind=kind)
            for kind, distance, name in dots
        ),
        ticks=tuple(_mark(_at(value, low, high), f"{value:g}") for value in round_values(low, high)),
        threshold=None if threshold is None else _flag(_at(threshold, low, high), words.number(threshold)),
    )


def histogram(bins: Sequence[Bin], summary: Summary, low: float, high: float) -> Histogram:
    """Draw bars and the percentiles that the sample carries on a logarithmic axis from `low` to `high` milliseconds."""
    first, last = math.log(low), math.log(high)
    tallest = max(one.count for one in bins)

    def x(value: float) -> float:
        return _at(math.log(max(value, low)), first, last)

    def bar(one: Bin) -> str:
        top = _HEIGHT - one.count / tallest * _HEIGHT
        return f"M{x(one.low) * 10:.1f} {_HEIGHT}V{top:.1f}H{x(one.high) * 10:.1f}V{_HEIGHT}z"

    said = [(one.q, one.value) for one in summary.percentiles if one.value is not None]
    marks = tuple(_flag(x(value), f"p{q:g} {words.milliseconds(value)} ms") for q, value in said)
    ticks = tuple(_mark(x(value), f"{value:g}") for value in round_logarithms(low, high))
    return Histogram("".join(bar(one) for one in bins if one.count), marks, ticks)


def _at(value: float, low: float, high: float) -> float:
    return round((value - low) / (high - low) * 100, 2)


def _mark(x: float, label: str) -> Mark:
    return Mark(x, label, "start" if x < _LEFT else "end" if x > _FAR else "middle")


def _flag(x: float, label: str) -> Mark:
    """A mark whose word flies towards the middle."""
    return Mark(x, label, "end" if x > _RIGHT else "start")


def round_values(low: float, high: float) -> list[float]:
    """Four to nine round numbers between two values."""
    step = 10 ** math.floor(math.log10((high - low) / 4))
    step = next(step * factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 8)  # noqa: PLR2004
    return [round(number * step, 12) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def round_logarithms(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, 20, 50 … between two values; only the tens where that is crowded, evenly spaced where it is bare."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if math.log10(high / low) <= 3 else (1,)  # noqa: PLR2004
    found = [factor * 10.0**decade for decade in decades for factor in factors]
    inside = [value for value in found if low <= value <= high]
    return inside if len(inside) >= _FEWEST else [value for value in round_values(low, high) if value > 0]
