"""Chapter certainty: the other way to say a threshold, for cosine alone."""

from __future__ import annotations

from harness.checks.case import Case
from harness.checks.registry import check, metric_is, metric_is_not
from harness.checks.spread import spread
from harness.model import Metric, State
from harness.oracle import SLACK, UNIT

_COSINE = (metric_is(Metric.COSINE),)
_FIELDS = ("id", "distance", "certainty")


@check("certainty/one-minus-half", source="certainty = 1 - distance / 2, cosine only", when=_COSINE)
def certainty_is_one_minus_half_the_distance(case: Case) -> None:
    """The certainty of each hit is 1 - distance / 2."""
    for query in case.queries:
        question = case.near(query.picture, limit=min(case.count, 100), additional=_FIELDS)
        hits = case.hits(question)
        for hit in hits:
            exact = 1.0 - hit.distance / 2 if hit.distance is not None else None
            case.require(
                hit.certainty is not None and exact is not None and abs(hit.certainty - exact) <= 4 * UNIT,
                "a certainty is not 1 - distance / 2",
                question,
                hits,
                id=hit.id,
                distance=hit.distance,
                certainty=hit.certainty,
                expected=exact,
            )


@check("certainty/threshold-equals-distance", source="certainty c is the threshold distance 2 (1 - c)", when=_COSINE)
def a_certainty_is_the_threshold_of_its_distance(case: Case) -> None:
    """A certainty c as the threshold returns what the distance 2 (1 - c) returns."""
    for query in case.queries:
        for distance in spread([one for one in query.truth.distinct_distances() if 0 < one < 2], case.effort(12)):  # noqa: PLR2004 - cosine's range
            certainty = 1.0 - distance / 2
            question = case.near(query.picture, certainty=certainty, limit=case.everything())
            hits = case.hits(question)
            # the server computes the distance from the certainty in float32: two roundings more
            low = query.truth.expect(threshold=distance - 8 * UNIT)
            high = query.truth.expect(threshold=distance + 8 * UNIT)
            ids = {hit.id for hit in hits}
            case.require(
                low.must <= ids <= high.may,
                "not the objects within distance 2 (1 - c)",
                question,
                hits,
                certainty=certainty,
                distance=distance,
                missing=sorted(low.must - ids)[:5],
                extra=sorted(ids - high.may)[:5],
            )


@check(
    "certainty/round-trip", source="a certainty that was returned, used as the threshold, keeps that hit", when=_COSINE
)
def a_returned_certainty_keeps_its_hit(case: Case) -> None:
    """A certainty that was returned, used as the threshold, returns that hit again."""
    for query in case.queries:
        whole = case.hits(case.near(query.picture, limit=case.count, additional=_FIELDS))
        for hit in whole[:: max(1, len(whole) // case.effort(12))]:
            # certainty 0 counts as not given; above 1 (distance below 0 by rounding) is no threshold to speak of
            if hit.certainty is None or not SLACK < hit.certainty <= 1.0:
                continue
            question = case.near(query.picture, certainty=hit.certainty, limit=case.everything())
            hits = case.hits(question)
            case.require(
                any(one.id == hit.id for one in hits),
                "the hit with that certainty is gone",
                question,
                hits,
                certainty=hit.certainty,
                missing=hit.id,
            )


@check(
    "certainty/other-metrics-refused",
    source="certainty can't be computed on a metric other than cosine",
    when=(metric_is_not(Metric.COSINE),),
)
def certainty_is_refused_on_other_metrics(case: Case) -> None:
    """A certainty as the threshold is refused on a metric other than cosine, and the message names certainty."""
    query = case.queries[0]
    case.refused(case.near(query.picture, certainty=0.7, limit=5), because=("certainty",))


@check(
    "certainty/not-returned-on-other-metrics",
    source="certainty can't be returned on a metric other than cosine",
    when=(metric_is_not(Metric.COSINE),),
)
def certainty_is_not_made_up_on_other_metrics(case: Case) -> None:
    """On a metric other than cosine no hit has a certainty: the field is refused or left out."""
    question = case.near(case.queries[0].picture, limit=5, additional=_FIELDS)
    answer = case.ask(question)
    if answer.state is State.OK:
        case.require(
            all(hit.certainty is None for hit in answer.hits),
            "a certainty was made up",
            question,
            answer.hits,
            certainties=[hit.certainty for hit in answer.hits[:5]],
        )


@check("certainty/not-with-distance", source="nearImage cannot provide both distance and certainty")
def certainty_and_distance_together_are_refused(case: Case) -> None:
    """Distance and certainty together are refused, and the message names them."""
    query = case.queries[0]
    case.refused(case.near(query.picture, certainty=0.7, distance=0.6, limit=5), because=("distance", "certainty"))
