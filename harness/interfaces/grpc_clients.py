"""What the official clients have in common: they ask over gRPC, and there is something that none of them can say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.errors import UnsupportedError

if TYPE_CHECKING:
    from harness.model import Aggregation, Endpoint, Question

_PORTS = {"http": 80, "https": 443}
_UNSIGNED = 2**32


def demand_sayable(question: Question | Aggregation, client: str) -> None:
    """Find out whether a client of gRPC can ask this as it is meant.

    Args:
        question: what is to be asked.
        client: what the client is called in messages.

    Raises:
        UnsupportedError: it has no words for it, or would change it silently.
    """
    if getattr(question, "sort", ()):
        raise UnsupportedError(f"{client} has no sort for a search by nearness")
    if not question.collection[:1].isupper():
        raise UnsupportedError(f"{client} makes the first letter of a collection's name a capital")
    for name in ("limit", "offset", "autocut", "object_limit"):
        value = getattr(question, name, None)
        if value is not None and not 0 <= value < _UNSIGNED:
            raise UnsupportedError(f"{client} cannot say {name} {value}: its protocol has only unsigned numbers")


def address(endpoint: Endpoint) -> dict[str, Any]:
    """Return hosts and ports of a database, as `ConnectionParams.from_params` takes them.

    Raises:
        UnsupportedError: it has no gRPC address.
    """
    if not endpoint.grpc:
        raise UnsupportedError(
            f"no gRPC address of {endpoint.url} is known",
            hint="name its gRPC port in the target: http://host:8080?grpc=50051",
        )
    parts = urlsplit(endpoint.url)
    host, _, port = endpoint.grpc.rpartition(":")
    return {
        "http_host": parts.hostname or "",
        "http_port": parts.port or _PORTS[parts.scheme],
        "http_secure": parts.scheme == "https",
        "grpc_host": host,
        "grpc_port": int(port),
        "grpc_secure": endpoint.grpc_secure,
    }
