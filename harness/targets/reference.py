"""The harness's own reference as a target: always there, exact, and no Weaviate."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from harness.abilities import Usage
from harness.inference import device
from harness.model import Endpoint, Needs
from harness.targets.guarded import Guarded
from harness.targets.phases import Phases
from harness.targets.programs import StartInference, Starting, inference_service, own_program, wait_for_line
from harness.targets.readiness import Readiness
from harness.targets.server_settings import reference_environment, with_settings
from harness.targets.setup import Setup
from harness.targets.state import Claim, claimed, sweep
from harness.targets.usage import usage_of

_READY = re.compile(
    r"nearimage reference ready at (?P<url>http://127\.0\.0\.1:\d+) grpc (?P<grpc>127\.0\.0\.1:\d+)(?P<more>.*)"
)
_ALSO = re.compile(r" and (http://\S+) grpc (\S+)")


@dataclass(slots=True)
class _Opened:
    """What one open reference consists of."""

    claim: Claim
    service: Starting
    inference_pid: int
    needs: Needs
    log: Path
    process: Guarded | None = None
    url: str = ""
    grpc: str = ""
    nodes: int = 1
    others: tuple[tuple[str, str], ...] = ()

    @property
    def data(self) -> Path:
        """Where it keeps its objects."""
        return self.claim.folder / "data"


class ReferenceTarget:
    """The reference in a process of its own; implements every ability.

    Args:
        mutant: the name of a fault that it has on purpose; empty for none.
        setup: options; limits and volumes need a container.
        logs: a folder for its log; by default it goes with the rest at the end.
        start_inference: what starts the inference service; ours by default.
    """

    def __init__(
        self,
        mutant: str = "",
        *,
        setup: Setup | None = None,
        logs: Path | None = None,
        start_inference: StartInference | None = None,
    ) -> None:
        self.name = f"reference:{mutant}" if mutant else "reference"
        self.phases = Phases()
        self.notes: list[str] = []
        self.log_folder = logs
        self._mutant = mutant
        self._setup = setup or Setup()
        self._setup.only("the reference", "read_only", "gpu", "environment", "delay")
        self._start_inference = start_inference or partial(
            inference_service, gpu=self._setup.gpu, delay=self._setup.delay
        )
        self._opened: _Opened | None = None
        self._version = ""
        self._last_log = ""

    def describe(self) -> str:
        """One sentence: no Weaviate was tested, and what the run proves all the same."""
        follows = f", which follows Weaviate {self._version}" if self._version else ""
        fault = f" with the fault {self._mutant!r} built in" if self._mutant else ""
        return f"no Weaviate was tested: the answers are those of the reference, our own stand-in{fault}{follows}"

    @contextlib.contextmanager
    def open(self, needs: Needs) -> Iterator[Endpoint]:
        """Start the inference service and the reference beside it; take both away at the end.

        Raises:
            TargetError: one of the two could not be started.
        """
        if self._opened is not None:
            raise RuntimeError(f"{self.name} is open already")
        device.require(self._setup.gpu)
        sweep()
        self.phases.clear()
        needs = replace(needs, settings={**needs.settings, **self._setup.environment})
        with claimed(f"the {self.name}") as claim, contextlib.ExitStack() as parts:
            service = parts.enter_context(self._start_inference(claim, self.phases))
            if self.log_folder is not None:
                self.log_folder.mkdir(parents=True, exist_ok=True)
            log = (self.log_folder or claim.folder) / "reference.log"
            opened = self._opened = _Opened(claim, service, claim.pids[0], needs, log)
            parts.callback(self._close, opened)
            yield self._run(opened, self.phases)

    def restart(self) -> Endpoint:
        """Restart on the same data and addresses, wait until ready, and return the endpoint.

        Raises:
            TargetError: it did not come back.
        """
        opened, process = self._running()
        process.set_aside()
        return self._run(opened, Phases())

    def kill(self) -> Endpoint:
        """Kill it alone, start it on what it wrote, wait until ready, and return the endpoint.

        Raises:
            TargetError: it did not come back.
        """
        opened, process = self._running()
        process.kill()
        return self._run(opened, Phases())

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Freeze it for as long as the block lasts; killed with this process if that dies meanwhile."""
        _, process = self._running()
        with process.paused():
            yield

    def statistics(self) -> tuple[Usage, ...]:
        """What it has used in its present life, and what the inference service has."""
        opened, process = self._running()
        return (
            usage_of("database", process.pid, opened.data),
            usage_of("inference", opened.inference_pid),
        )

    @contextlib.contextmanager
    def second(self, settings: Mapping[str, str]) -> Iterator[Endpoint]:
        """Another reference with these settings on top, with a folder of its own, gone after the block.

        Raises:
            TargetError: it did not start; the first one is as it was.
        """
        first, _ = self._running()
        with claimed(f"a second {self.name}") as claim:
            needs = with_settings(first.needs, settings)
            opened = _Opened(claim, first.service, first.inference_pid, needs, claim.folder / "reference.log")
            try:
                yield self._run(opened, Phases())
            finally:
                if opened.process is not None:
                    opened.process.stop()

    @contextlib.contextmanager
    def cluster(self, nodes: int) -> Iterator[tuple[Endpoint, ...]]:
        """Another reference that answers at so many addresses, as the nodes of a cluster; gone after the block.

        Raises:
            TargetError: it did not start.
        """
        first, _ = self._running()
        with claimed(f"a cluster of the {self.name}") as claim:
            log = claim.folder / "reference.log"
            opened = _Opened(claim, first.service, first.inference_pid, first.needs, log, nodes=nodes)
            try:
                endpoint = self._run(opened, Phases())
                yield (endpoint, *(replace(endpoint, url=url, grpc=grpc) for url, grpc in opened.others))
            finally:
                if opened.process is not None:
                    opened.process.stop()

    def logs(self) -> str:
        """Its log so far, of all its lives; after closing, the last words."""
        if self._opened is None or not self._opened.log.exists():
            return self._last_log
        return self._opened.log.read_text(encoding="utf-8", errors="replace")

    def _running(self) -> tuple[_Opened, Guarded]:
        opened = self._opened
        if opened is None or opened.process is None:
            raise RuntimeError(f"{self.name} is not open")
        return opened, opened.process

    def _run(self, opened: _Opened, phases: Phases) -> Endpoint:
        heard = opened.log.stat().st_size if opened.log.exists() else 0
        with phases.timed("reference process"):
            env = reference_environment(opened.needs, opened.service.url)
            process = opened.process = Guarded(
                self._command(opened), log=opened.log, env=env, folder=opened.claim.folder
            )
            opened.claim.add(*process.pids)
        inference = opened.service.ready()
        with phases.timed("reference process"):
            said = wait_for_line(process, _READY, "the reference", heard)
        opened.url, opened.grpc = said["url"], said["grpc"]
        opened.others = tuple(_ALSO.findall(said["more"]))
        host, _, port = opened.grpc.partition(":")
        meta = Readiness(
            name="the reference",
            url=opened.url,
            grpc=(host, int(port)),
            modules=opened.needs.modules,
            exited=process.exited,
            tail=process.tail,
            phases=phases,
        ).wait()
        self._version = str(meta["version"])
        modules = meta.get("modules") or {}
        return Endpoint(
            target=self.name,
            url=opened.url,
            version=self._version,
            grpc=opened.grpc,
            modules=modules,
            weaviate=False,
            started=True,
            read_only=self._setup.read_only,
            inference=dict.fromkeys(modules, inference),
            unlimited="the reference is a process, and limits and volumes need a container",
        )

    def _command(self, opened: _Opened) -> list[str]:
        arguments = ["--inference", opened.service.url, "--folder", str(opened.data), "--exit-with-parent"]
        if opened.nodes > 1:
            arguments += ["--nodes", str(opened.nodes)]
        if self._mutant:
            arguments += ["--mutant", self._mutant]
        if opened.url:  # a restart: the same addresses as before
            arguments += ["--port", opened.url.rpartition(":")[2], "--grpc-port", opened.grpc.rpartition(":")[2]]
        return own_program("harness.reference", *arguments)

    def _close(self, opened: _Opened) -> None:
        self._opened = None
        if opened.process is not None:
            self._last_log = opened.process.tail()
            opened.process.stop()
