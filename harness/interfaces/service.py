"""Asks an inference service itself, over the wire that Weaviate's modules use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from harness.errors import AnswerError
from harness.exchange import Exchange, exchange
from harness.model import Module

_OK = 200
_PATIENCE = 60.0
"""Seconds that one vectorization may take; the first on a slow CPU also loads the model."""


NO_CALLS = 2**53
"""A number that no call will ever have."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the harness's own service served: how long in all and in the model, in milliseconds.

    `inputs` are the fingerprints (`harness.images`) of the texts and then of the images that it was sent, in order.
    """

    seq: int
    status: int
    total_ms: float
    computed_ms: float
    waited_ms: float
    inputs: tuple[str, ...] = ()


def vectors_from(
    url: str, module: Module, *, images: Sequence[str] = (), texts: Sequence[str] = ()
) -> list[tuple[float, ...]]:
    """Return the vectors that the service gives for images (base64) and then for texts.

    Raises:
        AnswerError: if it fails or gives something else.
    """
    try:
        with closing(exchange(url, timeout=_PATIENCE)) as service:
            if module is Module.IMG2VEC:
                found = [_answer(service, "/vectors", {"id": "probe", "image": image})["vector"] for image in images]
            else:
                reply = _answer(service, "/vectorize", {"texts": list(texts), "images": list(images)})
                found = [*(reply.get("imageVectors") or []), *(reply.get("textVectors") or [])]
    except (OSError, KeyError, ValueError) as error:
        raise AnswerError(f"the inference service at {url} gave no vector: {error}") from error
    return [tuple(float(number) for number in vector) for vector in found]


def about(url: str) -> dict[str, Any]:
    """Return what a service says of itself: CLIP's `GET /meta`, which the harness's own always has.

    Raises:
        AnswerError: if it says nothing.
    """
    try:
        with closing(exchange(url, timeout=_PATIENCE)) as service:
            return _told(service, "GET", "/meta")
    except (OSError, ValueError) as error:
        raise AnswerError(f"the inference service at {url} does not say what it is: {error}") from error


def calls_since(url: str, seq: int) -> tuple[int, list[Call]]:
    """Return the number to ask from next time, and the calls that the harness's own service served since `seq`.

    `NO_CALLS` as `seq` asks for the number alone.

    Raises:
        AnswerError: if the service does not tell.
    """
    try:
        with closing(exchange(url, timeout=_PATIENCE)) as service:
            told = _told(service, "GET", "/nearimage/calls", params={"since": str(seq)})
        calls = [
            Call(
                one["seq"],
                one["status"],
                one["total_ms"],
                one["computed_ms"],
                one["waited_ms"],
                tuple(one.get("inputs", ())),
            )
            for one in told["calls"]
        ]
        return int(told["next"]), calls
    except (OSError, KeyError, ValueError) as error:
        raise AnswerError(f"the inference service at {url} does not tell of its calls: {error}") from error


def _answer(service: Exchange, route: str, body: dict[str, Any]) -> dict[str, Any]:
    return _told(service, "POST", route, body=json.dumps(body).encode())


def _told(
    service: Exchange, method: str, path: str, *, body: bytes | None = None, params: dict[str, str] | None = None
) -> dict[str, Any]:
    reply = service.ask(method, path, body=body, params=params)
    if reply.status != _OK:
        raise ValueError(f"status {reply.status}: {reply.body[:200].decode('utf-8', 'replace')}")
    told: dict[str, Any] = json.loads(reply.body)
    return told
