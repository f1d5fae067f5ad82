"""HTTP/1.1 on one port: a thread for each connection, the parser in C.

The way out is `exchange`. Both of our servers compute their answers, or wait for somebody's: an event loop would hand
each request to a thread and take the answer back, two changes of threads that cost more than a search does
(`benchmarks/reference_overhead.py`).
"""

from __future__ import annotations

import logging
import math
import os
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache, lru_cache
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

import httptools

_BACKLOG = 2048
_AT_ONCE = 1024
"""Connections that are served side by side; further ones wait until one is closed."""

_PIECE = 256 * 1024
_IDLE_SECONDS = 300.0
"""Longer than the clients of Weaviate keep a connection: whoever closes first should be the client."""

_ENDS_WITHIN = 1.0
_LOOKS_AFTER = 0.1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """One request: `path` is decoded, the names of `headers` are in lower case, of several of a name the last counts.

    `path_params` are what the path has in the places of a route that have a name. `began` is when the headers had come,
    on the clock `time.perf_counter`. `whole` is False if the body is longer than may be; what had come is not kept.
    """

    method: str
    path: str
    query_params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    path_params: Mapping[str, str] = field(default_factory=dict)
    began: float = 0.0
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Response:
    """One answer; a body of JSON, or none."""

    status: int
    body: bytes = b""


Answers = Callable[[Request], Response]
"""Answers on the connection's own thread, for as long as it takes."""


@contextmanager
def door(host: str, port: int) -> Iterator[socket.socket]:
    """Bind a port; 0 takes a free one.

    Raises:
        OSError: it cannot be bound.
        OverflowError: there is no such port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        if os.name == "posix":  # elsewhere it would let two programs share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        yield listening


@contextmanager
def handed(descriptor: int) -> Iterator[socket.socket]:
    """Take the port that another process bound for this one.

    Raises:
        OSError: it is no socket.
        ValueError: it is negative.
    """
    with socket.socket(fileno=descriptor) as listening:
        yield listening


def address(listening: socket.socket) -> str:
    """Return where a bound socket is reached: `http://host:port`."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def opened(listening: socket.socket, answers: Answers, server: str, *, longest: float = math.inf) -> Iterator[str]:
    """Answer whoever connects until the block ends; then what is being answered has a second to be answered.

    Args:
        listening: a bound socket.
        answers: what is said to a request.
        server: the name in the header `Server`.
        longest: so many bytes may a body have.

    Yields:
        `http://host:port`.
    """
    hall = _Hall(lambda connection: _Conversation(connection, answers, server, longest))
    wake, woken = socket.socketpair()
    listening.listen(_BACKLOG)
    listening.settimeout(0)
    porter = threading.Thread(target=_let_in, args=(listening, woken, hall), name="door", daemon=True)
    porter.start()
    with wake, woken:
        try:
            yield address(listening)
        finally:
            hall.closing.set()
            wake.close()
            porter.join()
            hall.empty()


def _let_in(listening: socket.socket, woken: socket.socket, hall: _Hall) -> None:
    with selectors.DefaultSelector() as looking:
        looking.register(listening, selectors.EVENT_READ)
        looking.register(woken, selectors.EVENT_READ)
        while True:
            if any(key.fileobj is woken for key, _ in looking.select()):
                return
            try:
                hall.enter(listening.accept()[0])
            except (OSError, RuntimeError):  # it went away again, or there are no more descriptors or threads for now
                time.sleep(_LOOKS_AFTER)


