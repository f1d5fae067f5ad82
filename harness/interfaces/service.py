"""Asks an inference service itself, over the wire that Weaviate's modules use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from harness.errors import AnswerError
from harness.model import Module

_PATIENCE = 60.0
"""Seconds that one vectorization may take; the first on a slow CPU also loads the model."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the harness's own service served: when, and how long in all and in the model, in milliseconds."""

    seq: int
    status: int
    total_ms: float
    computed_ms: float
    waited_ms: float


def vectors_from(
    url: str, module: Module, *, images: Sequence[str] = (), texts: Sequence[str] = ()
) -> list[tuple[float, ...]]:
    """Return the vectors that the service gives for images (base64) and then for texts.

    Raises:
        AnswerError: if it fails or gives something else.
    """
    try:
        with httpx.Client(base_url=url, timeout=_PATIENCE, trust_env=False, verify=url.startswith("https:")) as client:
            if module is Module.IMG2VEC:
                found = [_answer(client, "/vectors", {"id": "probe", "image": image})["vector"] for image in images]
            else:
                reply = _answer(client, "/vectorize", {"texts": list(texts), "images": list(images)})
                found = [*(reply.get("imageVectors") or []), *(reply.get("textVectors") or [])]
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise AnswerError(f"the inference service at {url} gave no vector: {error}") from error
    return [tuple(float(number) for number in vector) for vector in found]


def calls_since(url: str, seq: int) -> tuple[int, list[Call]]:
    """Return the number to ask from next time, and the calls that the harness's own service served since `seq`.

    Raises:
        AnswerError: if the service does not tell.
    """
    try:
        reply = httpx.get(
            f"{url}/nearimage/calls",
            params={"since": seq},
            timeout=_PATIENCE,
            trust_env=False,
            verify=False,  # noqa: S501 - our own service on loopback
        )
        told: dict[str, Any] = reply.raise_for_status().json()
        calls = [
            Call(one["seq"], one["status"], one["total_ms"], one["computed_ms"], one["waited_ms"])
            for one in told["calls"]
        ]
        return int(told["next"]), calls
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise AnswerError(f"the inference service at {url} does not tell of its calls: {error}") from error


def _answer(client: httpx.Client, route: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = client.post(route, json=body)
    if reply.status_code != httpx.codes.OK:
        raise ValueError(f"status {reply.status_code}: {reply.text[:200]}")
    told: dict[str, Any] = reply.json()
    return told
