"""Chapter document, rows that are asked of the database: overview, base64 search, distance threshold."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

from harness.checks.case import Case, Skipped
from harness.checks.document_rows import consists, row
from harness.checks.rankings import different
from harness.checks.refusing import shortened
from harness.checks.registry import directed, image_alone, kept, module_is, unnamed
from harness.checks.vectorizing import text_for
from harness.interfaces.graphql import GraphQL, compose
from harness.model import Hit, Module, Question
from harness.oracle import SLACK

_CLEAR = 1e-4
"""A threshold in the middle of a step of this size is on nobody's brink."""
_TEXT_ALONE = "00000000-0000-4000-8000-0000000000a6"

# --- overview ------------------------------------------------------------------------------------


@row("a1-image-as-input", of=("near-image/same-image-first", "near-image/exact-neighbours"))
def an_image_is_the_input(case: Case) -> None:
    """An image can be the input of a search."""
    consists(case)


@row("a2-vector-and-object-beside-it", of=("near-image/equals-near-vector", "near-image/equals-near-object"))
def vector_and_object_search_stand_beside_it(case: Case) -> None:
    """A search by vector and one by object stand beside it, and agree with it for a stored image."""
    consists(case)


@row("a3-not-without-the-module", of=("settings/module-not-enabled",), when=(module_is(Module.IMG2VEC),))
def without_the_module_there_is_no_image_search(case: Case) -> str:
    """Where the modules are missing, as in Weaviate's cloud service, so is image search, and the error says so."""
    consists(case)
    return "seen on a server without modules; the cloud service itself is never asked"


# --- target object types -------------------------------------------------------------------------


@row("a4-a-module-is-required", writes=True, when=(unnamed,))
def a_module_is_required(case: Case) -> str:
    """A class without an image module refuses nearImage, and the message says what it does not know."""
    samples = case.samples(3)
    pictures = [one.picture for one in samples if one.picture is not None]
    definition = {key: value for key, value in case.collection.definition.items() if key != "moduleConfig"}
    with case.scratch({**definition, "vectorizer": "none"}) as shelf:
        shelf.fill(pictures, [one.vector for one in samples])
        there = case.on(shelf.read())
        answer = there.refused(there.near(pictures[0], limit=1), because=["nearImage", "near_image", "vectorize"])
    message = shortened(answer.message).replace(there.dataset.class_name, case.collection.name)
    return f"without a module: {message}"


@row("a5-similar-images-by-either-module", of=("near-image/ascending", "near-image/distances-exact"))
def similar_images_are_found_by_either_module(case: Case) -> None:
    """Similar images are found with img2vec-neural and with multi2vec-clip: the most similar first, exactly ranked."""
    consists(case)


@row("a6-texts-are-found-by-an-image", writes=True, when=(module_is(Module.CLIP), unnamed))
def an_object_with_nothing_but_a_text_is_found_by_an_image(case: Case) -> None:
    """With multi2vec-clip an image finds objects that have only a text, and a text finds those with only an image."""
    module = str(case.collection.module)
    definition = {
        "vectorizer": module,
        "moduleConfig": {module: {"imageFields": ["image"], "textFields": ["words"]}},
        "properties": [{"name": "image", "dataType": ["blob"]}, {"name": "words", "dataType": ["text"]}],
    }
    picture = case.samples(1)[0].picture
    assert picture is not None
    text = text_for(picture)
    with case.scratch(definition) as shelf:
        both = {shelf.put_in({"words": text}, id_=_TEXT_ALONE), shelf.put_in({"image": picture.base64})}
        there = case.on(shelf.read())
        for question in (there.near(picture, limit=5), there.near_text(text, limit=5)):
            hits = there.hits(question)
            found = {hit.id for hit in hits}
            there.require(found == both, "not both the text and the image were found", question, hits, ids=sorted(both))


@row("a6-texts-need-the-clip-module", of=("near-text/exact-neighbours", "near-text/unknown-without-text-encoder"))
def texts_need_the_clip_module(case: Case) -> None:
    """A text finds images with multi2vec-clip alone; on img2vec-neural it is refused."""
    consists(case)


# --- base64 --------------------------------------------------------------------------------------


@row("d1-base64-finds-similar-images", when=(directed, image_alone, kept("label")))
def base64_finds_similar_images(case: Case) -> None:
    """By its base64 an image is found first, at distance 0, and a changed copy of it before another subject."""
    _demand_likeness(case, "the image itself is not first", "another subject came before a changed copy")


