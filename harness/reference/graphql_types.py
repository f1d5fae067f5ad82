"""The GraphQL schema that follows from the classes, with Weaviate's names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
)

from harness.model import Module
from harness.reference.schema import Collection

OPERATORS = (
    "And", "Or", "Not", "Equal", "NotEqual", "GreaterThan", "GreaterThanEqual", "LessThan", "LessThanEqual", "Like",
    "IsNull", "ContainsAny", "ContainsAll", "ContainsNone",
)  # fmt: skip
_STRINGS = GraphQLList(GraphQLString)
_PRIMITIVES: Mapping[str, GraphQLOutputType] = {
    "int": GraphQLInt,
    "number": GraphQLFloat,
    "boolean": GraphQLBoolean,
}
_VALUES: Mapping[str, tuple[str, type | tuple[type, ...]]] = {
    "valueInt": ("Int", int),
    "valueNumber": ("Float", (int, float)),
    "valueBoolean": ("Boolean", bool),
    "valueText": ("Text", str),
    "valueString": ("TextString", str),
    "valueDate": ("TextDate", str),
}


@dataclass(frozen=True, slots=True)
class Part:
    """What one class adds to the schema: its type, and its fields of `Get` and `Aggregate`.

    `rests_on` are the class and all that its references lead to.
    """

    rests_on: tuple[Collection, ...]
    type: GraphQLObjectType
    get: GraphQLField
    aggregate: GraphQLField


def parts_of(collections: Mapping[str, Collection], old: Mapping[str, Part]) -> dict[str, Part]:
    """The part of each class by its name; the old one where nothing changed that it rests on."""
    parts: dict[str, Part] = {}
    for name, collection in collections.items():
        rests_on = _reached(collection, collections)
        kept = old.get(name)
        if kept is not None and list(map(id, kept.rests_on)) == list(map(id, rests_on)):
            parts[name] = kept
            continue
        made = _object_type(collection, parts)
        get = GraphQLField(GraphQLList(made), _get_arguments(collection))
        parts[name] = Part(rests_on, made, get, _aggregate_field(collection))
    return parts


def _reached(collection: Collection, collections: Mapping[str, Collection]) -> tuple[Collection, ...]:
    """A class and those that its references lead to, each once."""
    found = {collection.name: collection}
    ahead = [collection]
    while ahead:
        at = ahead.pop()
        names = {kind for name, kind in at.properties.items() if at.is_reference(name)} - set(found)
        found |= {name: collections[name] for name in sorted(names) if name in collections}
        ahead += [found[name] for name in sorted(names) if name in found]
    return tuple(found.values())


def build_schema(parts: Mapping[str, Part]) -> GraphQLSchema:
    """The whole schema, from the parts of the classes by name; `graphql.py` answers by itself, without resolvers."""
    get = {name: part.get for name, part in parts.items()}
    aggregate = {name: part.aggregate for name, part in parts.items()}
    fields = {
        "Get": GraphQLField(GraphQLObjectType("GetObjectsObj", get)),
        "Aggregate": GraphQLField(GraphQLObjectType("AggregateObjectsObj", aggregate)),
    }
    return GraphQLSchema(GraphQLObjectType("WeaviateObj", fields), assume_valid=True)


# --- what is answered ------------------------------------------------------------------------------


def _object_type(collection: Collection, parts: Mapping[str, Part]) -> GraphQLObjectType:
    """The type of a class; `parts` has those of all classes by the time that a reference is followed."""
    fields = {
        name: GraphQLField(
            GraphQLList(_union(f"{collection.name}{name[:1].upper()}{name[1:]}Obj", kind, parts))
            if collection.is_reference(name)
            else _property_type(kind)
        )
        for name, kind in collection.properties.items()
    }
    fields["_additional"] = GraphQLField(_additional_type(collection, dict(fields)))
    return GraphQLObjectType(collection.name, fields)


def _union(name: str, kind: str, parts: Mapping[str, Part]) -> GraphQLUnionType:
    return GraphQLUnionType(name, lambda: [parts[kind].type] if kind in parts else [])


def _property_type(kind: str) -> GraphQLOutputType:
    item = _PRIMITIVES.get(kind.removesuffix("[]"), GraphQLString)
    return GraphQLList(item) if kind.endswith("[]") else item


def _additional_type(collection: Collection, properties: dict[str, GraphQLField]) -> GraphQLObjectType:
    name = f"{collection.name}Additional"
    vectors = GraphQLList(GraphQLFloat)
    fields: dict[str, GraphQLField] = {
        "id": GraphQLField(GraphQLString),
        "distance": GraphQLField(GraphQLFloat),
        "certainty": GraphQLField(GraphQLFloat),
        "vector": GraphQLField(vectors),
        "creationTimeUnix": GraphQLField(GraphQLString),
        "lastUpdateTimeUnix": GraphQLField(GraphQLString),
        "score": GraphQLField(GraphQLString),
        "explainScore": GraphQLField(GraphQLString),
        "isConsistent": GraphQLField(GraphQLBoolean),
        "group": GraphQLField(_group_type(name, properties)),
    }
    if "" not in collection.vectors:
        named = {vector: GraphQLField(vectors) for vector in collection.vectors}
        fields["vectors"] = GraphQLField(GraphQLObjectType(f"{name}Vectors", named))
    return GraphQLObjectType(name, fields)


def _group_type(name: str, properties: dict[str, GraphQLField]) -> GraphQLObjectType:
    grouped_by = {"path": GraphQLField(_STRINGS), "value": GraphQLField(GraphQLString)}
    of_hit = {
        "id": GraphQLField(GraphQLString),
        "distance": GraphQLField(GraphQLFloat),
        "vector": GraphQLField(GraphQLList(GraphQLFloat)),
    }
    hit = {**properties, "_additional": GraphQLField(GraphQLObjectType(f"{name}GroupHitsAdditional", of_hit))}
    fields = {
        "id": GraphQLField(GraphQLInt),
        "count": GraphQLField(GraphQLInt),
        "minDistance": GraphQLField(GraphQLFloat),
        "maxDistance": GraphQLField(GraphQLFloat),
        "groupedBy": GraphQLField(GraphQLObjectType(f"{name}GroupGroupedBy", grouped_by)),
        "hits": GraphQLField(GraphQLList(GraphQLObjectType(f"{name}GroupHits", hit))),
    }
    return GraphQLObjectType(f"{name}Group", fields)


def _aggregate_field(collection: Collection) -> GraphQLField:
    name = f"Aggregate{collection.name}"
    meta = GraphQLObjectType(f"{name}MetaObject", {"count": GraphQLField(GraphQLInt)})
    grouped_by = {"path": GraphQLField(_STRINGS), "value": GraphQLField(GraphQLString)}
    fields = {
        "meta": GraphQLField(meta),
        "groupedBy": GraphQLField(GraphQLObjectType(f"{name}GroupedByObj", grouped_by)),
        **{
            key: GraphQLField(_values_type(f"{name}{key}Obj"))
            for key, kind in collection.properties.items()
            if kind in {"text", "text[]"}
        },
    }
    arguments = {
        "where": _where(f"AggregateObjects{collection.name}"),
        "groupBy": GraphQLArgument(_STRINGS),
        "limit": GraphQLArgument(GraphQLInt),
        "objectLimit": GraphQLArgument(GraphQLInt),
        **_near_arguments(collection, "AggregateObjects", "Aggregate"),
        **_tenant_argument(collection),
    }
    return GraphQLField(GraphQLList(GraphQLObjectType(name, fields)), arguments)


def _values_type(name: str) -> GraphQLObjectType:
    """What an aggregation says of a text property."""
    occurrence = {"value": GraphQLField(GraphQLString), "occurs": GraphQLField(GraphQLInt)}
    top = GraphQLField(
        GraphQLList(GraphQLObjectType(f"{name}TopOccurrences", occurrence)),
        {"limit": GraphQLArgument(GraphQLInt, default_value=5)},
    )
    fields = {"count": GraphQLField(GraphQLInt), "type": GraphQLField(GraphQLString), "topOccurrences": top}
    return GraphQLObjectType(name, fields)


# --- what is asked ---------------------------------------------------------------------------------


def _get_arguments(collection: Collection) -> dict[str, GraphQLArgument]:
    name = f"GetObjects{collection.name}"
    order = GraphQLEnumType(f"{name}SortInpObjTypeEnum", {"asc": "asc", "desc": "desc"})
    group_by: dict[str, GraphQLInputType] = {
        "path": GraphQLNonNull(_STRINGS),
        "groups": GraphQLNonNull(GraphQLInt),
        "objectsPerGroup": GraphQLNonNull(GraphQLInt),
    }
    keyword: dict[str, GraphQLInputType] = {"query": GraphQLString, "properties": _STRINGS}
    hybrid: dict[str, GraphQLInputType] = {**keyword, "alpha": GraphQLFloat}
    return {
        "after": GraphQLArgument(GraphQLString),
        "limit": GraphQLArgument(GraphQLInt),
        "offset": GraphQLArgument(GraphQLInt),
        "autocut": GraphQLArgument(GraphQLInt),
        "sort": GraphQLArgument(GraphQLList(_input(f"{name}SortInpObj", {"path": _STRINGS, "order": order}))),
        "where": _where(name),
        "groupBy": GraphQLArgument(_input(f"{name}GroupByInpObj", group_by)),
        "bm25": GraphQLArgument(_input(f"{name}HybridGetBm25InpObj", keyword)),
        "hybrid": GraphQLArgument(_input(f"{name}HybridInpObj", hybrid)),
        **_near_arguments(collection, "GetObjects", "GetObjects"),
        **_tenant_argument(collection),
        **_consistency_argument(collection),
    }


def _near_arguments(collection: Collection, prefix: str, module_prefix: str) -> dict[str, GraphQLArgument]:
    """Arguments that every class has, and those that its modules give it."""
    threshold: dict[str, GraphQLInputType] = {
        "distance": GraphQLFloat,
        "certainty": GraphQLFloat,
        "targetVectors": _STRINGS,
    }
    name = f"{prefix}{collection.name}"
    vector = GraphQLScalarType(f"{name}NearVectorVectorScalar", parse_value=_numbers)
    inputs: dict[str, GraphQLInputObjectType] = {
        "nearVector": _input(f"{name}NearVectorInpObj", {"vector": vector, **threshold}),
        "nearObject": _input(f"{name}NearObjectInpObj", {"id": GraphQLString, "beacon": GraphQLString, **threshold}),
    }
    modules = {config.module for config in collection.vectors.values()} - {None}
    if modules:
        image: dict[str, GraphQLInputType] = {"image": GraphQLNonNull(GraphQLString), **threshold}
        inputs["nearImage"] = _input(f"Img2VecImage{module_prefix}{collection.name}NearImageInpObj", image)
    if Module.CLIP in modules:
        text: dict[str, GraphQLInputType] = {"concepts": GraphQLNonNull(_STRINGS), **threshold}
        inputs["nearText"] = _input(f"{module_prefix}{collection.name}NearTextInpObj", text)
    return {key: GraphQLArgument(each) for key, each in inputs.items()}


def _consistency_argument(collection: Collection) -> dict[str, GraphQLArgument]:
    """Classes that are replicated know it."""
    if int(collection.definition["replicationConfig"]["factor"] or 1) < 2:  # noqa: PLR2004 - a copy beside the original
        return {}
    levels = GraphQLEnumType(
        f"{collection.name}ConsistencyLevelEnum", {each: each for each in ("ONE", "QUORUM", "ALL")}
    )
    return {"consistencyLevel": GraphQLArgument(levels)}


def _tenant_argument(collection: Collection) -> dict[str, GraphQLArgument]:
    return {"tenant": GraphQLArgument(GraphQLString)} if collection.multi_tenant else {}


def _where(name: str) -> GraphQLArgument:
    operator = GraphQLEnumType(f"{name}WhereOperatorEnum", {each: each for each in OPERATORS})
    values: dict[str, GraphQLInputType] = {
        key: GraphQLScalarType(f"{prefix}{name}", parse_value=_value_parser(prefix, kind))
        for key, (prefix, kind) in _VALUES.items()
    }
    operands = GraphQLInputObjectType(f"{name}WhereOperandsInpObj", lambda: fields)
    fields: dict[str, GraphQLInputField] = {
        key: GraphQLInputField(kind)
        for key, kind in {"operator": operator, "path": _STRINGS, "operands": GraphQLList(operands), **values}.items()
    }
    return GraphQLArgument(GraphQLInputObjectType(f"{name}WhereInpObj", fields))


def _input(name: str, fields: Mapping[str, GraphQLInputType]) -> GraphQLInputObjectType:
    return GraphQLInputObjectType(name, {key: GraphQLInputField(kind) for key, kind in fields.items()})


def _numbers(value: Any) -> list[float]:
    if not isinstance(value, list) or not all(isinstance(each, int | float) for each in value):
        raise TypeError("a vector is a list of numbers")
    return value


def _value_parser(label: str, kind: type | tuple[type, ...]) -> Any:
    def parse(value: Any) -> Any:
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, kind) or (isinstance(each, bool) and kind is not bool):
                raise TypeError(f"expected {label}")
        return value

    return parse
