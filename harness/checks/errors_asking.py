"""Chapter errors: questions that have to be refused, or mean less than they seem to, asked of the loaded collection."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import partial
from typing import Any

from harness.checks.case import Case, Skipped, Violation
from harness.checks.refusing import (
    OPERATORS,
    Beside,
    answer_beside,
    as_text,
    asked,
    demand_refused,
    named,
    no_crash,
    shortened,
)
from harness.checks.registry import check, kept, metric_is, metric_is_not, module_is, unnamed
from harness.interfaces import SPEAK_GRAPHQL, graphql
from harness.model import Level, Metric, Module, NearImage, Question, Sort, State, Where
from harness.stubs import base_search_pb2

_FEW = 3
_ID = "00000000-0000-4000-8000-000000000001"
_NOWHERE = "nowhere"
_BEYOND = 1_000_000
"""More results than anybody lets a server return; the default of QUERY_MAXIMUM_RESULTS is 10,000."""

_TWO = "nearImage with another operator is refused as conflicting"
_NAMES = "a refusal names what was wrong with the question"

error = partial(check, by_name=True)
"""Registers a check that goes into details: scenarios that list it ask for it."""


def _question(case: Case, **arguments: Any) -> Question:
    return case.near(case.queries[0].picture, **{"limit": _FEW, **arguments})


def _over_graphql(case: Case) -> None:
    if case.interface.name not in SPEAK_GRAPHQL:
        raise Skipped(f"over {case.interface.name} this can't be said")


# --- the image -----------------------------------------------------------------------------------


@error("errors/image-empty", source="image is required: `'nearImage.image' needs to be defined`")
def an_empty_image_is_named(case: Case) -> None:
    """An empty image is refused, and the message names the argument."""
    question = _question(case)
    question = question.but(near=NearImage(""))
    demand_refused(
        case, question, asked(case, question), because=["nearImage.image", "near_image", "image is required"]
    )


@error("errors/image-missing", source="image is required")
def a_missing_image_is_named(case: Case) -> None:
    """A nearImage without an image is refused, and the message names the argument."""
    question = _question(case)
    if case.interface.name == "graphql":
        answer = as_text(case, question, _get(question, "nearImage: {distance: 1}"), {})
    else:
        answer = answer_beside(case, question, Beside(grpc=lambda request: request.near_image.ClearField("image")))
    demand_refused(case, question, answer, because=["image"])


@error("errors/image-no-text", source="image is base64, a text")
def a_number_is_no_image(case: Case) -> None:
    """A number as the image is refused, and the message says that a text is wanted."""
    question = _question(case)
    answer = as_text(case, question, _get(question, "nearImage: {image: 5}"), {})
    demand_refused(case, question, answer, because=["String"])


# --- thresholds ----------------------------------------------------------------------------------


@error("errors/two-thresholds", source="`nearImage cannot provide both distance and certainty`")
def two_thresholds_are_named(case: Case) -> None:
    """Distance and certainty together are refused, and the message names both and no other operator."""
    question = _question(case, distance=0.6, certainty=0.7)
    answer = asked(case, question)
    demand_refused(case, question, answer, because=["distance"])
    named(answer.message, ["certainty"], {"message": shortened(answer.message)})


@error(
    "errors/certainty-zero",
    level=Level.OBSERVED,
    source="certainty 0 counts as not given (GraphQL)",
    when=(metric_is(Metric.COSINE),),
)
def a_certainty_of_zero_is_none(case: Case) -> None:
    """Over GraphQL a certainty of 0 beside a distance counts as not given."""
    _over_graphql(case)
    question = _question(case, distance=1.0, limit=case.count + 1)
    plain, beside = case.hits(question), case.hits(question.but(certainty=0.0))
    case.require(
        {hit.id for hit in plain} == {hit.id for hit in beside},
        "a certainty of 0 changes the answer",
        question,
        beside,
        without=[hit.id for hit in plain],
    )


@error(
    "errors/certainty-metric",
    source="`can't compute and return certainty when vector index is configured with <metric> distance`",
    when=(metric_is_not(Metric.COSINE),),
)
def the_metric_without_certainty_is_named(case: Case) -> None:
    """A certainty on a metric other than cosine is refused, and the message names the metric."""
    question = _question(case, certainty=0.7)
    demand_refused(case, question, asked(case, question), because=[str(case.collection.metric)])


@error("errors/distance-no-number", level=Level.SHOULD, source=_NAMES)
def a_distance_is_a_number(case: Case) -> None:
    """A text as the distance is refused, and the message names the argument or the type."""
    question = _question(case)
    answer = as_text(case, question, _get(question, 'nearImage: {image: "QUJD", distance: "near"}'), {})
    demand_refused(case, question, answer, because=["distance", "Float"])


# --- two operators -------------------------------------------------------------------------------


@error("errors/with-near-vector", source=_TWO)
def a_vector_beside_an_image_conflicts(case: Case) -> None:
    """With nearVector it is refused as conflicting, over each interface."""
    _conflict(case, _vector(case))


@error("errors/with-near-object", source=_TWO)
def an_object_beside_an_image_conflicts(case: Case) -> None:
    """With nearObject it is refused as conflicting, over each interface."""
    _conflict(case, _object(case))


@error("errors/names-what-was-sent", level=Level.SHOULD, source=f"{_NAMES}, by its own name")
def a_conflict_names_what_was_sent(case: Case) -> None:
    """The refusal of nearImage with nearVector or nearObject names no operator but these."""
    _conflict(case, _vector(case), sent=("nearImage", "nearVector"))
    _conflict(case, _object(case), sent=("nearImage", "nearObject"))


def _vector(case: Case) -> Beside:
    vector = case.samples(1)[0].vector or ()

    def change(request: Any) -> None:
        packed = struct.pack(f"<{len(vector)}f", *vector)
        request.near_vector.CopyFrom(base_search_pb2.NearVector(vector_bytes=packed))

    return Beside(f"nearVector: {{vector: {graphql.literal(list(vector))}}},", change)


def _object(case: Case) -> Beside:
    id_ = case.samples(1)[0].id

    def change(request: Any) -> None:
        request.near_object.CopyFrom(base_search_pb2.NearObject(id=id_))

    return Beside(f'nearObject: {{id: "{id_}"}},', change)


@error("errors/with-near-text", source=_TWO, when=(module_is(Module.CLIP),))
def a_text_beside_an_image_conflicts(case: Case) -> None:
    """With nearText it is refused as conflicting, over each interface."""

    def change(request: Any) -> None:
        request.near_text.CopyFrom(base_search_pb2.NearTextSearch(query=["a cat"]))

    _conflict(case, Beside('nearText: {concepts: ["a cat"]},', change))


@error("errors/with-bm25", source=_TWO)
def words_beside_an_image_conflict(case: Case) -> None:
    """With bm25 it is refused as conflicting, and the message says with what."""

    def change(request: Any) -> None:
        request.bm25_search.CopyFrom(base_search_pb2.BM25(query="cat"))

    _conflict(case, Beside('bm25: {query: "cat"},', change))


@error("errors/with-hybrid", level=Level.SHOULD, source=f"{_TWO}; hybrid is bm25 and a vector")
def a_hybrid_search_beside_an_image_conflicts(case: Case) -> None:
    """With hybrid it is refused as with bm25: neither of the two is left out without a word."""

    def change(request: Any) -> None:
        request.hybrid_search.CopyFrom(base_search_pb2.Hybrid(query="cat"))

    _conflict(case, Beside('hybrid: {query: "cat"},', change))


@error("errors/with-after", source="nearImage with `after` is refused as conflicting")
def a_cursor_beside_an_image_conflicts(case: Case) -> None:
    """With `after` it is refused, and the message names it."""
    question = _question(case)

    def change(request: Any) -> None:
        request.after = _ID

    answer = answer_beside(case, question, Beside(f'after: "{_ID}",', change))
    demand_refused(case, question, answer, because=["after", "cursor"])


def _conflict(case: Case, beside: Beside, *, sent: Sequence[str] = OPERATORS) -> None:
    """Demand a refusal as conflicting that names no operator but these."""
    question = _question(case)
    answer = answer_beside(case, question, beside)
    demand_refused(case, question, answer, because=["conflict", "choose one"], sent=sent)


# --- pages and order -----------------------------------------------------------------------------


@error("errors/limit-zero", source="limit 0: GraphQL refuses; over gRPC 0 means the default")
def a_limit_of_zero_is_no_page(case: Case) -> None:
    """A limit of 0 is refused over GraphQL and names it; over gRPC it is the default."""
    question = _question(case, limit=0)
    answer = asked(case, question)
    if case.interface.name in SPEAK_GRAPHQL:
        demand_refused(case, question, answer, because=["limit"])
        return
    case.require(bool(answer.hits), "with limit 0, the default, nothing is found", question, answer.hits)


@error("errors/offset-negative", level=Level.SHOULD, source=_NAMES)
def a_negative_offset_is_refused(case: Case) -> None:
    """A negative offset is refused, and the message names it."""
    _over_graphql(case)
    question = _question(case, offset=-1)
    demand_refused(case, question, asked(case, question), because=["offset"])


@error("errors/beyond-maximum", source="offset + limit above QUERY_MAXIMUM_RESULTS: `query maximum results exceeded`")
def too_large_a_page_is_refused(case: Case) -> None:
    """Offset and limit beyond what the server ever returns are refused, and the message says so."""
    if not case.endpoint.started:
        raise Skipped("a server that others use is not asked for a million results")
    for arguments in ({"limit": _BEYOND}, {"limit": 1, "offset": _BEYOND}):
        question = _question(case, **arguments)
        demand_refused(case, question, asked(case, question), because=["maximum"])


@error(
    "errors/sort",
    source="with sort: GraphQL sorts the best k; gRPC: `sorting cannot be combined with search`",
    when=(kept("label"),),
)
def sorting_is_refused_or_comes_last(case: Case) -> None:
    """With sort the best k come in its order over GraphQL; over gRPC it is refused and named."""
    question = _question(case, sort=(Sort("label"),), properties=("label",))
    answer = asked(case, question)
    if case.interface.name not in SPEAK_GRAPHQL:
        demand_refused(case, question, answer, because=["sort"])
        return
    case.require(answer.state is State.OK, f"a sorted search is refused: {answer.message}", question)
    truth = case.queries[0].truth
    faults = truth.faults(sorted(answer.hits, key=lambda hit: hit.distance or 0.0), truth.expect(limit=_FEW))
    case.demand(question, answer.hits, faults)
    labels = [str(hit.properties.get("label") or "").lower() for hit in answer.hits]
    case.require(labels == sorted(labels), "the hits are not in the order asked for", question, answer.hits, got=labels)


# --- names that there are not --------------------------------------------------------------------


@error("errors/unknown-class", level=Level.SHOULD, source=_NAMES)
def an_unknown_class_is_named(case: Case) -> None:
    """A class that does not exist is refused, and the message names it."""
    question = _question(case).but(collection=f"{case.dataset.class_name}_{_NOWHERE}")
    demand_refused(case, question, asked(case, question), because=[question.collection])


@error("errors/unknown-property", level=Level.SHOULD, source=_NAMES)
def an_unknown_property_is_named(case: Case) -> None:
    """A property that does not exist is refused, and the message names it."""
    question = _question(case, properties=(_NOWHERE,))
    demand_refused(case, question, asked(case, question), because=[_NOWHERE])


@error("errors/unknown-filter", level=Level.SHOULD, source=_NAMES)
def an_unknown_property_in_a_filter_is_named(case: Case) -> None:
    """A filter on a property that does not exist is refused, and the message names it."""
    question = _question(case, where=Where("Equal", (_NOWHERE,), "x"))
    demand_refused(case, question, asked(case, question), because=[_NOWHERE])


@error("errors/filter-type", level=Level.SHOULD, source=_NAMES, when=(kept("label"),))
def a_filter_of_another_type_is_refused(case: Case) -> None:
    """A filter that compares a text with a number is refused, and the message names the types."""
    question = _question(case, where=Where("Equal", ("label",), 3))
    demand_refused(case, question, asked(case, question), because=["int", "string", "text"])


@error("errors/unknown-argument", level=Level.SHOULD, source=_NAMES)
def an_unknown_argument_is_named(case: Case) -> None:
    """An argument of nearImage that does not exist is refused, and the message names it."""
    question = _question(case)
    answer = as_text(case, question, _get(question, f'nearImage: {{image: "QUJD", {_NOWHERE}: 1}}'), {})
    demand_refused(case, question, answer, because=[_NOWHERE])


@error("errors/unknown-target", level=Level.SHOULD, source=_NAMES, when=(unnamed,), versions=">=1.24")
def an_unknown_vector_is_named(case: Case) -> None:
    """A named vector that the class does not have is refused, and the message names it."""
    question = _question(case, target_vectors=(_NOWHERE,))
    demand_refused(case, question, asked(case, question), because=[_NOWHERE])


# --- counting ------------------------------------------------------------------------------------


@error("errors/aggregate-unbounded", source="`must provide certainty or objectLimit with vector search`")
def counting_needs_a_bound(case: Case) -> None:
    """Aggregate with nearImage and neither threshold nor objectLimit is refused, and the message names what lacks."""
    if not isinstance(case.interface, graphql.GraphQL):
        raise Skipped(f"over {case.interface.name} this is not asked")
    text = f"query ($image: String!) {{ Aggregate {{ {case.dataset.class_name}(nearImage: {{image: $image}}) "
    reply = case.interface.send(f"{text}{{ meta {{ count }} }} }} }}", {"image": case.queries[0].picture.base64})
    case.asked += 1
    said = [str(one.get("message")) for one in (reply.body or {}).get("errors") or ()]
    facts: dict[str, Any] = {"question": text, "said": shortened("; ".join(said) or reply.message)}
    no_crash(reply.message or "; ".join(said), facts)
    if reply.ok and not said:
        raise Violation("a count without any bound was answered", facts)
    named(facts["said"], ["objectLimit", "certainty", "distance"], facts)


def _get(question: Question, near: str) -> str:
    return f"{{ Get {{ {question.collection}({near}, limit: {_FEW}) {{ _additional {{ id }} }} }} }}"
