"""Objects written over gRPC, as the official clients write them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import grpc

from harness.interfaces.rest import Object, Written
from harness.model import State
from harness.stubs import batch_pb2, weaviate_pb2_grpc

if TYPE_CHECKING:
    from harness.model import Endpoint

_OPTIONS = [("grpc.enable_http_proxy", 0), ("grpc.enable_retries", 0), ("grpc.use_local_subchannel_pool", 1)]
_TIMEOUT = 60.0


def store(endpoint: Endpoint, objects: Sequence[Object]) -> list[Written]:
    """Write objects of text properties in one batch, and return what became of each, in the order given.

    Args:
        endpoint: the database; it must have a gRPC address.
        objects: what to write; their properties are texts.
    """
    request = batch_pb2.BatchObjectsRequest(objects=map(_message, objects))
    with _stub(endpoint) as stub:
        try:
            reply = stub.BatchObjects(request, timeout=_TIMEOUT, metadata=_metadata(endpoint))
        except grpc.RpcError as error:
            return _failed(objects, error)
    errors = {error.index: error.error for error in reply.errors}
    return [
        Written(one.id, State.REFUSED if place in errors else State.OK, errors.get(place, ""))
        for place, one in enumerate(objects)
    ]


def stream(endpoint: Endpoint, objects: Sequence[Object]) -> list[Written]:
    """Write objects of text properties in one message of a stream, and return what it says of each, in the order given.

    What it says nothing of is `unknown`. From Weaviate 1.36 on.

    Args:
        endpoint: the database; it must have a gRPC address.
        objects: what to write; their properties are texts.
    """
    data = batch_pb2.BatchStreamRequest.Data()
    data.objects.values.extend(map(_message, objects))
    messages = (
        batch_pb2.BatchStreamRequest(start=batch_pb2.BatchStreamRequest.Start()),
        batch_pb2.BatchStreamRequest(data=data),
        batch_pb2.BatchStreamRequest(stop=batch_pb2.BatchStreamRequest.Stop()),
    )
    fates: dict[str, Written] = {}
    with _stub(endpoint) as stub:
        try:
            for reply in stub.BatchStream(iter(messages), timeout=_TIMEOUT, metadata=_metadata(endpoint)):
                fates |= {one.uuid: Written(one.uuid, State.OK) for one in reply.results.successes}
                fates |= {one.uuid: Written(one.uuid, State.REFUSED, one.error) for one in reply.results.errors}
        except grpc.RpcError as error:
            return _failed(objects, error)
    return [fates.get(one.id, Written(one.id, State.UNKNOWN, "the stream says nothing of it")) for one in objects]


def _message(one: Object) -> Any:
    message = batch_pb2.BatchObject(uuid=one.id, collection=one.class_name, tenant=one.tenant or "")
    message.properties.non_ref_properties.update(dict(one.properties))
    return message


def _metadata(endpoint: Endpoint) -> tuple[tuple[str, str], ...]:
    return tuple((name.lower(), value) for name, value in endpoint.headers.items())


def _failed(objects: Sequence[Object], error: grpc.RpcError) -> list[Written]:
    """What became of objects whose call did not succeed."""
    state = State.REFUSED if error.code() is grpc.StatusCode.UNKNOWN else State.UNKNOWN
    return [Written(one.id, state, error.details() or error.code().name) for one in objects]


@contextmanager
def _stub(endpoint: Endpoint) -> Iterator[Any]:
    with _channel(endpoint) as channel:
        yield weaviate_pb2_grpc.WeaviateStub(channel)  # type: ignore[no-untyped-call, unused-ignore]


def _channel(endpoint: Endpoint) -> grpc.Channel:
    if endpoint.grpc_secure:
        return grpc.secure_channel(endpoint.grpc, grpc.ssl_channel_credentials(), _OPTIONS)
    return grpc.insecure_channel(endpoint.grpc, _OPTIONS)
