"""The reference as a server: HTTP and gRPC on loopback, in threads of this process."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import uvicorn

from harness.errors import UsageError
from harness.reference.engine import Engine
from harness.reference.http import app
from harness.reference.request import SERVER
from harness.reference.rules import Rules
from harness.reference.settings import Settings

HOST = "127.0.0.1"
_THREADS = 16
_STARTS_WITHIN = 10.0
_ENDS_WITHIN = 5.0
_TICK = 0.1
"""Seconds between two looks at the clock, as uvicorn has it: ten of them renew the date in its answers."""


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
        threads = stack.enter_context(ThreadPoolExecutor(_THREADS, thread_name_prefix="reference"))
        others = []
        for number in range(1, nodes):
            other = Engine(folder, inference_url, decides.at_node(number), settings, engine)
            stack.callback(other.close)
            others.append(stack.enter_context(_door(other, threads, host, 0, 0)))
        first = stack.enter_context(_door(engine, threads, host, http_port, grpc_port))
        yield replace(first, others=tuple(others))


@contextmanager
def _door(engine: Engine, threads: ThreadPoolExecutor, host: str, http_port: int, grpc_port: int) -> Iterator[Served]:
    with (
        _listening(host, http_port) as listening,
        _grpc(engine, host, grpc_port) as grpc,
    ):
        url = f"http://{host}:{listening.getsockname()[1]}"
        with _http(engine, threads, url, listening):
            yield Served(url, grpc, engine)


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
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    # asyncio switches Nagle's delay off only where the protocol is named, and each answer would take 40 ms more.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
        except OSError as error:
            raise UsageError(f"port {port} of {host} cannot be used: {error.strerror}") from None
        yield listening
    finally:
        listening.close()


@contextmanager
def _http(engine: Engine, threads: ThreadPoolExecutor, url: str, listening: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        app(engine, threads, hostname=lambda: url),
        http="httptools",
        loop="asyncio",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        headers=[("Server", SERVER)],
        ws="none",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="reference-http", daemon=True)
    thread.start()
    deadline = time.monotonic() + _STARTS_WITHIN
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.002)
    try:
        yield
    finally:
        server.end()
        thread.join(_ENDS_WITHIN)


class _Server(uvicorn.Server):
    """Ends when it is told to, and not at its next look at the clock: a proof starts and ends hundreds of them."""

    _told: asyncio.Event
    _loop: asyncio.AbstractEventLoop

    async def main_loop(self) -> None:
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        ticks = 0
        while not await self.on_tick(ticks):
            ticks += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), _TICK)

    def end(self) -> None:
        """Have it end; from another thread than its own."""
        self.should_exit = True
        with suppress(AttributeError, RuntimeError):  # it did not get that far, or has ended by itself
            self._loop.call_soon_threadsafe(self._told.set)


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
