"""A small, exact Weaviate for image search, served on loopback: the target for machines without a Weaviate.

It follows the behaviour of Weaviate 1.39.0. Run it with `serve`, or as `python -m harness.reference`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.reference.server import Served, serve

__all__ = ["Served", "serve"]


def __getattr__(name: str) -> Any:
    """Import the server when it is asked for: it brings NumPy, Starlette and graphql-core along."""
    if name in __all__:
        from harness.reference import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
