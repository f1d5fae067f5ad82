"""A named fake of Testcontainers' reaper: when whoever it serves is gone, what carries their label is removed.

It listens on port 8080, takes one line `label=NAME=VALUE` and acknowledges it, as the real one does.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
from contextlib import suppress
from urllib.parse import quote

PATH = "/var/run/docker.sock"


class Docker(http.client.HTTPConnection):
    """Docker's socket as a connection."""

    def connect(self) -> None:
        """Connect."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(PATH)


def asked(method: str, path: str) -> list[dict[str, str]]:
    """Ask one thing."""
    docker = Docker("docker")
    docker.request(method, "/v1.40" + path)
    said = docker.getresponse().read()
    return list(json.loads(said)) if method == "GET" else []


def main() -> None:
    """Serve one process until it is gone."""
    with socket.create_server(("0.0.0.0", 8080)) as server:
        print("the reaper has Started!", flush=True)  # noqa: T201 (its way to speak)
        connection, _ = server.accept()
    label = ""
    with connection, suppress(ConnectionResetError):  # a killed process does not say goodbye
        while said := connection.recv(1024):
            label = said.decode().strip().removeprefix("label=") or label
            connection.sendall(b"ACK\n")
    only = "filters=" + quote(json.dumps({"label": [label]}))
    for each in asked("GET", f"/containers/json?all=1&{only}"):
        asked("DELETE", f"/containers/{each['Id']}?force=1&v=1")
    for each in asked("GET", f"/networks?{only}"):
        asked("DELETE", f"/networks/{each['Id']}")
    sys.exit(0)


if __name__ == "__main__":
    main()
