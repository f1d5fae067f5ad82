"""Chapter threshold, complete: however many objects are within it, all are returned.

What a server can't do is one finding: the smallest number at which it fails, found by bisection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.checks.case import Case, Query, Violation
from harness.checks.filters import below
from harness.checks.registry import check, kept
from harness.interfaces import SPEAK_GRAPHQL

_REACHES = (1, 9, 10, 11, 99, 100, 101, 999, 1000, 1001, 1099, 1100, 1101, 4999, 5000)
"""At and around each power of ten, and around 100 + 1,000: a search by distance may go on in steps, each ten times as
far as the one before (observed)."""


@check("threshold/complete", source="without limit: every object within the threshold")
def every_object_within_reach_is_returned(case: Case) -> None:
    """However many objects are within the threshold, all are returned."""
    query = _first(case)
    ranks = sorted(float(one) for one in query.truth.distances)

    def complete(reach: int) -> None:
        # between two ranks, as far from both as can be: this is not about the boundary
        beyond = ranks[reach] if reach < len(ranks) else ranks[-1] + 2.0
        _complete(case, query, (ranks[reach - 1] + beyond) / 2, None)

    _smallest(complete, _reaches(len(ranks)))


@check(
    "threshold/complete-with-filter",
    source="where first, then distance: every object that passes both",
    when=(kept("number"),),
)
def every_filtered_object_within_reach_is_returned(case: Case) -> None:
    """However many objects pass the filter and the threshold, all are returned."""
    query = _first(case)
    # beyond the farthest, not at it: this is not about the boundary
    beyond = float(query.truth.distances.max()) + 1.0
    _smallest(lambda number: _complete(case, query, beyond, number), _reaches(len(case.dataset.stored)))


def _reaches(count: int) -> list[int]:
    return [*(one for one in _REACHES if one < count), count]


def _first(case: Case) -> Query:
    picture = case.samples(1)[0].picture
    assert picture is not None
    return Query(picture.name, picture, case.truth_of(picture))


def _complete(case: Case, query: Query, threshold: float, number: int | None) -> None:
    """Demand everything within a threshold, of all objects or of those whose number is less than `number`."""
    where, left = below(case, number) if number is not None else (None, None)
    # the one check that leaves the limit out: that is what its clause is about
    limit = None if case.interface.name in SPEAK_GRAPHQL else case.count + 1
    question = case.near(query.picture, distance=threshold, limit=limit, where=where)
    hits = case.hits(question)
    expected = query.truth.expect(threshold=threshold, among=left)
    faults = query.truth.faults(hits, expected)
    case.demand(question, hits, faults, objects_within_reach=expected.least)


def _smallest(ask: Callable[[int], None], reaches: Sequence[int]) -> None:
    """Ask for more and more; if one fails, find the smallest that does and let its violation go on."""
    held, failed = 0, 0
    found: Violation | None = None
    for reach in reaches:
        try:
            ask(reach)
        except Violation as violation:
            failed, found = reach, violation
            break
        held = reach
    while found is not None and failed - held > 1:
        middle = (held + failed) // 2
        try:
            ask(middle)
        except Violation as violation:
            failed, found = middle, violation
        else:
            held = middle
    if found is not None:
        found.evidence["smallest_reach_that_fails"] = failed
        raise found
