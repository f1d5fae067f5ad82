"""The reference's gRPC: the services that the official Python client calls, on the stubs that it brings.

The client's package chooses the stubs that fit the installed protobuf; so does this, by importing the same names.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, Self

import grpc

from harness.errors import TargetError
from harness.reference.engine import Engine
from harness.reference.grpc_batch import deleted, stored, streamed
from harness.reference.grpc_reply import counted, found
from harness.reference.grpc_request import aggregation_of, collection_of, search_of
from harness.reference.grpc_tenants import tenants_of
from harness.reference.query import prefixed
from harness.reference.request import Refusal
from harness.reference.rules import Rules
from harness.stubs import aggregate_pb2, batch_delete_pb2, batch_pb2, health_weaviate_pb2, weaviate_pb2_grpc

MESSAGE_LIMIT = 104_858_000
"""Bytes of the largest message, as `/v1/meta` states it."""

_GRACE = 0.1
"""Seconds for running calls; a connection that is merely open takes all of them."""
_THREADS = 32  # each open batch stream keeps one
_SERVING = health_weaviate_pb2.WeaviateHealthCheckResponse.SERVING


class Started(NamedTuple):
    """A running gRPC server and the port that it listens on."""

    server: Any
    port: int

    def stop(self) -> None:
        """Refuse new calls, give running ones a moment, and free the port."""
        self.server.stop(grace=_GRACE).wait()


def start(engine: Engine, host: str, port: int) -> Started:
    """Serve an engine over gRPC in threads of this process; port 0 takes a free one.

    Raises:
        TargetError: the port is taken.
    """
    options = [
        ("grpc.so_reuseport", 0),  # else a second server would share the port without a word
        ("grpc.max_receive_message_length", MESSAGE_LIMIT),
        ("grpc.max_send_message_length", MESSAGE_LIMIT),
    ]
    server = grpc.server(ThreadPoolExecutor(_THREADS, thread_name_prefix="reference-grpc"), options=options)
    weaviate_pb2_grpc.add_WeaviateServicer_to_server(Service(engine), server)
    server.add_generic_rpc_handlers((_health(),))
    try:
        bound = server.add_insecure_port(f"{host}:{port}")
    except RuntimeError:
        bound = 0
    if not bound:
        raise TargetError(
            f"the reference cannot listen for gRPC at {host}:{port}",
            hint="Choose another port, or 0 for any free one.",
        )
    server.start()
    return Started(server, bound)


class Service:
    """The methods of `weaviate.v1.Weaviate`, by the names of the protocol.

    A refusal becomes the status UNKNOWN with the database's words, as in Weaviate.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def Search(self, request: Any, context: Any) -> Any:  # noqa: N802 - the protocol's name
        """Answer a `SearchRequest`."""
        with _Answering(context, self._engine.rules) as answering:
            collection = collection_of(self._engine, request.collection)
            search = search_of(request, collection, self._engine.rules)
            reply = found(self._engine.search(search), request, collection)
        reply.took = answering.seconds
        return reply

    def Aggregate(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Answer an `AggregateRequest`: how many objects there are, perhaps by the value of a property."""
        with _Answering(context, self._engine.rules) as answering:
            with prefixed("parse params: "):
                collection = collection_of(self._engine, request.collection)
                aggregation = aggregation_of(request, collection, self._engine.rules)
            with prefixed("aggregate: "):
                counts = self._engine.aggregate(aggregation)
            reply = aggregate_pb2.AggregateReply()
            counted(reply, counts, request, collection)
        reply.took = answering.seconds
        return reply

    def BatchObjects(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Store the objects of a `BatchObjectsRequest`; each failure is told by the object's place."""
        reply = batch_pb2.BatchObjectsReply()
        with _Answering(context, self._engine.rules) as answering:
            for place, error in stored(self._engine, request.objects):
                reply.errors.add(index=place, error=error)
        reply.took = answering.seconds
        return reply

    def BatchReferences(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Refuse: references are no part of image search."""
        del request
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "the reference stores references with their objects only")

    def BatchDelete(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Delete the objects that a `BatchDeleteRequest` describes."""
        reply = batch_delete_pb2.BatchDeleteReply()
        with _Answering(context, self._engine.rules) as answering, prefixed("batch delete params: "):
            deleted(self._engine, request, reply)
        reply.took = answering.seconds
        return reply

    def TenantsGet(self, request: Any, context: Any) -> Any:  # noqa: N802
        """List the tenants of a collection."""
        with _Answering(context, self._engine.rules) as answering, prefixed("get tenants: "):
            reply = tenants_of(self._engine, request)
        reply.took = answering.seconds
        return reply

    def BatchStream(self, requests: Iterable[Any], context: Any) -> Iterator[Any]:  # noqa: N802
        """Store what a stream brings, and tell each object's fate by its id."""
        with _Answering(context, self._engine.rules):
            yield from streamed(self._engine, requests)


class _Answering:
    """Turns a refusal into a status, and keeps the time."""

    def __init__(self, context: Any, rules: Rules) -> None:
        self._context = context
        self._rules = rules
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._started

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refusal):
            self._context.abort(grpc.StatusCode.UNKNOWN, self._rules.words(error.message, "grpc"))


def _health() -> Any:
    """`grpc.health.v1.Health`, with the messages that the client's package has for it."""

    def check(request: Any, context: Any) -> Any:
        del request, context
        return health_weaviate_pb2.WeaviateHealthCheckResponse(status=_SERVING)

    to_bytes: Callable[[Any], bytes] = health_weaviate_pb2.WeaviateHealthCheckResponse.SerializeToString
    handler = grpc.unary_unary_rpc_method_handler(
        check,
        request_deserializer=health_weaviate_pb2.WeaviateHealthCheckRequest.FromString,
        response_serializer=to_bytes,
    )
    return grpc.method_handlers_generic_handler("grpc.health.v1.Health", {"Check": handler})
