"""The official clients of the time before gRPC: Python 3, TypeScript 1 and 2; their questions travel as GraphQL.

Each runs in a program of its own (`python_v3/`, `typescript/ask_older.mjs`), with packages that are there only if
somebody installed them. The program says what the client returned or threw; what that means is decided here.
"""

from __future__ import annotations

import json
import math
from dataclasses import fields
from time import perf_counter
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

from harness.errors import UnsupportedError
from harness.exchange import Raw
from harness.interfaces.graphql import answered, value_name
from harness.interfaces.http import judged
from harness.interfaces.image_files import ImageFiles, decoded
from harness.interfaces.installed import PACKAGES
from harness.interfaces.line_program import LineProgram, ProgramEndedError
from harness.model import Aggregation, Answer, NearImage, NearObject, NearText, NearVector, Question, State, Where

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.model import Endpoint

_START = 30.0
"""Seconds until the program has read its client; one on an idle machine."""
_OWN_TIME = 2.0
"""Seconds beyond the timeout, after which the program is ended: these clients wait without end, or twice."""
_SHOWN = 300
_SAID = frozenset(
    {"collection", "near", "distance", "certainty", "limit", "offset", "autocut", "where", "sort", "target_vectors"}
    | {"tenant", "properties", "additional", "vectors"}
)
"""What these clients are asked to say of a question; what came later they know nothing of."""


class OlderClient:
    """Asks with an older client; an image goes in as base64, or in another form with `ask_with`.

    Args:
        endpoint: the database.
        timeout: seconds after which an answer is `unknown`.

    Raises:
        UnsupportedError: the packages of the client are not there.
    """

    name: ClassVar[str]
    forms: ClassVar[tuple[str, ...]]

    def __init__(self, endpoint: Endpoint, *, timeout: float = 30.0) -> None:
        self._packages = PACKAGES[self.name]
        if trouble := self._packages.missing():
            raise UnsupportedError(trouble, hint=self._packages.remedy())
        parts = urlsplit(endpoint.url)
        self._greeting = {"url": endpoint.url, "scheme": parts.scheme, "host": parts.netloc + parts.path}
        self._greeting |= {"api_key": endpoint.api_key, "timeout": timeout}  # type: ignore[dict-item]
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
        """Send one question, an image as base64, and wait for its answer.

        Raises:
            UnsupportedError: the client has no words for it, or refuses it.
        """
        return self.ask_with(question, "base64")

    def ask_with(self, question: Question, form: str) -> Answer:
        """Send one question, an image in one of `forms`, and wait for its answer.

        Raises:
            UnsupportedError: the client has no words for it, or refuses it, or no file has this as its base64.
        """
        worded = self._worded(question, form)
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
            return self._judged(heard, question, sent)
        self.renew()
        return Answer(State.UNKNOWN, (), message, "", sent, perf_counter())

    def aggregate(self, aggregation: Aggregation) -> Answer:
        """Count nothing: the document knows no counting, and these clients are asked what it says.

        Raises:
            UnsupportedError: always.
        """
        raise UnsupportedError(f"{self._packages.client} is not asked to count in {aggregation.collection}")

    def _started(self) -> LineProgram:
        try:
            return LineProgram(self._packages.command(), self._greeting, within=_START)
        except (OSError, ProgramEndedError, TimeoutError) as error:
            what = f"{self._packages.client} does not start: {error or f'no word within {_START:g} s'}"
            raise UnsupportedError(what, hint=self._packages.remedy()) from error

    def _judged(self, heard: Mapping[str, Any], question: Question, sent: float) -> Answer:
        """What the program heard from the client.

        Raises:
            UnsupportedError: nothing was asked of the server.
        """
        if "refused" in heard:
            raise UnsupportedError(f"{self._packages.client} refuses: {heard['refused'][:_SHOWN].rstrip('.')}")
        if "lost" in heard:
            return Answer(State.UNKNOWN, (), heard["lost"][:_SHOWN], "", sent, perf_counter())
        body = heard.get("body")
        text = json.dumps(body) if body is not None else heard.get("text", "")
        return answered(judged(Raw(heard["status"], "", text.encode()), sent, empty_ok=False), question)

    # --- words -----------------------------------------------------------------------------------

    def _demand_sayable(self, question: Question) -> None:
        """Find out whether the client can ask this as it is meant."""
        client = self._packages.client
        later = [
            one for one in fields(question) if one.name not in _SAID and getattr(question, one.name) != one.default
        ]
        if later:
            raise UnsupportedError(f"{client} has no words for {later[0].name}")
        if not question.collection[:1].isupper():
            raise UnsupportedError(f"{client} makes the first letter of a collection's name a capital")
        numbers = (question.distance, question.certainty, *_components(question))
        if not all(math.isfinite(one) for one in numbers if one is not None):
            raise UnsupportedError("GraphQL cannot write NaN and infinities")

    def _worded(self, question: Question, form: str) -> dict[str, Any]:
        self._demand_sayable(question)
        threshold: dict[str, Any] = {"distance": question.distance, "certainty": question.certainty}
        threshold = {name: float(value) for name, value in threshold.items() if value is not None}
        if question.target_vectors:
            threshold["targetVectors"] = list(question.target_vectors)
        named = [f"vectors {{ {' '.join(question.vectors)} }}"] if question.vectors else []
        return {
            **{name: getattr(question, name) for name in ("collection", "limit", "offset", "autocut", "tenant")},
            "properties": list(question.properties),
            "additional": [*dict.fromkeys(("id", *question.additional)), *named],
            "threshold": threshold,
            "near": self._near(question, form),
            "where": None if question.where is None else _where(question.where),
            "sort": [{"path": [one.path], "order": "desc" if one.descending else "asc"} for one in question.sort]
            or None,
        }

    def _near(self, question: Question, form: str) -> dict[str, Any]:
        match question.near:
            case NearImage(image=image):
                if form == "base64":
                    return {"kind": "image", "form": form, "text": image}
                data = decoded(image)
                if data is None:
                    raise UnsupportedError("no file has this text as its base64")
                return {"kind": "image", "form": form, "text": str(self._files.path(data))}
            case NearText(concepts=concepts):
                return {"kind": "text", "concepts": list(concepts)}
            case NearVector(vector=vector):
                return {"kind": "vector", "vector": list(vector)}
            case NearObject(id=object_id):
                return {"kind": "object", "id": object_id}


