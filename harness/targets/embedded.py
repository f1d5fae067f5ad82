"""A real Weaviate server from a binary on this machine, with the harness's inference service behind it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from harness.abilities import Usage
from harness.errors import TargetError, UsageError
from harness.inference import device
from harness.model import Endpoint, Needs
from harness.targets import binaries
from harness.targets.binaries import Binary
from harness.targets.cluster import cluster_of
from harness.targets.metrics import published
from harness.targets.phases import Phases
from harness.targets.programs import StartInference, inference_service
from harness.targets.server import Server
from harness.targets.server_settings import with_settings
from harness.targets.setup import Setup
from harness.targets.state import Claim, claimed, sweep
from harness.targets.usage import usage_of


class EmbeddedTarget:
    """A real server on loopback; implements every ability.

    Args:
        name: the text that finds it again.
        binary: what to start; None to get `version` from the client's cache or by its download.
        version: which version was asked for; empty if any will do.
        setup: options; limits and volumes need a container.
        logs: a folder for the server's log; by default it goes with the rest at the end.
        start_inference: what starts the inference service; ours by default.
    """

    def __init__(
        self,
        name: str,
        *,
        binary: Binary | None = None,
        version: str = "",
        setup: Setup | None = None,
        logs: Path | None = None,
        start_inference: StartInference | None = None,
    ) -> None:
        self.name = name
        self.phases = Phases()
        self.notes: list[str] = []
        self.log_folder = logs
        self._binary = binary
        self._version = version
        self._setup = setup or Setup()
        self._setup.only("an embedded Weaviate", "read_only", "gpu", "environment", "delay")
        self._start_inference = start_inference or partial(
            inference_service, gpu=self._setup.gpu, delay=self._setup.delay
        )
        self._server: Server | None = None
        self._nodes: dict[str, Server] = {}
        self._inference_pid = 0
        self._last_log = ""

    def describe(self) -> str:
        """One sentence: which Weaviate was tested, and where its binary came from."""
        version = f" {self._version}" if self._version else ""
        source = f" from {self._binary.path} ({self._binary.origin})" if self._binary else ""
        return (
            f"Weaviate{version} was tested: a real server, started{source} "
            "with the harness's own inference service behind its image modules"
        )

    @contextlib.contextmanager
    def open(self, needs: Needs) -> Iterator[Endpoint]:
        """Start the inference service, then the server; take both away at the end.

        Raises:
            TargetError: no binary, or a server that died, lacks a module or did not get ready.
        """
        if self._server is not None:
            raise RuntimeError(f"{self.name} is open already")
        device.require(self._setup.gpu)
        sweep()
        self.phases.clear()
        needs = replace(needs, settings={**needs.settings, **self._setup.environment})
        binary = self._binary = self._binary or binaries.fetched(self._version, self.phases)
        with claimed(f"embedded Weaviate ({binary.path})") as claim, contextlib.ExitStack() as parts:
            starting = parts.enter_context(self._start_inference(claim, self.phases)) if needs.modules else None
            inference = starting.ready() if starting else None
            self._inference_pid = claim.pids[0] if inference else 0
            server = Server(binary, needs, inference, claim, self._logs(claim), self.phases)
            parts.callback(self._close, server)
            self._server = server
            yield self._endpoint(server, server.start())

    def restart(self) -> Endpoint:
        """Restart on the same data and addresses, wait until ready, and return the endpoint.

        Raises:
            TargetError: the server did not come back.
        """
        server = self._opened()
        return self._endpoint(server, server.restart())

    def kill(self) -> Endpoint:
        """Kill the server alone, start it on what it wrote, wait until ready, and return the endpoint.

        Raises:
            TargetError: the server did not come back.
        """
        server = self._opened()
        return self._endpoint(server, server.restart(politely=False))

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Freeze the server for as long as the block lasts; killed with this process if that dies meanwhile."""
        with self._opened().process.paused():
            yield

    def statistics(self) -> tuple[Usage, ...]:
        """What the server has used in its present life, and what the inference service has."""
        server = self._opened()
        found = (usage_of("database", server.process.pid, server.data),)
        return found + ((usage_of("inference", self._inference_pid),) if self._inference_pid else ())

    def metrics(self) -> str:
        """What the server publishes for Prometheus; empty if it was not told to."""
        return published(f"127.0.0.1:{self._opened().ports.metrics}")

    @contextlib.contextmanager
    def second(self, settings: Mapping[str, str]) -> Iterator[Endpoint]:
        """Another server with these settings on top, on ports and a folder of its own, gone after the block.

        Raises:
            TargetError: it did not start; the first one is as it was.
        """
        first = self._opened()
        with claimed(f"a second embedded Weaviate ({first.binary.path})") as claim:
            needs = with_settings(first.needs, settings)
            server = Server(first.binary, needs, first.inference, claim, claim.folder, Phases())
            try:
                yield self._endpoint(server, server.start())
            finally:
                server.stop()

    @contextlib.contextmanager
    def cluster(self, nodes: int) -> Iterator[tuple[Endpoint, ...]]:
        """A cluster of the same binary on loopback, before the same inference service; gone after the block.

        Raises:
            TargetError: a node did not start.
        """
        with cluster_of(self._opened(), nodes) as started:
            found = tuple(self._endpoint(server, meta) for server, meta in started)
            self._nodes = {one.url: server for one, (server, _) in zip(found, started, strict=True)}
            yield found

    @contextlib.contextmanager
    def lost(self, node: Endpoint) -> Iterator[None]:
        """Kill a node of the cluster that was started; after the block it is there again.

        Raises:
            TargetError: it did not come back.
        """
        server = self._nodes[node.url]
        server.process.kill()
        try:
            yield
        finally:
            server.restart()

    def logs(self) -> str:
        """The server's log so far, of all its lives; after closing, the last words."""
        if self._server is None or not self._server.log.exists():
            return self._last_log
        return self._server.log.read_text(encoding="utf-8", errors="replace")

    def _opened(self) -> Server:
        if self._server is None:
            raise RuntimeError(f"{self.name} is not open")
        return self._server

    def _logs(self, claim: Claim) -> Path:
        if self.log_folder is not None:
            self.log_folder.mkdir(parents=True, exist_ok=True)
        return self.log_folder or claim.folder

    def _close(self, server: Server) -> None:
        self._last_log = server.tail()
        self._server = None
        server.stop()

    def _endpoint(self, server: Server, meta: dict[str, Any]) -> Endpoint:
        version = str(meta["version"])
        if self._version and version != self._version:
            raise TargetError(
                f"{server.binary.path} was taken for Weaviate {self._version} but says that it is {version}",
                hint=f"Name it by its path: --target embedded:{server.binary.path}",
            )
        self._version = version
        modules = meta.get("modules") or {}
        behind = dict.fromkeys(modules, server.inference) if server.inference else {}
        return Endpoint(
            target=self.name,
            url=f"http://127.0.0.1:{server.ports.http}",
            version=version,
            grpc=f"127.0.0.1:{server.ports.grpc}",
            modules=modules,
            started=True,
            read_only=self._setup.read_only,
            inference=behind,
            unlimited="an embedded Weaviate is a process, and limits and volumes need a container",
        )


