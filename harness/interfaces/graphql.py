"""GraphQL over HTTP: `POST /v1/graphql`, the query as text, image and words as variables.

A vector has to be written into the text: the type of that argument has another name in each class and each version.
"""

from __future__ import annotations

import json
import math
from time import perf_counter
from typing import TYPE_CHECKING, Any

from harness.errors import UnsupportedError
from harness.interfaces.http import HttpWire, Reply
from harness.interfaces.rest import float32s
from harness.model import Answer, Hit, NearImage, NearObject, NearText, NearVector, Question, State, Where

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from harness.model import Endpoint

ROUTE = "/v1/graphql"


class GraphQL:
    """Asks over GraphQL, on one connection pool.

    Distances are given as the server printed them (the shortest decimal of a float32), so a distance that comes back
    can be sent again as it is; compare them as float32. Vectors are float32-exact. The id is always asked for.

    Args:
        endpoint: the database.
        timeout: seconds after which an answer is `unknown`.
    """

    name = "graphql"

    def __init__(self, endpoint: Endpoint, *, timeout: float = 30.0) -> None:
        self._wire = HttpWire(endpoint, timeout=timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the connections."""
        self._wire.close()

    def renew(self) -> None:
        """Forget the connections: the server was away."""
        self._wire.close()
        self._wire.renew()

    def ask(self, question: Question) -> Answer:
        """Send one question and wait for its answer.

        Raises:
            UnsupportedError: the question holds NaN or an infinity, which GraphQL has no words for.
        """
        query, variables = compose(question)
        reply = self.send(query, variables)
        return answered(reply, question)

    def send(self, query: str, variables: Mapping[str, Any] | None = None) -> Reply:
        """Send any query: the door for Aggregate, Explore and what a `Question` cannot say."""
        body = {"query": query, "variables": dict(variables)} if variables else {"query": query}
        return self._wire.send("POST", ROUTE, body=body)

    def count(self, collection: str, *, tenant: str | None = None) -> int:
        """How many objects a collection has.

        Raises:
            AnswerError: the server refused or gave no answer.
        """
        arguments = "" if tenant is None else f"(tenant: {json.dumps(tenant)})"
        reply = self.send(f"{{ Aggregate {{ {collection}{arguments} {{ meta {{ count }} }} }} }}")
        refused = _messages(reply.body) if reply.ok else ""
        if refused:
            reply = Reply(State.REFUSED, reply.code, refused)
        return int(reply.need(f"count {collection}")["data"]["Aggregate"][collection][0]["meta"]["count"])


def compose(question: Question) -> tuple[str, dict[str, Any]]:
    """The query text of a question and its variables; the same question always gives the same text.

    Raises:
        UnsupportedError: the question holds NaN or an infinity.
    """
    declared, variables = _variables(question)
    arguments = ", ".join(f"{name}: {value}" for name, value in _arguments(question).items())
    head = f"query ({declared}) " if declared else ""
    selection = " ".join((*question.properties, _additional(question)))
    return f"{head}{{ Get {{ {question.collection}({arguments}) {{ {selection} }} }} }}", variables


def literal(value: object) -> str:
    """A Python value as a GraphQL literal; a float is written so that it reads back exactly.

    Raises:
        UnsupportedError: a float is NaN or an infinity.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UnsupportedError(f"GraphQL cannot write {value}")
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _variables(question: Question) -> tuple[str, dict[str, Any]]:
    match question.near:
        case NearImage(image=image):
            return "$image: String!", {"image": image}
        case NearText(concepts=concepts):
            return "$concepts: [String]!", {"concepts": list(concepts)}
        case _:
            return "", {}


def _arguments(question: Question) -> dict[str, str]:
    given: dict[str, object] = {"limit": question.limit, "offset": question.offset, "autocut": question.autocut}
    written = {name: literal(value) for name, value in given.items() if value is not None}
    if question.where is not None:
        written["where"] = _where(question.where)
    if question.sort:
        orders = (("desc" if sort.descending else "asc", sort.path) for sort in question.sort)
        written["sort"] = (
            "[" + ", ".join(f"{{path: [{literal(path)}], order: {order}}}" for order, path in orders) + "]"
        )
    if question.tenant is not None:
        written["tenant"] = literal(question.tenant)
    operator, near = _near(question)
    return {operator: near, **written}


def _near(question: Question) -> tuple[str, str]:
    match question.near:
        case NearImage():
            operator, what = "nearImage", "image: $image"
        case NearText():
            operator, what = "nearText", "concepts: $concepts"
        case NearVector(vector=vector):
            operator, what = "nearVector", f"vector: {literal(vector)}"
        case NearObject(id=object_id):
            operator, what = "nearObject", f"id: {literal(object_id)}"
    bounds = {"distance": question.distance, "certainty": question.certainty}
    parts = [what, *(f"{name}: {literal(value)}" for name, value in bounds.items() if value is not None)]
    if question.target_vectors:
        parts.append(f"targetVectors: {literal(question.target_vectors)}")
    return operator, "{" + ", ".join(parts) + "}"


def _where(where: Where) -> str:
    if where.operands:
        inner = ", ".join(_where(operand) for operand in where.operands)
        return f"{{operator: {where.operator}, operands: [{inner}]}}"
    return f"{{path: {literal(where.path)}, operator: {where.operator}, {_value_name(where)}: {literal(where.value)}}}"


def _value_name(where: Where) -> str:
    match where.value:
        case bool():
            return "valueBoolean"
        case int():
            return "valueInt"
        case float():
            return "valueNumber"
        case _:
            return "valueText"


def _additional(question: Question) -> str:
    wanted = dict.fromkeys(("id", *question.additional))
    named = f" vectors {{ {' '.join(question.vectors)} }}" if question.vectors else ""
    return f"_additional {{ {' '.join(wanted)}{named} }}"


def answered(reply: Reply, question: Question) -> Answer:
    """What a reply says to a question."""
    refused = _messages(reply.body) if reply.ok else ""
    if refused:
        return Answer(State.REFUSED, (), refused, reply.code, reply.sent, reply.received)
    if not reply.ok:
        message = reply.message or _messages(reply.body)
        return Answer(reply.state, (), message, reply.code, reply.sent, reply.received)
    try:
        hits = tuple(_hit(entry) for entry in reply.body["data"]["Get"][question.collection])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"{reply.code} without a result: {type(error).__name__} at {error}"
        return Answer(State.UNKNOWN, (), message, reply.code, reply.sent, perf_counter())
    return Answer(State.OK, hits, "", reply.code, reply.sent, perf_counter())


def _messages(body: Any) -> str:
    errors = body.get("errors") if isinstance(body, dict) else None
    if not errors:
        return ""
    if not isinstance(errors, list):
        return str(errors)
    return "; ".join(str(error.get("message", error) if isinstance(error, dict) else error) for error in errors)


def _hit(entry: Mapping[str, Any]) -> Hit:
    additional = entry["_additional"]
    vector = additional.get("vector")
    return Hit(
        id=additional.get("id", ""),
        distance=_number(additional.get("distance")),
        certainty=_number(additional.get("certainty")),
        vector=float32s(vector) if vector else None,
        properties={name: value for name, value in entry.items() if name != "_additional"},
        vectors={name: float32s(values) for name, values in (additional.get("vectors") or {}).items() if values},
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
