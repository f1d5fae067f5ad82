"""The address of a server that runs already, as a person types it: `http://host:8080?grpc=50051`."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from harness.errors import UsageError
from harness.transport import is_loopback

GRPC_PORT = 50_051
_ITS_HTTP_PORTS = (8080, 80, 443)
_WRITTEN = "grpc=PORT (or off), grpc_host=HOST and metrics=PORT"
_A_PORT = "Give a port, metrics=2112: what PROMETHEUS_MONITORING_PORT says."
_OFF = ("off", "no", "none", "0")
_PARAMETERS = ("grpc", "grpc_host", "metrics")
_LARGEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server is.

    `grpc` is host:port of its gRPC, empty if there shall be none; `grpc_named` is False where nobody said so: then it
    is Weaviate's default port, which may not be there, or empty because that would be a guess. `metrics` is host:port
    where it publishes them, empty if nobody said where. `text` is the whole, written so that it means the same again.
    """

    url: str
    host: str
    port: int
    secure: bool
    grpc: str
    grpc_named: bool
    text: str
    metrics: str = ""

    @property
    def loopback(self) -> bool:
        """True if it is on this machine, so that nothing crosses a network."""
        return is_loopback(self.host)


def parse(text: str) -> Address:
    """Return the address that a text gives.

    Args:
        text: `http(s)://host[:port][?grpc=PORT|off][&grpc_host=HOST][&metrics=PORT]`; `host` may be an IPv6 address in
            brackets.

    Raises:
        UsageError: it is no such address; says which part, and never repeats a password.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"the address of the target is not valid: {error}", hint=_example()) from error
    _refuse_other_parts(parts.scheme, parts.netloc, parts.path, parts.fragment)
    host = parts.hostname or ""
    if not host or any(letter.isspace() for letter in text):
        raise UsageError(f"the address {text!r} has no host, or a space in it", hint=_example())
    secure = parts.scheme == "https"
    port = _port(port if port is not None else (443 if secure else 80), "port")
    url = f"{parts.scheme}://{_joined(host, port)}"
    parameters = _parameters(parts.query)
    grpc, named = _grpc(parameters, host, port)
    return Address(
        url=url,
        host=host,
        port=port,
        secure=secure,
        grpc=grpc,
        grpc_named=named,
        text=f"{url}?{parts.query}" if parts.query else url,
        metrics=_joined(host, _number(parameters["metrics"], "metrics", _A_PORT)) if "metrics" in parameters else "",
    )


def split(grpc: str) -> tuple[str, int]:
    """Return host and port of `host:port`, brackets of IPv6 taken off."""
    host, _, port = grpc.rpartition(":")
    return host.strip("[]"), int(port)


def _refuse_other_parts(scheme: str, netloc: str, path: str, fragment: str) -> None:
    if scheme not in ("http", "https"):
        raise UsageError(f"the address of a target begins with http:// or https://, not {scheme}://", hint=_example())
    if "@" in netloc:
        hint = "Put an API key into the environment variable NEARIMAGE_API_KEY."
        raise UsageError("a user name or password in the address of a target is not used", hint=hint)
    if path.strip("/"):
        hint = f"Leave the path away: {scheme}://{netloc}"
        raise UsageError(f"the address of a target has no path, but here is {path!r}", hint=hint)
    if fragment:
        raise UsageError(f"the address of a target has no '#', but here is '#{fragment}'", hint=_example())


def _parameters(query: str) -> dict[str, str]:
    found = dict(parse_qsl(query, keep_blank_values=True))
    for name in found:
        if name not in _PARAMETERS:
            near = difflib.get_close_matches(name, _PARAMETERS, 1, 0.4)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {_WRITTEN}."
            raise UsageError(f"the address of a target has no parameter {name!r}", hint=hint)
    return found


def _grpc(parameters: dict[str, str], host: str, http_port: int) -> tuple[str, bool]:
    text = parameters.get("grpc", "")
    grpc_host = parameters.get("grpc_host", "")
    if text in _OFF:
        return "", True
    if not text and not grpc_host and http_port not in _ITS_HTTP_PORTS:
        # Beside an unusual HTTP port, 50051 may well be another Weaviate on the same host: never ask that one.
        return "", False
    grpc_host = grpc_host or host
    if not text:
        return _joined(grpc_host, GRPC_PORT), "grpc_host" in parameters
    hint = "Give a port, grpc=50051, or grpc=off; another host goes into grpc_host=HOST."
    return _joined(grpc_host, _number(text, "grpc", hint)), True


def _number(text: str, name: str, hint: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise UsageError(f"{name}={text} in the address of the target is not a port", hint=hint)
    return _port(int(text), name)


def _port(port: int, name: str) -> int:
    if not 0 < port <= _LARGEST_PORT:
        raise UsageError(f"{name} {port} in the address of the target is not between 1 and {_LARGEST_PORT}")
    return port


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _example() -> str:
    return "Write it like http://127.0.0.1:8080?grpc=50051 or https://weaviate.example.org."
