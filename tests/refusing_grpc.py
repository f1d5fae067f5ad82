"""A gRPC server that is healthy and refuses every question with one status, and keeps what it was sent.

Without a status it never answers.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import grpc

if TYPE_CHECKING:
    from typing import Self


HEALTH = "/grpc.health.v1.Health/Check"
SERVING = bytes([8, 1])
"""Field 1 of the answer is 1, as protocol buffers write it."""


class RefusingGrpc(grpc.GenericRpcHandler):
    """Listens on loopback until closed.

    Args:
        status: what every call is refused with; None: the call hangs until the server is closed.
        message: the words that come with it.
        healthy: whether it says that it is healthy; otherwise that is refused too.
    """

    def __init__(self, status: grpc.StatusCode | None, message: str = "", *, healthy: bool = True) -> None:
        self._healthy = healthy
        self.metadata: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self._closed = Event()
        self._status = status
        self._message = message
        self._server = grpc.server(ThreadPoolExecutor(2), handlers=[self])
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._server.stop(None).wait()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """The same handler for every method."""
        self.metadata += [(name, value) for name, value in details.invocation_metadata if isinstance(value, str)]
        if details.method == HEALTH and self._healthy:
            return grpc.unary_unary_rpc_method_handler(lambda _request, _context: SERVING)
        return grpc.unary_unary_rpc_method_handler(self._refuse)

    def _refuse(self, body: bytes, context: grpc.ServicerContext) -> bytes:
        self.bodies.append(body)
        if self._status is None:
            self._closed.wait()
            return b""
        context.abort(self._status, self._message)
        return b""
