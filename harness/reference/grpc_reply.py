"""From the engine's answers to gRPC's messages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from harness.reference.properties import BLOBS
from harness.reference.request import Counted, Match, Refusal, Results, StoredObject, Vector
from harness.reference.schema import Collection
from harness.stubs import base_pb2, properties_pb2, search_get_pb2

_SINGLE = base_pb2.Vectors.VECTOR_TYPE_SINGLE_FP32


def found(results: Results, request: Any, collection: Collection) -> Any:
    """Make the `SearchReply` to a `SearchRequest`."""
    reply = search_get_pb2.SearchReply(generative_grouped_result="")
    shown = _Shown.of(request, collection)
    for match in results.matches:
        _fill(reply.results.add(), match, shown)
    for group in results.groups:
        message = reply.group_by_results.add(
            name=group.value,
            min_distance=group.smallest,
            max_distance=group.largest,
            number_of_objects=len(group.matches),
        )
        within = shown.within_groups()
        for match in group.matches:
            _fill(message.objects.add(), match, within)
    return reply


class _Shown(NamedTuple):
    """What of each hit comes back, found out once for all of them."""

    collection: Collection
    properties: Sequence[str]
    references: Sequence[Any]
    id: bool
    vector: bool
    vectors: Sequence[str]
    distance: bool
    certainty: bool
    created: bool
    updated: bool
    score: bool
    explained: bool

    @classmethod
    def of(cls, request: Any, collection: Collection) -> _Shown:
        """What a `SearchRequest` asks for."""
        wanted = request.metadata
        return cls(
            collection,
            _wanted(request, collection),
            tuple(request.properties.ref_properties),
            wanted.uuid,
            wanted.vector,
            _named(wanted, collection),
            wanted.distance,
            wanted.certainty,
            wanted.creation_time_unix,
            wanted.last_update_time_unix,
            wanted.score,
            wanted.explain_score,
        )

    def within_groups(self) -> _Shown:
        """Within groups only the id, the distance and the vectors of the metadata are known."""
        return self._replace(certainty=False, created=False, updated=False, score=False, explained=False)


def counted(reply: Any, counts: Sequence[Counted], request: Any, collection: Collection) -> None:
    """Fill an `AggregateReply`; a number that was not asked for is 0."""
    if not request.HasField("group_by"):
        reply.single_result.objects_count = counts[0].count if request.objects_count else 0
        _tell_values(reply.single_result.aggregations, counts[0])
        return
    name = request.group_by.property
    kind = collection.properties[name].removesuffix("[]")
    for entry in counts:
        group = reply.grouped_results.groups.add(objects_count=entry.count if request.objects_count else 0)
        _tell_values(group.aggregations, entry)
        group.grouped_by.path.append(name)
        if kind == "int":
            group.grouped_by.int = int(entry.value)
        elif kind == "number":
            group.grouped_by.number = float(entry.value)
        elif kind == "boolean":
            group.grouped_by.boolean = entry.value in {True, "true"}
        else:
            group.grouped_by.text = str(entry.value)


def _tell_values(message: Any, counted: Counted) -> None:
    for name, values in counted.values.items():
        text = message.aggregations.add(property=name).text
        text.count = values.count
        for value, occurs in values.occurrences:
            text.top_occurences.items.add(value=value, occurs=occurs)


def _follow(result: Any, match: Match, followed: Iterable[Any]) -> None:
    """What the references point at that were asked for."""
    for wanted in followed:
        targets = match.references.get(wanted.reference_property, ())
        if not targets:
            continue
        message = result.properties.ref_props.add(prop_name=wanted.reference_property)
        for target in targets:
            there = message.properties.add(target_collection=target.object.collection)
            if wanted.metadata.uuid:
                there.metadata.id = target.object.id
                there.metadata.id_as_bytes = uuid.UUID(target.object.id).bytes
            for name in wanted.properties.non_ref_properties:
                value = value_message(target.object.properties.get(name), target.kinds[name])
                there.non_ref_props.fields[name].CopyFrom(value)


def value_message(value: Any, kind: str) -> Any:
    """Make the `Value` message of a property.

    Args:
        value: as it is stored; None makes a null.
        kind: the property's data type, by Weaviate's name.

    Raises:
        Refusal: a data type that has nothing to do with images.
    """
    if value is None:
        return properties_pb2.Value(null_value=0)
    if kind.endswith("[]"):
        return properties_pb2.Value(list_value=_list(value, kind.removesuffix("[]")))
    if kind == "int":
        return properties_pb2.Value(int_value=int(value))
    field = _FIELDS.get(kind)
    if field is None:
        raise Refusal(f"the reference cannot send a property of type {kind}")
    return properties_pb2.Value(**{field: value})


_FIELDS = {
    "text": "text_value",
    "string": "text_value",
    "number": "number_value",
    "boolean": "bool_value",
    "date": "date_value",
    "uuid": "uuid_value",
    "blob": "blob_value",
    "blobHash": "blob_value",
}


def _wanted(request: Any, collection: Collection) -> list[str]:
    """Names of the properties that come back: all but blobs and references, if none are named."""
    asked = request.properties
    if not request.HasField("properties") or asked.return_all_nonref_properties:
        names = [
            name
            for name, kind in collection.properties.items()
            if kind not in BLOBS and not collection.is_reference(name)
        ]
    else:
        names = [name[:1].lower() + name[1:] for name in asked.non_ref_properties]
    if request.HasField("group_by"):
        by = request.group_by.path[0]
        names += [by] if by not in names and not collection.is_reference(by) else []
    return names


def _fill(result: Any, match: Match, shown: _Shown) -> None:
    item, collection = match.object, shown.collection
    properties = result.properties
    properties.target_collection = collection.name
    if shown.properties:
        fields = properties.non_ref_props.fields
        for name in shown.properties:
            fields[name].CopyFrom(value_message(item.properties.get(name), collection.properties[name]))
    _describe(result.metadata, match, shown)
    if shown.references:
        _follow(result, match, shown.references)


def _describe(metadata: Any, match: Match, shown: _Shown) -> None:
    """Fill the metadata that were asked for, and say of each whether it is there."""
    metadata.SetInParent()
    item = match.object
    if shown.id:
        metadata.id = item.id
        metadata.id_as_bytes = bytes.fromhex(item.id.replace("-", ""))
    if shown.vector and item.vector is not None:
        metadata.vector.extend(item.vector.tolist())
        metadata.vector_bytes = _bytes(item.vector)
    for name in shown.vectors:
        if name in item.vectors:
            metadata.vectors.add(name=name, vector_bytes=_bytes(item.vectors[name]), type=_SINGLE)
    if shown.distance and match.distance is not None:
        metadata.distance = match.distance
        metadata.distance_present = True
    if shown.certainty and match.certainty is not None:
        metadata.certainty = match.certainty
        metadata.certainty_present = True
    _describe_rest(metadata, item, shown)


def _describe_rest(metadata: Any, item: StoredObject, shown: _Shown) -> None:
    if shown.created:
        metadata.creation_time_unix = item.created
        metadata.creation_time_unix_present = True
    if shown.updated:
        metadata.last_update_time_unix = item.updated
        metadata.last_update_time_unix_present = True
    if shown.score:  # always there, and 0 where nothing was ranked by words
        metadata.score_present = True
    if shown.explained:
        metadata.explain_score_present = True


def _named(wanted: Any, collection: Collection) -> Sequence[str]:
    """The named vectors that come back: the flag for *the* vector means all of them where they have names."""
    if wanted.vector and "" not in collection.vectors:
        return tuple(collection.vectors)
    return tuple(wanted.vectors)


def _list(values: Sequence[Any], kind: str) -> Any:
    make = _LISTS.get(kind)
    if make is None:
        raise Refusal(f"the reference cannot send a property of type {kind}[]")
    return make(values)


def _list_of(field: str, message: Any) -> Callable[[Sequence[Any]], Any]:
    return lambda values: properties_pb2.ListValue(**{field: message(values=values)})


def _list_of_bytes(field: str, message: Any, dtype: str) -> Callable[[Sequence[Any]], Any]:
    return lambda values: properties_pb2.ListValue(**{field: message(values=np.asarray(values, dtype).tobytes())})


_LISTS: Mapping[str, Callable[[Sequence[Any]], Any]] = {
    "text": _list_of("text_values", properties_pb2.TextValues),
    "string": _list_of("text_values", properties_pb2.TextValues),
    "boolean": _list_of("bool_values", properties_pb2.BoolValues),
    "date": _list_of("date_values", properties_pb2.DateValues),
    "uuid": _list_of("uuid_values", properties_pb2.UuidValues),
    "int": _list_of_bytes("int_values", properties_pb2.IntValues, "<i8"),
    "number": _list_of_bytes("number_values", properties_pb2.NumberValues, "<f8"),
}


def _bytes(vector: Vector) -> bytes:
    return vector.astype("<f4").tobytes()
