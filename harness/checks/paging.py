"""Chapter paging: limit and offset."""

from __future__ import annotations

from collections import Counter

from harness.checks.case import Case
from harness.checks.rankings import different
from harness.checks.registry import check
from harness.model import Hit
from harness.oracle import repeated

_PAGE = 7
_DEEP, _DEEP_FOR_A_MODEL = 60, 28
_LIMITS, _LIMITS_FOR_A_MODEL = (1, 2, 3, 5, 10, 25), (1, 3, 10)


@check("paging/limit-is-prefix", source="limit n returns the best n")
def a_smaller_limit_gives_the_beginning(case: Case) -> None:
    """A smaller limit gives the beginning of what a larger one gives."""
    limits = _LIMITS if case.planted else _LIMITS_FOR_A_MODEL
    for query in case.queries:
        whole = case.hits(case.near(query.picture, limit=case.count))
        for limit in (one for one in limits if one <= case.count):
            question = case.near(query.picture, limit=limit)
            hits = case.hits(question)
            expected = min(limit, len(whole))
            case.require(
                len(hits) == expected, "not as many hits as the limit asks for", question, hits, expected=expected
            )
            case.demand(question, hits, different(hits, whole))


@check("paging/offset-joins", source="paging with offset and limit gives the unpaged list, without repeats or gaps")
def pages_join_up(case: Case) -> None:
    """Pages by offset and limit give the unpaged list, without repeats or gaps, but for the order within a tie."""
    for query in case.queries:
        deep = min(case.count, _DEEP if case.planted else _DEEP_FOR_A_MODEL)
        whole = case.hits(case.near(query.picture, limit=deep))
        joined: list[Hit] = []
        for offset in range(0, deep, _PAGE):
            question = case.near(query.picture, limit=_PAGE, offset=offset)
            page = case.hits(question)
            case.demand(question, page, query.truth.faults(page, query.truth.expect(limit=_PAGE, offset=offset)))
            joined += page
        question = case.near(query.picture, limit=_PAGE, offset=0)
        # A tie that a page cuts may come in another order on the next page: which of its members are where is not
        # promised, so an object is repeated only if no tie explains it.
        distances = Counter(hit.distance for hit in whole)
        lone = [hit.id for hit in joined if distances[hit.distance] == 1]
        case.demand(question, joined, repeated(lone))
        far = [
            (one.distance, other.distance)
            for one, other in zip(joined, whole, strict=False)
            if one.distance != other.distance
        ]
        case.require(
            not far, "the pages together are not the unpaged list", question, joined, paged_and_unpaged=far[:3]
        )


@check("paging/beyond-the-end", source="offset counts over the whole ranking")
def a_page_beyond_the_end_is_empty(case: Case) -> None:
    """A page that begins behind the last object is empty, and the last page is what is left."""
    query = case.queries[0]
    last = case.near(query.picture, limit=10, offset=case.count - 1)
    hits = case.hits(last)
    case.require(len(hits) == 1, "the last page does not hold the one object that is left", last, hits)
    behind = case.near(query.picture, limit=10, offset=case.count)
    hits = case.hits(behind)
    case.require(not hits, "hits behind the last object", behind, hits)
