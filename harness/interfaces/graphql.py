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
    from typing import Self

    from harness.model import Endpoint

ROUTE = "/v1/graphql"

MOST_VALUES = 100
"""So many of the most frequent values of a property an aggregation brings back."""

_OF_GROUPED_HITS = frozenset({"id", "distance", "vector"})
"""What `_additional` has inside a group."""


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

    def aggregate(self, aggregation: Aggregation) -> Answer:
        """Have counted what a search finds, and wait for the answer.

        Raises:
            UnsupportedError: the question holds NaN or an infinity, which GraphQL has no words for.
        """
        reply = self.send(*compose_aggregation(aggregation))
        return tallied(reply, aggregation)

    def send(self, query: str, variables: Mapping[str, Any] | None = None) -> Reply:
        """Send any query: the door for Explore and what a `Question` cannot say."""
        body = {"query": query, "variables": dict(variables)} if variables else {"query": query}
        return self._wire.send("POST", ROUTE, body=body)

    def send_as(self, body: bytes) -> Reply:
        """Send these bytes, whether they are JSON or not."""
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
    head, variables = _variables(question)
    arguments = ", ".join(f"{name}: {value}" for name, value in _arguments(question).items())
    selection = _selection(question)
    return f"{head}{{ Get {{ {question.collection}({arguments}) {{ {selection} }} }} }}", variables


def compose_aggregation(aggregation: Aggregation) -> tuple[str, dict[str, Any]]:
    """The query text of an aggregation and its variables.

    Raises:
        UnsupportedError: it holds NaN or an infinity.
    """
    head, variables = _variables(aggregation)
    operator, near = _near(aggregation)
    given = {operator: near, **_restrictions(aggregation)}
    if aggregation.object_limit is not None:
        given["objectLimit"] = literal(aggregation.object_limit)
    arguments = ", ".join(f"{name}: {value}" for name, value in given.items())
    selection = "meta { count }"
    if aggregation.values_of:
        selection += f" {aggregation.values_of} {{ count topOccurrences(limit: {MOST_VALUES}) {{ value occurs }} }}"
    return f"{head}{{ Aggregate {{ {aggregation.collection}({arguments}) {{ {selection} }} }} }}", variables


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


def _variables(question: Question | Aggregation) -> tuple[str, dict[str, Any]]:
    """The head of a query that declares its variables, and their values."""
    match question.near:
        case NearImage(image=image):
            return "query ($image: String!) ", {"image": image}
        case NearText(concepts=concepts):
            return "query ($concepts: [String]!) ", {"concepts": list(concepts)}
        case _:
            return "", {}


def _arguments(question: Question) -> dict[str, str]:
    given: dict[str, object] = {"limit": question.limit, "offset": question.offset, "autocut": question.autocut}
    written = {name: literal(value) for name, value in given.items() if value is not None}
    written |= _restrictions(question)
    if question.sort:
        orders = (("desc" if sort.descending else "asc", sort.path) for sort in question.sort)
        written["sort"] = (
            "[" + ", ".join(f"{{path: [{literal(path)}], order: {order}}}" for order, path in orders) + "]"
        )
    if question.group_by is not None:
        by = question.group_by
        written["groupBy"] = (
            f"{{path: [{literal(by.path)}], groups: {by.groups}, objectsPerGroup: {by.objects_per_group}}}"
        )
    if question.consistency is not None:
        written["consistencyLevel"] = question.consistency
    operator, near = _near(question)
    return {operator: near, **written}


def _restrictions(question: Question | Aggregation) -> dict[str, str]:
    """What leaves only a part of the collection to be searched."""
    written = {} if question.where is None else {"where": _where(question.where)}
    return written if question.tenant is None else {**written, "tenant": literal(question.tenant)}


def _near(question: Question | Aggregation) -> tuple[str, str]:
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
    return f"{{path: {literal(where.path)}, operator: {where.operator}, {value_name(where)}: {literal(where.value)}}}"


def value_name(where: Where) -> str:
    """The argument of a filter that takes a value of this type."""
    match where.value:
        case bool():
            return "valueBoolean"
        case int():
            return "valueInt"
        case float():
            return "valueNumber"
        case _:
            return "valueText"


