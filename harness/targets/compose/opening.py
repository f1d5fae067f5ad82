"""Starting a copy of a Compose file: ports, images, containers in order; and a second database beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.errors import TargetError
from harness.model import Inference
from harness.targets import ports as free_ports
from harness.targets.compose.clustering import of_nodes
from harness.targets.compose.database import Database
from harness.targets.compose.project import PortTakenError, Project
from harness.targets.compose.reading import Reading, environment, grpc_port, http_port, names_of
from harness.targets.compose.rewriting import Changes, rewritten
from harness.targets.compose.source import Source
from harness.targets.docker import images, inference
from harness.targets.docker.daemon import Daemon
from harness.targets.docker.inference import Service
from harness.targets.metrics import port_of
from harness.targets.phases import Phases
from harness.targets.server_settings import left_of
from harness.targets.state import Claim

_TRIES = 3


@dataclass(slots=True)
class Opened:
    """What one open target consists of.

    Args:
        file: the person's.
        daemon: where it runs.
        claim: whose everything is.
        reading: what is in the file.
        changes: what the copy has that the file does not, but for the ports.
        project: the started copy.
        database: the nodes in it.
        patience: seconds that the services behind Weaviate may take to get ready.
        services: those behind the modules, by service.
        behind: the same as this process reaches them, by module.
        lent: how many other databases were started before them.
    """

    file: Source
    daemon: Daemon
    claim: Claim
    reading: Reading
    changes: Changes
    project: Project
    database: Database
    patience: float
    services: dict[str, Service] = field(default_factory=dict)
    behind: dict[str, Inference] = field(default_factory=dict)
    lent: int = 0

    def start(self, phases: Phases) -> list[str]:
        """Start it and wait until it is ready; return what a person should know of the copy.

        Args:
            phases: gets how long each step took.

        Raises:
            TargetError: an image cannot be had, or something died or did not get ready.
        """
        notes = _write(self.file, self.project, self.reading, self.changes)
        with phases.timed("images"):
            services = self.project.whole["services"].values()
            names = sorted({str(service["image"]) for service in services if not service.get("build")})
            made = {image: images.have(self.daemon, image) for image in names}
            self.project.build()
        _make_volumes(self.daemon, self.changes)
        for left in reversed(range(_TRIES)):
            try:
                with phases.timed("network"):
                    self.project.make()
                with phases.timed("inference service"):
                    self.project.start(self.patience)
                break
            except PortTakenError as error:
                self.project.down()
                if not left:
                    what = f"other programs took the ports of {self.file.said()} in between, {_TRIES} times"
                    raise TargetError(what, hint="Try again when the machine is calmer.") from error
                _write(self.file, self.project, self.reading, self.changes)
        with phases.timed("inference service"):
            self._wait_for_services(made)
        self.database.services = tuple(self.project.containers[name] for name in self.services)
        self.database.wait(phases)
        return notes

    @contextlib.contextmanager
    def second(self, settings: Mapping[str, str]) -> Iterator[Database]:
        """Another database from the same file with other settings, before the same services; gone after the block.

        Raises:
            TargetError: it did not start; the first one is as it was.
        """
        modules = left_of(self.database.modules, settings)
        with self._beside(self.reading, self.changes.but(settings), modules) as database:
            yield database

    @contextlib.contextmanager
    def cluster(self, nodes: int) -> Iterator[Database]:
        """So many nodes that are one database: those of the file, or else its one Weaviate several times, beside it.

        Raises:
            TargetError: it did not start, or the file has several nodes, and fewer.
        """
        own = len(self.reading.nodes)
        if own >= nodes:
            yield self.database
            return
        if own > 1:
            what = f"{self.file.said()} has a cluster of {own} nodes, and one of {nodes} is asked for"
            raise TargetError(what, hint="Give it more nodes; or one Weaviate alone, which is then started as often.")
        with self._beside(of_nodes(self.reading, nodes), self.changes.but({}), self.database.modules) as database:
            yield database

    @contextlib.contextmanager
    def _beside(self, reading: Reading, changes: Changes, modules: tuple[str, ...]) -> Iterator[Database]:
        """Another database before the same services, as a project of its own; gone after the block."""
        self.lent += 1
        name = f"{self.project.name}-{self.lent}"
        file = self.claim.folder / f"{name}.yaml"
        project = replace(self.project, name=name, file=file, nodes=reading.nodes, containers={})
        database = replace(self.database, project=project, reading=reading, modules=modules, ready={})
        try:
            _write(self.file, project, reading, changes)
            project.make()
            with self._lent(project):
                project.start(self.patience)
                database.wait(Phases())
                yield database
        finally:
            project.down()

    def _wait_for_services(self, made: Mapping[str, str]) -> None:
        behind = self.reading.behind
        for each in dict.fromkeys(behind.values()):
            modules = tuple(module for module in behind if behind[module] == each)
            container = self.project.containers[each.service]
            container.ports.setdefault(inference.PORT, container.ports[each.port])
            image = str(self.project.whole["services"][each.service].get("image", ""))
            url = f"http://{each.service}:{each.port}"
            self.services[each.service] = Service(container, modules, url, made.get(image, image))
        found = {name: inference.wait(each, self.changes.gpu, self.patience) for name, each in self.services.items()}
        self.behind = {module: found[each.service] for module, each in behind.items()}

    @contextlib.contextmanager
    def _lent(self, project: Project) -> Iterator[None]:
        """The services behind the modules in another project's networks too, under the names that they have here."""
        api = self.daemon.client.api
        with contextlib.ExitStack() as networks, self.daemon.told("connect networks"):
            for network in project.networks():
                for name, service in self.services.items():
                    aliases = sorted(names_of(name, self.reading.service(name)))
                    api.connect_container_to_network(service.container.id, network, aliases=aliases)
                    networks.callback(_quietly(api.disconnect_container_from_network), service.container.id, network)
            yield


