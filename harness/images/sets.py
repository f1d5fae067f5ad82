"""Sets of planted pictures whose distances are known by construction, from whole numbers that float32 holds exactly."""

from __future__ import annotations

import random
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from harness.errors import UsageError
from harness.images.picture import ImageSet, Picture
from harness.images.planted import planted_picture, planted_text

LABELS = ("amber", "birch", "coral", "denim", "ebony")

_LOW, _HIGH = -9, 9
_APART = 5
_WIDEST = 0.02
_TRIES = 20_000


def planted_set(*, subjects: int, views: int, dimensions: int, ties: int, seed: int) -> ImageSet:
    """Make subjects, each a base vector and near-duplicates that differ from it by one in one component.

    For cosine, l2-squared, manhattan and hamming every member of a subject is closer to every other member than to
    any picture of another subject. Names are `p-0000` (base), `p-0000#1` (near-duplicate) and `p-0000#tie1` (a
    further object with the base's very vector); all of them share subject and label. The caption is a planted text
    that carries another vector, the picture's own in reverse order.

    Args:
        subjects: how many, at least 1.
        views: near-duplicates of each, at most `dimensions`.
        dimensions: components of a vector, at least 5.
        ties: further objects in all, given to the subjects in turn.
        seed: the same seed gives the same set on every platform.

    Raises:
        UsageError: a number is out of range, or so many subjects do not fit into so few dimensions.
    """
    if subjects < 1 or ties < 0 or dimensions < _APART or not 0 <= views <= dimensions:
        raise UsageError(
            f"no planted set has {subjects} subjects, {views} views, {dimensions} dimensions and {ties} ties",
            hint=f"subjects from 1, dimensions from {_APART}, views up to the number of dimensions, ties from 0",
        )
    groups = _apart(random.Random(seed), subjects, views, dimensions)  # noqa: S311  # a seed is the point
    pictures = [
        _planted(number, f"#{view}" if view else "", vector)
        for number, group in enumerate(groups)
        for view, vector in enumerate(group)
    ]
    pictures += [
        _planted(tie % subjects, f"#tie{tie // subjects + 1}", groups[tie % subjects][0]) for tie in range(ties)
    ]
    return ImageSet("planted", tuple(pictures))


def ladder_set(count: int, dimensions: int = 4) -> ImageSet:
    """Make pictures whose distance from the first grows strictly with their number.

    Picture i, `step-00000` and so on, has the vector (i, 1, 0, …): i² away from the first in l2-squared, i in
    manhattan, both exact in float32 up to 4,096 pictures.

    Raises:
        UsageError: there would be no picture, or vectors of fewer than two components.
    """
    if count < 1 or dimensions < 2:  # noqa: PLR2004  # the rung and the one that keeps the length above zero
        raise UsageError(
            f"no ladder has {count} pictures in {dimensions} dimensions", hint="at least 1 in 2 dimensions"
        )
    rest = (0.0,) * (dimensions - 2)
    names = (f"step-{number:05}" for number in range(count))
    return ImageSet(
        "ladder",
        tuple(planted_picture((number, 1, *rest), name=name, label="step") for number, name in enumerate(names)),
    )


def _planted(number: int, suffix: str, vector: npt.NDArray[np.int64]) -> Picture:
    subject = f"p-{number:04}"
    values = [float(value) for value in vector]
    label = LABELS[number % len(LABELS)]
    caption = planted_text(values[::-1], f"a pattern called {label}")
    return planted_picture(values, name=subject + suffix, label=label, subject=subject, caption=caption)


def _apart(chance: random.Random, subjects: int, views: int, dimensions: int) -> list[npt.NDArray[np.int64]]:
    """Draw groups of members x dimensions, leaving out whatever comes too near to an earlier one."""
    groups: list[npt.NDArray[np.int64]] = []
    directions = np.empty((0, dimensions))
    bases = np.empty((0, dimensions), dtype=np.int64)
    for group in _drawn(chance, views, dimensions):
        unit = group / np.linalg.norm(group, axis=1, keepdims=True)
        # Five unequal components between bases leave three between any two members: more than the two, each by one,
        # that members of one subject can differ in. Cosine follows from no such count, so it is measured.
        if (
            float((1 - unit @ unit.T).max()) <= _WIDEST
            and not np.any((bases != group[0]).sum(axis=1) < _APART)
            and not np.any(1 - directions @ unit.T < 2 * _WIDEST)
        ):
            groups.append(group)
            directions = np.concatenate((directions, unit))
            bases = np.concatenate((bases, group[:1]))
        if len(groups) == subjects:
            return groups
    raise UsageError(
        f"{subjects} subjects do not fit into {dimensions} dimensions without coming near to each other",
        hint="use fewer subjects or more dimensions",
    )


def _drawn(chance: random.Random, views: int, dimensions: int) -> Iterator[npt.NDArray[np.int64]]:
    """Groups as they come, without a vector of length zero, until it is clear that it would go on in vain."""
    for _ in range(_TRIES):
        base = [int(chance.random() * (_HIGH - _LOW + 1)) + _LOW for _ in range(dimensions)]
        group = np.tile(np.array(base, dtype=np.int64), (views + 1, 1))
        for view in range(views):
            group[view + 1, view] += chance.choice((-1, 1))
        if group.any(axis=1).all():
            yield group
