"""What the tests of the inference service share: a way to ask it without a socket, and images."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from io import BytesIO

import httpx
from PIL import Image

from harness.door import Answers, Request
from harness.images import planted_picture
from harness.inference.encoders import Encoders
from harness.inference.server import service

Ask = Callable[..., httpx.Response]


def base64_of(data: bytes) -> str:
    """Base64 on one line."""
    return base64.b64encode(data).decode()


def png(color: str = "red", size: tuple[int, int] = (20, 10)) -> bytes:
    """An ordinary small image that carries no vector."""
    out = BytesIO()
    Image.new("RGB", size, color).save(out, "PNG")
    return out.getvalue()


def planted(*vector: float) -> str:
    """An image that carries this vector, in base64."""
    return base64_of(planted_picture(vector, name="planted").data)


class Straight(httpx.BaseTransport):
    """The way to a service that is not on any socket."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Ask it on this thread."""
        query, began = dict(request.url.params), time.perf_counter()
        said = self._answers(Request(request.method, request.url.path, query, {}, request.read(), began=began))
        kind = {"Content-Type": "application/json"} if said.body else {}
        return httpx.Response(said.status, content=said.body, headers=kind)


def asker(encoders: Encoders, *, workers: int | None = None) -> Ask:
    """Return a function that asks a service with these encoders: `ask(method, path, **httpx's own)`."""
    return httpx.Client(transport=Straight(service(encoders, workers=workers)), base_url="http://service").request
