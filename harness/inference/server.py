"""The service: both inference protocols on one port, as an ASGI application.

An event loop reads bodies and writes answers; a few threads decode and resize images side by side; the forward passes
among them take turns (`turns`).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from harness.inference import wire
from harness.inference.calls import Calls
from harness.inference.encoders import Encoders, EncodingError
from harness.inference.models import usable_cores

_LARGEST_BODY = 256 * 2**20  # bytes: a photograph has tens of MiB at most, and a client must not fill the memory
_OK, _NO_CONTENT, _BAD_REQUEST, _FAILED = 200, 204, 400, 500
_log = logging.getLogger(__name__)


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


def app(encoders: Encoders) -> Starlette:
    """Return the ASGI application that serves these encoders and counts its calls.

    Every failure of a call is a 500 with `{"error": reason}`, as the containers have it, also a body that is not JSON.
    Routes: `POST /vectors`, `POST /vectorize`, `GET /meta`, `GET /.well-known/live` and `/ready`, each with or without
    a final slash, and `GET /nearimage/calls?since=SEQ`.
    """
    service = _Service(encoders)
    gets = {"/.well-known/live": _healthy, "/.well-known/ready": _healthy, "/meta": service.meta}
    posts = {"/vectors": service.img2vec, "/vectorize": service.clip}
    routes = [Route("/nearimage/calls", service.calls)]
    for slash in ("", "/"):
        routes += [Route(path + slash, handler) for path, handler in gets.items()]
        routes += [Route(path + slash, handler, methods=["POST"]) for path, handler in posts.items()]
    return Starlette(routes=routes, lifespan=service.lifespan, exception_handlers={HTTPException: _no_such_route})


class _Service:
    """The handlers of one application and what they share."""

    def __init__(self, encoders: Encoders) -> None:
        self._encoders = encoders
        self._calls = Calls()
        # At least two: while one image is in its forward pass, another is decoded.
        self._workers = ThreadPoolExecutor(max(2, usable_cores()), thread_name_prefix="nearimage-inference")

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Let the workers go when the server stops."""
        yield
        self._workers.shutdown(wait=False, cancel_futures=True)

    async def img2vec(self, request: Request) -> Response:
        return await self._call(request, _IMG2VEC)

    async def clip(self, request: Request) -> Response:
        return await self._call(request, _CLIP)

    async def meta(self, _: Request) -> Response:
        return _json(wire.dump(dict(self._encoders.about)))

    async def calls(self, request: Request) -> Response:
        since = request.query_params.get("since", "0")
        if not (since.isascii() and since.isdigit()):
            return _json(_error(f"since is {since!r}, not a number"), _BAD_REQUEST)
        about = {"device": self._encoders.device, "encoder": self._encoders.name}
        return _json(wire.dump(about | self._calls.since(int(since))))

    async def _call(self, request: Request, protocol: _Protocol) -> Response:
        """Answer one call; it is counted before its answer leaves, so whoever has the answer finds it counted."""
        began = time.perf_counter()
        try:
            body = await _body(request)
        except ClientDisconnect:
            return Response(status_code=_BAD_REQUEST)  # nobody reads it
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
        )
        return _json(done.body, done.status)

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
        return _Done(status, answer, job, began - handed_over + waited, time.perf_counter() - began - waited)


async def _body(request: Request) -> bytes:
    """Return the whole body, up to a limit."""
    chunks = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > _LARGEST_BODY:
            raise wire.BodyError(f"the body is larger than {_LARGEST_BODY // 2**20} MiB")
        chunks.append(chunk)
    return b"".join(chunks)


async def _healthy(_: Request) -> Response:
    return Response(status_code=_NO_CONTENT)


async def _no_such_route(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else _FAILED
    return _json(_error(f"no {request.method} {request.url.path} here"), status)


def _error(reason: str) -> bytes:
    return wire.dump({"error": reason})


def _json(body: bytes, status: int = _OK) -> Response:
    return Response(body, status, media_type="application/json")


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
