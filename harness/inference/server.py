"""The service: both inference protocols on one port, as an ASGI application.

Without a framework, whose layers would take a third of the time of a call that has a planted vector. An event loop
reads bodies and writes answers; a few threads decode and resize images side by side; the forward passes among them take
turns (`turns`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from harness.images import fingerprint
from harness.inference import wire
from harness.inference.calls import Calls
from harness.inference.encoders import Encoders, EncodingError
from harness.inference.models import usable_cores

_LARGEST_BODY = 256 * 2**20  # bytes: a photograph has tens of MiB at most, and a client must not fill the memory
_OK, _NO_CONTENT, _BAD_REQUEST, _NOT_FOUND, _NOT_ALLOWED, _FAILED = 200, 204, 400, 404, 405, 500
_log = logging.getLogger(__name__)

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Answer = tuple[int, bytes]
"""A status and a JSON body; an empty one is not sent."""


@dataclass(frozen=True, slots=True)
class _Protocol:
    """One route: how its body is read, and how the job in it is answered."""

    route: str
    read: Callable[[bytes], wire.Job]
    answer: Callable[[wire.Job, Encoders], bytes]


_IMG2VEC = _Protocol("/vectors", wire.read_vectors, wire.vectors)
_CLIP = _Protocol("/vectorize", wire.read_vectorize, wire.vectorize)


@dataclass(frozen=True, slots=True)
class _Done:
    """What a worker made of a body; seconds."""

    status: int
    body: bytes
    job: wire.Job
    queued: float
    worked: float
    inputs: tuple[str, ...] = ()


class _GoneError(Exception):
    """Whoever asked does not wait for the answer."""


def app(encoders: Encoders, *, workers: int | None = None) -> App:
    """Return the ASGI application that serves these encoders and counts its calls.

    Args:
        encoders: what to answer with.
        workers: how many calls are worked on side by side. One for each two cores if not given: a forward pass has
            threads of its own, and on two cores one that is disturbed by decoding is slower than one after the other.

    Every failure of a call is a 500 with `{"error": reason}`, as the containers have it, also a body that is not JSON.
    Routes: `POST /vectors`, `POST /vectorize`, `GET /meta`, `GET /.well-known/live` and `/ready`, and
    `GET /nearimage/calls?since=SEQ`, each with or without a final slash.
    """
    return _Service(encoders, workers or max(1, usable_cores() // 2))


class _Service:
    """The routes of one application and what they share."""

    def __init__(self, encoders: Encoders, workers: int) -> None:
        self._encoders = encoders
        self._calls = Calls()
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="nearimage-inference")
        self._protocols = {protocol.route: protocol for protocol in (_IMG2VEC, _CLIP)}
        self._gets: dict[str, Callable[[Scope], Answer]] = {
            "/.well-known/live": _healthy,
            "/.well-known/ready": _healthy,
            "/meta": self._meta,
            "/nearimage/calls": self._told_calls,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        method, path = scope["method"], scope["path"].rstrip("/")
        protocol, get = self._protocols.get(path), self._gets.get(path)
        try:
            if protocol is not None and method == "POST":
                status, body = await self._call(receive, protocol)
            elif get is not None and method in {"GET", "HEAD"}:
                status, body = get(scope)
            else:
                status = _NOT_FOUND if protocol is None and get is None else _NOT_ALLOWED
                body = _error(f"no {method} {scope['path']} here")
        except _GoneError:
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))] if body else []
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" else body})

    async def _live(self, receive: Receive, send: Send) -> None:
        """Let the workers go when the server stops."""
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._workers.shutdown(wait=False, cancel_futures=True)
        await send({"type": "lifespan.shutdown.complete"})

    def _meta(self, _: Scope) -> Answer:
        return _OK, wire.dump(dict(self._encoders.about))

    def _told_calls(self, scope: Scope) -> Answer:
        since = parse_qs(scope["query_string"].decode("latin-1")).get("since", ["0"])[0]
        if not (since.isascii() and since.isdigit()):
            return _BAD_REQUEST, _error(f"since is {since!r}, not a number")
        about = {"device": self._encoders.device, "encoder": self._encoders.name}
        return _OK, wire.dump(about | self._calls.since(int(since)))

    async def _call(self, receive: Receive, protocol: _Protocol) -> Answer:
        """Answer one call; it is counted before its answer leaves, so whoever has the answer finds it counted.

        Raises:
            _GoneError: the caller left before its body had come.
        """
        began = time.perf_counter()
        try:
            body = await _body(receive)
        except wire.BodyError as error:
            done = _Done(_FAILED, _error(str(error)), wire.Job(), 0.0, 0.0)
            size = _LARGEST_BODY
        else:
            size = len(body)
            loop = asyncio.get_running_loop()
            done = await loop.run_in_executor(self._workers, self._work, protocol, body, time.perf_counter())
        self._calls.add(
            route=protocol.route,
            id=done.job.id,
            texts=len(done.job.texts),
            images=len(done.job.images),
            bytes=size,
            status=done.status,
            waited_ms=_ms(done.queued),
            computed_ms=_ms(done.worked),
            total_ms=_ms(time.perf_counter() - began),
            at=time.time(),
            inputs=done.inputs,
        )
        return done.status, done.body

    def _work(self, protocol: _Protocol, body: bytes, handed_over: float) -> _Done:
        """Read a body and answer it, on a worker thread."""
        turns = self._encoders.turns
        turns.waited()
        began = time.perf_counter()
        job = wire.Job()
        status = _FAILED
        try:
            job = protocol.read(body)
            answer = protocol.answer(job, self._encoders)
            status = _OK
        except (EncodingError, wire.BodyError) as error:
            answer = _error(str(error))
        except Exception as error:  # noqa: BLE001 - whatever happens is an answer; the log shows the bug
            _log.exception("a call of %s failed", protocol.route)
            answer = _error(f"{type(error).__name__}: {error}")
        waited = turns.waited()
        worked = time.perf_counter() - began - waited
        inputs = tuple(map(fingerprint, (*job.texts, *job.images)))
        return _Done(status, answer, job, began - handed_over + waited, worked, inputs)


async def _body(receive: Receive) -> bytes:
    """Return the whole body, up to a limit.

    Raises:
        wire.BodyError: it is longer than that.
        _GoneError: the caller left.
    """
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > _LARGEST_BODY:
            raise wire.BodyError(f"the body is larger than {_LARGEST_BODY // 2**20} MiB")
        if not message.get("more_body"):
            return b"".join(chunks)


def _healthy(_: Scope) -> Answer:
    return _NO_CONTENT, b""


def _error(reason: str) -> bytes:
    return wire.dump({"error": reason})


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
