"""Chapter encoding: image files of every kind, as queries and as properties, and what is no image."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from harness.checks.case import Case, Skipped
from harness.checks.encoder import encodes
from harness.checks.encoding_pictures import FILES, File, bomb, photograph, picture, saved, truncated
from harness.checks.refusing import asked, demand_refused, named, shortened, written
from harness.checks.registry import check
from harness.dataset import Scratch
from harness.errors import AnswerError
from harness.interfaces.grpc import Grpc
from harness.interfaces.grpc_writing import store
from harness.interfaces.rest import Object, Written
from harness.model import Hit, Level, NearImage, Question, State

_FILE_ID = "00000000-0000-4000-8000-000000000009"
_ONLY_OURS = frozenset({"large", "bomb"})
"""What may take a server's memory goes to none that others use."""

_CAUSE = ("image", "base64", "status", "blob")
_NOT_MADE_UP = "what is not an image: the service's failure reaches the user as an error, never as a result"

encoding = partial(check, by_name=True, writes=True)
"""Registers a check that goes into details: scenarios that list it ask for it."""


def plain_class(case: Case) -> dict[str, Any]:
    """A class with one image field of this module, compared by cosine."""
    module = str(case.collection.module)
    return {
        "vectorizer": module,
        "moduleConfig": {module: {"imageFields": ["image"]}},
        "properties": [{"name": "image", "dataType": ["blob"]}],
    }


def offered(case: Case, shelf: Scratch, text: str, id_: str = _FILE_ID) -> list[Written]:
    """Offer an object with this text as its image, in every way that belongs to the interface."""
    one = Object(shelf.class_name, id_, {"image": text})
    if isinstance(case.interface, Grpc):
        return store(case.endpoint, [one])
    batch = shelf.rest.insert_batch([one])
    if batch[0].state is State.OK:
        return batch
    reply = shelf.rest.insert(one)
    return [*batch, Written(id_, reply.state, reply.message)]


def demand_not_stored(case: Case, shelf: Scratch, text: str, because: Sequence[str]) -> None:
    """Demand that an object with this text as its image is refused, and that the message names the cause."""
    for found in offered(case, shelf, text):
        facts: dict[str, Any] = {"sent": shortened(text[:200]), "message": shortened(found.message)}
        case.require(not written(found, facts), "an object was stored whose image is none", **facts)
        named(found.message, because, facts)
    stored = [one.id for one in shelf.read().stored]
    case.require(not stored, "a refused object was stored", stored=stored)


def demand_no_answer(case: Case, shelf: Scratch, text: str) -> None:
    """Demand that a query with this text as its image is refused."""
    question = Question(shelf.class_name, NearImage(text), limit=3)
    demand_refused(case, question, asked(case, question), because=_CAUSE)


# --- what must work ------------------------------------------------------------------------------


def _register(name: str, called: str, make: Callable[[], File]) -> None:
    def understood(case: Case) -> None:
        if name in _ONLY_OURS and not case.endpoint.started:
            raise Skipped("a server that others use gets no picture of this size")
        _demand_understood(case, name, make())

    understood.__doc__ = f"{called} is understood, as a query and as a property."
    source = "an image is its pixels, whatever file they come in"
    encoding(f"encoding/{name}", source=source, level=Level.SHOULD, when=(encodes,))(understood)


def _demand_understood(case: Case, name: str, file: File) -> None:
    """Demand that a file is nearest to what can be seen in it, one being asked and the other stored, both ways."""
    likes = [picture(saved(image, file.plain), f"like {name}") for image in file.like]
    other = picture(saved(photograph(3), file.plain), "another photograph")
    sent = picture(file.data, name)
    with case.scratch(plain_class(case)) as shelf:
        ids = _filled(shelf, [*likes, other])
        nearest = _hits(case, shelf, sent.base64, "a query")[0]
        case.require(
            nearest.id in ids[: len(likes)] and (nearest.distance or 0.0) <= file.within,
            "a file is not understood as a query",
            file=name,
            nearest=nearest.id,
            distance=nearest.distance,
            allowed=file.within,
        )
        for found in offered(case, shelf, sent.base64):
            facts: dict[str, Any] = {"file": name, "message": shortened(found.message)}
            case.require(written(found, facts), "a file is not understood as a property", **facts)
        distances = [
            hit.distance
            for like in likes
            for hit in _hits(case, shelf, like.base64, "a plain query")
            if hit.id == _FILE_ID and hit.distance is not None
        ]
        case.require(
            min(distances, default=2.0) <= file.within,
            "a file that was stored is not where its picture is",
            file=name,
            distances=distances,
            allowed=file.within,
        )


