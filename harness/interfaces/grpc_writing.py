"""Objects written over gRPC, as the official clients write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
    request = batch_pb2.BatchObjectsRequest()
    for one in objects:
        message = request.objects.add(uuid=one.id, collection=one.class_name, tenant=one.tenant or "")
        message.properties.non_ref_properties.update(dict(one.properties))
    metadata = tuple((name.lower(), value) for name, value in endpoint.headers.items())
    with _channel(endpoint) as channel:
        stub = weaviate_pb2_grpc.WeaviateStub(channel)  # type: ignore[no-untyped-call, unused-ignore]
        try:
            reply = stub.BatchObjects(request, timeout=_TIMEOUT, metadata=metadata)
        except grpc.RpcError as error:
            state = State.REFUSED if error.code() is grpc.StatusCode.UNKNOWN else State.UNKNOWN
            return [Written(one.id, state, error.details() or error.code().name) for one in objects]
    errors = {error.index: error.error for error in reply.errors}
    return [
        Written(one.id, State.REFUSED if place in errors else State.OK, errors.get(place, ""))
        for place, one in enumerate(objects)
    ]


def _channel(endpoint: Endpoint) -> grpc.Channel:
    if endpoint.grpc_secure:
        return grpc.secure_channel(endpoint.grpc, grpc.ssl_channel_credentials(), _OPTIONS)
    return grpc.insecure_channel(endpoint.grpc, _OPTIONS)