def _write(file: Source, project: Project, reading: Reading, changes: Changes) -> list[str]:
    """Write the copy with ports that are free now."""
    changes = replace(changes, ports=_ports(reading, changes))
    project.containers.clear()
    project.ports = changes.ports
    project.whole, notes = rewritten(file, reading, changes)
    project.write()
    return notes


def _ports(reading: Reading, changes: Changes) -> dict[str, dict[int, int]]:
    """Free ports for every Weaviate, and for what stands behind it: it is asked directly too."""
    wanted = {name: _published(reading.service(name), changes) for name in reading.nodes}
    for each in () if changes.alone else reading.behind.values():
        wanted.setdefault(each.service, [each.port])
    chosen: dict[str, dict[int, int]] = {}
    for name, inside in wanted.items():
        taken = {port for ports in chosen.values() for port in ports.values()}
        first = free_ports.pick().http
        while taken & set(range(first, first + len(inside))):
            first = free_ports.pick().http
        chosen[name] = {port: first + number for number, port in enumerate(inside)}
    return chosen


def _published(service: Mapping[str, Any], changes: Changes) -> list[int]:
    """Where a Weaviate is asked, inside: HTTP, gRPC, and its metrics if it is to publish any."""
    metrics = port_of({**environment(service), **changes.settings})
    return [http_port(service), grpc_port(service), *([metrics] if metrics else [])]


def _make_volumes(daemon: Daemon, changes: Changes) -> None:
    """Make the volumes that a person named, where they are not there yet; they stay when everything else goes."""
    for name in changes.volumes:
        if not name.startswith("/"):
            with daemon.told(f"make the volume {name}"):
                daemon.client.api.create_volume(name)  # one that is there stays as it is


def _quietly(call: Callable[[str, str], object]) -> Callable[[str, str], None]:
    def quiet(container: str, network: str) -> None:
        from docker.errors import APIError

        with contextlib.suppress(APIError):  # it goes with its network otherwise
            call(container, network)

    return quiet
