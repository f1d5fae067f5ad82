"""Servers that lack what is needed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from harness.inference.encoders import load
from harness.inference.serving import serve as serve_inference
from harness.reference.server import serve


class BareWeaviate(BaseHTTPRequestHandler):
    """A Weaviate with no module at all."""

    def do_GET(self) -> None:
        """Say who it is."""
        body = json.dumps({"version": "1.39.0", "modules": {}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def blind_server(tmp_path: Path) -> Iterator[str]:
    """The address of a reference whose inference service refuses every photograph."""
    with serve_inference(load("planted")) as url, serve(inference_url=url, folder=tmp_path / "blind") as served:
        yield f"{served.url}?grpc={served.grpc.rpartition(':')[2]}"


@pytest.fixture
def bare_server() -> Iterator[str]:
    """The address of a Weaviate without modules."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BareWeaviate)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}?grpc=off"
    server.shutdown()
    thread.join()
    server.server_close()
