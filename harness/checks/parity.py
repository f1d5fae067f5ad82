"""Chapter parity: the same question comes to the same over every interface; each other one is held against GraphQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from harness.checks.case import Case, Skipped
from harness.checks.rankings import different
from harness.checks.registry import check
from harness.errors import UnsupportedError
from harness.images import planted_text
from harness.interfaces import connect
from harness.interfaces.rest import float32s
from harness.model import Hit, Metric, Module, NearImage, NearObject, NearText, Question, Where
from harness.oracle import Truth

_DEEP = 50
_SOURCE = "the same question gives the same hits and distances over every interface"
_NOBODY = "00000000-0000-4000-8000-00000000dead"
_TEXT = "bm8gaW1hZ2UgYXQgYWxs"
"""The base64 of words."""


@check("parity/answers", source=_SOURCE, compares=True)
def the_answers_are_the_same(case: Case) -> None:
    """The same question gives the same objects at the same distances, equal as float32, as it gives over GraphQL."""
    with _over_graphql(case) as elsewhere:
        compared = 0
        for question in _questions(case):
            try:
                here = case.hits(question)
            except UnsupportedError as unsaid:
                reason = unsaid.what
                continue
            there = elsewhere.hits(question)
            case.demand(
                question,
                here,
                different(_in_float32(here), _in_float32(there)),
                compared_with="graphql",
                over_graphql=[[hit.id, hit.distance] for hit in there[:10]],
            )
            case.require(
                len(here) == len(there),
                "the same question gave another number of hits",
                question,
                here,
                over_graphql=len(there),
            )
            compared += 1
    if not compared:
        raise Skipped(reason)


@check("parity/errors", source="what is refused does not depend on the interface", compares=True)
def the_refusals_are_the_same(case: Case) -> None:
    """What is refused over GraphQL is refused here, and what is answered there is answered here."""
    with _over_graphql(case) as elsewhere:
        compared = 0
        for question in _mistakes(case):
            try:
                here = case.ask(question)
            except UnsupportedError as unsaid:
                reason = unsaid.what
                continue
            there = elsewhere.ask(question)
            case.require(
                here.state is there.state,
                f"the same question was {_said(here.state)} here and {_said(there.state)} over GraphQL",
                question,
                here.hits,
                message=here.message,
                over_graphql=there.message,
            )
            compared += 1
    if not compared:
        raise Skipped(reason)


@contextmanager
def _over_graphql(case: Case) -> Iterator[Case]:
    with closing(connect("graphql", case.endpoint)) as other:
        yield case.on(case.dataset, other)


def _questions(case: Case) -> Iterator[Question]:
    """Yield questions of every kind; few with an image where a model has to run for each."""
    query = case.queries[0]
    limit = _end_of_a_tie(query.truth, min(case.count, _DEEP))
    offset = _end_of_a_tie(query.truth, limit // 3)
    middle = float32s(sorted(query.truth.distances.tolist())[limit // 2 : limit // 2 + 1])[0]
    by_image = [
        case.near(query.picture, limit=limit),
        case.near(query.picture, distance=middle, limit=case.count + 1),
        case.near(query.picture, limit=limit, offset=offset),
    ]
    yield from by_image[: case.effort(len(by_image))]
    yield case.near_vector(query.truth.query, limit=limit)
    yield case.near_object(case.samples(1)[0].id, limit=limit)
    if case.dataset.metric is Metric.COSINE:
        yield case.near_vector(query.truth.query, certainty=0.5, limit=limit, additional=("distance", "certainty"))
    if case.collection.module is Module.CLIP and not case.endpoint.read_only:
        planted = query.picture.vector  # behind such pictures may be a service that understands nothing else
        yield case.near_text(planted_text(planted, "planted") if planted is not None else "a picture", limit=limit)


def _end_of_a_tie(truth: Truth, place: int) -> int:
    """The first place from there on between two hits that are no tie, or the end: what a page cuts is then certain."""
    order = truth.distances.argsort(kind="stable")
    distances, bounds = truth.distances[order], truth.bounds[order]
    while 0 < place < len(order) and distances[place] - distances[place - 1] <= 2 * max(bounds[place - 1 : place + 1]):
        place += 1
    return place


def _mistakes(case: Case) -> Iterator[Question]:
    """Yield questions with one thing wrong each; none of them needs a model."""
    query = case.queries[0]
    good = case.near_vector(query.truth.query, limit=1)
    yield good.but(near=NearImage(""))
    yield good.but(near=NearImage(_TEXT))
    yield case.near(query.picture, limit=1, distance=1.0, certainty=0.5)
    yield case.near_vector((*query.truth.query, 1.0), limit=1)
    yield good.but(near=NearObject(_NOBODY))
    yield good.but(where=Where("Equal", ("noSuchProperty",), "x"))
    yield good.but(collection=f"{good.collection}Missing")
    yield good.but(tenant="nobody")
    if case.dataset.metric is not Metric.COSINE:
        yield case.near(query.picture, limit=1, certainty=0.5)
    if case.collection.module is Module.IMG2VEC:
        yield good.but(near=NearText(("words",)))


def _in_float32(hits: tuple[Hit, ...]) -> list[Hit]:
    """The same hits, distances as the server has them, however many digits a client gave them."""
    return [
        replace(hit, distance=None if hit.distance is None else float32s([hit.distance])[0], certainty=None)
        for hit in hits
    ]


def _said(state: str) -> str:
    return {"ok": "answered"}.get(state, state)
