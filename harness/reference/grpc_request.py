"""From gRPC's messages to what the engine is asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.reference.engine import Engine
from harness.reference.request import Aggregation, Filter, GroupBy, Near, NearKind, Refusal, Search, Sort, Vector
from harness.reference.rules import Rules
from harness.reference.schema import Collection

_OPERATORS = {
    1: "Equal",
    2: "NotEqual",
    3: "GreaterThan",
    4: "GreaterThanEqual",
    5: "LessThan",
    6: "LessThanEqual",
    7: "And",
    8: "Or",
    10: "Like",
    11: "IsNull",
    12: "ContainsAny",
    13: "ContainsAll",
    14: "ContainsNone",
    15: "Not",
}
_NEARS: Mapping[str, NearKind] = {
    "near_image": "image",
    "near_text": "text",
    "near_vector": "vector",
    "near_object": "object",
}
_OTHERS = {"bm25_search": "bm25", "hybrid_search": "hybrid"}
_UNSUPPORTED = ("near_audio", "near_video", "near_depth", "near_thermal", "near_imu", "generative", "rerank", "boost")
_LEVELS: Mapping[int, str] = {1: "ONE", 2: "QUORUM", 3: "ALL"}
_MULTI_FP32 = 2


def collection_of(engine: Engine, name: str) -> Collection:
    """Return the collection of that name.

    Raises:
        Refusal: there is none, in the words that gRPC has for it.
    """
    try:
        return engine.collection(name)
    except Refusal:
        raise Refusal(f"could not find class {name[:1].upper()}{name[1:]} in schema") from None


def search_of(request: Any, collection: Collection, rules: Rules) -> Search:
    """Read a `SearchRequest`.

    Args:
        request: the message.
        collection: what it asks.
        rules: whether a near operator may have two thresholds is asked here, as the database does, not later.

    Raises:
        Refusal: it cannot be read for this collection.
    """
    sent = {field.name for field, _ in request.ListFields()}
    for field in _UNSUPPORTED:
        if field in sent:
            raise Refusal(f"the reference knows no {field}: it does image search only")
    near = _nears(request, collection, rules)
    check_properties(request, collection)
    where = filter_of(request.filters, collection) if "filters" in sent else None
    group_by = None
    if "group_by" in sent:
        group = request.group_by
        if len(group.path) != 1:
            raise Refusal(f"groupby path can only have one entry, received [{' '.join(group.path)}]")
        collection.require_property(group.path[0])
        group_by = GroupBy(tuple(group.path), group.number_of_groups, group.objects_per_group)
    return Search(
        interface="grpc",
        collection=collection.name,
        near=near,
        where=where,
        limit=request.limit,
        offset=request.offset,
        autocut=request.autocut or None,
        sort=tuple(Sort(tuple(sort.path), not sort.ascending) for sort in request.sort_by),
        group_by=group_by,
        after=request.after or None,
        tenant=request.tenant,
        consistency=_LEVELS.get(request.consistency_level, "") if "consistency_level" in sent else "",
        others=tuple(word for field, word in _OTHERS.items() if field in sent),
        certainty_asked=request.metadata.certainty,
    )


def aggregation_of(request: Any, collection: Collection, rules: Rules) -> Aggregation:
    """Read an `AggregateRequest`; arguments as those of `search_of`.

    Raises:
        Refusal: it cannot be read for this collection, or it wants more than numbers of objects.
    """
    where = filter_of(request.filters, collection) if request.HasField("filters") else None
    return Aggregation(
        interface="grpc",
        collection=collection.name,
        near=_nears(request, collection, rules),
        where=where,
        object_limit=request.object_limit if request.HasField("object_limit") else None,
        group_by=(request.group_by.property,) if request.HasField("group_by") else (),
        limit=request.limit if request.HasField("limit") else None,
        tenant=request.tenant,
        values_of=dict(map(_values_of, request.aggregations)),
    )


def _values_of(message: Any) -> tuple[str, int]:
    """The text property whose values are counted, and how many of the most frequent are wanted."""
    if not message.HasField("text"):
        raise Refusal("the reference counts objects and the values of texts, and nothing else")
    return message.property, message.text.top_occurences_limit or 5


def check_properties(request: Any, collection: Collection) -> None:
    """Do nothing if the properties asked for exist.

    Raises:
        Refusal: one does not.
    """
    for name in request.properties.non_ref_properties:
        try:
            collection.require_property(name[:1].lower() + name[1:])
        except Refusal as refusal:
            where = f"extract properties request: get property by name {name} for class {collection.name}: "
            raise Refusal(where + refusal.message) from None


def filter_of(message: Any, collection: Collection) -> Filter:
    """Read a `Filters` message; a number is read as the property's type wants it.

    Raises:
        Refusal: no operator, no value, an unknown property, or a value that cannot be read.
    """
    operator = _OPERATORS.get(message.operator)
    if operator in {"And", "Or", "Not"}:
        return Filter(operator, operands=tuple(filter_of(operand, collection) for operand in message.filters))
    if operator is None:
        raise Refusal("unknown filter operator OPERATOR_UNSPECIFIED")
    path = _path(message, collection)
    if len(path) > 1:  # what the other class makes of it is found out there
        return Filter(operator, path, _value(message, "text"))
    kind = _kind(path[0], operator, collection)
    return Filter(operator, ("id",) if path == ("_id",) else path, _value(message, kind))


def vector_of(data: bytes) -> Vector:
    """Read float32 components, least significant byte first."""
    return np.frombuffer(data, dtype="<f4").astype(np.float32)


# --- near operators ------------------------------------------------------------------------------


def _nears(request: Any, collection: Collection, rules: Rules) -> tuple[Near, ...]:
    found = tuple(
        _near(kind, getattr(request, field), collection) for field, kind in _NEARS.items() if request.HasField(field)
    )
    for near in found:
        _check(near, collection, rules)
    return found


def _check(near: Near, collection: Collection, rules: Rules) -> None:
    """What gRPC finds out before the engine is asked, and in words of its own."""
    try:
        rules.check_one_threshold(near, "grpc")
    except Refusal:
        if near.kind != "text":
            raise
        words = "nearText cannot provide both distance and certainty"
        raise Refusal(f"explorer: get class: vectorize params: {words}") from None
    modules = [config.module for config in collection.vectors.values()]
    if near.kind in {"image", "text"} and not any(rules.makes_vectors(module, near.kind) for module in modules):
        raise Refusal(
            f"explorer: get class: vectorize params: could not vectorize input for collection {collection.name} with "
            f"search-type {near.name}. Make sure a vectorizer module is configured for this collection"
        )


def _near(kind: NearKind, message: Any, collection: Collection) -> Near:
    targets = _targets(message, collection)
    distance = message.distance if message.HasField("distance") else None
    certainty = message.certainty if message.HasField("certainty") else None
    if kind == "object" and not message.id:
        raise Refusal("near_object: id is required")
    return Near(
        kind=kind,
        image=message.image if kind == "image" else None,
        concepts=tuple(message.query) if kind == "text" else (),
        vector=_query_vector(message, targets) if kind == "vector" else None,
        object_id=message.id if kind == "object" else None,
        distance=distance,
        certainty=certainty,
        target_vectors=targets,
    )


def _targets(message: Any, collection: Collection) -> tuple[str, ...]:
    """The named vectors that are meant; the only one, if there is only one."""
    chosen = tuple(message.targets.target_vectors if message.HasField("targets") else message.target_vectors)
    named = [name for name in collection.vectors if name]
    if not chosen and len(named) > 1:
        raise Refusal(
            f"extract target vectors: class {collection.name} has multiple vectors, but no target vectors were provided"
        )
    for name in chosen:
        if name not in named:
            raise Refusal(
                f"extract target vectors: class {collection.name} does not have named vector {name} configured. "
                f"Available named vectors [{' '.join(named)}]"
            )
    return chosen or tuple(named)


def _query_vector(message: Any, targets: Sequence[str]) -> Vector:
    """The vector of a `NearVector`, in any of the five ways that clients of different ages send it."""
    if message.vectors:
        if len(message.vectors) > 1:
            raise Refusal(f"near_vector: only 1 vector supported, found {len(message.vectors)} vectors")
        return _single(message.vectors[0])
    if message.vector_bytes:
        return vector_of(message.vector_bytes)
    if message.vector:
        return np.asarray(message.vector, np.float32)
    wanted = targets[0] if targets else ""
    for entry in message.vector_for_targets:
        if entry.name == wanted:
            return _single(entry.vectors[0]) if entry.vectors else vector_of(entry.vector_bytes)
    if wanted in message.vector_per_target:
        return vector_of(message.vector_per_target[wanted])
    raise Refusal("near_vector: vector is required")


def _single(message: Any) -> Vector:
    if message.type == _MULTI_FP32:
        raise Refusal("near_vector: provided vector is a multi vector but vector index supports regular vectors")
    return vector_of(message.vector_bytes)


# --- filters -------------------------------------------------------------------------------------


def _path(message: Any, collection: Collection) -> tuple[str, ...]:
    """The path of a filter: a property, or a reference, its class and a property of that."""
    if not message.HasField("target"):
        if len(message.on) % 2 == 0:
            raise Refusal(
                "paths needs to have a uneven number of components: property, class, property, ...., "
                f"got [{' '.join(message.on)}]"
            )
        return tuple(message.on)
    kind = message.target.WhichOneof("target")
    if kind == "property":
        return (message.target.property,)
    if kind != "single_target" or message.target.single_target.target.WhichOneof("target") != "property":
        raise Refusal("the reference filters by properties of the object itself, and of what it points at")
    over = message.target.single_target
    collection.require_property(over.on)
    return over.on, collection.properties[over.on], over.target.property


def _kind(path: str, operator: str, collection: Collection) -> str:
    """The data type that a value must have, by Weaviate's name."""
    if operator == "IsNull":
        return "boolean"
    if path in {"_id", "id"}:
        return "text"
    if path in {"_creationTimeUnix", "_lastUpdateTimeUnix"}:
        return "date"
    if path.startswith("len("):
        return "int"
    collection.require_property(path)
    return collection.properties[path].removesuffix("[]")


def _value(message: Any, kind: str) -> Any:
    field = message.WhichOneof("test_value")
    if field is None:
        raise Refusal("unknown value type <nil>")
    value = getattr(message, field)
    if field == "value_geo":
        raise Refusal("the reference knows no geo coordinates")
    if field.endswith("_array"):
        return tuple(_as(kind, each) for each in value.values)
    return _as(kind, value)


def _as(kind: str, value: Any) -> Any:
    """A value as its property's type wants it: clients may send numbers as the other kind of number, or as text."""
    if kind not in {"int", "number"} or isinstance(value, bool):
        return value
    try:
        number = float(value)
    except ValueError:
        wanted, read = ("an integer", "int") if kind == "int" else ("a number", "float")
        raise Refusal(
            f"expected {wanted} value, but could not parse string '{value}' as {read}: "
            f'strconv.ParseFloat: parsing "{value}": invalid syntax'
        ) from None
    if kind == "number":
        return number
    if isinstance(value, int):
        return value
    if not math.isfinite(number) or number != math.trunc(number):
        raise Refusal(f"filtering for integer, but received a floating point number {value}")
    return int(number)
