"""Chapter filter: `where` together with an image."""

from __future__ import annotations

from harness.checks.case import Case
from harness.checks.registry import check, kept
from harness.model import Where


def numbers(case: Case) -> list[int]:
    """Return thresholds on `number` that leave nothing, one object, half and all."""
    count = len(case.dataset.stored)
    return [0, 1, count // 2, count]


def below(case: Case, number: int) -> tuple[Where, list[str]]:
    """Return the filter `number` less than this, and the ids that it leaves."""
    kept = ((one.id, one.properties["number"]) for one in case.dataset.stored)
    left = [id_ for id_, value in kept if isinstance(value, int | float) and value < number]
    return Where("LessThan", ("number",), number), left


@check(
    "filter/removes-only",
    source="where first, then the ranking: a filter can only remove objects",
    when=(kept("number"),),
)
def a_filter_only_removes(case: Case) -> None:
    """With a filter the result is that of the objects which it leaves, and nothing else changes."""
    for query in case.queries:
        for number in numbers(case):
            where, left = below(case, number)
            for limit in (5, case.count):
                question = case.near(query.picture, limit=limit, where=where)
                hits = case.hits(question)
                case.demand(
                    question,
                    hits,
                    query.truth.faults(hits, query.truth.expect(limit=limit, among=left)),
                    filter=f"number < {number}",
                )
                case.demand(question, hits, query.truth.wrong_distances(hits))


@check("filter/with-threshold", source="where first, then distance", when=(kept("number"),))
def a_filter_and_a_threshold_both_hold(case: Case) -> None:
    """With a filter and a threshold, every object that passes both is returned and no other."""
    for query in case.queries:
        distances = query.truth.distinct_distances()
        threshold = distances[len(distances) // 2]
        for number in numbers(case):
            where, left = below(case, number)
            question = case.near(query.picture, limit=case.everything(), distance=threshold, where=where)
            hits = case.hits(question)
            expected = query.truth.expect(threshold=threshold, among=left)
            case.demand(question, hits, query.truth.faults(hits, expected), filter=f"number < {number}")


@check("filter/pages", source="where first; offset counts over the whole ranking", when=(kept("number"),))
def filtered_pages_join_up(case: Case) -> None:
    """The second page of a filtered result goes on where the first ended."""
    query = case.queries[0]
    where, left = below(case, max(numbers(case)[2], 12))
    for offset in (0, 5, 10):
        question = case.near(query.picture, limit=5, offset=offset, where=where)
        hits = case.hits(question)
        case.demand(question, hits, query.truth.faults(hits, query.truth.expect(limit=5, offset=offset, among=left)))
