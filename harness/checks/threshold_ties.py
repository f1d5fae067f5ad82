"""Chapter threshold: many objects at the very boundary, and vectors of very different lengths.

Both in a collection made for it, from vectors of whole numbers and powers of two: each distance is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import combinations, islice
from math import log2

from harness.checks.boundary import Boundary, Company, Distance
from harness.checks.case import Case, Query, Violation
from harness.checks.registry import check, kind_is, metric_is, metric_is_not, module_is
from harness.checks.threshold import judge_within
from harness.dataset import Dataset, Scratch
from harness.images import Picture, planted_picture
from harness.model import Level, Metric, Module

_TIES = (2, 99, 100, 101, 1500)
"""Around 100, where a search by distance may take its next step (observed), and far beyond."""

_MAGNITUDES = (1e-3, 1e-2, 1e-1, 1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6)
_DUPLICATES = (10, 30, 100, 300, 1000, 1500)
_OTHERS = 4
_COMPONENTS = 64
_TURNS = 6

_planted = (kind_is("planted"), module_is(Module.IMG2VEC))


# --- ties ----------------------------------------------------------------------------------------


@check(
    "threshold/ties-at-boundary",
    source="at most the threshold must be there, beyond it must not",
    writes=True,
    by_name=True,
    when=(*_planted, metric_is(Metric.COSINE, Metric.L2)),
)
def a_tie_at_the_boundary_is_whole(case: Case) -> None:
    """However many objects are exactly at the threshold, all are returned; with a limit, as many as it says."""
    for members in _TIES:
        there = case.on(case.standing(_tied, members))
        query = _query(there, _ITSELF)
        at = query.truth.distinct_distances()[1]
        judge_within(there, query, at)
        for limit in (members, members + 1, members + 2):
            judge_within(there, query, at, limit=limit)


@contextmanager
def _tied(case: Case, members: int) -> Iterator[Dataset]:
    """The picture itself, so many others that are all different and all equally far, and one beyond."""
    pairs = islice(combinations(range(_COMPONENTS), 2), members)
    tied = [_turned(pair, f"one of {members} tied") for pair in pairs]
    with case.scratch() as shelf:
        _fill(shelf, [_ITSELF, *tied, _turned((0, 1, 2), "one beyond")])
        yield shelf.read()


@check(
    "threshold/beside-duplicates",
    level=Level.SHOULD,
    source="every object within the threshold; at these sizes the recall of every index is 1",
    writes=True,
    by_name=True,
    when=(*_planted, metric_is(Metric.L2)),
)
def equal_images_hide_no_other(case: Case) -> None:
    """However many equal images there are, an image that differs from them is found within distance."""
    others = [_turned(range(turns, turns + _COMPONENTS // 2), f"another, {turns}") for turns in range(_OTHERS)]
    with case.scratch() as shelf:
        _fill(shelf, others)
        stored = 0
        for duplicates in _DUPLICATES:
            _fill(shelf, [_turned((), "the same")] * (duplicates - stored))
            stored = duplicates
            there = case.on(shelf.read())
            for one in others:
                query = _query(there, one)
                try:
                    judge_within(there, query, query.truth.distinct_distances()[0], limit=_OTHERS)
                except Violation as violation:
                    violation.evidence["equal_images_beside_it"] = duplicates
                    raise


def _turned(places: Iterable[int], name: str) -> Picture:
    """A picture whose vector is +1 and, at these places, -1: for each of them a step farther, by every metric."""
    turned = set(places)
    return planted_picture([-1.0 if place in turned else 1.0 for place in range(_COMPONENTS)], name=name)


_ITSELF = _turned((), "the picture itself")


def _fill(shelf: Scratch, pictures: Sequence[Picture]) -> list[str]:
    return shelf.fill(pictures, [picture.vector for picture in pictures])


def _query(there: Case, picture: Picture) -> Query:
    """A planted picture to ask a scratch collection with: its vector is known."""
    return Query(picture.name, picture, there.dataset.truth(picture.vector or ()))


# --- magnitudes ----------------------------------------------------------------------------------


@check(
    "threshold/magnitudes",
    source="the formulas of the metrics hold for vectors of any length",
    writes=True,
    by_name=True,
    when=(*_planted, metric_is_not(Metric.HAMMING)),
)
def a_threshold_cuts_at_any_magnitude(case: Case) -> None:
    """A distance cuts to the digit for vectors with components from a thousandth to a million."""
    with case.scratch() as shelf:
        for magnitude in _MAGNITUDES:
            pictures = [_scaled(_turned(range(turns), f"{turns} turned"), magnitude) for turns in range(_TURNS)]
            ids = _fill(shelf, pictures)
            there = case.on(shelf.read())
            Boundary(there, _query(there, pictures[0]), Distance(), Company()).judge()
            for id_ in ids:
                shelf.delete(id_)


def _scaled(picture: Picture, magnitude: float) -> Picture:
    """The picture with a vector so much longer, to the next power of two: no digit changes."""
    scale = 2.0 ** round(log2(magnitude))
    return planted_picture([scale * one for one in picture.vector or ()], name=f"{picture.name}, times {scale:g}")
