"""One Weaviate as a container: started, restarted on the same data and addresses, killed, paused."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.errors import TargetError
from harness.model import Module
from harness.targets.address import parse
from harness.targets.docker.containers import Container, Order
from harness.targets.docker.daemon import Daemon
from harness.targets.docker.inference import Service, check_alive
from harness.targets.greeting import grpc_answers, meta_of
from harness.targets.keys import api_key
from harness.targets.metrics import port_of, published
from harness.targets.phases import Phases
from harness.targets.readiness import POLL_SECONDS, Readiness

if TYPE_CHECKING:
    from testcontainers.core.network import Network

HTTP, GRPC = 8080, 50051
DATA = "/var/lib/weaviate"
_STOP_SECONDS = 60
_GRPC_SECONDS = 30.0
_GRPC_OLD_SECONDS = 3.0
_GRPC_SINCE = (1, 23)  # the release from which clients need it; older ones are tested without it where it is missing
_APIS = {Module.IMG2VEC: "IMAGE_INFERENCE_API", Module.CLIP: "CLIP_INFERENCE_API"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What a Weaviate is started with.

    Args:
        image: its image, which is here.
        modules: those that it must have.
        behind: the address of the service of each module, for containers.
        settings: variables that win over ours.
        cpus: how many processors it may use; 0 is no limit.
        memory: bytes that it may use; 0 is no limit.
        volumes: a volume's name or a folder, to the path inside and the mode.
    """

    image: str
    modules: tuple[str, ...]
    behind: Mapping[str, str]
    settings: Mapping[str, str]
    cpus: float = 0.0
    memory: int = 0
    volumes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The API key that it wants; empty where anybody may ask."""
        return api_key(self.settings)

    @property
    def data(self) -> str:
        """The folder inside that it keeps its data in."""
        return self.settings.get("PERSISTENCE_DATA_PATH", DATA).rstrip("/")

    def environment(self) -> dict[str, str]:
        """The variables of the container; one set does for every version from 1.19 on."""
        default = self.modules[0] if len(self.modules) == 1 else "none"
        return {
            "PERSISTENCE_DATA_PATH": DATA,
            "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true",
            "DISABLE_TELEMETRY": "true",
            "GO_PROFILING_DISABLE": "true",
            "API_BASED_MODULES_DISABLED": "true",  # GraphQL keeps Explore, and nothing but the image modules is on
            "LOG_LEVEL": "info",
            # Alone in its cluster, and its address may be another one after a restart: it talks to itself.
            "CLUSTER_HOSTNAME": "node1",
            "CLUSTER_ADVERTISE_ADDR": "127.0.0.1",
            "CLUSTER_BIND_ADDR": "127.0.0.1",
            "RAFT_BOOTSTRAP_EXPECT": "1",
            "RAFT_JOIN": "node1",
            "RAFT_TIMEOUTS_MULTIPLIER": "1",
            "ENABLE_MODULES": ",".join(self.behind),
            "DEFAULT_VECTORIZER_MODULE": default,
            "CLIP_WAIT_FOR_STARTUP": "false",  # we wait for it ourselves; Weaviate looks once a second
            "MODULES_CLIENT_TIMEOUT": "120s",  # a photograph on a slow processor behind a queue of others
            **{_APIS[Module(name)]: url for name, url in self.behind.items()},
            **self.settings,
        }


class Database:
    """A started Weaviate; `meta`, `grpc` and `weaviate` are what it said when it was last waited for.

    Args:
        daemon: where.
        network: the network of the run.
        plan: what it is started with.
        name: of its container; its volume is called after it.
        labels: see `labels`.
        services: the containers behind its modules: it does not get ready if one of them dies.
        phases: gets the times of the start, not those of restarts.
        patience: seconds that it may take to get ready.

    Raises:
        TargetError: its container could not be started.
    """

    def __init__(
        self,
        daemon: Daemon,
        network: Network,
        plan: Plan,
        *,
        name: str,
        labels: Mapping[str, str],
        services: tuple[Service, ...],
        phases: Phases,
        patience: float,
    ) -> None:
        self._daemon = daemon
        self._plan = plan
        self._services = services
        self._phases = phases
        self._patience = patience
        self._metrics = port_of(plan.settings)
        self._volume = ""
        self.meta: dict[str, Any] = {}
        self.grpc = ""
        self.weaviate = True
        volumes = dict(plan.volumes)
        with phases.timed("database process"):
            if plan.data not in [path for path, _ in volumes.values()]:
                self._volume = f"{name}-data"
                with daemon.told(f"make a volume for {plan.image}"):
                    daemon.client.api.create_volume(self._volume, labels=dict(labels))
                volumes[self._volume] = (plan.data, "rw")
            options: dict[str, Any] = {}
            if plan.cpus:
                options["nano_cpus"] = round(plan.cpus * 1e9)
            if plan.memory:
                options["mem_limit"] = plan.memory
            self.container = Container(
                daemon,
                Order(
                    what=f"Weaviate ({plan.image})",
                    image=plan.image,
                    name=name,
                    alias=name,
                    ports=(HTTP, GRPC, *([self._metrics] if self._metrics else ())),
                    labels=labels,
                    environment=plan.environment(),
                    volumes=volumes,
                    options=options,
                ),
                network,
            )

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.container.url(HTTP)

    @property
    def data(self) -> str:
        """The folder inside that it keeps its data in."""
        return self._plan.data

    @property
    def key(self) -> str:
        """The API key that it wants; empty where anybody may ask."""
        return self._plan.key

    def metrics(self) -> str:
        """What it publishes for Prometheus; empty if it was not told to."""
        return published(self.container.address(self._metrics)) if self._metrics else ""

    def wait(self) -> None:
        """Wait until it is ready.

        Raises:
            TargetError: it, or a service behind it, died or did not get ready, or it lacks a module.
        """
        self._wait(self._phases)

    def restart(self) -> None:
        """End it politely, start it on the same data and ports, and wait until it is ready.

        Raises:
            TargetError: it did not come back.
        """
        self.container.stop(_STOP_SECONDS)
        self.container.start_again()
        self._wait(Phases())

    def kill(self) -> None:
        """Kill it as by a power cut, start it on what is on its disk, and wait until it is ready.

        Raises:
            TargetError: it did not come back.
        """
        self.container.kill()
        self.container.start_again()
        self._wait(Phases())

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Freeze it for as long as the block lasts."""
        self.container.pause()
        try:
            yield
        finally:
            self.container.unpause()

    def remove(self) -> None:
        """Remove its container and its data, before the run's end."""
        self.container.remove()
        if self._volume:
            with self._daemon.told("remove a volume"):
                self._daemon.client.api.remove_volume(self._volume)

    def _wait(self, phases: Phases) -> None:
        ready = Readiness(
            name=self.container.what,
            url=self.url,
            grpc=None,  # Docker itself takes connections to a published port, so being connected says nothing
            modules=self._plan.modules,
            exited=self._exited,
            tail=self.container.tail,
            phases=phases,
            seconds=self._patience,
            headers={"Authorization": f"Bearer {self.key}"} if self.key else {},
        )
        self.meta = ready.wait()
        self.weaviate = meta_of(parse(self.url), self.key).weaviate
        with phases.timed("modules and gRPC"):
            self.grpc = self._grpc(str(self.meta["version"]))

    def _exited(self) -> int | None:
        """The database's exit code; raises if a service behind it died, which is the cause then."""
        for service in self._services:
            check_alive(service.container)
        return self.container.exited()

    def _grpc(self, version: str) -> str:
        """Return where gRPC answers; empty if it does not and this version may lack it."""
        address = parse(f"{self.url}?grpc={self.container.ports[GRPC]}")
        old = _release(version) < _GRPC_SINCE
        seconds = _GRPC_OLD_SECONDS if old else _GRPC_SECONDS
        deadline = time.monotonic() + seconds
        while trouble := grpc_answers(address, self.key):
            check_alive(self.container)
            if time.monotonic() > deadline and old:
                return ""
            if time.monotonic() > deadline:
                what = f"{self.container.what} is ready, but its gRPC did not answer within {seconds:.0f} s: {trouble}"
                raise TargetError(what, log=self.container.tail())
            time.sleep(POLL_SECONDS)
        return self.container.address(GRPC)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-", maxsplit=1)[0].split(".")[:2] if part.isdigit())
