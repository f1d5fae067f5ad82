"""A named fake of the inference service: speaks both wire protocols, answers a vector made from the bytes' hash.

Run as `fake_inference.py [--port N]`; prints its address, and ends when its standard input closes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def vector(text: str) -> list[float]:
    """Sixteen components that follow from the text alone."""
    return [byte / 255 for byte in hashlib.sha256(text.encode()).digest()[:16]]


class Handler(BaseHTTPRequestHandler):
    """The routes that Weaviate's two modules call."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def answer(self, status: int, body: object = None) -> None:
        """Send a status and, unless it is None, a JSON body."""
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        """Health and meta."""
        if self.path.startswith("/.well-known/"):
            self.answer(204)
        elif self.path == "/meta":
            self.answer(200, {"model": "fake"})
        else:
            self.answer(404, {"error": "no such route"})

    def do_POST(self) -> None:
        """Vectors."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.rstrip("/") == "/vectors":
            self.answer(200, {"id": asked["id"], "vector": vector(asked["image"]), "dim": 16})
        else:
            texts, images = asked.get("texts") or [], asked.get("images") or []
            self.answer(200, {"textVectors": list(map(vector, texts)), "imageVectors": list(map(vector, images))})


def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    server = ThreadingHTTPServer(("127.0.0.1", parser.parse_args().port), Handler)
    print(f"fake inference ready at http://127.0.0.1:{server.server_port}", flush=True)  # noqa: T201 (its way to speak)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
