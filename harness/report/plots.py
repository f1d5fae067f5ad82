"""Points and lines on two axes, each logarithmic or not, as positions in per cent that the templates draw."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.report.figures import Mark, round_logarithms, round_values

Points = Sequence[tuple[float, float]]
_SPARE = 0.04


@dataclass(frozen=True, slots=True)
class Line:
    """One series: `path` for a polyline in a box of 1000 by 1000, `dots` its points in per cent from the upper left."""

    name: str
    kind: str
    path: str
    dots: tuple[tuple[float, float, str], ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """Lines on one pair of axes; ticks are in per cent, those of y from above."""

    lines: tuple[Line, ...]
    across: tuple[Mark, ...]
    up: tuple[Mark, ...]


def plot(
    series: Sequence[tuple[str, str, Points]],
    *,
    x_label: Callable[[float], str],
    y_label: Callable[[float], str],
    logarithmic: tuple[bool, bool] = (True, True),
    reach: Sequence[float] = (),
) -> Plot | None:
    """Lay series on common axes.

    Args:
        series: name, kind (a word for the style sheet) and points of each; on a logarithmic axis all above 0.
        x_label: how a number across is written.
        y_label: how a number upwards is written.
        logarithmic: which axes are, across and up.
        reach: numbers across that have their place too, whether there is a point or not.

    Returns:
        The plot, or None if there is not one point.
    """
    xs, ys = (
        zip(*(point for _, _, points in series for point in points), strict=True)
        if any(points for _, _, points in series)
        else ((), ())
    )
    if not xs:
        return None
    across, up = _Axis((*xs, *reach), logarithmic=logarithmic[0]), _Axis(ys, logarithmic=logarithmic[1])
    lines = []
    for name, kind, points in series:
        placed = [(across.at(x), 100 - up.at(y), f"{name}: {x_label(x)}, {y_label(y)}") for x, y in points]
        path = " ".join(f"{x * 10:.1f},{y * 10:.1f}" for x, y, _ in placed)
        lines.append(Line(name, kind, path, tuple(placed)))
    marks_across = tuple(Mark(across.at(value), x_label(value)) for value in across.round_numbers())
    marks_up = tuple(Mark(100 - up.at(value), y_label(value)) for value in up.round_numbers())
    return Plot(tuple(lines), marks_across, marks_up)


class _Axis:
    """Values between 0 and 100 per cent, with some room at both ends."""

    def __init__(self, values: Sequence[float], *, logarithmic: bool) -> None:
        self._log = logarithmic
        self.low, self.high = min(values), max(values)
        if self.low == self.high:
            self.low, self.high = (self.low / 2, self.high * 2) if logarithmic else (self.low - 1, self.high + 1)
        low, high = self._of(self.low), self._of(self.high)
        spare = (high - low) * _SPARE
        self._start, self._span = low - spare, high - low + 2 * spare

    def at(self, value: float) -> float:
        return round((self._of(value) - self._start) / self._span * 100, 2)

    def round_numbers(self) -> list[float]:
        found = round_logarithms(self.low, self.high) if self._log else round_values(self.low, self.high)
        return [value for value in found if self.low <= value <= self.high]

    def _of(self, value: float) -> float:
        return math.log10(value) if self._log else value
