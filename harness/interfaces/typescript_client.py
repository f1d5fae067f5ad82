"""The official TypeScript client, version 3: asked through a small program that runs in Node.js (`typescript/ask.mjs`).

The program says what the client returned or threw; what that means for the question is decided here.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Self

from harness.errors import UnsupportedError
from harness.interfaces.graphql import MOST_VALUES
from harness.interfaces.grpc_clients import address, demand_sayable
from harness.interfaces.image_files import ImageFiles, decoded
from harness.interfaces.installed import PACKAGES
from harness.interfaces.line_program import LineProgram, ProgramEndedError
from harness.interfaces.rest import float32s
from harness.model import (
    Aggregation,
    Answer,
    Group,
    Hit,
    NearImage,
    NearObject,
    NearText,
    NearVector,
    Question,
    Reference,
    State,
    Tally,
    Where,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.model import Endpoint

_PACKAGES = PACKAGES["typescript"]
_START = 30.0
"""Seconds until Node.js has read the client; half a second on an idle machine."""
_OWN_TIME = 2.0
"""Seconds beyond the client's own timeout, after which the program is ended."""
_EXACT = 2**53
_SHOWN = 300
"""Characters of the client's own words: some of them repeat the whole image."""
_LENGTHS = (1, 3)
"""A path is a property, or a reference, its class and a property of that."""
_TESTS = frozenset(
    {"Equal", "NotEqual", "GreaterThan", "GreaterThanEqual", "LessThan", "LessThanEqual", "Like", "IsNull"}
)
_STATUS = re.compile(r"/[\w.]+/\w+ (?P<status>[A-Z_]+): (?P<words>.*)", re.DOTALL)
"""How nice-grpc, which the client uses, says a status."""
_LOST = frozenset({"UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "ABORTED", "DATA_LOSS", "INTERNAL"})
"""Statuses that do not say what the server did."""
_REFUSED_BY_THE_CLIENT = frozenset(
    {"WeaviateInvalidInputError", "WeaviateSerializationError", "WeaviateUnsupportedFeatureError"}
)
_TOO_OLD = "Please use version"
_NO_SUCH_SERVICE = "UNIMPLEMENTED"
"""What an old server answers when it is asked whether it is healthy."""
_NOT_LET_IN = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED"})
"""The only refusals that, before anything was asked, are the server's answer to it."""


class TypeScriptClient:
    """Asks with `weaviate-client` of npm; an image goes in as a Buffer, or in another form with `ask_with`.

    What is the base64 of no file goes in as text, which the client takes for a file's name if it is short: that is an
    `UnsupportedError`, for the server is never asked.

    Args:
        endpoint: the database; it must have a gRPC address.
        timeout: seconds after which an answer is `unknown`.

    Raises:
        UnsupportedError: Node.js or the packages are not there, or the endpoint has no gRPC address.
    """

    name = "typescript"
    forms: ClassVar[tuple[str, ...]] = ("Buffer", "path", "string")

    def __init__(self, endpoint: Endpoint, *, timeout: float = 30.0) -> None:
        if trouble := _PACKAGES.missing():
            raise UnsupportedError(trouble, hint=_PACKAGES.remedy())
        self._greeting = {**address(endpoint), "api_key": endpoint.api_key, "timeout": timeout}
        self._timeout = timeout
        self._files = ImageFiles()
        self._program: LineProgram | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the program."""
        self.renew()
        self._files.close()

    def renew(self) -> None:
        """Forget the connection: the server was away. The next question starts another program."""
        program, self._program = self._program, None
        if program is not None:
            program.end()

    def ask(self, question: Question) -> Answer:
        """Send one question and wait for its answer.

        Raises:
            UnsupportedError: the client has no words for it, or refuses the server.
        """
        image = question.near.image if isinstance(question.near, NearImage) else ""
        return self.ask_with(question, "string" if decoded(image) is None else "Buffer")

    def ask_with(self, question: Question, form: str) -> Answer:
        """Send one question, an image in one of `forms`, and wait for its answer.

        Raises:
            UnsupportedError: the client has no words for it, or refuses the server, or no file has this as its base64.
        """
        demand_sayable(question, "the TypeScript client")
        return self._said(self._worded(question, form), partial(_answered, question=question))

    def aggregate(self, aggregation: Aggregation) -> Answer:
        """Have counted what a search finds, and wait for the answer.

        Raises:
            UnsupportedError: the client has no words for it, or refuses the server.
        """
        demand_sayable(aggregation, "the TypeScript client")
        image = aggregation.near.image if isinstance(aggregation.near, NearImage) else ""
        words = self._restrictions(aggregation, "string" if decoded(image) is None else "Buffer")
        words |= {"values_of": aggregation.values_of, "most": MOST_VALUES, "object_limit": aggregation.object_limit}
        return self._said({"aggregate": True, **words}, partial(_tallied, aggregation=aggregation))

    def _said(self, worded: dict[str, Any], read: Callable[[Mapping[str, Any], float], Answer]) -> Answer:
        sent = perf_counter()
        try:
            if self._program is None:
                self._program = self._started()
            sent = perf_counter()
            heard = self._program.ask(worded, within=self._timeout + _OWN_TIME)
        except TimeoutError:
            message = f"the client did not come back within {self._timeout:g} s"
        except ProgramEndedError as ended:
            message = f"the client's program crashed: {ended}"
        else:
            return read(heard, sent) if "error" not in heard else _failed(heard, sent)
        self.renew()
        return Answer(State.UNKNOWN, (), message, "", sent, perf_counter())

    def _started(self) -> LineProgram:
        try:
            return LineProgram(_PACKAGES.command(), self._greeting, within=_START)
        except (OSError, ProgramEndedError, TimeoutError) as error:
            what = f"the TypeScript client does not start: {error or f'no word within {_START:g} s'}"
            raise UnsupportedError(what, hint=_PACKAGES.remedy()) from error

    def _worded(self, question: Question, form: str) -> dict[str, Any]:
        """A question as the program takes it: NaN and infinities as text, for JSON has no words for them."""
        words = {
            name: getattr(question, name)
            for name in ("limit", "offset", "autocut", "properties", "additional", "vectors")
        }
        words["group_by"] = None if question.group_by is None else asdict(question.group_by)
        words["references"] = [asdict(one) for one in question.references]
        return words | self._restrictions(question, form)

    def _restrictions(self, asked: Question | Aggregation, form: str) -> dict[str, Any]:
        """Where is searched, and how near."""
        words = {name: getattr(asked, name) for name in ("collection", "tenant", "target_vectors")}
        words |= {name: _number(getattr(asked, name)) for name in ("distance", "certainty")}
        words["where"] = None if asked.where is None else _where(asked.where)
        words["near"] = self._near(asked, form)
        return words

    def _near(self, question: Question | Aggregation, form: str) -> dict[str, Any]:
        match question.near:
            case NearImage(image=image):
                if form == "string":
                    return {"kind": "image", "form": form, "text": image}
                data = decoded(image)
                if data is None:
                    raise UnsupportedError("no file has this text as its base64")
                text = str(self._files.path(data)) if form == "path" else image
                return {"kind": "image", "form": form, "text": text}
            case NearText(concepts=concepts):
                return {"kind": "text", "concepts": concepts}
            case NearVector(vector=vector):
                return {"kind": "vector", "vector": [_number(one) for one in vector]}
            case NearObject(id=object_id):
                return {"kind": "object", "id": object_id}


def _number(value: float | None) -> float | str | None:
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"


def _where(where: Where) -> dict[str, Any]:
    """A filter; JavaScript has one kind of number, so the client tells int and number by the value."""
    value = where.value
    if isinstance(value, float) and value.is_integer():
        raise UnsupportedError(f"the TypeScript client sends {value!r} as an int")
    if isinstance(value, int) and abs(value) > _EXACT:
        raise UnsupportedError(f"JavaScript has no {value}")
    if not where.operands and (where.operator not in _TESTS or len(where.path) not in _LENGTHS):
        raise UnsupportedError(f"no filter of the TypeScript client is known for {where.operator} on {where.path}")
    return asdict(where) | {"operands": [_where(operand) for operand in where.operands]}


def _answered(heard: Mapping[str, Any], sent: float, *, question: Question) -> Answer:
    """What the client made of the answer to a question."""
    received = perf_counter()
    groups = tuple(
        Group(
            value=one["name"],
            count=one["count"],
            smallest=float(one["smallest"]),
            largest=float(one["largest"]),
            hits=tuple(_hit(each, question) for each in one["hits"]),
        )
        for one in heard["groups"]
    )
    hits = tuple(hit for one in groups for hit in one.hits) or tuple(_hit(each, question) for each in heard["hits"])
    return Answer(State.OK, hits, "", "OK", sent, received, groups=groups)


def _tallied(heard: Mapping[str, Any], sent: float, *, aggregation: Aggregation) -> Answer:
    """What the client made of the answer to an aggregation."""
    received = perf_counter()
    counted = heard["values"] if aggregation.values_of else {}
    occurrences = {str(one["value"]): int(one["occurs"]) for one in counted.get("topOccurrences") or ()}
    tally = Tally(int(heard["objects"]), int(counted.get("count") or 0), occurrences)
    return Answer(State.OK, (), "", "OK", sent, received, tally=tally)


def _failed(heard: Mapping[str, Any], sent: float) -> Answer:
    """What an error of the client's says about the server.

    Raises:
        UnsupportedError: nothing was asked of it.
    """
    received = perf_counter()
    error = heard["error"]
    name, message = error["name"], error["message"]
    status = _STATUS.search(message)
    connecting = heard["stage"] == "connecting"
    old = connecting and (_TOO_OLD in message or (status is not None and status["status"] == _NO_SUCH_SERVICE))
    if error["unsent"] or name in _REFUSED_BY_THE_CLIENT or old:
        raise UnsupportedError(f"the TypeScript client refuses: {message[:_SHOWN].rstrip('.')}")
    if status:
        lost = status["status"] in _LOST or (connecting and status["status"] not in _NOT_LET_IN)
        return Answer(State.UNKNOWN if lost else State.REFUSED, (), status["words"], status["status"], sent, received)
    if name == "WeaviateInsufficientPermissionsError":
        return Answer(State.REFUSED, (), message, "PERMISSION_DENIED", sent, received)
    return Answer(State.UNKNOWN, (), f"{name}: {message}", "", sent, received)


def _hit(found: Mapping[str, Any], question: Question) -> Hit:
    vectors = found["vectors"] or {}
    return Hit(
        id=found["id"],
        distance=_float(found["distance"]),
        certainty=_float(found["certainty"]),
        vector=float32s(vectors["default"]) if "default" in vectors else None,
        properties={name: found["properties"].get(name) for name in question.properties},
        vectors={name: float32s(vectors[name]) for name in question.vectors if name in vectors},
        references={
            one.path: tuple(_pointed_at(each, one) for each in found["references"].get(one.path, ()))
            for one in question.references
        },
    )


def _pointed_at(found: Mapping[str, Any], reference: Reference) -> Hit:
    return Hit(found["id"], properties={name: found["properties"].get(name) for name in reference.properties})


def _float(value: float | None) -> float | None:
    return None if value is None else float(value)
