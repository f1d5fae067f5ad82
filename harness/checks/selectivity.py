"""Chapter selectivity: filters that leave nothing, one object in a thousand, half or all, and those farthest away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from harness.checks.case import Case, Query
from harness.checks.filters import below
from harness.checks.registry import check, kept
from harness.model import Where

_FIRST = "where first, then the ranking: a filter can only remove objects"
_LIMITS = (1, 10, 100)
_THOUSANDTH = 1000

clause = partial(check, by_name=True, when=(kept("number"),))
"""Registers a clause about filters that leave much or little."""


def _shares(case: Case) -> Iterator[tuple[Where, list[str]]]:
    """Filters that leave nothing, about a thousandth (one at least), half and all, and the ids that they leave."""
    count = len(case.dataset.stored)
    for number in (0, max(1, count // _THOUSANDTH), count // 2, count):
        yield below(case, number)


def _above(case: Case, number: int) -> tuple[Where, list[str]]:
    _, lower = below(case, number)
    left = {one.id for one in case.dataset.stored} - set(lower)
    return Where("GreaterThanEqual", ("number",), number), sorted(left)


def _demand(case: Case, query: Query, where: Where, left: Sequence[str], limit: int, **more: float) -> None:
    """Ask with a filter and demand the exact answer among what it leaves."""
    question = case.near(query.picture, limit=limit, where=where, **more)
    hits = case.hits(question)
    expected = query.truth.expect(limit=limit, among=left, threshold=more.get("distance"))
    case.demand(question, hits, query.truth.faults(hits, expected), left_by_the_filter=len(left))
    case.demand(question, hits, query.truth.wrong_distances(hits))


@clause("selectivity/each-share", source=_FIRST)
def whatever_share_is_left_is_searched_exactly(case: Case) -> None:
    """Whether a filter leaves nothing, a thousandth, half or all, the best k of what it leaves are found."""
    for query in case.queries:
        for where, left in _shares(case):
            for limit in (*_LIMITS, case.count):
                _demand(case, query, where, left, limit)


@clause("selectivity/the-farthest", source=_FIRST)
def the_farthest_are_found_where_only_they_are_left(case: Case) -> None:
    """A filter that leaves only objects far from the image finds the nearest of them, and all of them."""
    pictures = case.samples(case.count)
    for stored in (pictures[0], pictures[-1]):
        assert stored.picture is not None
        query = Query(stored.picture.name, stored.picture, case.truth_of(stored.picture))
        half = len(case.dataset.stored) // 2
        number = stored.properties["number"]
        where, left = _above(case, half) if number < half else below(case, half)
        for limit in _LIMITS:
            _demand(case, query, where, left, limit)


@clause("selectivity/threshold", source=f"{_FIRST}; then distance")
def whatever_share_is_left_is_cut_at_the_threshold(case: Case) -> None:
    """Whatever share a filter leaves, all of it within the threshold is found and nothing beyond."""
    query = case.queries[0]
    distances = query.truth.distinct_distances()
    for where, left in _shares(case):
        for threshold in (distances[0], distances[len(distances) // 2], distances[-1]):
            _demand(case, query, where, left, case.count + 1, distance=threshold)


@clause("selectivity/text", source=_FIRST, when=(kept("label"),))
def a_text_leaves_its_objects(case: Case) -> None:
    """A filter on a text leaves exactly the objects that have it, by each text that occurs."""
    query = case.queries[0]
    labels = dict.fromkeys(str(one.properties["label"]) for one in case.dataset.stored)
    for label in labels:
        left = [one.id for one in case.dataset.stored if one.properties["label"] == label]
        _demand(case, query, Where("Equal", ("label",), label), left, case.count)


@clause("selectivity/combined", source=f"{_FIRST}; And leaves what passes all, Or what passes any")
def combined_filters_leave_what_they_say(case: Case) -> None:
    """And leaves what passes both filters, Or what passes either, also where that is nothing or all."""
    query = case.queries[0]
    count = len(case.dataset.stored)
    for low, high in ((count // 3, 2 * count // 3), (count // 2, count // 2), (count // 2, count // 2 + 1)):
        (upper, up), (lower, down) = _above(case, low), below(case, high)
        _demand(case, query, Where("And", operands=(upper, lower)), sorted(set(up) & set(down)), 100)
        (upper, up), (lower, down) = _above(case, high), below(case, low)
        _demand(case, query, Where("Or", operands=(upper, lower)), sorted(set(up) | set(down)), 100)
