"""gRPC: the stubs that the official Python client brings, without the client.

The client's package chooses the stubs that fit the installed protobuf. Sends what a client would not, too.
"""

from __future__ import annotations

import struct
from time import perf_counter
from typing import TYPE_CHECKING, Any

import grpc

from harness.errors import TargetError, UnsupportedError
from harness.interfaces.graphql import MOST_VALUES
from harness.interfaces.grpc_reading import read_groups, read_hits, read_tally
from harness.model import (
    Aggregation,
    Answer,
    NearImage,
    NearObject,
    NearText,
    NearVector,
    Question,
    Reference,
    State,
    Where,
)
from harness.stubs import aggregate_pb2, base_pb2, base_search_pb2, search_get_pb2, weaviate_pb2_grpc
from harness.transport import is_loopback

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from harness.model import Endpoint

_OPERATORS = {
    "Equal": "EQUAL",
    "NotEqual": "NOT_EQUAL",
    "GreaterThan": "GREATER_THAN",
    "GreaterThanEqual": "GREATER_THAN_EQUAL",
    "LessThan": "LESS_THAN",
    "LessThanEqual": "LESS_THAN_EQUAL",
    "And": "AND",
    "Or": "OR",
    "Not": "NOT",
    "Like": "LIKE",
    "IsNull": "IS_NULL",
}

_UNKNOWN = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.DATA_LOSS,
        grpc.StatusCode.INTERNAL,
    }
)
"""Statuses that do not say what the server did. Weaviate's own refusals are UNKNOWN, UNAUTHENTICATED and such."""

_LOST = ("Stream removed", "Stream closed", "RST_STREAM", "http2 header with status", "Received http2")
"""Words of grpcio's own for a connection that broke, which it also files under the status UNKNOWN."""


