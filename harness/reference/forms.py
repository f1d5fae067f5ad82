"""REST's shapes of requests and answers: objects, filters, and the two shapes of an error."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from harness.reference.request import Draft, Filter, Refusal, StoredObject

JSON = dict[str, Any]
VALUES = ("valueInt", "valueNumber", "valueBoolean", "valueText", "valueString", "valueDate")


class BadBody(Exception):  # noqa: N818 - like Refusal, an ordinary answer
    """The body has the wrong shape; REST answers with a code and a message.

    Args:
        status: the HTTP status.
        code: the number in the answer.
        message: the words.
    """

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def error(message: str) -> JSON:
    """REST's ordinary shape of an error."""
    return {"error": [{"message": message}]}


def object_json(item: StoredObject, *, with_vector: bool = True) -> JSON:
    """An object as REST gives it; vectors are arrays for `wire.dumps`."""
    shown: JSON = {
        "class": item.collection,
        "creationTimeUnix": item.created,
        "id": item.id,
        "lastUpdateTimeUnix": item.updated,
        "properties": dict(sorted(item.properties.items())),
    }
    if item.tenant:
        shown["tenant"] = item.tenant
    if with_vector and item.vector is not None:
        shown["vector"] = item.vector
    if with_vector and item.vectors:
        shown["vectors"] = dict(sorted(item.vectors.items()))
    return shown


def draft(body: Mapping[str, Any], where: str = "") -> Draft:
    """The object that a body describes; nothing is looked up.

    Args:
        body: the JSON of one object.
        where: its place in a batch, for the message.

    Raises:
        BadBody: a field has the wrong shape.
        Refusal: the properties are no object.
    """
    properties = body.get("properties")
    if properties is not None and not isinstance(properties, dict):
        raise Refusal(f"invalid object: could not recognize object's properties: {properties}")
    return Draft(
        collection=str(body.get("class") or ""),
        properties=properties or {},
        id=checked_id(str(body.get("id") or ""), f"{where}id in body"),
        vector=_numbers(body.get("vector"), "vector"),
        vectors={name: _numbers(value, "vectors") or [] for name, value in (body.get("vectors") or {}).items()},
        tenant=str(body.get("tenant") or ""),
    )


def checked_id(text: str, where: str) -> str:
    """The id in lower case; empty stays empty.

    Raises:
        BadBody: it is no UUID.
    """
    if not text:
        return ""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise BadBody(422, 601, f'{where} must be of type uuid: "{text}"') from None


def where_filter(where: Mapping[str, Any]) -> Filter:
    """A filter as REST and GraphQL write it.

    Raises:
        Refusal: no operator, or more than one value.
    """
    operator = where.get("operator")
    if not operator:
        raise Refusal("could not extract filters: unrecognized operator: ")
    operands = tuple(where_filter(operand) for operand in where.get("operands") or ())
    given = [name for name in VALUES if where.get(name) is not None]
    if len(given) > 1:
        clause = ", ".join(given)
        raise Refusal(
            f"could not extract filters: invalid where filter: found more than one values the clause ({clause})"
        )
    value = _value(given[0], where[given[0]]) if given else None
    if str(operator).startswith("Contains") and value is not None and not isinstance(value, tuple):
        value = (value,)
    return Filter(str(operator), tuple(where.get("path") or ()), value, operands)


def _value(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_value(name, each) for each in value)
    return float(value) if name == "valueNumber" else value


def _numbers(value: Any, name: str) -> list[float] | None:
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(each, int | float) for each in value):
        kind = "string" if isinstance(value, str) else "object" if isinstance(value, dict) else "value"
        problem = f"json: cannot unmarshal {kind} into Go struct field Object.{name} of type models.C11yVector"
        raise BadBody(400, 400, f'parsing body body from "" failed, because {problem}')
    return value
