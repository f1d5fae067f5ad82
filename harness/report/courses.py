"""Values of many runs as a page with a drawing: nothing is loaded from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.report import words
from harness.report.html import page

_HEIGHT, _MARGIN, _LEFT = 150.0, 12.0, 8.0


@dataclass(frozen=True, slots=True)
class Place:
    """Something at `x` per cent of the width and `y` pixels from the top, with a word."""

    x: float
    y: float
    label: str


@dataclass(frozen=True, slots=True)
class Level:
    """A line between two places at one height."""

    x1: float
    x2: float
    y: float


@dataclass(frozen=True, slots=True)
class Course:
    """A row of values as it is drawn: its points, the levels between changes, the changes, and sentences."""

    title: str
    points: tuple[Place, ...]
    levels: tuple[Level, ...]
    turns: tuple[Place, ...]
    ticks: tuple[Place, ...]
    said: tuple[str, ...]


def course(
    title: str, values: Sequence[tuple[float, str]], turns: Sequence[tuple[int, float, float, str]], said: Sequence[str]
) -> Course:
    """Draw a row of values.

    Args:
        title: what it is.
        values: milliseconds of each run, and what is said of it.
        turns: the place of the first value after a change, the levels before and after, and its word.
        said: sentences below it.
    """
    low, high = min(one for one, _ in values), max(one for one, _ in values)
    spread = (high - low) or max(high, 1.0)

    def x(place: float) -> float:
        return round(_LEFT + (98 - _LEFT) * place / max(1, len(values) - 1), 2)

    def y(value: float) -> float:
        return round(_HEIGHT - _MARGIN - (_HEIGHT - 2 * _MARGIN) * (value - low) / spread, 1)

    ends = [0, *(at for at, *_ in turns), len(values)]
    heights = [turns[0][1], *(after for _, _, after, _ in turns)] if turns else []
    return Course(
        title,
        tuple(Place(x(place), y(value), label) for place, (value, label) in enumerate(values)),
        tuple(
            Level(x(start), x(end - 1), y(value)) for start, end, value in zip(ends, ends[1:], heights, strict=False)
        ),
        tuple(Place(x(at - 0.5), 0.0, label) for at, _, _, label in turns),
        tuple(Place(0.0, y(one), words.milliseconds(one)) for one in dict.fromkeys((low, high))),
        tuple(said),
    )


def render(courses: Sequence[Course], *, runs: int, notes: Sequence[str]) -> str:
    """Return the page of many runs."""
    return page("trend.html", rows=courses, runs=runs, notes=notes)
