"""One request again and again on one connection, timed from its first byte on the way until its last came back.

Bytes are made before and read after, so what the clients of three protocols cost is in no figure.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Self
from urllib.parse import urlsplit

import httptools

try:
    import h2.config
    import h2.connection
    import h2.events
except ModuleNotFoundError:
    raise SystemExit("this needs h2, which speaks HTTP/2: pip install --group benchmarks") from None

_PIECE = 256 * 1024
_OK = 200
_PREFIX = 5
"""Bytes before a message of gRPC: whether it is compressed, and how long it is."""


class _OnOneConnection:
    """A socket that is closed with its block."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


class Http(_OnOneConnection):
    """A POST over HTTP/1.1.

    Args:
        url: where to.
        body: what is sent.
        kind: the `Content-Type`; none if it is empty.
        check: looks at the body of each answer, and raises if it is not what it should be.
    """

    def __init__(self, url: str, body: bytes, kind: str, check: Callable[[bytes], None]) -> None:
        parts = urlsplit(url)
        super().__init__(parts.hostname or "", parts.port or 80)
        head = f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(body)}\r\n"
        self._request = (head + (f"Content-Type: {kind}\r\n" if kind else "") + "\r\n").encode() + body
        self._check = check

    def ask(self) -> float:
        """Ask once; milliseconds.

        Raises:
            AssertionError: the answer is not 200, or not as it should be.
        """
        self._body, self._over = b"", False
        parser = httptools.HttpResponseParser(self)
        began = time.perf_counter()
        self._socket.sendall(self._request)
        while not self._over:
            piece = self._socket.recv(_PIECE)
            came = time.perf_counter()
            assert piece, "the server closed the connection"
            parser.feed_data(piece)
        assert parser.get_status_code() == _OK, self._body
        self._check(self._body)
        return (came - began) * 1000

    def on_body(self, piece: bytes) -> None:
        """Called by the parser."""
        self._body += piece

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._over = True


class Grpc(_OnOneConnection):
    """A unary call over HTTP/2.

    Args:
        address: `host:port`.
        method: `/package.Service/Method`.
        message: what is sent.
        check: looks at the message of each answer, and raises if it is not what it should be.
    """

    def __init__(self, address: str, method: str, message: bytes, check: Callable[[bytes], None]) -> None:
        host, _, port = address.rpartition(":")
        super().__init__(host, int(port))
        self._framed = b"\0" + len(message).to_bytes(4, "big") + message
        self._check = check
        self._headers = [
            (":method", "POST"),
            (":scheme", "http"),
            (":path", method),
            (":authority", address),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
        ]
        self._http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        self._http.initiate_connection()
        self._take(self._sent_and_received())  # the two agree on their settings

    def ask(self) -> float:
        """Ask once; milliseconds.

        Raises:
            AssertionError: the call failed, or its answer is not as it should be.
        """
        http, stream = self._http, self._http.get_next_available_stream_id()
        while http.outbound_flow_control_window < len(self._framed):
            self._take(self._sent_and_received())
        http.send_headers(stream, self._headers)
        size = http.max_outbound_frame_size
        for start in range(0, len(self._framed), size):
            part = self._framed[start : start + size]
            http.send_data(stream, part, end_stream=start + size >= len(self._framed))
        self._body, self._status, self._over = b"", "", False
        began = time.perf_counter()
        while not self._over:
            piece = self._sent_and_received()
            came = time.perf_counter()
            self._take(piece)
        assert self._status == "0", f"grpc-status {self._status}"
        self._check(self._body[_PREFIX:])
        return (came - began) * 1000

    def _sent_and_received(self) -> bytes:
        self._socket.sendall(self._http.data_to_send())
        return self._socket.recv(_PIECE)

    def _take(self, piece: bytes) -> None:
        assert piece, "the server closed the connection"
        for event in self._http.receive_data(piece):
            if isinstance(event, h2.events.DataReceived):
                self._body += event.data
                self._http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
                self._status = dict(event.headers or ()).get(b"grpc-status", b"").decode() or self._status
            elif isinstance(event, h2.events.StreamEnded):
                self._over = True
