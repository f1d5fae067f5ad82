"""Chapter sort: over GraphQL the best k are chosen by distance, and then brought into an order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial

from harness.checks.case import Case, Query, Skipped, Violation
from harness.checks.registry import check, kept
from harness.interfaces import SPEAK_GRAPHQL
from harness.model import Hit, Level, Question, Sort

_SOURCE = "with sort: the best k are chosen by distance, then sorted"
_LIMITS = (3, 10)

_PAGE = 3

clause = partial(check, by_name=True, when=(kept("label"), kept("number")))
"""Registers a clause about an order."""


def _asked(case: Case, query: Query, sort: tuple[Sort, ...], **arguments: float) -> Question:
    """Return the question for an order of the best.

    Raises:
        Skipped: this interface has no order for a search by nearness.
    """
    if case.interface.name not in SPEAK_GRAPHQL:
        raise Skipped(f"over {case.interface.name} a search by nearness has no order; that it is refused is in errors")
    return case.near(query.picture, sort=sort, properties=("label", "number"), **arguments)


def _sorted(case: Case, query: Query, *sort: Sort, limit: int, **more: float) -> tuple[Question, tuple[Hit, ...]]:
    """Ask for an order of the best, and demand that they are the best."""
    question = _asked(case, query, sort, limit=limit, **more)
    hits = case.hits(question)
    case.demand(
        question, hits, query.truth.faults(hits, query.truth.expect(limit=limit, threshold=more.get("distance")))
    )
    case.demand(question, hits, query.truth.wrong_distances(hits))
    there = all(hit.properties.get(name) is not None for hit in hits for name in question.properties)
    case.require(there, "a property that was asked for did not come", question, hits)
    return question, hits


def _demand_order(case: Case, question: Question, hits: Sequence[Hit], keys: Sequence[object], want: object) -> None:
    case.require(list(keys) == want, "the hits are not in the order asked for", question, hits, got=list(keys))


@clause("sort/number", source=_SOURCE)
def numbers_rise_and_fall(case: Case) -> None:
    """The best k come in the order of a number, rising or falling."""
    for query in case.queries:
        for limit in _LIMITS:
            for falling in (False, True):
                question, hits = _sorted(case, query, Sort("number", falling), limit=limit)
                keys = [hit.properties["number"] for hit in hits]
                _demand_order(case, question, hits, keys, sorted(keys, reverse=falling))


@clause("sort/two-keys", source=_SOURCE)
def a_second_key_orders_what_the_first_leaves(case: Case) -> None:
    """By two properties the second orders those that are alike in the first."""
    for query in case.queries:
        question, hits = _sorted(case, query, Sort("label"), Sort("number", descending=True), limit=_LIMITS[-1])
        keys = [(str(hit.properties["label"]).lower(), -hit.properties["number"]) for hit in hits]
        _demand_order(case, question, hits, keys, sorted(keys))


@clause("sort/threshold", source=_SOURCE)
def an_order_and_a_threshold_both_hold(case: Case) -> None:
    """With a threshold, all that are within it among the best k come, in the order asked for."""
    query = case.queries[0]
    distances = query.truth.distinct_distances()
    for threshold in (distances[1], distances[len(distances) // 2]):
        question, hits = _sorted(case, query, Sort("number"), limit=case.count, distance=threshold)
        keys = [hit.properties["number"] for hit in hits]
        _demand_order(case, question, hits, keys, sorted(keys))


@clause("sort/pages", level=Level.SHOULD, source=f"{_SOURCE}; pages neither repeat nor leave out an object")
def sorted_pages_join_up(case: Case) -> None:
    """Pages of a sorted search are together the best, without repeats or gaps, but for a tie that a page cuts."""
    query = case.queries[0]
    pages = [
        _asked(case, query, (Sort("number"),), limit=_PAGE, offset=offset) for offset in range(0, 4 * _PAGE, _PAGE)
    ]
    lone = _without_a_tie(case, query)  # which members of a tie are on which page is not promised
    brought = [(page, case.hits(page)) for page in pages]
    times = Counter(hit.id for _, hits in brought for hit in hits)
    again = sorted(id_ for id_ in lone if times[id_] > 1)
    left_out = sorted((query.truth.expect(limit=4 * _PAGE).must & lone) - set(times))
    if again or left_out:
        page, hits = brought[-1]
        cut = all(_cut_from_all(case, page, hits) for page, hits in brought)
        facts = {"again": again[:5], "left_out": left_out[:5], "cut_from_the_sorted_best": cut}
        raise Violation("the pages together are not the best", case.evidence(page, hits) | facts)


def _without_a_tie(case: Case, query: Query) -> set[str]:
    """The objects whose distance no other has, as the server tells it."""
    whole = case.hits(case.near(query.picture, limit=case.count))
    distances = Counter(hit.distance for hit in whole)
    return {hit.id for hit in whole if distances[hit.distance] == 1}


def _cut_from_all(case: Case, question: Question, hits: Sequence[Hit]) -> bool:
    """Whether a page is cut from the best up to its end, sorted as a whole."""
    before = question.offset or 0
    whole = case.hits(question.but(limit=before + _PAGE, offset=None))
    return [hit.id for hit in whole[before:]] == [hit.id for hit in hits]
