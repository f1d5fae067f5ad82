"""gRPC's writing: objects in a batch or a stream, and deleting by a filter."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from harness.reference.engine import Engine
from harness.reference.grpc_request import collection_of, filter_of, vector_of
from harness.reference.request import Draft, Refusal
from harness.reference.schema import Collection
from harness.stubs import batch_pb2

_BEACON = "weaviate://localhost/"
_UUID_LENGTHS = {36, 32, 38, 45}  # plain, without hyphens, in braces, as a URN


def stored(engine: Engine, objects: Sequence[Any]) -> list[tuple[int, str]]:
    """Store `BatchObject` messages; return the place and the error of each that was not stored."""
    errors: list[tuple[int, str]] = []
    drafts: list[Draft] = []
    places: list[int] = []
    for place, message in enumerate(objects):
        try:
            drafts.append(_draft(engine, message))
        except Refusal as refusal:
            errors.append((place, refusal.message))
        else:
            places.append(place)
    fates = engine.put_objects(drafts)
    return errors + [(place, fate.error) for place, fate in zip(places, fates, strict=True) if fate.error]


def streamed(engine: Engine, requests: Iterable[Any]) -> Iterator[Any]:
    """Answer a stream of `BatchStreamRequest`: started, then for each message what arrived and what became of it.

    Raises:
        Refusal: the first message does not start the stream.
    """
    messages = iter(requests)
    first = next(messages, None)
    if first is None or first.WhichOneof("message") != "start":
        raise Refusal("first message must be a start message")
    yield batch_pb2.BatchStreamReply(started=batch_pb2.BatchStreamReply.Started())
    for message in messages:
        if message.WhichOneof("message") == "stop":
            return
        yield _acknowledged(message.data)
        yield _results(engine, message.data)


def deleted(engine: Engine, request: Any, reply: Any) -> None:
    """Delete what a `BatchDeleteRequest` describes and fill its reply.

    Raises:
        Refusal: no such collection, no filter, or one that means nothing.
    """
    collection = collection_of(engine, request.collection)
    if not request.HasField("filters"):
        raise Refusal("no filters in batch delete request")
    where = filter_of(request.filters, collection)
    done = engine.delete_where(
        collection.name, where, tenant=request.tenant, dry_run=request.dry_run, verbose=request.verbose
    )
    reply.matches, reply.failed = done.matches, done.failed
    reply.successful = done.matches if request.dry_run else done.successful  # a dry run calls what it would do success
    for entry in done.objects:
        reply.objects.add(uuid=uuid.UUID(entry.id).bytes, successful=not entry.error, error=entry.error)


def _acknowledged(data: Any) -> Any:
    acks = batch_pb2.BatchStreamReply.Acks(
        uuids=[message.uuid for message in data.objects.values],
        beacons=[_beacon(reference) for reference in data.references.values],
    )
    return batch_pb2.BatchStreamReply(acks=acks)


def _results(engine: Engine, data: Any) -> Any:
    results = batch_pb2.BatchStreamReply.Results()
    count = len(data.objects.values)
    errors = {engine.rules.told_of(place, count): error for place, error in stored(engine, data.objects.values)}
    for place, message in enumerate(data.objects.values):
        if place in errors:
            results.errors.add(error=errors[place], uuid=message.uuid)
        else:
            results.successes.add(uuid=message.uuid)
    for reference in data.references.values:
        results.errors.add(error="the reference stores references with their objects only", beacon=_beacon(reference))
    return batch_pb2.BatchStreamReply(results=results)


def _beacon(reference: Any) -> str:
    return f"{_BEACON}{reference.from_collection}/{reference.from_uuid}/{reference.name}"


# --- from a message to a draft -------------------------------------------------------------------


def _draft(engine: Engine, message: Any) -> Draft:
    if len(message.uuid) not in _UUID_LENGTHS:
        raise Refusal(f"invalid UUID length: {len(message.uuid)}")
    try:
        object_id = str(uuid.UUID(message.uuid))
    except ValueError:
        raise Refusal("invalid UUID format") from None
    vector = vector_of(message.vector_bytes) if message.vector_bytes else np.asarray(message.vector, np.float32)
    return Draft(
        collection=message.collection,
        properties=_properties(message.properties, _known(engine, message.collection)),
        id=object_id,
        vector=vector if len(vector) else None,
        vectors={entry.name: vector_of(entry.vector_bytes) for entry in message.vectors},
        tenant=message.tenant,
    )


def _known(engine: Engine, name: str) -> Collection | None:
    try:
        return engine.collection(name)
    except Refusal:
        return None  # it may come into being with its first object


def _properties(message: Any, collection: Collection | None) -> dict[str, Any]:
    kinds = collection.properties if collection else {}
    properties: dict[str, Any] = {
        name: _plain(value, kinds.get(name, "")) for name, value in message.non_ref_properties.fields.items()
    }
    for entry in message.text_array_properties:
        properties[entry.prop_name] = list(entry.values)
    for entry in message.boolean_array_properties:
        properties[entry.prop_name] = list(entry.values)
    for entry in message.int_array_properties:
        properties[entry.prop_name] = list(entry.values)
    for entry in message.number_array_properties:
        values = np.frombuffer(entry.values_bytes, "<f8").tolist() if entry.values_bytes else list(entry.values)
        properties[entry.prop_name] = values
    for name in message.empty_list_props:
        properties[name] = []
    for entry in message.single_target_ref_props:
        target = kinds.get(entry.prop_name, "")
        properties[entry.prop_name] = [{"beacon": f"{_BEACON}{target}/{each}"} for each in entry.uuids]
    if message.object_properties or message.object_array_properties or message.multi_target_ref_props:
        raise Refusal("the reference stores no nested objects and no references to several classes")
    return properties


def _plain(value: Any, kind: str) -> Any:
    """A protobuf value as JSON; its numbers are all floats, and an int property wants whole ones."""
    which = value.WhichOneof("kind")
    if which == "null_value" or which is None:
        return None
    if which == "list_value":
        return [_plain(each, kind.removesuffix("[]")) for each in value.list_value.values]
    if which == "struct_value":
        return {name: _plain(each, "") for name, each in value.struct_value.fields.items()}
    plain = getattr(value, which)
    if which == "number_value" and kind == "int" and plain.is_integer():
        return int(plain)
    return plain
