"""What the tests of the inference service share: a way to ask it without a socket, and images."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from io import BytesIO

import httpx
from PIL import Image

from harness.images import planted_picture
from harness.inference.encoders import Encoders
from harness.inference.server import app

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


def asker(encoders: Encoders, *, workers: int | None = None) -> Ask:
    """Return a function that asks a service with these encoders: `ask(method, path, **httpx's own)`."""
    transport = httpx.ASGITransport(app(encoders, workers=workers))

    def ask(method: str, path: str, **how: object) -> httpx.Response:
        async def once() -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return await client.request(method, path, **how)

        return asyncio.run(once())

    return ask
