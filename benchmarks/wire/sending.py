"""Sends a request to one server and returns what came back as a JSON value."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import grpc
import httpx
from google.protobuf import json_format
from weaviate.proto.v1 import (
    aggregate_pb2,
    batch_delete_pb2,
    batch_pb2,
    health_weaviate_pb2,
    search_get_pb2,
    tenants_pb2,
)

from benchmarks.wire.asking import Request

_SECONDS = 60.0
_SERVICE = "/weaviate.v1.Weaviate/"
_METHODS = {
    "Search": (search_get_pb2.SearchRequest, search_get_pb2.SearchReply),
    "Aggregate": (aggregate_pb2.AggregateRequest, aggregate_pb2.AggregateReply),
    "BatchObjects": (batch_pb2.BatchObjectsRequest, batch_pb2.BatchObjectsReply),
    "BatchDelete": (batch_delete_pb2.BatchDeleteRequest, batch_delete_pb2.BatchDeleteReply),
    "TenantsGet": (tenants_pb2.TenantsGetRequest, tenants_pb2.TenantsGetReply),
    "BatchStream": (batch_pb2.BatchStreamRequest, batch_pb2.BatchStreamReply),
    "Health": (
        health_weaviate_pb2.WeaviateHealthCheckRequest,
        health_weaviate_pb2.WeaviateHealthCheckResponse,
    ),
}


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server said: `code` is the HTTP status or the gRPC status name, `body` a JSON value or text."""

    code: str
    body: Any


class Server:
    """One server, spoken to over HTTP and gRPC.

    Args:
        url: `http://host:port`.
        grpc_address: `host:port`.
    """

    def __init__(self, url: str, grpc_address: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=_SECONDS)
        self._channel = grpc.insecure_channel(grpc_address)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()
        self._channel.close()

    def send(self, request: Request) -> Reply:
        """Send one request and wait for what comes back; trouble on the way is a reply too."""
        if request.way == "grpc":
            return self._grpc(request.target, request.body or {})
        method, path = ("POST", "/v1/graphql") if request.way == "graphql" else request.target.split(" ", 1)
        body = request.body
        content = None if body is None else body if isinstance(body, str) else json.dumps(body)
        headers = {} if content is None else {"Content-Type": request.content_type}
        try:
            response = self._http.request(method, path, content=content, headers=headers)
        except httpx.TransportError as error:
            return Reply(type(error).__name__, str(error))
        try:
            return Reply(str(response.status_code), response.json())
        except ValueError:
            return Reply(str(response.status_code), response.text)

    def remove_collections(self, prefix: str) -> None:
        """Delete every collection whose name starts so."""
        for collection in self._http.get("/v1/schema").json()["classes"]:
            if collection["class"].startswith(prefix):
                self._http.delete(f"/v1/schema/{collection['class']}")

    def _grpc(self, method: str, body: Any) -> Reply:
        asked, answered = _METHODS[method]
        path = "/grpc.health.v1.Health/Check" if method == "Health" else _SERVICE + method
        many = isinstance(body, list)
        make = self._channel.stream_stream if many else self._channel.unary_unary
        call = make(path, request_serializer=asked.SerializeToString, response_deserializer=answered.FromString)
        try:
            if many:
                replies = call((json_format.ParseDict(part, asked()) for part in body), timeout=_SECONDS)
                return Reply("OK", [_as_json(reply) for reply in replies])
            return Reply("OK", _as_json(call(json_format.ParseDict(body, asked()), timeout=_SECONDS)))
        except grpc.RpcError as error:
            return Reply(error.code().name, error.details())


def _as_json(message: Any) -> Any:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)
