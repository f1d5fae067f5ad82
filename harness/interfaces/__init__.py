"""Ways to ask a database: each takes a `Question` and gives an `Answer`; only they decide what became of it.

An interface is one file here and one line in `connect`; the same behaviour test (`tests/interfaces`) runs on all.
`rest` is beside them: it writes and reads, but asks no questions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.model import Endpoint, Interface

NAMES = ("graphql", "grpc")
"""The interfaces by name, in the order in which they are tried."""


def connect(name: str, endpoint: Endpoint, *, timeout: float = 30.0) -> Interface:
    """An interface to a database, ready to be asked; nothing is sent before the first question.

    Args:
        name: one of `NAMES`.
        endpoint: the database.
        timeout: seconds after which an answer is `unknown`.

    Raises:
        UsageError: there is no interface of that name.
    """
    if name == "graphql":
        from harness.interfaces.graphql import GraphQL

        return GraphQL(endpoint, timeout=timeout)
    if name == "grpc":
        from harness.interfaces.grpc import Grpc

        return Grpc(endpoint, timeout=timeout)
    raise UsageError(f"there is no interface {name!r}", hint=f"interfaces: {', '.join(NAMES)}")