class _Hall:
    """The connections that are open; `closing` is set before the last one has entered."""

    def __init__(self, receive: Callable[[socket.socket], _Conversation]) -> None:
        self._receive = receive
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        self.closing = threading.Event()

    def enter(self, connection: socket.socket) -> None:
        """Serve a connection on a thread of its own, once there is a place.

        Raises:
            RuntimeError: the system gives no more threads; the connection is closed.
        """
        while not self._places.acquire(timeout=_LOOKS_AFTER):
            if self.closing.is_set():
                connection.close()
                return
        thread = threading.Thread(target=self._serve, args=(connection,), name="connection", daemon=True)
        with self._lock:
            self._open[connection] = thread
        try:
            thread.start()
        except RuntimeError:
            self._leave(connection)
            raise

    def empty(self) -> None:
        """Let nobody ask any more, and wait for a moment for those who have asked."""
        with self._lock:
            serving = list(self._open.items())
        for connection, _ in serving:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        until = time.monotonic() + _ENDS_WITHIN
        for _, thread in serving:
            thread.join(max(0.0, until - time.monotonic()))
        with ExitStack() as rest:
            for connection, thread in serving:
                if thread.is_alive():
                    rest.callback(connection.close)

    def _serve(self, connection: socket.socket) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(_IDLE_SECONDS)
            self._receive(connection).hold()
        except OSError:
            pass  # the other end is gone, or says nothing any more
        finally:
            self._leave(connection)

    def _leave(self, connection: socket.socket) -> None:
        connection.close()
        with self._lock:
            self._open.pop(connection, None)
        self._places.release()


class _Conversation:
    """One connection; the methods that begin with `on_` are called by the parser."""

    def __init__(self, connection: socket.socket, answers: Answers, server: str, longest: float) -> None:
        self._connection = connection
        self._answers = answers
        self._server = server
        self._longest = longest
        self._parser = httptools.HttpRequestParser(self)
        self._asked: deque[tuple[Request, bool]] = deque()
        self.on_message_begin()

    def hold(self) -> None:
        """Answer one request after the other until one of the two ends it.

        Raises:
            OSError: the connection broke.
        """
        goes_on = True
        while goes_on and (piece := self._connection.recv(_PIECE)):
            try:
                self._parser.feed_data(piece)
            except httptools.HttpParserUpgrade:
                goes_on = False  # it asks for another protocol, and is answered in this one
            except httptools.HttpParserError:
                goes_on = False
                self._asked.append((_UNREADABLE, False))
            while self._asked:
                request, keep = self._asked.popleft()
                goes_on = goes_on and keep
                self._connection.sendall(self._said(request, self._answered(request), keep=goes_on))

    def _answered(self, request: Request) -> Response:
        if request is _UNREADABLE:
            return Response(HTTPStatus.BAD_REQUEST)
        try:
            return self._answers(request)
        except Exception:  # noqa: BLE001 - whatever happens is an answer; the log shows the bug
            _log.exception("%s %s failed", request.method, request.path)
            return Response(HTTPStatus.INTERNAL_SERVER_ERROR)

    def _said(self, request: Request, response: Response, *, keep: bool) -> bytes:
        lines = [
            f"HTTP/1.1 {response.status} {_reason(response.status)}",
            f"Server: {self._server}",
            f"Date: {_date(int(time.time()))}",
        ]
        if response.body:
            lines.append("Content-Type: application/json")
        if response.status != HTTPStatus.NO_CONTENT:
            lines.append(f"Content-Length: {len(response.body)}")
        if not keep:
            lines.append("Connection: close")
        body = b"" if request.method == "HEAD" else response.body
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body

    # --- what the parser says ----------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._target = b""
        self._headers: dict[str, str] = {}
        self._pieces: list[bytes] = []
        self._length = 0
        self._began = 0.0

    def on_url(self, part: bytes) -> None:
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        self._began = time.perf_counter()
        if self._headers.get("expect", "").lower() == "100-continue":
            self._connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, piece: bytes) -> None:
        self._length += len(piece)
        if self._length <= self._longest:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def on_message_complete(self) -> None:
        target = httptools.parse_url(self._target)
        query = (target.query or b"").decode("latin-1")
        request = Request(
            self._parser.get_method().decode("ascii"),
            unquote((target.path or b"/").decode("latin-1")),
            dict(parse_qsl(query, keep_blank_values=True)),
            self._headers,
            b"".join(self._pieces),
            began=self._began,
            whole=self._length <= self._longest,
        )
        self._asked.append((request, self._parser.should_keep_alive()))


_UNREADABLE = Request("", "", {}, {})
"""What stands for something that is not HTTP."""


@lru_cache(1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)


@cache
def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
