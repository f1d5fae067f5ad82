"""HTTP as bytes: one request to a server and the whole of its answer.

Two ways to do the same. Across a network: httpx, which knows TLS, proxies and whatever else stands in between. On this
machine, where latency is measured: the request in one piece on a kept connection and a parser in C, because httpx takes
0.7 ms of processor time for each request, which is more than a search may take.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit

import httptools

from harness.transport import http_options, is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_SECONDS = 5.0
"""A server that is there takes a connection at once, however busy it is."""

_CHUNK = 256 * 1024
_OK = 200
_WITH_A_BODY = ("POST", "PUT", "PATCH")

JSON = "application/json"


class Raw(NamedTuple):
    """An answer as it came: status, the words beside it, and the body."""

    status: int
    reason: str
    body: bytes


class Exchange(Protocol):
    """Sends requests to one server, on connections that it keeps. Threads may share it."""

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        kind: str = JSON,
        params: Mapping[str, str] | None = None,
    ) -> Raw:
        """Send one request and wait for the whole answer, whatever its status; no redirect is followed.

        Args:
            method: GET, POST, …
            path: the path, starting with a slash.
            body: what is sent; None sends none.
            kind: the body's `Content-Type`; empty sends none.
            params: the query string.

        Raises:
            TimeoutError: no next piece of the answer in time.
            OSError: no connection, it broke, or what came is not HTTP.
        """

    def close(self) -> None:
        """Free the connections."""


def exchange(url: str, *, headers: Mapping[str, str] | None = None, timeout: float) -> Exchange:
    """Return the way to reach the server at this address.

    Args:
        url: `http://host:port` or `https://…`, perhaps with a path before those of the requests.
        headers: sent with each request.
        timeout: seconds to wait for each piece of an answer; for a connection it is `CONNECT_SECONDS` at most.
    """
    parts = urlsplit(url)
    plain = parts.scheme == "http" and is_loopback(parts.hostname or "")
    return (_OnThisMachine if plain else _AcrossTheNetwork)(url, headers or {}, timeout)


class _OnThisMachine:
    def __init__(self, url: str, headers: Mapping[str, str], timeout: float) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._path = parts.path.rstrip("/")
        sent = {"Host": parts.netloc.rpartition("@")[2], "Accept": "*/*", "User-Agent": "nearimage", **headers}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in sent.items())
        self._timeout = timeout
        self._idle: list[socket.socket] = []

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        kind: str = JSON,
        params: Mapping[str, str] | None = None,
    ) -> Raw:
        target = f"{self._path}{path}?{urlencode(params)}" if params else f"{self._path}{path}"
        head = f"{method} {target} HTTP/1.1\r\n{self._head}"
        if body is not None:
            head += f"Content-Length: {len(body)}\r\n" + (f"Content-Type: {kind}\r\n" if kind else "")
        elif method in _WITH_A_BODY:
            head += "Content-Length: 0\r\n"
        connection = self._connection()
        try:
            connection.sendall(head.encode("latin-1") + b"\r\n" + (body or b""))
            answer = _Answer()
            while not answer.complete:
                answer.feed(connection.recv(_CHUNK))
        except BaseException:
            connection.close()
            raise
        if answer.reusable:
            self._idle.append(connection)
        else:
            connection.close()
        return answer.raw()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _connection(self) -> socket.socket:
        while self._idle:
            connection = self._idle.pop()
            if self._still_open(connection):
                return connection
            connection.close()
        try:
            connection = socket.create_connection(self._address, min(self._timeout, CONNECT_SECONDS))
        except TimeoutError as error:
            raise _no_connection(self._timeout) from error
        connection.settimeout(self._timeout)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def _still_open(self, connection: socket.socket) -> bool:
        """Whether nothing came while nothing was asked: neither the end of the connection nor stray bytes."""
        connection.settimeout(0)
        try:
            connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            connection.settimeout(self._timeout)
            return True
        except OSError:
            pass
        return False


class _Answer:
    """Collects one answer; the methods that begin with `on_` are called by the parser."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.complete = self.reusable = False
        self.on_message_begin()

    def feed(self, data: bytes) -> None:
        """Take the next piece; an empty one is the end of the connection.

        Raises:
            OSError: it is not HTTP, or the connection ended in the middle.
        """
        if not data:
            # without a length the answer ends with the connection
            if not self._head_is_over or self._ends_by_itself:
                raise ConnectionError("the server closed the connection before its answer was complete")
            self.complete = True
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise ConnectionError(f"what came is not HTTP: {error}") from error

    def raw(self) -> Raw:
        return Raw(self._parser.get_status_code(), self._reason.decode("latin-1"), b"".join(self._pieces))

    def on_message_begin(self) -> None:
        self._pieces: list[bytes] = []
        self._reason = b""
        self._head_is_over = self._ends_by_itself = False

    def on_status(self, words: bytes) -> None:
        self._reason += words

    def on_header(self, name: bytes, _value: bytes) -> None:
        self._ends_by_itself = self._ends_by_itself or name.lower() in {b"content-length", b"transfer-encoding"}

    def on_headers_complete(self) -> None:
        self._head_is_over = True

    def on_body(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        # "100 Continue" and the like come before the answer
        self.complete = self._parser.get_status_code() >= _OK
        self.reusable = self.complete and self._parser.should_keep_alive()


class _AcrossTheNetwork:
    def __init__(self, url: str, headers: Mapping[str, str], timeout: float) -> None:
        import httpx

        self._timeout = timeout
        limits = httpx.Timeout(timeout, connect=min(timeout, CONNECT_SECONDS))
        self._client = httpx.Client(base_url=url, headers=dict(headers), timeout=limits, **http_options(url))

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        kind: str = JSON,
        params: Mapping[str, str] | None = None,
    ) -> Raw:
        import httpx

        headers = {"Content-Type": kind} if body is not None and kind else None
        try:
            response = self._client.request(method, path, content=body, headers=headers, params=params)
        except httpx.ConnectTimeout as error:
            raise _no_connection(self._timeout) from error
        except httpx.TimeoutException as error:
            raise TimeoutError(str(error)) from error
        except (httpx.TransportError, httpx.DecodingError, httpx.TooManyRedirects) as error:
            raise ConnectionError(str(error) or type(error).__name__) from error
        return Raw(response.status_code, response.reason_phrase, response.content)

    def close(self) -> None:
        self._client.close()


def _no_connection(timeout: float) -> ConnectionError:
    return ConnectionError(f"no connection within {min(timeout, CONNECT_SECONDS):g} s")
