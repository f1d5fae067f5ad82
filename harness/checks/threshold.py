"""Chapter threshold: what `distance` means, to the last digit.

Expectations come from the oracle: at most the threshold must be there, more than 1e-6 (and rounding) beyond must not,
between them either is allowed. With planted images the distances are exact, and so is the boundary.
"""

from __future__ import annotations

from dataclasses import replace
from math import isfinite

import numpy as np

from harness.checks.case import Case, Query, Skipped
from harness.checks.registry import check, directed, image_alone, metric_is
from harness.checks.spread import spread
from harness.model import Metric, Question
from harness.oracle import SLACK, Truth

_THRESHOLDS = 8


def judge_within(case: Case, query: Query, threshold: float, **arguments: int) -> None:
    """Ask with a threshold (and a limit, an offset) and demand the exact answer."""
    limit = arguments.get("limit", case.everything())
    offset = arguments.get("offset")
    question = case.near(query.picture, distance=threshold, limit=limit, offset=offset)
    hits = case.hits(question)
    expected = query.truth.expect(threshold=threshold, limit=arguments.get("limit"), offset=offset or 0)
    case.demand(question, hits, query.truth.faults(hits, expected), threshold=threshold)


@check("threshold/inclusive", source="distance is the largest dissimilarity allowed")
def the_boundary_belongs_to_the_result(case: Case) -> None:
    """A hit whose distance equals the threshold is returned."""
    for query in case.queries:
        truth = query.truth
        exact = [truth.distance(id_) for id_ in truth.ids if truth.bound(id_) == 0.0]
        if not exact:  # rounding hides the boundary: the server's own figures still show it
            exact = [distance for _, distance in _returned(case, query) if distance]
        for threshold in spread(sorted(set(exact)), case.effort(_THRESHOLDS)):
            question = case.near(query.picture, distance=threshold, limit=case.everything())
            hits = case.hits(question)
            case.require(
                bool(hits) and hits[-1].distance is not None and any(_same(hit.distance, threshold) for hit in hits),
                "no hit at the threshold itself",
                question,
                hits,
                threshold=threshold,
            )
            expected = truth.expect(threshold=threshold)
            case.demand(
                question,
                hits,
                [fault for fault in truth.faults(hits, expected) if "missing" in fault.what],
                threshold=threshold,
            )


@check("threshold/excludes-beyond", source="distance is the largest dissimilarity allowed")
def what_is_beyond_is_left_out(case: Case) -> None:
    """A hit farther than the threshold (by more than rounding and 1e-6) is not returned."""
    for query in case.queries:
        truth = query.truth
        for distance in spread(truth.distinct_distances()[1:], case.effort(_THRESHOLDS)):
            id_ = min(truth.ids, key=lambda one, at=distance: abs(truth.distance(one) - at))  # type: ignore[misc]
            threshold = truth.distance(id_) - truth.bound(id_) - 4 * SLACK - 1e-6 * abs(distance)
            question = case.near(query.picture, distance=threshold, limit=case.everything())
            hits = case.hits(question)
            expected = truth.expect(threshold=threshold)
            extra = [fault for fault in truth.faults(hits, expected) if "belong" in fault.what]
            case.demand(question, hits, extra, threshold=threshold)