class PythonV3(OlderClient):
    """`weaviate-client` 3 of Python; it reads files itself: a path as text, or an open file."""

    name = "python-v3"
    forms = ("base64", "path", "file")

    def _demand_sayable(self, question: Question) -> None:
        super()._demand_sayable(question)
        if question.target_vectors:
            raise UnsupportedError(f"{self._packages.client} has no named vectors to search in")
        if isinstance(question.near, NearImage) and {'"', "\\", "\n", "\r"} & set(question.near.image):
            raise UnsupportedError(f"{self._packages.client} writes the image into the query, where this means another")


class TypeScriptV1(OlderClient):
    """`weaviate-ts-client` 1.4 of npm, that of the document's time; a file is read first, as its users have to."""

    name = "typescript-v1"
    forms = ("base64", "path")
    named: ClassVar[bool] = False

    def _demand_sayable(self, question: Question) -> None:
        super()._demand_sayable(question)
        client = self._packages.client
        zeros = (name for name in ("distance", "certainty", "limit", "autocut") if getattr(question, name) == 0)
        for name in zeros:
            raise UnsupportedError(f"{client} leaves out a {name} of 0 without a word")
        if question.target_vectors and not self.named:
            raise UnsupportedError(f"{client} has no named vectors to search in")
        if isinstance(question.near, NearImage) and question.near.image.startswith("data:"):
            raise UnsupportedError(f"{client} cuts off the prefix data: itself")


class TypeScriptV2(TypeScriptV1):
    """`weaviate-ts-client` 2.2, the last one of its name."""

    name = "typescript-v2"
    named = True


def _components(question: Question) -> tuple[float, ...]:
    return question.near.vector if isinstance(question.near, NearVector) else ()


def _where(where: Where) -> dict[str, Any]:
    """A filter as both languages take it."""
    if where.operands:
        return {"operator": where.operator, "operands": [_where(operand) for operand in where.operands]}
    return {"operator": where.operator, "path": list(where.path), value_name(where): where.value}
