"""What the tests of targets share: a state and a temporary folder of their own, and named fakes to start."""

from __future__ import annotations

import json
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from starting import PROGRAMS, start_fake_inference

from harness.targets import ports
from harness.targets.binaries import Binary
from harness.targets.embedded import EmbeddedTarget


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """State, cache and temporary files under the test's own folder, and no settings of the person who runs this."""
    for name, folder in (("NEARIMAGE_STATE", "state"), ("XDG_CACHE_HOME", "cache"), ("TMPDIR", "tmp")):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name in ("WEAVIATE_BINARY", "NEARIMAGE_API_KEY", "WEAVIATE_API_KEY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@pytest.fixture
def fake_binary(tmp_path: Path) -> Path:
    """An executable file that is the fake Weaviate."""
    path = tmp_path / "weaviate"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROGRAMS / "fake_weaviate.py"}" "$@"\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def fake_embedded(fake_binary: Path) -> EmbeddedTarget:
    """The embedded target over the fake binary and the fake inference service."""
    binary = Binary(fake_binary, "", "a test")
    return EmbeddedTarget(f"embedded:{fake_binary}", binary=binary, start_inference=start_fake_inference)


@dataclass
class Stranger:
    """An HTTP server that answers whatever a test says, and remembers what it was asked.

    `answers` maps "METHOD path" to status, content type and body; what is not there is a 404.
    """

    answers: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """Where it is, with gRPC off."""
        return f"http://127.0.0.1:{self.port}?grpc=off"

    def be_weaviate(self, **modules: Any) -> None:
        """Answer as a Weaviate with these modules does."""
        meta = json.dumps({"version": "1.39.0", "modules": modules}).encode()
        self.answers["GET /v1/meta"] = (200, "application/json", meta)
        self.answers["GET /v1/.well-known/ready"] = (200, "text/plain", b"")

    def handler(self) -> type[BaseHTTPRequestHandler]:
        """The handler class for this stranger."""
        stranger = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def answer(self) -> None:
                stranger.asked.append((f"{self.command} {self.path}", dict(self.headers)))
                missing = (404, "text/plain", b"not here")
                status, kind, body = stranger.answers.get(f"{self.command} {self.path}", missing)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = answer  # noqa: N815 (the base class calls it so)
            do_DELETE = answer  # noqa: N815

        return Handler


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """A stranger on a port of loopback; the next port is open too and says nothing."""
    stranger = Stranger()
    free = ports.pick()
    server = ThreadingHTTPServer(("127.0.0.1", free.http), stranger.handler())
    stranger.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    with socket.create_server(("127.0.0.1", free.grpc)):
        yield stranger
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Wait for something that another process does, at most twenty seconds."""

    def wait(happened: Callable[[], object]) -> None:
        pause = threading.Event()
        for _ in range(400):
            if happened():
                return
            pause.wait(0.05)
        pytest.fail("it did not happen within twenty seconds")

    return wait
