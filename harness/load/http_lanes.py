"""GraphQL over HTTP with as little of our own in the way as there can be: an asyncio protocol and a parser in C."""

from __future__ import annotations

import asyncio
import ssl
from time import perf_counter
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import httptools

from harness.exchange import CONNECT_SECONDS, JSON, Raw
from harness.interfaces.graphql import ROUTE, answered, compose
from harness.interfaces.http import encode, judged
from harness.load.lanes import Done, Encoded, Lost
from harness.load.samples import Fate
from harness.model import Answer, Question, State
from harness.transport import http_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.model import Endpoint

_OK = 200
_ERRORS = b'"errors":'
"""In a text its quotes would be escaped; what is left is GraphQL's own list, or a property of that name."""

_PORTS = {"http": 80, "https": 443}


def request(endpoint: Endpoint, path: str, body: bytes) -> bytes:
    """Return a whole POST request, head and body, to be sent in one piece."""
    parts = urlsplit(endpoint.url)
    named = {
        "Host": parts.netloc.rpartition("@")[2],
        "User-Agent": "nearimage",
        "Accept": "*/*",
        "Content-Type": JSON,
        "Content-Length": str(len(body)),
        **endpoint.headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"POST {parts.path.rstrip('/')}{path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


class HttpLane(asyncio.Protocol):
    """One kept connection.

    Args:
        done: told what became of each request.
        lost: told when the connection is gone.
        fate: what a status and a body say of a request.
    """

    def __init__(self, done: Done, lost: Lost, fate: Callable[[int, bytes], Fate]) -> None:
        self.row, self.sent, self.usable = -1, 0.0, True
        self._done, self._lost, self._fate = done, lost, fate
        self._own = 0.0
        self._given_up = False
        self._parser = httptools.HttpResponseParser(self)
        self._pieces: list[bytes] = []
        self._complete = self._ends = False

    # --- for the runner --------------------------------------------------------------------------

    def send(self, row: int, request: bytes) -> None:
        """Send a request in one piece."""
        self.row = row
        self.sent = began = perf_counter()
        self._transport.write(request)
        self._own = perf_counter() - began

    def abort(self) -> None:
        """Close the connection at once and say nothing more."""
        self._given_up, self.usable = True, False
        self._transport.abort()

    # --- called by the event loop ----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what writes."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is not derived from it

    def data_received(self, data: bytes) -> None:
        """Take the next piece of an answer, and tell when it is whole."""
        began = perf_counter()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._transport.abort()  # what came is not HTTP: the connection breaks
            return
        if not self._complete:
            self._own += perf_counter() - began
            return
        pieces, self._pieces, self._complete = self._pieces, [], False
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if self.row < 0 or self._ends:  # an answer to nothing, or the last one
            self.usable = False
            self._transport.close()
        if self.row < 0:
            return
        fate = self._fate(self._parser.get_status_code(), body)
        # what it takes us to read the last piece is our own time, and not the server's
        self._done(self, fate, began, self._own + perf_counter() - began, body)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that the connection is gone, and with it the request that was on its way."""
        del exc
        if self._given_up:
            return
        self._given_up, self.usable = True, False
        if self.row >= 0:
            self._done(self, Fate.BROKEN, perf_counter(), self._own, b"")
        self._lost(self)

    # --- called by the parser --------------------------------------------------------------------

    def on_body(self, piece: bytes) -> None:
        """Keep a piece of the body."""
        self._pieces.append(piece)

    def on_message_complete(self) -> None:
        """Note that the answer is whole; "100 Continue" and the like come before it."""
        self._complete = self._parser.get_status_code() >= _OK
        self._ends = self._complete and not self._parser.should_keep_alive()


class GraphQLWire:
    """Asks `POST /v1/graphql`.

    A lane tells an answer from a refusal by what GraphQL answers have: the status, how the body begins and ends, and
    whether it has `errors`; where that leaves a doubt the body is read as the interface `graphql` reads it.

    Args:
        endpoint: the database; no proxy stands before it.
    """

    name = "graphql"

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def encode(self, question: Question) -> Encoded:
        """Return the whole HTTP request of a question."""
        query, variables = compose(question)
        body = {"query": query, "variables": variables} if variables else {"query": query}
        return Encoded.of(request(self._endpoint, ROUTE, encode(body)))

    async def open(self, done: Done, lost: Lost) -> HttpLane:
        """Return a new connection.

        Raises:
            OSError: there is none within five seconds.
        """
        return await connected(self._endpoint.url, lambda: HttpLane(done, lost, fate))

    async def close(self) -> None:
        """Lanes have nothing in common."""

    def decoded(self, body: bytes, question: Question) -> Answer:
        """Return a body with status 200 as an answer."""
        return answered(judged(Raw(_OK, "", body), perf_counter(), empty_ok=False), question)


async def connected(url: str, lane: Callable[[], HttpLane]) -> HttpLane:
    """Return a lane that is connected to the server at this address.

    Raises:
        OSError: there is no connection within five seconds.
    """
    parts = urlsplit(url)
    verify = http_options(url)["verify"]
    secure = verify if isinstance(verify, ssl.SSLContext) else None
    loop = asyncio.get_running_loop()
    port = parts.port or _PORTS[parts.scheme]
    async with asyncio.timeout(CONNECT_SECONDS):
        _, made = await loop.create_connection(lane, parts.hostname or "", port, ssl=secure)
    return made


def fate(status: int, body: bytes) -> Fate:
    """Return what a GraphQL answer says became of the request."""
    if status == _OK and body.startswith(b'{"data"') and body[-3:].rstrip().endswith(b"}") and _ERRORS not in body:
        return Fate.OK
    reply = judged(Raw(status, "", body), 0.0, empty_ok=False)
    if not reply.ok:
        return Fate.REFUSED if reply.state is State.REFUSED else Fate.BROKEN
    said = reply.body if isinstance(reply.body, dict) else {}
    if said.get("errors"):
        return Fate.REFUSED
    return Fate.OK if said.get("data") else Fate.BROKEN
