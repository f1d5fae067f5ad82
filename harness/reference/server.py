"""The reference as a server: HTTP and gRPC on loopback, in threads of this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from harness.door import door, opened
from harness.errors import UsageError
from harness.reference.engine import Engine
from harness.reference.http import answers
from harness.reference.request import SERVER
from harness.reference.rules import Rules
from harness.reference.settings import Settings

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Served:
    """Where a running reference answers: `url` is `http://host:port`, `grpc` `host:port` or empty.

    `others` are further nodes of the same cluster.
    """

    url: str
    grpc: str
    engine: Engine
    others: tuple[Served, ...] = ()


@contextmanager
def serve(
    *,
    inference_url: str,
    folder: Path,
    faults: str = "",
    rules: Rules | None = None,
    host: str = HOST,
    http_port: int = 0,
    grpc_port: int = 0,
    environment: Mapping[str, str] | None = None,
    nodes: int = 1,
) -> Iterator[Served]:
    """Run a reference until the block ends.

    Args:
        inference_url: the inference service, `http://host:port`.
        folder: where objects survive.
        faults: the name of a mutant; empty for the honest reference.
        rules: other rules than the name gives, for tests.
        host: the address to listen on; in a container every one, else loopback alone.
        http_port: 0 takes a free one.
        grpc_port: 0 takes a free one.
        environment: Weaviate's settings by their variables, none by default.
        nodes: at how many addresses it answers, each as a node of one cluster would.

    Raises:
        UsageError: no such mutant, a setting that means nothing, or a port that is taken.
    """
    decides = rules or rules_of(faults)
    settings = replace(Settings.from_environment(environment or {}), nodes=nodes)
    engine = Engine(folder, inference_url, decides, settings)
    with ExitStack() as stack:
        stack.callback(engine.close)
        others = []
        for number in range(1, nodes):
            other = Engine(folder, inference_url, decides.at_node(number), settings, engine)
            stack.callback(other.close)
            others.append(stack.enter_context(_doors(other, host, 0, 0)))
        first = stack.enter_context(_doors(engine, host, http_port, grpc_port))
        yield replace(first, others=tuple(others))


@contextmanager
def _doors(engine: Engine, host: str, http_port: int, grpc_port: int) -> Iterator[Served]:
    with ExitStack() as stack:
        try:
            listening = stack.enter_context(door(host, http_port))
        except OSError as error:
            raise UsageError(f"port {http_port} of {host} cannot be used: {error.strerror}") from None
        grpc = stack.enter_context(_grpc(engine, host, grpc_port))
        url = f"http://{host}:{listening.getsockname()[1]}"
        yield Served(stack.enter_context(opened(listening, answers(engine, url), SERVER)), grpc, engine)


def rules_of(mutant: str) -> Rules:
    """The rules of the honest reference, or of one of its mutants.

    Raises:
        UsageError: there is no mutant of that name.
    """
    if not mutant:
        return Rules()
    if find_spec("harness.reference.mutants") is None:
        raise UsageError(f"there is no faulty reference called {mutant!r}", hint="This version has none at all.")
    from harness.reference import mutants

    if mutant not in mutants.MUTANTS:
        import difflib

        nearest = difflib.get_close_matches(mutant, mutants.MUTANTS, n=3)
        hint = f"Did you mean {' or '.join(nearest)}?" if nearest else "`nearimage list` names them all."
        raise UsageError(f"there is no faulty reference called {mutant!r}", hint=hint)
    rules: Rules = mutants.MUTANTS[mutant].rules()
    return rules


@contextmanager
def _grpc(engine: Engine, host: str, port: int) -> Iterator[str]:
    if find_spec("harness.reference.grpc") is None:
        yield ""
        return
    from harness.reference import grpc

    started = grpc.start(engine, host, port)
    try:
        yield f"{host}:{started.port}"
    finally:
        started.stop()
