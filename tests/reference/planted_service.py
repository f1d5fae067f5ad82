"""A named fake: an inference service whose images are their own vectors, and which counts what it is asked."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def image(*vector: float) -> str:
    """Base64 of an "image" that stands for this vector."""
    return base64.b64encode(json.dumps(vector).encode()).decode()


def text(*vector: float) -> str:
    """A text that stands for this vector."""
    return "some words " + json.dumps(vector)


NO_IMAGE = base64.b64encode(b"not an image").decode()


class PlantedService:
    """Speaks both protocols; `calls` holds route and body of each call, `status` other than 200 makes it fail."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.raw: bytes | None = None

    def answer(self, route: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Status and JSON of one call."""
        self.calls.append((route, body))
        if self.status != 200:
            return self.status, {"error": "the service is ill"}
        try:
            if route == "/vectors":
                vector = _planted(body["image"])
                return 200, {"id": body["id"], "vector": vector, "dim": len(vector)}
            texts = [json.loads(each[each.index("[") :]) for each in body.get("texts") or ()]
            return 200, {"textVectors": texts, "imageVectors": [_planted(each) for each in body.get("images") or ()]}
        except ValueError:
            return 500, {"error": "that is no image"}


@contextmanager
def planted_service() -> Iterator[PlantedService]:
    """Run a service until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    service = PlantedService(f"http://127.0.0.1:{server.server_address[1]}")
    server.service = service  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _planted(encoded: str) -> Sequence[float]:
    vector: Sequence[float] = json.loads(base64.b64decode(encoded))
    return vector


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass

    def do_GET(self) -> None:
        self._send(200, b'{"model":"planted"}')

    def do_POST(self) -> None:
        service: PlantedService = self.server.service  # type: ignore[attr-defined]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        service.headers.append(dict(self.headers))
        status, answer = service.answer(self.path, body)
        self._send(status, json.dumps(answer).encode() if service.raw is None else service.raw)

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
