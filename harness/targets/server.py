"""One Weaviate process of ours: started on free ports, restarted on the same, its log kept."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from harness.errors import TargetError
from harness.model import Inference, Needs
from harness.targets import ports as free_ports
from harness.targets.binaries import Binary
from harness.targets.guarded import Guarded
from harness.targets.logs import is_weaviates
from harness.targets.phases import Phases
from harness.targets.ports import Ports
from harness.targets.readiness import Readiness
from harness.targets.server_settings import environment
from harness.targets.state import Claim

_TRIES = 3
_TAKEN = "address already in use"
_NODES_SECONDS = 10.0


class _PortTakenError(Exception):
    """Somebody took one of the ports between picking and binding."""


@dataclass(slots=True)
class Server:
    """A Weaviate from a binary; `start` first, `stop` last.

    Args:
        binary: what is started.
        needs: modules and settings.
        inference: the service behind the modules; None if none is needed.
        claim: gets the process ids; its folder holds the data.
        logs: the folder for the server's log.
        phases: gets the times of the start, not those of restarts.
    """

    binary: Binary
    needs: Needs
    inference: Inference | None
    claim: Claim
    logs: Path
    phases: Phases
    _ports: Ports | None = None
    _data: Path | None = None
    _process: Guarded | None = None

    @property
    def log(self) -> Path:
        """The log of all its lives."""
        return self.logs / "weaviate.log"

    @property
    def _node(self) -> str:
        """Its name in its cluster of one, which no other server has."""
        return self.claim.folder.name

    @property
    def ports(self) -> Ports:
        """Where it listens."""
        if self._ports is None:
            raise RuntimeError("the server was never started")
        return self._ports

    def start(self) -> dict[str, Any]:
        """Start on free ports and an empty data folder, wait until ready, return `/v1/meta`.

        Raises:
            TargetError: it died, or did not get ready; or ports were snatched away three times.
        """
        for attempt in range(_TRIES):
            self._ports = free_ports.pick()
            self._data = self.claim.folder / f"data-{attempt}"
            try:
                return self._run(self._ports, self._data, self.phases)
            except _PortTakenError:
                self.set_aside()
        raise TargetError(
            f"other programs took the ports of {self.binary.path} in between, {_TRIES} times",
            log=self.tail(),
            hint="Try again when the machine is calmer.",
        )

    def start_at(self, ports: Ports) -> dict[str, Any]:
        """Start on these ports, which others have been told, and an empty data folder; return `/v1/meta`.

        Raises:
            TargetError: it died, did not get ready, or another program took a port.
        """
        self._ports, self._data = ports, self.claim.folder / "data-0"
        try:
            return self._run(ports, self._data, self.phases)
        except _PortTakenError as error:
            what = "another program took a port of a cluster while it started"
            raise TargetError(what, log=self.tail(), hint="Try again.") from error

    @property
    def process(self) -> Guarded:
        """Its process."""
        if self._process is None:
            raise RuntimeError("the server does not run")
        return self._process

    @property
    def data(self) -> Path:
        """Its data folder."""
        if self._data is None:
            raise RuntimeError("the server was never started")
        return self._data

    def restart(self, *, politely: bool = True) -> dict[str, Any]:
        """End it, start it again on the same ports and data, wait until ready, return `/v1/meta`.

        Args:
            politely: whether it is asked to end, or killed without a warning.

        Raises:
            TargetError: it did not come back.
        """
        if not politely:
            self.process.kill()
        self.set_aside()
        try:
            return self._run(self.ports, self.data, Phases())
        except _PortTakenError as error:
            what = "another program took a port while the server restarted"
            raise TargetError(what, log=self.tail(), hint="Try again.") from error

    def stop(self) -> None:
        """Kill it; its data go with it."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def set_aside(self) -> None:
        """End it politely; its data stay."""
        if self._process is not None:
            self._process.set_aside()
            self._process = None

    def tail(self) -> str:
        """The end of its log, readable."""
        return self._process.tail() if self._process else ""

    def _run(self, ports: Ports, data: Path, phases: Phases) -> dict[str, Any]:
        heard = self.log.stat().st_size if self.log.exists() else 0
        command = [str(self.binary.path), "--host", "127.0.0.1", "--port", str(ports.http), "--scheme", "http"]
        process = self._process = Guarded(
            command,
            log=self.log,
            env=environment(self.needs, ports, data, self.inference, self._node),
            folder=self.claim.folder,
        )
        self.claim.add(*process.pids)
        ready = Readiness(
            name=f"Weaviate ({self.binary.path.name})",
            url=f"http://127.0.0.1:{ports.http}",
            grpc=("127.0.0.1", ports.grpc),
            modules=self.needs.modules,
            exited=process.exited,
            tail=process.tail,
            phases=phases,
        )
        try:
            meta = ready.wait()
        except TargetError as error:
            if self._port_taken(ports, heard):
                raise _PortTakenError from None
            self._demand_weaviate(process.exited(), heard, error)
            raise
        # What answers may be another harness's server that got the HTTP port first, while ours is about to give up.
        if not self._is_ours(ready.url):
            raise _PortTakenError
        return meta

    def _is_ours(self, url: str) -> bool:
        """False if the server says that it is a node of another name; one that wants a key says nothing."""
        try:
            answer = httpx.get(f"{url}/v1/nodes", timeout=_NODES_SECONDS, trust_env=False)
            nodes = answer.json()["nodes"] if answer.is_success else []
        except (httpx.HTTPError, ValueError, KeyError):
            return False
        return not answer.is_success or self._node in [node.get("name") for node in nodes]

    def _demand_weaviate(self, code: int | None, heard: int, error: TargetError) -> None:
        """Say so if what ended is probably no Weaviate at all: no signal, no known trouble, not one line of its log."""
        written = self.log.read_bytes()[heard:].decode("utf-8", errors="replace")
        if code is None or code < 0 or error.hint or is_weaviates(written):
            return
        raise TargetError(
            f"{self.binary.path} is probably not a Weaviate: it ended with exit code {code} and wrote nothing that one "
            "writes when it starts",
            log=error.log,
            hint="Name the binary of a Weaviate server: --target embedded:/path/to/weaviate.",
        ) from error

    def _port_taken(self, ports: Ports, heard: int) -> bool:
        with self.log.open("rb") as file:
            file.seek(heard)
            lines = file.read().decode("utf-8", errors="replace").splitlines()
        ours = [f":{ports.http + each}" for each in range(Ports.COUNT)]
        return any(_TAKEN in line and any(port in line for port in ours) for line in lines)
