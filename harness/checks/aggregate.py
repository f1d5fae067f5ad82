"""Chapter aggregate: what `Aggregate` with nearImage counts is what `Get` with nearImage finds."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from functools import partial
from itertools import pairwise

from harness.checks.case import Case, Skipped
from harness.checks.filters import below
from harness.checks.registry import check, kept, metric_is
from harness.checks.spread import spread
from harness.errors import UnsupportedError
from harness.interfaces import connect
from harness.model import Level, Metric, Question
from harness.oracle import Expected, Truth

_COUNTED = "Aggregate with nearImage counts what the search finds"
_LABEL = "label"
_LIMITS = (1, 3, 10)
_FIRST = 6
_TAKEN = 2.0
"""A distance of 2 is the certainty 0."""

clause = partial(check, by_name=True)
"""Registers a clause about counting."""


def _thresholds(case: Case, truth: Truth) -> list[float]:
    """Distances that occur: the first few, among which are near-duplicates, and some from there to the last."""
    distances = truth.distinct_distances()
    return list(dict.fromkeys([*distances[:_FIRST], *spread(distances, case.effort(6))]))


def _small(case: Case, truth: Truth) -> list[float]:
    """Thresholds between two distances that occur, all below 2.

    A server may turn the distance into a certainty first: how large one it takes is a clause of its own
    (`aggregate/distance`), and so that one fault is one finding every other check stays below.
    """
    distances = truth.distinct_distances()
    between = [(near + far) / 2 for near, far in pairwise(distances)]
    return spread([one for one in between if one < _TAKEN], case.effort(6)) or [0.0]


def _demand(case: Case, question: Question, expected: Expected, object_limit: int | None = None) -> None:
    """Have counted what a question finds, and demand a number that it can be."""
    aggregation = question.counted(object_limit=object_limit)
    counted = case.tally(aggregation).objects
    case.require(
        expected.least <= counted <= expected.most,
        "another number was counted than there are",
        aggregation,
        counted=counted,
        distance=question.distance,
        at_least=expected.least,
        at_most=expected.most,
    )


# --- how many --------------------------------------------------------------------------------------


@clause("aggregate/distance", source=_COUNTED)
def all_within_a_distance_are_counted(case: Case) -> None:
    """Within a distance exactly the objects within it are counted."""
    for query in case.queries:
        for threshold in _thresholds(case, query.truth):
            _demand(case, case.near(query.picture, distance=threshold), query.truth.expect(threshold=threshold))


@clause("aggregate/all-within", source=f"{_COUNTED}; a threshold at the metric's maximum finds all")
def a_distance_that_all_are_within_counts_all(case: Case) -> None:
    """A distance that no object is beyond counts all of them; for cosine that is 2."""
    query = case.queries[0]
    farthest = _TAKEN if case.dataset.metric is Metric.COSINE else float(query.truth.distances.max()) + 1.0
    _demand(case, case.near(query.picture, distance=farthest), query.truth.expect(threshold=farthest))


@clause(
    "aggregate/certainty", source=f"{_COUNTED}; certainty c is the distance 2 (1 - c)", when=(metric_is(Metric.COSINE),)
)
def all_that_are_certain_enough_are_counted(case: Case) -> None:
    """By a certainty exactly the objects within the distance that it means are counted."""
    query = case.queries[0]
    for threshold in _small(case, query.truth):
        certainty = 1.0 - threshold / 2.0
        expected = query.truth.expect(threshold=2.0 * (1.0 - certainty))
        _demand(case, case.near(query.picture, certainty=certainty), expected)


@clause("aggregate/object-limit", source="objectLimit: so many of the nearest are counted")
def so_many_as_the_limit_are_counted(case: Case) -> None:
    """By an objectLimit so many objects are counted, or all if there are fewer."""
    for query in case.queries:
        for limit in (*_LIMITS, case.count, case.count + 10):
            _demand(case, case.near(query.picture), query.truth.expect(limit=limit), limit)


@clause("aggregate/distance-and-limit", source="objectLimit: so many of the nearest are counted, within the distance")
def a_distance_and_a_limit_both_hold(case: Case) -> None:
    """By a distance and an objectLimit the best so many are counted as far as they are within it."""
    query = case.queries[0]
    for threshold in _thresholds(case, query.truth):
        for limit in _LIMITS:
            question = case.near(query.picture, distance=threshold)
            _demand(case, question, query.truth.expect(threshold=threshold, limit=limit), limit)


@clause("aggregate/filter", source=f"{_COUNTED}: where first, then the ranking", when=(kept("number"),))
def what_a_filter_leaves_is_counted(case: Case) -> None:
    """With a filter exactly the objects that pass it and are within the distance are counted."""
    query = case.queries[0]
    for threshold in _small(case, query.truth):
        for number in (0, 1, case.count // 2, case.count):
            where, left = below(case, number)
            question = case.near(query.picture, distance=threshold, where=where)
            _demand(case, question, query.truth.expect(threshold=threshold, among=left))


@clause("aggregate/equals-get", level=Level.SHOULD, source=_COUNTED)
def the_count_is_the_number_of_hits(case: Case) -> None:
    """The same distance and limit count so many objects as `Get` brings."""
    for query in case.queries:
        for threshold in _small(case, query.truth):
            question = case.near(query.picture, distance=threshold, limit=case.count + 1)
            hits = case.hits(question)
            counted = case.tally(question.counted(object_limit=case.count + 1)).objects
            case.require(counted == len(hits), "Aggregate counts another number", question, hits, counted=counted)


@clause("aggregate/nothing", source="nothing within the threshold is no error")
def nothing_is_counted_as_none(case: Case) -> None:
    """Where a filter leaves nothing, 0 objects are counted, and that is no error."""
    where, _ = below(case, 0) if "number" in case.collection.keep else (None, [])
    question = case.near(case.queries[0].picture, distance=-1e9, where=where)
    counted = case.tally(question.counted()).objects
    case.require(counted == 0, "something is counted where nothing is near enough", counted=counted)


# --- by other operators ----------------------------------------------------------------------------


@clause("aggregate/near-vector", level=Level.SHOULD, source="nearImage is nearVector with the vector of the image")
def a_vector_counts_what_its_image_does(case: Case) -> None:
    """By vector the same number is counted as by the image of that vector."""
    query = case.queries[0]
    for threshold in _small(case, query.truth):
        question = case.near_vector(query.truth.query, distance=threshold)
        _demand(case, question, query.truth.expect(threshold=threshold))


@clause("aggregate/near-object", level=Level.SHOULD, source="nearObject searches with the stored vector")
def an_object_counts_what_its_vector_does(case: Case) -> None:
    """By object the number is counted that is near to its stored vector."""
    stored = case.samples(1)[0]
    assert stored.vector is not None
    truth = case.dataset.truth(stored.vector)
    for threshold in _small(case, truth):
        _demand(case, case.near_object(stored.id, distance=threshold), truth.expect(threshold=threshold))


# --- of what ---------------------------------------------------------------------------------------


@clause(
    "aggregate/values",
    source="topOccurrences: the most frequent values, and how often each occurs",
    when=(kept(_LABEL),),
)
def the_values_are_those_of_the_hits(case: Case) -> None:
    """The values of a property that are counted are those of the hits, each as often as it occurs there."""
    for query in case.queries:
        for threshold in _small(case, query.truth):
            question = case.near(query.picture, distance=threshold, limit=case.count + 1, properties=(_LABEL,))
            hits = case.hits(question)
            found = Counter(str(hit.properties.get(_LABEL)) for hit in hits)
            tally = case.tally(question.counted(object_limit=case.count + 1, values_of=_LABEL))
            case.require(
                (tally.values, dict(tally.occurrences)) == (len(hits), dict(found)),
                "other values are counted than the hits have",
                question,
                hits,
                counted=tally.values,
                occurrences=dict(tally.occurrences),
                expected=dict(found),
            )


@clause("aggregate/parity", source="the same question is counted alike over every interface", compares=True)
def the_count_is_the_same_over_each_interface(case: Case) -> None:
    """The same aggregation counts the same number as over GraphQL."""
    query = case.queries[0]
    reason, compared = "", 0
    with closing(connect("graphql", case.endpoint)) as other:
        elsewhere = case.on(case.dataset, other)
        for near in (query.picture, None):
            threshold = _small(case, query.truth)[-1]
            asked = case.near(near) if near else case.near_vector(query.truth.query)
            for aggregation in (asked.but(distance=threshold).counted(), asked.counted(object_limit=3)):
                try:
                    here = case.tally(aggregation)
                except UnsupportedError as unsaid:
                    reason = unsaid.what
                    continue
                there = elsewhere.tally(aggregation)
                case.require(
                    here.objects == there.objects,
                    "another number was counted than over GraphQL",
                    aggregation,
                    counted=here.objects,
                    over_graphql=there.objects,
                )
                compared += 1
    if not compared:
        raise Skipped(reason)
