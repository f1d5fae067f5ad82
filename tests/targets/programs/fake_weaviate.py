"""A named fake of the Weaviate binary: takes its options and environment, and misbehaves as FAKE says.

FAKE is one of: fine (default), exits, port-taken-once, slow-to-bind, never-ready, no-module, dies-starting, parent.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

FAKE = os.environ.get("FAKE", "fine")
DATA = Path(os.environ["PERSISTENCE_DATA_PATH"])


def log(level: str, message: str, **facts: object) -> None:
    """Write a log line of Weaviate's form."""
    print(json.dumps({"build_wv_version": "1.39.0", "level": level, "msg": message, **facts}), flush=True)  # noqa: T201 (its way to speak)


class Handler(BaseHTTPRequestHandler):
    """Health and meta."""

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        """Answer."""
        ready = FAKE not in ("never-ready", "dies-starting")
        modules = {} if FAKE == "no-module" else {name: {} for name in os.environ["ENABLE_MODULES"].split(",") if name}
        status, body = 200, b""
        if self.path == "/v1/nodes":
            body = json.dumps({"nodes": [{"name": os.environ["CLUSTER_HOSTNAME"]}]}).encode()
        if self.path == "/v1/meta":
            body = json.dumps({"version": "1.39.0", "hostname": "fake", "modules": modules}).encode()
        elif self.path == "/v1/schema":
            body = b'{"classes": []}'
        elif self.path.endswith("ready") and not ready:
            status = 503
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def misbehave(port: int) -> None:
    """Do what must be done before serving."""
    if FAKE == "exits":
        log("fatal", "could not load config", error="invalid config: no such setting")
        sys.exit(3)
    if FAKE == "port-taken-once" and DATA.name == "data-0":
        log("fatal", f"listen tcp 127.0.0.1:{port}: bind: address already in use")
        sys.exit(1)
    if FAKE == "slow-to-bind":  # long enough for the harness to hear whoever else is at the port
        time.sleep(1.0)
    if FAKE == "parent":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        log("info", f"child {child.pid}")
    if FAKE == "dies-starting":
        threading.Thread(target=lambda: (time.sleep(0.3), log("error", "raft is broken"), os._exit(4))).start()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser()
    for option in ("--host", "--port", "--scheme"):
        parser.add_argument(option)
    asked = parser.parse_args()
    misbehave(int(asked.port))
    DATA.mkdir(parents=True, exist_ok=True)
    with (DATA / "lives").open("a") as lives:
        lives.write("x")
    log("info", "lives", address=(DATA / "lives").read_text())
    with socket.create_server(("127.0.0.1", int(os.environ["GRPC_PORT"]))):
        try:
            server = ThreadingHTTPServer((asked.host, int(asked.port)), Handler)
        except OSError:
            log("fatal", f"listen tcp 127.0.0.1:{asked.port}: bind: address already in use")
            sys.exit(1)
        server.serve_forever()


if __name__ == "__main__":
    main()
