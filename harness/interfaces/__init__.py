"""Ways to ask a database: each takes a `Question` and gives an `Answer`; only they decide what became of it.

An interface is one file here and one row of `_MAKERS`; the same behaviour test (`tests/interfaces`) runs on all.
`rest` is beside them: it writes and reads, but asks no questions.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.model import Endpoint, Interface

_MAKERS: Mapping[str, tuple[str, str]] = {
    "graphql": ("graphql", "GraphQL"),
    "grpc": ("grpc", "Grpc"),
    "python": ("python_client", "PythonClient"),
    "python-async": ("python_client", "AsyncPythonClient"),
    "python-v3": ("older_clients", "PythonV3"),
    "typescript": ("typescript_client", "TypeScriptClient"),
    "typescript-v1": ("older_clients", "TypeScriptV1"),
    "typescript-v2": ("older_clients", "TypeScriptV2"),
    "shell": ("shell", "Shell"),
}
"""Module and class of each; imported when it is wanted, for some are heavy."""

NAMES = tuple(_MAKERS)
"""The interfaces by name, in the order in which they are tried."""

DEFAULT = ("graphql", "grpc")
"""The two that a server itself speaks; the others are clients of these, and are asked for by name."""

SPEAK_GRAPHQL = frozenset({"graphql", "python-v3", "typescript-v1", "typescript-v2", "shell"})
"""Those whose questions travel as GraphQL, which knows no limit as an answer; the others' go over gRPC."""


def connect(name: str, endpoint: Endpoint, *, timeout: float = 30.0) -> Interface:
    """An interface to a database, ready to be asked; nothing is sent before the first question.

    Args:
        name: one of `NAMES`.
        endpoint: the database.
        timeout: seconds after which an answer is `unknown`.

    Raises:
        TargetError: the endpoint lacks what the interface needs.
        UnsupportedError: the interface is not installed here; its hint says how to get it.
        UsageError: there is no interface of that name.
    """
    demand(name)
    module, maker = _MAKERS[name]
    made: Any = getattr(import_module(f"harness.interfaces.{module}"), maker)
    interface: Interface = made(endpoint, timeout=timeout)
    return interface


def chosen(names: Iterable[str]) -> tuple[str, ...]:
    """Return the interfaces of these names, each once, `all` being all of them; what does not exist stays as it is."""
    return tuple(dict.fromkeys(one for name in names for one in (NAMES if name == "all" else (name.strip(),))))


def demand(name: str) -> None:
    """Find out whether there is such an interface.

    Raises:
        UsageError: there is none.
    """
    if name not in _MAKERS:
        raise UsageError(f"there is no interface {name!r}", hint=f"There are: {', '.join(NAMES)}; or all.")
