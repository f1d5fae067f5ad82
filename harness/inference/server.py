"""The service: what both inference protocols answer, on the threads of whoever asks.

A few calls at a time decode and resize images side by side, the others wait; the forward passes among them take turns
(`turns`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from harness.door import Answers, Request, Response
from harness.images import fingerprint
from harness.inference import wire
from harness.inference.calls import Calls
from harness.inference.encoders import Encoders, EncodingError
from harness.inference.models import usable_cores

LARGEST_BODY = 256 * 2**20  # bytes: a photograph has tens of MiB at most, and a client must not fill the memory
_OK, _NO_CONTENT, _BAD_REQUEST, _NOT_FOUND, _NOT_ALLOWED, _FAILED = 200, 204, 400, 404, 405, 500
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
    inputs: tuple[str, ...] = ()


def service(encoders: Encoders, *, workers: int | None = None) -> Answers:
    """Return what serves these encoders and counts its calls.

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
        self._places = threading.BoundedSemaphore(workers)
        self._protocols = {protocol.route: protocol for protocol in (_IMG2VEC, _CLIP)}
        self._gets: dict[str, Callable[[Request], Response]] = {
            "/.well-known/live": _healthy,
            "/.well-known/ready": _healthy,
            "/meta": self._meta,
            "/nearimage/calls": self._told_calls,
        }

    def __call__(self, request: Request) -> Response:
        path = request.path.rstrip("/")
        protocol, get = self._protocols.get(path), self._gets.get(path)
        if protocol is not None and request.method == "POST":
            return self._call(request, protocol)
        if get is not None and request.method in {"GET", "HEAD"}:
            return get(request)
        status = _NOT_FOUND if protocol is None and get is None else _NOT_ALLOWED
        return Response(status, _error(f"no {request.method} {request.path} here"))

    def _meta(self, _: Request) -> Response:
        return Response(_OK, wire.dump(dict(self._encoders.about)))

    def _told_calls(self, request: Request) -> Response:
        since = request.query_params.get("since", "0")
        if not (since.isascii() and since.isdigit()):
            return Response(_BAD_REQUEST, _error(f"since is {since!r}, not a number"))
        about = {"device": self._encoders.device, "encoder": self._encoders.name}
        return Response(_OK, wire.dump(about | self._calls.since(int(since))))

    def _call(self, request: Request, protocol: _Protocol) -> Response:
        """Answer one call; it is counted before its answer leaves, so whoever has the answer finds it counted."""
        came = time.perf_counter()
        if request.whole:
            with self._places:
                done = self._work(protocol, request.body, came)
        else:
            reason = f"the body is larger than {LARGEST_BODY // 2**20} MiB"
            done = _Done(_FAILED, _error(reason), wire.Job(), 0.0, 0.0)
        self._calls.add(
            route=protocol.route,
            id=done.job.id,
            texts=len(done.job.texts),
            images=len(done.job.images),
            bytes=len(request.body) if request.whole else LARGEST_BODY,
            status=done.status,
            waited_ms=_ms(done.queued),
            computed_ms=_ms(done.worked),
            total_ms=_ms(time.perf_counter() - request.began),
            at=time.time(),
            inputs=done.inputs,
        )
        return Response(done.status, done.body)

    def _work(self, protocol: _Protocol, body: bytes, came: float) -> _Done:
        """Read a body and answer it; a call has its turn."""
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
        return _Done(status, answer, job, began - came + waited, worked, inputs)


def _healthy(_: Request) -> Response:
    return Response(_NO_CONTENT)


def _error(reason: str) -> bytes:
    return wire.dump({"error": reason})


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