def _filled(shelf: Scratch, pictures: Sequence[Any]) -> list[str]:
    ids = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(len(pictures))]
    objects = [Object(shelf.class_name, id_, {"image": one.base64}) for id_, one in zip(ids, pictures, strict=True)]
    for found in shelf.rest.insert_batch(objects):
        if found.state is not State.OK:
            raise AnswerError(f"a plain image could not be stored: {found.message}")
    return ids


def _hits(case: Case, shelf: Scratch, text: str, what: str) -> tuple[Hit, ...]:
    question = Question(shelf.class_name, NearImage(text), limit=5)
    answer = asked(case, question)
    case.require(
        answer.state is State.OK and bool(answer.hits),
        f"an image is not understood as {what}",
        question,
        message=shortened(answer.message),
    )
    return answer.hits


for _name, (_called, _make) in FILES.items():
    _register(_name, _called, _make)


# --- what must not -------------------------------------------------------------------------------


@encoding("encoding/query-text-file", source=_NOT_MADE_UP)
def a_text_file_is_no_query(case: Case) -> None:
    """A text file as a query is an error that speaks of the image or the service."""
    with case.scratch(plain_class(case)) as shelf:
        demand_no_answer(case, shelf, _TEXT)


@encoding("encoding/property-text-file", source=_NOT_MADE_UP)
def a_text_file_is_no_property(case: Case) -> None:
    """A text file as the image of an object is refused, and nothing is stored."""
    with case.scratch(plain_class(case)) as shelf:
        demand_not_stored(case, shelf, _TEXT, _CAUSE)


@encoding("encoding/query-empty-file", source="image must not be empty")
def an_empty_file_is_no_query(case: Case) -> None:
    """An empty file as a query is refused, and the message names the argument."""
    with case.scratch(plain_class(case)) as shelf:
        demand_no_answer(case, shelf, "")


@encoding("encoding/property-empty-file", source="a blob is base64: `not a valid blob base64 string`")
def an_empty_file_is_no_property(case: Case) -> None:
    """An empty file as the image of an object is refused, and the message says what a blob is."""
    with case.scratch(plain_class(case)) as shelf:
        demand_not_stored(case, shelf, "", ("base64",))


@encoding("encoding/truncated", source=_NOT_MADE_UP, level=Level.SHOULD, when=(encodes,))
def half_a_picture_is_none(case: Case) -> None:
    """Half a JPEG is an error, as a query and as a property: what is not there is not made up."""
    with case.scratch(plain_class(case)) as shelf:
        text = b64encode(truncated()).decode()
        demand_no_answer(case, shelf, text)
        demand_not_stored(case, shelf, text, _CAUSE)


@encoding("encoding/too-many-pixels", source=_NOT_MADE_UP, level=Level.SHOULD, when=(encodes,))
def a_picture_that_nobody_can_hold_is_refused(case: Case) -> None:
    """A file that promises 60,000 x 60,000 pixels is an error, as a query and as a property."""
    if not case.endpoint.started:
        raise Skipped("a server that others use gets no picture that may take its memory")
    with case.scratch(plain_class(case)) as shelf:
        text = b64encode(bomb()).decode()
        demand_no_answer(case, shelf, text)
        demand_not_stored(case, shelf, text, _CAUSE)


_TEXT = b64encode(b"This is a letter to a friend, and no image.\n").decode()