def choose(rest: str, setup: Setup | None = None) -> EmbeddedTarget:
    """Return the target for what stands behind `embedded:`; nothing is started or downloaded yet.

    Args:
        rest: empty (WEAVIATE_BINARY, else the newest in the client's cache), a version, or a path.
        setup: options of the target.

    Raises:
        UsageError: a path that is not there, or what is neither a version nor a path.
        TargetError: nothing was named and nothing is here.
    """
    if not rest:
        binary = binaries.named() or next(iter(binaries.in_cache()), None)
        if binary is None:
            raise TargetError(
                f"there is no Weaviate binary here: WEAVIATE_BINARY is not set and {binaries.cache_folder()} has none",
                hint="Name one (--target embedded:/path/to/weaviate) or a version to download (embedded:1.39.0).",
            )
        return of_binary(binary, setup)
    version = rest.removeprefix("v")
    if binaries.VERSION.fullmatch(version):
        return EmbeddedTarget(f"embedded:{version}", version=version, setup=setup)
    if "/" not in rest and not rest.startswith("~") and not Path(rest).exists():
        raise UsageError(
            f"embedded:{rest} names neither a version nor a file",
            hint="Write a whole version (embedded:1.39.0) or a path (embedded:/path/to/weaviate).",
        )
    binary = replace(binaries.at(Path(rest), f"embedded:{rest}"), origin="named by its path")
    return of_binary(binary, setup)


def of_binary(binary: Binary, setup: Setup | None = None) -> EmbeddedTarget:
    """Return the target for a binary that was found."""
    return EmbeddedTarget(f"embedded:{binary.path}", binary=binary, version=binary.version, setup=setup)
