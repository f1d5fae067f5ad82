"""A named fake of Weaviate and of an inference service, for a container; needs nothing but Python.

FAKE says how it behaves: fine (default), exits, dies, never-ready, deaf (an open port that says nothing), no-module,
no-grpc, reference, hungry. VERSION is the version that it says it is. It says that its cluster has as many nodes as it
was told to expect. In the folder of its data it adds a letter to the file `lives` in each life.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FAKE = os.environ.get("FAKE", "fine")
KEYS = os.environ.get("AUTHENTICATION_APIKEY_ALLOWED_KEYS", "")
DATA = Path(os.environ.get("PERSISTENCE_DATA_PATH", "/tmp"))
_HEADERS, _SETTINGS, _END_STREAM_AND_HEADERS = 1, 4, 5


class Handler(BaseHTTPRequestHandler):
    """Health, meta, and what it was started with."""

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def version_string(self) -> str:
        """The Server header: the reference's own, if it is that."""
        return "nearimage-reference" if FAKE == "reference" else "fake"

    def do_GET(self) -> None:
        """Answer."""
        status, body = 200, b"{}"
        given = str(self.headers["Authorization"]).removeprefix("Bearer ")
        if KEYS and self.path == "/v1/meta" and given not in KEYS.split(","):
            status = 401
        elif self.path.endswith("/ready") and FAKE == "never-ready":
            status = 503
        elif self.path == "/v1/meta":
            names = [] if FAKE == "no-module" else os.environ.get("ENABLE_MODULES", "").split(",")
            version = os.environ.get("VERSION", "1.39.0")
            body = json.dumps({"version": version, "modules": {name: {} for name in names if name}}).encode()
        elif self.path == "/v1/nodes":
            nodes = [{"status": "HEALTHY"}] * int(os.environ.get("RAFT_BOOTSTRAP_EXPECT", "1"))
            body = json.dumps({"nodes": nodes}).encode()
        elif self.path == "/environment":
            body = json.dumps(dict(os.environ)).encode()
        elif self.path == "/metrics":
            body = b"go_memstats_heap_alloc_bytes 1e+06\n"
        elif self.path == "/lives":
            body = (DATA / "lives").read_bytes()
        elif self.path.startswith("/nearimage/"):
            status = 404
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One frame of HTTP/2."""
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def refuse_calls(connection: socket.socket) -> None:
    """Answer each gRPC call that it is not implemented, which shows that somebody answers."""
    said = b"\x88" + b"\x0f\x10\x10application/grpc" + b"\x00\x0bgrpc-status\x0212"
    with connection, connection.makefile("rb") as read:
        read.read(24)  # the preface
        connection.sendall(frame(_SETTINGS, 0, 0))
        while header := read.read(9):
            length, kind, flags = int.from_bytes(header[:3], "big"), header[3], header[4]
            read.read(length)
            if kind == _SETTINGS and not flags & 1:
                connection.sendall(frame(_SETTINGS, 1, 0))
            if kind == _HEADERS:
                connection.sendall(frame(_HEADERS, _END_STREAM_AND_HEADERS, int.from_bytes(header[5:], "big"), said))


def serve_grpc() -> None:
    """Take connections for ever."""
    with socket.create_server(("0.0.0.0", 50051)) as server:
        while True:
            threading.Thread(target=refuse_calls, args=(server.accept()[0],), daemon=True).start()


def main() -> None:
    """Serve until a signal."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("Running on CPU", flush=True)  # noqa: T201 (its way to speak, as the official services do)
    if FAKE == "exits":
        print(json.dumps({"level": "fatal", "msg": "invalid config: no such setting"}), flush=True)  # noqa: T201
        sys.exit(3)
    if FAKE == "dies":
        time.sleep(0.5)
        print("the model is broken", flush=True)  # noqa: T201
        os._exit(128 + signal.SIGABRT)  # the first process of a container cannot abort
    if FAKE == "deaf":
        with socket.create_server(("0.0.0.0", 8080)):
            signal.pause()
    if FAKE == "hungry":
        kept = [b"x" * (1 << 20) for _ in range(1 << 12)]
        print(len(kept), flush=True)  # noqa: T201
    with (DATA / "lives").open("a") as lives:
        lives.write("x")
    if FAKE != "no-grpc":
        threading.Thread(target=serve_grpc, daemon=True).start()
    if os.environ.get("PROMETHEUS_MONITORING_ENABLED") == "true":
        metrics = ThreadingHTTPServer(("0.0.0.0", 2112), Handler)
        threading.Thread(target=metrics.serve_forever, daemon=True).start()
    ThreadingHTTPServer(("0.0.0.0", 8080), Handler).serve_forever()


if __name__ == "__main__":
    main()