@check("threshold/round-trip", source="a distance that was returned, used as the threshold, keeps that hit")
def a_returned_distance_keeps_its_hit(case: Case) -> None:
    """A distance that was returned, used as the threshold, returns that hit again."""
    for query in case.queries:
        whole = _returned(case, query)
        step = max(1, len(whole) // case.effort(_THRESHOLDS))
        for id_, distance in [*whole[::step], *whole[-1:]]:
            question = case.near(query.picture, distance=distance, limit=case.everything())
            hits = case.hits(question)
            case.require(
                any(one.id == id_ for one in hits),
                "the hit with that distance is gone",
                question,
                hits,
                threshold=distance,
                missing=id_,
            )


@check("threshold/nesting", source="a larger threshold never loses a hit")
def a_larger_threshold_keeps_every_hit(case: Case) -> None:
    """A larger threshold returns all that a smaller one returned."""
    for query in case.queries:
        before: frozenset[str] = frozenset()
        for threshold in spread(query.truth.distinct_distances(), case.effort(_THRESHOLDS)):
            question = case.near(query.picture, distance=threshold, limit=case.everything())
            hits = case.hits(question)
            now = frozenset(hit.id for hit in hits)
            case.require(
                before <= now,
                "a larger threshold lost a hit",
                question,
                hits,
                threshold=threshold,
                lost=sorted(before - now)[:5],
            )
            before = now


@check("threshold/zero", source="distance 0 is a real threshold and finds the same image", when=(directed, image_alone))
def zero_finds_the_same_image(case: Case) -> None:
    """Threshold 0 returns the same image, unless by rounding it is farther from itself, and nothing that differs."""
    for stored in case.samples(4):
        assert stored.picture is not None
        assert stored.vector is not None
        question = case.near(stored.picture, distance=0.0, limit=case.everything())
        hits = case.hits(question)
        truth = case.dataset.truth(stored.vector)
        case.require(
            any(hit.id == stored.id for hit in hits) or _is_rounded_away(case, question, truth, stored.id),
            "the image itself is not within distance 0",
            question,
            hits,
            image=stored.id,
        )
        extra = [fault for fault in truth.faults(hits, truth.expect(threshold=0.0)) if "belong" in fault.what]
        case.demand(question, hits, extra)


def _is_rounded_away(case: Case, question: Question, truth: Truth, id_: str) -> bool:
    """Whether an image is a mere rounding away from itself, at a server that accepts nothing beyond a threshold.

    One that accepts it half as far away as it is has some slack, and owes it within 0 too.
    """
    far, bound = truth.distance(id_), truth.bound(id_)
    own = [hit.distance for hit in case.hits(replace(question, distance=None)) if hit.id == id_]
    if not (own and own[0] is not None and isfinite(bound) and 0 < own[0] <= far + bound):
        return False
    return all(hit.id != id_ for hit in case.hits(replace(question, distance=own[0] / 2)))


@check("threshold/beyond-maximum", source="a threshold above the metric's maximum finds all")
def beyond_the_maximum_everything_is_found(case: Case) -> None:
    """A threshold beyond every distance returns every object."""
    for query in case.queries:
        farthest = float(query.truth.distances.max())
        for threshold in (2.5 if case.dataset.metric is Metric.COSINE else farthest + abs(farthest) * 0.01 + 1.0, 1e9):
            judge_within(case, query, threshold)


@check("threshold/below-minimum", source="a threshold below the metric's minimum finds nothing")
def below_the_minimum_nothing_is_found(case: Case) -> None:
    """A threshold below every distance returns nothing, and that is not an error."""
    for query in case.queries:
        nearest = float(query.truth.distances.min())
        for threshold in (nearest - abs(nearest) * 0.01 - 1.0, -1e9):
            judge_within(case, query, threshold)


@check("threshold/negative-for-dot", source="for dot negative thresholds are ordinary", when=(metric_is(Metric.DOT),))
def negative_thresholds_work_for_dot(case: Case) -> None:
    """For the dot metric a negative threshold cuts where it says."""
    for query in case.queries:
        negative = [distance for distance in query.truth.distinct_distances() if distance < 0]
        if not negative:
            raise Skipped("no negative distance among these vectors")
        for threshold in spread(negative, case.effort(_THRESHOLDS)):
            judge_within(case, query, threshold)


@check("threshold/each-distance", source="at most the threshold must be there, beyond it must not")
def each_distance_cuts_where_it_says(case: Case) -> None:
    """At each distance that occurs, as the threshold, exactly the objects within it are returned."""
    for query in case.queries:
        for threshold in spread(query.truth.distinct_distances(), case.effort(4 * _THRESHOLDS)):
            judge_within(case, query, threshold)


@check("threshold/with-limit", source="with limit n: the best n, and of those the ones within the threshold")
def a_limit_and_a_threshold_both_hold(case: Case) -> None:
    """With a limit and a threshold, the best n are returned as far as they are within it."""
    for query in case.queries:
        for threshold in spread(query.truth.distinct_distances(), case.effort(5)):
            for limit in (1, 10, case.count):
                judge_within(case, query, threshold, limit=limit)


@check("threshold/with-offset", source="offset counts over the whole ranking")
def an_offset_and_a_threshold_both_hold(case: Case) -> None:
    """With an offset and a threshold, the ranking within it goes on where the page before ended."""
    for query in case.queries:
        for threshold in spread(query.truth.distinct_distances(), case.effort(5)):
            for offset in (1, 4, 9):
                judge_within(case, query, threshold, limit=5, offset=offset)


def _returned(case: Case, query: Query) -> list[tuple[str, float]]:
    """Ask for everything and return ids and distances, best first; there have to be some, all of them numbers."""
    question = case.near(query.picture, limit=case.count)
    hits = case.hits(question)
    told = [(hit.id, hit.distance) for hit in hits if hit.distance is not None and isfinite(hit.distance)]
    case.require(bool(hits), "nothing was found", question, hits)
    case.require(len(told) == len(hits), "a hit has no distance", question, hits)
    return told


def _same(returned: float | None, threshold: float) -> bool:
    """Whether a returned distance is the threshold, as a float32: it is printed in the fewest digits that say so."""
    with np.errstate(over="ignore"):
        return returned is not None and bool(np.float32(returned) == np.float32(threshold))