def _selection(question: Question) -> str:
    chosen = [*question.properties, *map(_followed, question.references)]
    if question.group_by is None:
        return " ".join((*chosen, _additional(question)))
    wanted = " ".join(dict.fromkeys(("id", *(name for name in question.additional if name in _OF_GROUPED_HITS))))
    hits = " ".join((*chosen, f"_additional {{ {wanted} }}"))
    group = f"groupedBy {{ path value }} count minDistance maxDistance hits {{ {hits} }}"
    return f"_additional {{ group {{ id {group} }} }}"


def _followed(reference: Reference) -> str:
    chosen = " ".join((*reference.properties, "_additional { id }"))
    return f"{reference.path} {{ ... on {reference.collection} {{ {chosen} }} }}"


def _additional(question: Question) -> str:
    wanted = dict.fromkeys(("id", *question.additional))
    named = f" vectors {{ {' '.join(question.vectors)} }}" if question.vectors else ""
    return f"_additional {{ {' '.join(wanted)}{named} }}"


def answered(reply: Reply, question: Question) -> Answer:
    """What a reply says to a question."""

    def read(entries: Any) -> Answer:
        if question.group_by is None:
            return _ok(reply, tuple(_hit(entry, question) for entry in entries))
        groups = tuple(_group(entry["_additional"]["group"], question) for entry in entries)
        return _ok(reply, tuple(hit for group in groups for hit in group.hits), groups=groups)

    return _judged(reply, lambda data: read(data["Get"][question.collection]))


def tallied(reply: Reply, aggregation: Aggregation) -> Answer:
    """What a reply says to an aggregation."""

    def read(entries: Any) -> Answer:
        [entry] = entries
        counted = entry[aggregation.values_of] if aggregation.values_of else {}
        occurrences = {str(one["value"]): int(one["occurs"]) for one in counted.get("topOccurrences") or ()}
        tally = Tally(int(entry["meta"]["count"]), int(counted.get("count") or 0), occurrences)
        return _ok(reply, tally=tally)

    return _judged(reply, lambda data: read(data["Aggregate"][aggregation.collection]))


def _judged(reply: Reply, read: Callable[[Any], Answer]) -> Answer:
    """Decide whether a reply is an answer, which `read` then makes of its data."""
    refused = _messages(reply.body) if reply.ok else ""
    if refused:
        return Answer(State.REFUSED, (), refused, reply.code, reply.sent, reply.received)
    if not reply.ok:
        message = reply.message or _messages(reply.body)
        return Answer(reply.state, (), message, reply.code, reply.sent, reply.received)
    try:
        return read(reply.body["data"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        message = f"{reply.code} without a result: {type(error).__name__} at {error}"
        return Answer(State.UNKNOWN, (), message, reply.code, reply.sent, perf_counter())


def _ok(reply: Reply, hits: tuple[Hit, ...] = (), **more: Any) -> Answer:
    return Answer(State.OK, hits, "", reply.code, reply.sent, perf_counter(), **more)


def _messages(body: Any) -> str:
    errors = body.get("errors") if isinstance(body, dict) else None
    if not errors:
        return ""
    if not isinstance(errors, list):
        return str(errors)
    return "; ".join(str(error.get("message", error) if isinstance(error, dict) else error) for error in errors)


def _group(entry: Mapping[str, Any], question: Question) -> Group:
    return Group(
        value=str(entry["groupedBy"]["value"]),
        count=int(entry["count"]),
        smallest=float(entry["minDistance"]),
        largest=float(entry["maxDistance"]),
        hits=tuple(_hit(hit, question) for hit in entry["hits"]),
    )


def _hit(entry: Mapping[str, Any], question: Question) -> Hit:
    additional = entry["_additional"]
    vector = additional.get("vector")
    return Hit(
        id=additional.get("id", ""),
        distance=_number(additional.get("distance")),
        certainty=_number(additional.get("certainty")),
        vector=float32s(vector) if vector else None,
        properties={name: entry.get(name) for name in question.properties},
        vectors={name: float32s(values) for name, values in (additional.get("vectors") or {}).items() if values},
        references={one.path: tuple(map(_pointed_at, entry.get(one.path) or ())) for one in question.references},
    )


def _pointed_at(entry: Mapping[str, Any]) -> Hit:
    return Hit(
        id=entry["_additional"]["id"],
        properties={name: value for name, value in entry.items() if name != "_additional"},
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
