"""The connection to a Docker daemon, or to Podman's socket, which speaks the same."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.targets.docker.trouble import explained, told
from harness.transport import is_loopback

_USUAL = "unix:///var/run/docker.sock"
_USUAL_PORT = 2375
_PROBE_SECONDS = 1.0
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon that answers.

    Args:
        client: a `docker.DockerClient`; its kind is not named, so that nothing but this package needs the library.
        where: its address, for messages.
        host: the name or address by which its published ports are reached from here.
        bind: the address of its machine that ports are published on.
    """

    client: Any
    where: str
    host: str = "127.0.0.1"
    bind: str = "127.0.0.1"

    def told(self, doing: str) -> contextlib.AbstractContextManager[None]:
        """Raise what it raises in a block as a TargetError; `doing` completes "Docker could not …"."""
        return told(doing, self.where)


@contextlib.contextmanager
def connected() -> Iterator[Daemon]:
    """The daemon that DOCKER_HOST, Docker's current context, or else the usual socket names.

    Raises:
        TargetError: none answers, or it may not be used.
    """
    _knock()
    from testcontainers.core.docker_client import DockerClient

    with told("answer", address()):
        client = DockerClient(timeout=_SECONDS).client
    try:
        where = address()  # only now: the library has put the current context's into the environment
        with told("answer", where):
            client.ping()
        host = reached_by(where)
        yield Daemon(client, where, host, "127.0.0.1" if is_loopback(host) else "0.0.0.0")  # noqa: S104 (another machine)
    finally:
        client.close()


def address() -> str:
    """Return where the daemon is."""
    return os.environ.get("DOCKER_HOST") or _USUAL


def reached_by(where: str) -> str:
    """Return the host by which this process reaches what the daemon publishes.

    A daemon on another machine (a service of a pipeline, say) publishes there. Where this process is in a container
    itself and the daemon is not, a person says it: TESTCONTAINERS_HOST_OVERRIDE, as for every Testcontainers program.
    """
    named = os.environ.get("TC_HOST") or os.environ.get("TESTCONTAINERS_HOST_OVERRIDE")
    parts = urlsplit(where)
    host = named or (parts.hostname if parts.scheme in ("tcp", "http", "https", "ssh") else "")
    return "127.0.0.1" if not host or is_loopback(host) else host


def silence() -> str:
    """Ask the daemon for a sign of life without any library; return what is wrong, empty if nothing is known to be."""
    try:
        with _opened() as probe:
            if probe is None or os.environ.get("DOCKER_TLS_VERIFY"):
                return ""
            probe.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            return "" if b"200" in probe.recv(64) else f"what answers at {address()} is no Docker"
    except PermissionError:
        return "no permission to use the daemon"
    except OSError:
        return "no daemon answers"


def _knock() -> None:
    """Raise at once if nobody listens: the library would take a third of a second, and forget to close a socket."""
    try:
        with _opened():
            return
    except OSError as error:
        raise explained(error, "answer", address()) from error


@contextlib.contextmanager
def _opened() -> Iterator[socket.socket | None]:
    """A connection to the daemon; None where only the library knows how to make one."""
    host = urlsplit(address())
    if host.scheme not in ("unix", "tcp") or (not os.environ.get("DOCKER_HOST") and _has_context()):
        yield None
        return
    with _socket(host.scheme, host.path, host.hostname or "", host.port or _USUAL_PORT) as probe:
        yield probe


def _socket(scheme: str, path: str, host: str, port: int) -> socket.socket:
    if scheme == "tcp":
        return socket.create_connection((host, port), timeout=_PROBE_SECONDS)
    probe = socket.socket(socket.AF_UNIX)
    try:
        probe.settimeout(_PROBE_SECONDS)
        probe.connect(path)
    except BaseException:
        probe.close()
        raise
    return probe


def _has_context() -> bool:
    """True if Docker's command was told to use another daemon than the usual one."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    with contextlib.suppress(OSError, ValueError, AttributeError):
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        name = os.environ.get("DOCKER_CONTEXT") or config.get("currentContext")
        return name not in (None, "", "default")
    return False
