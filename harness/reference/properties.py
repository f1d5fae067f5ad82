"""The properties of one object: what Weaviate accepts for each data type, and its words for what it refuses."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from harness.reference.request import Refusal
from harness.reference.schema import Collection

BLOBS = frozenset({"blob", "blobHash"})
"""Data types that take base64; of the second only a hash is kept."""

_DATE = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")
_HASH = re.compile(r"[0-9a-fA-F]{64}")
_GO_KINDS = {str: "string", bool: "bool", int: "json.Number", float: "json.Number", dict: "map[string]interface {}"}


def checked_properties(
    given: Mapping[str, Any], collection: Collection, is_blob: Callable[[str], bool]
) -> dict[str, Any]:
    """The properties as they are stored: null is absent.

    Args:
        given: the properties of a draft; all are in the collection's definition.
        collection: the collection that gets the object.
        is_blob: the rule for blobs.

    Raises:
        Refusal: a value is not of its property's type.
    """
    kept = {name: value for name, value in given.items() if value is not None}
    for name, value in kept.items():
        kind = collection.properties[name]
        if kind in BLOBS and isinstance(value, str) and not is_blob(value):
            raise Refusal(_refused(kind, name, collection, "not a valid blob base64 string"))
        problem = _problem(kind, value)
        if problem:
            raise Refusal(_refused(kind, name, collection, problem))
    return kept


def hashed(given: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
    """The properties as they are kept: of a `blobHash` only the hash of its base64 (since 1.39); one stays as it is."""

    def kept(name: str, value: Any) -> Any:
        if collection.properties.get(name) != "blobHash" or not isinstance(value, str) or _HASH.fullmatch(value):
            return value
        return sha256(value.encode()).hexdigest()

    return {name: kept(name, value) for name, value in given.items()}


def unknown_properties(given: Mapping[str, Any], collection: Collection) -> Iterator[dict[str, Any]]:
    """A definition, as auto-schema makes it, for each property that the collection does not have.

    Raises:
        Refusal: a value whose type says nothing.
    """
    for name, value in given.items():
        if name not in collection.properties and value is not None:
            yield {"name": name, "dataType": [inferred_type(value)]}


def inferred_type(value: Any) -> str:
    """The data type that auto-schema gives a JSON value."""
    if isinstance(value, list):
        return (inferred_type(value[0]) if value else "text") + "[]"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict):
        return "object"
    if _is_date(value):
        return "date"
    return "uuid" if _is_uuid(value) else "text"


def _refused(kind: str, name: str, collection: Collection, problem: str) -> str:
    label = {"int": "integer"}.get(kind, kind.replace("[]", " array"))
    return f"invalid {label} property '{name}' on class '{collection.name}': {problem}"


def _problem(kind: str, value: Any) -> str:
    """Why a value is none of this type; empty if it is."""
    if kind.endswith("[]") and kind != "object[]":
        if not isinstance(value, list):
            return f"not a {kind.removesuffix('[]')} array, but {_go_kind(value)}"
        return next((problem for each in value if (problem := _problem(kind.removesuffix("[]"), each))), "")
    check = _CHECKS.get(kind)
    return check(value) if check else ""


def _text_problem(value: Any) -> str:
    return "" if isinstance(value, str) else f"not a string, but {_go_kind(value)}"


def _blob_problem(value: Any) -> str:
    return "" if isinstance(value, str) else f"not a blob base64 string, but {_go_kind(value)}"


def _int_problem(value: Any) -> str:
    if _is_number(value) and value == int(value):
        return ""
    if _is_number(value):
        return f"the JSON number '{value}' could not be converted to an int"
    return f"requires an integer, the given value is '{value}'"


def _number_problem(value: Any) -> str:
    return "" if _is_number(value) else f"requires a float, the given value is '{value}'"


def _boolean_problem(value: Any) -> str:
    return "" if isinstance(value, bool) else f"not a bool, but {_go_kind(value)}"


def _date_problem(value: Any) -> str:
    if isinstance(value, str) and _is_date(value):
        return ""
    return f"requires a string with a RFC3339 formatted date, but the given value is '{value}'"


def _uuid_problem(value: Any) -> str:
    if isinstance(value, str) and _is_uuid(value):
        return ""
    return f"requires a string of UUID format, but the given value is '{value}'"


_CHECKS: Mapping[str, Callable[[Any], str]] = {
    "text": _text_problem,
    "blob": _blob_problem,
    "blobHash": _blob_problem,
    "int": _int_problem,
    "number": _number_problem,
    "boolean": _boolean_problem,
    "date": _date_problem,
    "uuid": _uuid_problem,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_uuid(value: str) -> bool:
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return True


def _go_kind(value: Any) -> str:
    return _GO_KINDS.get(type(value), "[]interface {}")
