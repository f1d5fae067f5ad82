"""Chapter errors: what classes of another shape refuse: tenants, several vectors, no vectorizer, no service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from harness.checks.case import Case, Skipped
from harness.checks.refusing import asked, demand_refused, named, shortened, written
from harness.checks.registry import Per, check, module_is, unnamed
from harness.dataset import Scratch
from harness.dataset.loading import must
from harness.interfaces.grpc import Grpc
from harness.interfaces.grpc_writing import stream
from harness.interfaces.rest import Object
from harness.model import Level, Module, NearImage, Question, State

_NAMED = ("front", "back")
_NOWHERE = "nowhere"
_CLOSED = "http://127.0.0.1:9"
"""An address where nobody listens: port 9 is that of a service which throws everything away, and which nobody runs."""

_NAMES = "a refusal names what was wrong with the question"
_CONNECTION = ("connect", "refused", "dial", "unreachable")

error = partial(check, by_name=True, writes=True)
"""Registers a check that goes into details: scenarios that list it ask for it."""


def _plain(case: Case, **more: Any) -> dict[str, Any]:
    """A class with one image field of this module, and what else is said of it."""
    module = str(case.collection.module)
    return {
        "vectorizer": module,
        "moduleConfig": {module: {"imageFields": ["image"]}},
        "properties": [{"name": "image", "dataType": ["blob"]}],
        **more,
    }


def _near(case: Case, shelf: Scratch, **arguments: Any) -> Question:
    picture = case.samples(1)[0].picture
    assert picture is not None
    return Question(shelf.class_name, NearImage(picture.base64), limit=3, **arguments)


# --- several vectors -----------------------------------------------------------------------------


@contextmanager
def _several(case: Case) -> Iterator[Scratch]:
    module = str(case.collection.module)
    vector = {"vectorizer": {module: {"imageFields": ["image"]}}, "vectorIndexType": "hnsw"}
    definition = {
        "vectorConfig": dict.fromkeys(_NAMED, vector),
        "properties": [{"name": "image", "dataType": ["blob"]}],
    }
    with case.scratch(definition) as shelf:
        yield shelf


@error("errors/named-none-chosen", source="several named vectors, none chosen: refused", versions=">=1.24")
def a_vector_has_to_be_chosen(case: Case) -> None:
    """Where a class has several named vectors and none is chosen, the refusal says that one has to be."""
    with _several(case) as shelf:
        question = _near(case, shelf)
        demand_refused(case, question, asked(case, question), because=["target vector"])


@error(
    "errors/named-two-chosen",
    source="two chosen: `cannot provide more than 1 target vector value`",
    versions=">=1.24",
)
def one_vector_can_be_chosen(case: Case) -> None:
    """Two named vectors at once are refused, and the message says that one is allowed."""
    with _several(case) as shelf:
        question = _near(case, shelf, target_vectors=_NAMED)
        demand_refused(case, question, asked(case, question), because=["target"])


@error("errors/named-unknown", level=Level.SHOULD, source=_NAMES, versions=">=1.24")
def an_unknown_name_is_named(case: Case) -> None:
    """A name that none of the vectors has is refused by that name, without the image being repeated."""
    with _several(case) as shelf:
        question = _near(case, shelf, target_vectors=(_NOWHERE,))
        demand_refused(case, question, asked(case, question), because=[_NOWHERE])


# --- tenants -------------------------------------------------------------------------------------


@contextmanager
def _tenants(case: Case) -> Iterator[Scratch]:
    with case.scratch(_plain(case, multiTenancyConfig={"enabled": True})) as shelf:
        must(shelf.rest.add_tenants(shelf.class_name, ["one"]), "add a tenant")
        yield shelf


@error(
    "errors/tenant-missing",
    source="`class … has multi-tenancy enabled, but request was without tenant`",
    versions=">=1.20",
)
def a_missing_tenant_is_named(case: Case) -> None:
    """On a class with tenants a question without one is refused, and the message says so."""
    with _tenants(case) as shelf:
        question = _near(case, shelf)
        demand_refused(case, question, asked(case, question), because=["tenant"])


@error("errors/tenant-unknown", level=Level.SHOULD, source=_NAMES, versions=">=1.20")
def an_unknown_tenant_is_named(case: Case) -> None:
    """A tenant that does not exist is refused by its name."""
    with _tenants(case) as shelf:
        question = _near(case, shelf, tenant=_NOWHERE)
        demand_refused(case, question, asked(case, question), because=[_NOWHERE])


@error("errors/tenant-unwanted", level=Level.SHOULD, source=_NAMES, versions=">=1.20")
def a_tenant_of_a_class_without_is_refused(case: Case) -> None:
    """On a class without tenants a question with one is refused, and the message says so."""
    with case.scratch(_plain(case)) as shelf:
        question = _near(case, shelf, tenant=_NOWHERE)
        demand_refused(case, question, asked(case, question), because=["tenant"])


# --- nothing to find, nobody to ask --------------------------------------------------------------


@error("errors/empty-class", source="nothing within the threshold, or an empty class: an empty list, no error")
def an_empty_class_has_no_hits(case: Case) -> None:
    """In an empty class nearImage finds nothing, and that is no error."""
    with case.scratch(_plain(case)) as shelf:
        question = _near(case, shelf)
        answer = asked(case, question)
        case.require(answer.state is State.OK, f"an empty class is an error: {answer.message}", question)
        case.require(not answer.hits, "an empty class has hits", question, answer.hits)


@error("errors/no-vectorizer", source="a class whose vectorizer is neither module knows no nearImage", when=(unnamed,))
def without_a_vectorizer_there_is_no_near_image(case: Case) -> None:
    """On a class without a vectorizer nearImage is refused by its name."""
    definition = {"vectorizer": "none", "properties": [{"name": "image", "dataType": ["blob"]}]}
    with case.scratch(definition) as shelf:
        question = _near(case, shelf)
        demand_refused(case, question, asked(case, question), because=["nearImage"])


@error(
    "errors/service-down",
    source="service down: `send POST request: … connection refused`",
    when=(module_is(Module.CLIP),),
    versions=">=1.24",
)
def a_service_that_is_down_is_told(case: Case) -> None:
    """Where the inference service is not there, queries and inserts are refused, and the message says so."""
    if not case.endpoint.started:
        raise Skipped("a server that others use is not told to ask an address where nobody listens")
    module = str(case.collection.module)
    settings = {"imageFields": ["image"], "inferenceUrl": _CLOSED}
    with case.scratch(_plain(case, moduleConfig={module: settings})) as shelf:
        question = _near(case, shelf)
        demand_refused(case, question, asked(case, question), because=_CONNECTION)
        _demand_not_stored(case, shelf, {"image": _image(question)}, _CONNECTION)


@error(
    "errors/one-of-a-batch",
    source="an object whose image cannot be vectorized is not stored; a batch says so for that object alone",
    per=Per.COLLECTION,
)
def one_bad_image_spoils_no_batch(case: Case) -> None:
    """A batch with one image that is none stores the others and says which was not stored."""
    pictures = [one.picture for one in case.samples(2) if one.picture is not None]
    with case.scratch(_plain(case)) as shelf:
        good = [Object(shelf.class_name, id_, {"image": one.base64}) for id_, one in zip(_IDS, pictures, strict=False)]
        bad = Object(shelf.class_name, _IDS[-1], {"image": _NO_IMAGE})
        fates = shelf.rest.insert_batch([*good[:1], bad, *good[1:]])
        stored = [one.id for one in fates if written(one, {"batch": [each.id for each in fates]})]
        expected = [one.id for one in good]
        case.require(stored == expected, "a batch tells the wrong objects", stored=stored, expected=expected)
        there = sorted(one.id for one in shelf.read().stored)
        case.require(there == sorted(expected), "a batch stored the wrong objects", stored=there, expected=expected)


@error(
    "errors/one-of-a-stream",
    source="an object whose image cannot be vectorized is not stored; a stream says so for that object alone",
    versions=">=1.36",
)
def one_bad_image_spoils_no_stream(case: Case) -> None:
    """Of a stream with one image that is none that object alone is told as not stored, wherever it stands."""
    if not isinstance(case.interface, Grpc):
        raise Skipped(f"nothing is streamed over {case.interface.name}")
    pictures = [one.picture for one in case.samples(_STREAMED) if one.picture is not None]
    for place in (0, len(pictures) // 2, len(pictures) - 1):
        with case.scratch(_plain(case)) as shelf:
            images = [_NO_IMAGE if number == place else one.base64 for number, one in enumerate(pictures)]
            objects = [
                Object(shelf.class_name, f"{_ID_OF_ONE}{n:02}", {"image": each}) for n, each in enumerate(images)
            ]
            refused = [one.id for one in stream(case.endpoint, objects) if not written(one, {"bad": objects[place].id})]
            there = sorted(one.id for one in shelf.read().stored)
            facts: dict[str, Any] = {"bad": objects[place].id, "place": place, "objects": len(objects)}
            expected = [one.id for one in objects if one.id != objects[place].id]
            case.require(there == expected, "a stream stored the wrong objects", stored=there, **facts)
            case.require(
                refused == [objects[place].id], "a stream tells the wrong object as not stored", told=refused, **facts
            )


@error(
    "errors/reason",
    level=Level.SHOULD,
    source="the service's failure reaches the user: `fail with status 500: e`",
    when=(module_is(Module.CLIP),),
)
def the_reason_reaches_the_user(case: Case) -> None:
    """What the service says is wrong with an image stands in the error of the query and of the insert."""
    with case.scratch(_plain(case)) as shelf:
        question = _near(case, shelf).but(near=NearImage(_NO_IMAGE))
        reason = ["image"] if case.endpoint.inference.get(str(case.collection.module)) is None else [_OURS]
        answer = asked(case, question)
        demand_refused(case, question, answer, because=reason)
        _demand_not_stored(case, shelf, {"image": _NO_IMAGE}, reason)


_IDS = tuple(f"00000000-0000-4000-8000-00000000000{n}" for n in range(3))
_ID_OF_ONE = "00000000-0000-4000-8000-0000000000"
_STREAMED = 12
"""More than the ten parts in which 1.39 stores what a stream brings of a class with a vectorizer."""

_NO_IMAGE = "dGhpcyBpcyBubyBpbWFnZQ=="
_OURS = "images[0]"
"""Which image of the call it was, as our own service and no other says it."""


def _image(question: Question) -> str:
    assert isinstance(question.near, NearImage)
    return question.near.image


def _demand_not_stored(case: Case, shelf: Scratch, values: Mapping[str, Any], because: Sequence[str]) -> None:
    found = shelf.offer(values, id_=_IDS[0])
    facts: dict[str, Any] = {"message": shortened(found.message)}
    case.require(not written(found, facts), "an object was stored although its image has no vector", **facts)
    named(found.message, because, facts)
