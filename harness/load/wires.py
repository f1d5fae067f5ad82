"""The ways to ask under load, by the names of the interfaces that say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import UnsupportedError

if TYPE_CHECKING:
    from harness.load.lanes import Wire
    from harness.model import Endpoint

NAMES = ("graphql", "grpc", "python")
"""Those interfaces that can be put under load."""


def wire(name: str, endpoint: Endpoint) -> Wire:
    """Return the way to ask a database over an interface, under load.

    Raises:
        UnsupportedError: the interface is none of `NAMES`, or the endpoint lacks what it needs.
    """
    if name == "graphql":
        from harness.load.http_lanes import GraphQLWire

        return GraphQLWire(endpoint)
    if name not in NAMES:
        raise UnsupportedError(f"{name} can't be put under load", hint=f"These can: {', '.join(NAMES)}.")
    if not endpoint.grpc:
        raise UnsupportedError(f"no gRPC address of {endpoint.url} is known")
    from harness.load.rpc_lanes import GrpcWire, PythonWire

    return GrpcWire(endpoint) if name == "grpc" else PythonWire(endpoint)