class Grpc:
    """Asks over gRPC, on one channel. Distances and vectors are float32-exact; the id is always asked for.

    Args:
        endpoint: the database; it must have a gRPC address.
        timeout: seconds after which an answer is `unknown`.

    Raises:
        TargetError: the endpoint has no gRPC address.
    """

    name = "grpc"

    def __init__(self, endpoint: Endpoint, *, timeout: float = 30.0) -> None:
        if not endpoint.grpc:
            raise TargetError(
                f"no gRPC address of {endpoint.url} is known",
                hint="name its gRPC port in the target: http://host:8080?grpc=50051",
            )
        self._endpoint = endpoint
        self._connect()
        self._metadata = tuple((name.lower(), value) for name, value in endpoint.headers.items())
        self._timeout = timeout

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the connection."""
        self._channel.close()

    def renew(self) -> None:
        """Forget the connection: a channel learns from the next question that the server was away, and loses it."""
        self._channel.close()
        self._connect()

    def _connect(self) -> None:
        self._channel = _channel(self._endpoint)
        self._stub = weaviate_pb2_grpc.WeaviateStub(self._channel)  # type: ignore[no-untyped-call, unused-ignore]

    def ask(self, question: Question) -> Answer:
        """Send one question and wait for its answer.

        Raises:
            UnsupportedError: the question holds what the protocol has no room for, such as a negative limit.
        """
        try:
            request = compose(question)
        except (ValueError, TypeError, struct.error) as error:
            raise UnsupportedError(f"gRPC cannot say this: {error}") from error
        return self.ask_as(question, request)

    def ask_as(self, question: Question, request: Any) -> Answer:
        """Ask a question in other words: a message that differs from `compose`'s in what a `Question` cannot say."""
        sent = perf_counter()
        try:
            reply = self._stub.Search(request, timeout=self._timeout, metadata=self._metadata)
            groups = read_groups(reply, question)
            hits = read_hits(reply, question) or tuple(hit for group in groups for hit in group.hits)
        except grpc.RpcError as error:
            return failed(error, sent)
        except (ValueError, struct.error) as error:
            message = f"an answer that cannot be read: {error}"
            return Answer(State.UNKNOWN, (), message, "OK", sent, perf_counter())
        return Answer(State.OK, hits, "", "OK", sent, perf_counter(), groups=groups)

    def aggregate(self, aggregation: Aggregation) -> Answer:
        """Have counted what a search finds, and wait for the answer; from Weaviate 1.29 on.

        Raises:
            UnsupportedError: it holds what the protocol has no room for, or the server does not know this call.
        """
        try:
            request = compose_aggregation(aggregation)
        except (ValueError, TypeError, struct.error) as error:
            raise UnsupportedError(f"gRPC cannot say this: {error}") from error
        sent = perf_counter()
        try:
            reply = self._stub.Aggregate(request, timeout=self._timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:
                raise UnsupportedError("this server's gRPC has no Aggregate") from error
            return failed(error, sent)
        return Answer(State.OK, (), "", "OK", sent, perf_counter(), tally=read_tally(reply, aggregation))


def compose(question: Question) -> Any:
    """The `SearchRequest` of a question.

    Raises:
        ValueError: a number does not fit the protocol's type.
    """
    request = search_get_pb2.SearchRequest(
        collection=question.collection,
        tenant=question.tenant or "",
        limit=question.limit or 0,
        offset=question.offset or 0,
        autocut=question.autocut or 0,
        metadata=_metadata(question),
        properties=search_get_pb2.PropertiesRequest(
            non_ref_properties=question.properties, ref_properties=map(_followed, question.references)
        ),
        sort_by=[search_get_pb2.SortBy(path=[sort.path], ascending=not sort.descending) for sort in question.sort],
        uses_123_api=True,
        uses_125_api=True,
        uses_127_api=True,
    )
    if question.consistency is not None:
        request.consistency_level = base_pb2.ConsistencyLevel.Value(f"CONSISTENCY_LEVEL_{question.consistency}")
    if question.where is not None:
        request.filters.CopyFrom(_filters(question.where))
    if question.group_by is not None:
        request.group_by.path.append(question.group_by.path)
        request.group_by.number_of_groups = question.group_by.groups
        request.group_by.objects_per_group = question.group_by.objects_per_group
    _set_near(request, question)
    return request


def compose_aggregation(aggregation: Aggregation) -> Any:
    """The `AggregateRequest` of an aggregation.

    Raises:
        ValueError: a number does not fit the protocol's type.
    """
    request = aggregate_pb2.AggregateRequest(
        collection=aggregation.collection, tenant=aggregation.tenant or "", objects_count=True
    )
    if aggregation.object_limit is not None:
        request.object_limit = aggregation.object_limit
    if aggregation.where is not None:
        request.filters.CopyFrom(_filters(aggregation.where))
    if aggregation.values_of:
        wanted = request.aggregations.add(property=aggregation.values_of)
        wanted.text.count = wanted.text.top_occurences = True
        wanted.text.top_occurences_limit = MOST_VALUES
    _set_near(request, aggregation)
    return request


def _followed(reference: Reference) -> Any:
    return search_get_pb2.RefPropertiesRequest(
        reference_property=reference.path,
        target_collection=reference.collection,
        properties=search_get_pb2.PropertiesRequest(non_ref_properties=reference.properties),
        metadata=search_get_pb2.MetadataRequest(uuid=True),
    )


def _channel(endpoint: Endpoint) -> grpc.Channel:
    options = channel_options(endpoint)
    if endpoint.grpc_secure:
        return grpc.secure_channel(endpoint.grpc, grpc.ssl_channel_credentials(), options)
    return grpc.insecure_channel(endpoint.grpc, options)


def channel_options(endpoint: Endpoint) -> list[tuple[str, int]]:
    """Return the options of a channel that asks each question once, and this database alone."""
    return [
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", -1),
        ("grpc.enable_retries", 0),  # a question that is sent twice would be timed twice
        ("grpc.use_local_subchannel_pool", 1),  # another target of this process may have had the same port
        ("grpc.enable_http_proxy", 0 if is_loopback(endpoint.grpc.rpartition(":")[0].strip("[]")) else 1),
    ]


def _metadata(question: Question) -> Any:
    wanted = frozenset(question.additional)
    return search_get_pb2.MetadataRequest(
        uuid=True,
        vector="vector" in wanted,
        distance="distance" in wanted,
        certainty="certainty" in wanted,
        vectors=question.vectors,
    )


def _set_near(request: Any, question: Question | Aggregation) -> None:
    bounds: dict[str, Any] = {}
    if question.distance is not None:
        bounds["distance"] = question.distance
    if question.certainty is not None:
        bounds["certainty"] = question.certainty
    if question.target_vectors:
        bounds["targets"] = base_search_pb2.Targets(target_vectors=question.target_vectors)
        bounds["target_vectors"] = question.target_vectors  # the older name; a server reads the one that it knows
    match question.near:
        case NearImage(image=image):
            request.near_image.CopyFrom(base_search_pb2.NearImageSearch(image=image, **bounds))
        case NearText(concepts=concepts):
            request.near_text.CopyFrom(base_search_pb2.NearTextSearch(query=concepts, **bounds))
        case NearVector(vector=vector):
            packed = struct.pack(f"<{len(vector)}f", *vector)
            request.near_vector.CopyFrom(base_search_pb2.NearVector(vector_bytes=packed, **bounds))
        case NearObject(id=object_id):
            request.near_object.CopyFrom(base_search_pb2.NearObject(id=object_id, **bounds))


def _filters(where: Where) -> Any:
    operator = _OPERATORS.get(where.operator)
    if operator is None:
        raise ValueError(f"no gRPC operator is known for {where.operator}")
    filters = base_pb2.Filters(
        operator=f"OPERATOR_{operator}", filters=[_filters(operand) for operand in where.operands]
    )
    if where.operands:
        return filters
    _set_target(filters.target, where.path)
    match where.value:
        case bool():
            filters.value_boolean = where.value
        case int():
            filters.value_int = where.value
        case float():
            filters.value_number = where.value
        case _:
            filters.value_text = where.value
    return filters


def _set_target(target: Any, path: Sequence[str]) -> None:
    """A property of the object itself, or one of what a reference points at: the class is known to the server.

    The id is called `_id` here.
    """
    while len(path) > 1:
        target.single_target.on = path[0]
        target, path = target.single_target.target, path[2:]
    target.property = "_id" if path[0] == "id" else path[0]


def failed(error: grpc.RpcError, sent: float) -> Answer:
    """What a call that did not succeed says about the server."""
    received = perf_counter()
    status: grpc.StatusCode = error.code()
    message: str = error.details() or status.name
    lost = status in _UNKNOWN or (status is grpc.StatusCode.UNKNOWN and any(words in message for words in _LOST))
    return Answer(State.UNKNOWN if lost else State.REFUSED, (), message, status.name, sent, received)
