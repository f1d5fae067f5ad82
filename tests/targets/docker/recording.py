"""A recording daemon: a real HTTP server that speaks as much of Docker's API as a run needs, and notes what is asked.

A container that it "starts" is a small server on the ports that were to be published, which answers as a Weaviate or an
inference service does. So what is asked of Docker can be read where there is no GPU, and no Docker.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

HTTP = "8080/tcp"


@dataclass
class Daemon:
    """What it is, what it has, and what it was asked.

    `info` is its description of itself. `images` are those that it has; a pull adds one. `refuses` maps "METHOD path"
    or "METHOD path?name=NAME", without the version, to a status and a message; it may end in `*`. `log` is what every
    container has written.
    """

    info: dict[str, Any] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)
    refuses: dict[str, tuple[int, str]] = field(default_factory=dict)
    log: str = "Running on CPU\n"
    asked: list[tuple[str, dict[str, list[str]], Any]] = field(default_factory=list)
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    networks: dict[str, dict[str, Any]] = field(default_factory=dict)
    volumes: dict[str, dict[str, Any]] = field(default_factory=dict)
    started: dict[str, list[ThreadingHTTPServer]] = field(default_factory=dict)
    port: int = 0

    @property
    def address(self) -> str:
        """What DOCKER_HOST is to be."""
        return f"tcp://127.0.0.1:{self.port}"

    def created(self) -> list[dict[str, Any]]:
        """The bodies of all containers that were to be made."""
        return [body for route, _, body in self.asked if route == "POST /containers/create"]

    def routes(self) -> list[str]:
        """What was asked, in order."""
        return [route for route, _, _ in self.asked]

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        """Note a request and answer it."""
        self.asked.append((f"{method} {path}", query, body))
        name = f"?name={query['name'][0]}" if "name" in query else ""
        refused = next(
            (said for route, said in self.refuses.items() if _matches(route, f"{method} {path}", name)), None
        )
        if refused:
            return refused[0], {"message": refused[1]}
        kind, *rest = path.strip("/").split("/")
        handler = getattr(self, f"_{kind.strip('_')}", None)
        return handler(method, rest, query, body) if handler else (404, {"message": "page not found"})

    def _ping(self, *_: Any) -> tuple[int, Any]:
        return 200, b"OK"

    def _version(self, *_: Any) -> tuple[int, Any]:
        return 200, {"ApiVersion": "1.41", "Version": "20.10.24"}

    def _info(self, *_: Any) -> tuple[int, Any]:
        return 200, self.info

    def _images(self, _: str, rest: list[str], query: dict[str, list[str]], __: Any) -> tuple[int, Any]:
        if rest == ["json"]:
            return 200, [{"Id": f"sha256:{name}", "RepoTags": [name]} for name in sorted(self.images)]
        if rest == ["create"]:
            self.images.add(f"{query['fromImage'][0]}:{query['tag'][0]}")
            return 200, {"status": "done"}
        name = "/".join(rest[:-1])
        found = name in self.images or name.startswith("sha256:")
        return (200, {"Id": "sha256:" + "0" * 64, "RepoDigests": []}) if found else (404, {"message": "No such image"})

    def _networks(self, method: str, rest: list[str], _: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if rest == ["create"]:
            self.networks[body["Name"]] = body | {"Id": body["Name"]}
            return 201, {"Id": body["Name"]}
        if method == "DELETE":
            self.networks.pop(rest[0])
            return 204, b""
        if rest:
            return 200, self.networks[rest[0]] | {"IPAM": {"Config": [{"Gateway": "127.0.0.1"}]}}
        return 200, [*self.networks.values()]

    def _volumes(self, method: str, rest: list[str], _: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if rest == ["create"]:
            self.volumes[body["Name"]] = body
            return 201, body
        if method == "DELETE":
            self.volumes.pop(rest[0])
            return 204, b""
        return 200, {"Volumes": [*self.volumes.values()]}

    def _containers(self, method: str, rest: list[str], query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        if rest == ["create"]:
            name = query.get("name", [f"nameless-{len(self.containers)}"])[0]
            self.containers[name] = body | {"Id": name, "Names": [f"/{name}"]}
            return 201, {"Id": name}
        if rest == ["json"]:
            return 200, [*self.containers.values()]
        if method == "DELETE":
            self._end(rest[0])
            return (204, b"") if self.containers.pop(rest[0], None) else (404, {"message": "No such container"})
        if rest[1:] == ["start"]:
            self._start(self.containers[rest[0]])
            return 204, b""
        if rest[1:] == ["logs"]:
            return 200, self.log.encode()
        return 200, {"Id": rest[0], "Config": {"Tty": True}, "State": {"Running": True, "Status": "running"}}

    def _start(self, container: dict[str, Any]) -> None:
        bindings = (container.get("HostConfig") or {}).get("PortBindings") or {}
        modules = [each.partition("=")[2] for each in container.get("Env") or [] if each.startswith("ENABLE_MODULES=")]
        answers = {name: {} for name in "".join(modules).split(",") if name}
        for published in bindings.get(HTTP, []):
            address = (published["HostIp"], int(published["HostPort"]))
            server = ThreadingHTTPServer(address, _weaviate(answers))
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            self.started.setdefault(container["Id"], []).append(server)

    def _end(self, container: str) -> None:
        for server in self.started.pop(container, []):
            server.shutdown()
            server.server_close()


def _matches(route: str, asked: str, name: str) -> bool:
    whole = asked + name if "?" in route else asked
    return whole.startswith(route.removesuffix("*")) if route.endswith("*") else whole == route


def _weaviate(modules: dict[str, Any]) -> type[BaseHTTPRequestHandler]:
    """A server of an old version, which needs no gRPC."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def do_GET(self) -> None:
            """Answer."""
            body = json.dumps({"version": "1.19.13", "modules": modules}).encode()
            self.send_response(404 if self.path.startswith("/nearimage") else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _docker(daemon: Daemon) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # header and body in one packet: else each answer waits for an acknowledgement

        def log_message(self, *_: object) -> None:
            """Stay silent."""

        def answer(self) -> None:
            """Hand the request to the daemon."""
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            parts = urlsplit(self.path)
            path = unquote(parts.path)
            path = "/" + path.lstrip("/").partition("/")[2] if path.startswith("/v1.") else path
            status, said = daemon.answer(self.command, path, parse_qs(parts.query), body)
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data if status != 204 else b"")

        do_GET = do_POST = do_DELETE = answer  # noqa: N815 (the base class calls them so)

    return Handler


@contextmanager
def recording() -> Iterator[Daemon]:
    """A daemon on a port of loopback."""
    daemon = Daemon()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _docker(daemon))
    server.daemon_threads = True
    daemon.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield daemon
    finally:
        for name in [*daemon.started]:
            daemon._end(name)
        server.shutdown()
        thread.join()
        server.server_close()