@row("g1-example-response", when=(kept("label"),))
def the_example_response_has_its_shape(case: Case) -> str:
    """The answer to the example is the document's JSON: data, Get, the class, and of each hit what was asked for."""
    if not isinstance(case.interface, GraphQL):
        raise Skipped("the document's example is an answer of GraphQL")
    shown = "breed" if "breed" in case.collection.keep else "label"
    query = case.queries[0]
    question = case.near(query.picture, limit=1, properties=(shown,))
    text, variables = compose(question)
    text = text.replace(" _additional { id distance }", "")  # the example asks for the property alone
    case.asked += 1
    body = case.interface.send(text, variables).need("ask the document's example")
    nearest = query.truth.expect(limit=1).may
    allowed = [_example(question, case.dataset.by_id[id_].properties[shown], shown) for id_ in nearest]
    case.require(body in allowed, "the response is not that of the example", question, response=body, expected=allowed)
    named = json.dumps(body, ensure_ascii=False)
    return named.replace(question.collection, case.collection.name)


def _example(question: Question, value: Any, shown: str) -> dict[str, Any]:
    return {"data": {"Get": {question.collection: [{shown: value}]}}}


# --- distance ------------------------------------------------------------------------------------


@row(
    "j1-distance-is-the-largest-dissimilarity",
    of=("threshold/inclusive", "threshold/excludes-beyond", "threshold/each-distance"),
)
def distance_is_the_largest_dissimilarity(case: Case) -> None:
    """`distance` sets the largest dissimilarity: the hits are exactly those within it, the boundary included."""
    consists(case)


@row("j2-distance-says-how-dissimilar", when=(directed, image_alone, kept("label")))
def distance_says_how_dissimilar_two_images_are(case: Case) -> None:
    """The distance of an image from itself is less than from a changed copy, and that less than from another."""
    _demand_likeness(
        case, "the image itself is not the least distant", "another is not more distant than a changed copy"
    )


def _demand_likeness(case: Case, itself: str, copy: str) -> None:
    """Demand of some images: itself at distance 0, then the nearest changed copy, then the nearest other subject."""
    for stored in case.samples(3):
        assert stored.picture is not None
        assert stored.vector is not None
        truth = case.dataset.truth(stored.vector)
        question = case.near(stored.picture, limit=case.count)
        hits = case.hits(question)
        own = [hit for hit in hits if hit.id == stored.id]
        rounding = truth.bound(stored.id) + SLACK
        first = bool(own) and own[0].distance is not None and abs(own[0].distance) <= rounding
        case.require(first, itself, question, hits, image=stored.picture.name)
        subjects = {one.id: one.picture.subject for one in case.dataset.pictured if one.picture is not None}
        copies = _nearest(hits, {id_ for id_, one in subjects.items() if one == stored.picture.subject} - {stored.id})
        others = _nearest(hits, {id_ for id_, one in subjects.items() if one != stored.picture.subject})
        if copies is None or others is None:
            raise Skipped("there is no changed copy of an image here, or no other subject")
        case.require(copies < others, copy, question, hits, changed_copy=copies, other=others)


def _nearest(hits: tuple[Hit, ...], ids: set[str]) -> float | None:
    return min((hit.distance for hit in hits if hit.id in ids and hit.distance is not None), default=None)


@row("j3-as-the-other-operators", when=(image_alone,))
def the_syntax_is_that_of_the_other_operators(case: Case) -> None:
    """`distance` means with nearImage what it means with nearVector and nearObject: the same keys, the same answers."""
    stored = case.samples(1)[0]
    assert stored.picture is not None
    assert stored.vector is not None
    truth = case.dataset.truth(stored.vector)
    distances = truth.distinct_distances()
    steps = [(low, high) for low, high in pairwise(distances) if high - low > _CLEAR * max(1.0, abs(high))]
    if not steps:
        raise Skipped("no two distances are far enough apart for a threshold between them")
    for low, high in (steps[0], steps[len(steps) // 2]):
        also: dict[str, Any] = {"distance": (low + high) / 2, "limit": case.count + 1}
        question = case.near(stored.picture, **also)
        by_image = case.hits(question)
        for other in (case.near_vector(stored.vector, **also), case.near_object(stored.id, **also)):
            hits = case.hits(other)
            error = truth.apart(hit.id for hit in hits)
            case.demand(other, hits, different(hits, by_image, error=error), compared_with="nearImage")
            case.require(len(hits) == len(by_image), "another number of hits", other, hits, by_image=len(by_image))
