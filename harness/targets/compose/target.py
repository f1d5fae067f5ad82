"""The target `compose`: a Compose file that has a Weaviate, as a project of its own beside whatever else runs."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.abilities import Usage
from harness.errors import TargetError, UsageError
from harness.model import Endpoint, Module, Needs
from harness.targets.compose.database import Database
from harness.targets.compose.opening import Opened
from harness.targets.compose.program import Compose, find_compose
from harness.targets.compose.project import Project
from harness.targets.compose.reading import Reading, key_variable, read
from harness.targets.compose.rewriting import Changes
from harness.targets.compose.source import Source, source
from harness.targets.docker import gpu, images, options
from harness.targets.docker.containers import Container
from harness.targets.docker.daemon import Daemon, connected
from harness.targets.docker.labels import labels
from harness.targets.docker.leftovers import remove_claimed, sweep
from harness.targets.phases import Phases
from harness.targets.setup import HARNESS, HOST, OFFICIAL, Setup
from harness.targets.state import FOLDER_PREFIX, Claim, claimed
from harness.targets.state import sweep as sweep_claims

_PATIENCE = 300.0  # a large model on a slow processor


class ComposeTarget:
    """A Compose file's Weaviate on loopback; implements every ability.

    Args:
        file: which, see `source`.
        setup: options.
        logs: a folder for the containers' logs; by default they go with the rest at the end.
        patience: seconds that the services behind Weaviate, and then Weaviate, may take to get ready.
    """

    def __init__(
        self, file: Source, *, setup: Setup | None = None, logs: Path | None = None, patience: float = _PATIENCE
    ) -> None:
        self.name = f"compose:{file.text}"
        self.phases = Phases()
        self.notes: list[str] = []
        self.log_folder = logs
        self._file = file
        self._setup = setup or Setup()
        if self._setup.inference == HOST:
            hint = "Use --inference official, harness, or leave it out: then it is what the file says."
            raise UsageError("a Compose file cannot have an inference service on the host", hint=hint)
        options.inference_of(self._setup)
        self._volumes = options.volumes_of(self._setup.volumes)
        self._patience = patience
        self._what = ""
        self._opened: Opened | None = None
        self._nodes: dict[str, tuple[Database, str]] = {}
        self._last_log = ""

    def describe(self) -> str:
        """One sentence: which file was tested, and what was in it."""
        return self._what or f"the Weaviate of {self._file.said()} was to be tested"

    @contextlib.contextmanager
    def open(self, needs: Needs) -> Iterator[Endpoint]:
        """Start a copy of the file under a name of its own; take everything away at the end.

        Raises:
            FileError: Compose does not accept the file, or it has no Weaviate.
            TargetError: Docker, an image, a GPU or a container is not as it must be; nothing is left behind.
        """
        if self._opened is not None:
            raise RuntimeError(f"{self.name} is open already")
        sweep_claims()
        self.phases.clear()
        self.notes.clear()
        compose = find_compose(key_variable(self._file))
        with contextlib.ExitStack() as parts:
            claim = parts.enter_context(claimed(f"the Compose file {self._file.said()}"))
            compose = dataclasses.replace(compose, note=claim.add)
            reading = read(self._file, compose, claim.folder / self._file.path.name)
            settings = {**needs.settings, **self._setup.environment}
            self._check_modules(reading, needs, settings)
            daemon = parts.enter_context(connected())
            self.notes += sweep(daemon)
            parts.callback(self._remove_all, daemon, claim)
            changes = self._changes(compose, daemon, reading, needs, settings, labels(claim))
            project = Project(
                compose, daemon, f"{FOLDER_PREFIX}{claim.id}", claim.folder / "copy.yaml", self._file.folder,
                reading.nodes,
            )  # fmt: skip
            parts.callback(self._take_down, project)
            database = Database(project, reading, needs.modules, patience=self._patience)
            opened = self._opened = Opened(
                self._file, daemon, claim, reading, changes, project, database, self._patience
            )  # fmt: skip
            self.notes += opened.start(self.phases)
            yield self._endpoint(opened)

    def restart(self) -> Endpoint:
        """Restart every node on the same data and addresses, wait until ready, and return the endpoint.

        Raises:
            TargetError: they did not come back.
        """
        opened = self._running()
        opened.database.restart()
        return self._endpoint(opened)

    def kill(self) -> Endpoint:
        """Kill every node as by a power cut, start them on what is on their disks, and return the endpoint.

        Raises:
            TargetError: they did not come back.
        """
        opened = self._running()
        opened.database.kill()
        return self._endpoint(opened)

    def paused(self) -> contextlib.AbstractContextManager[None]:
        """Freeze every node for as long as the block lasts."""
        return self._running().database.paused()

    def logs(self) -> str:
        """The database's log so far, of all its lives; after closing, the last words."""
        opened = self._opened
        return self._last_log if opened is None or not opened.project.containers else opened.database.log()

    def statistics(self) -> tuple[Usage, ...]:
        """What the containers of Weaviate, and those behind it, have used since they started."""
        from harness.targets.docker.statistics import usage

        opened = self._running()
        several = len(opened.reading.nodes) > 1
        asked: list[tuple[Container, str, str]] = [
            (
                opened.project.containers[name],
                f"database {name}" if several else "database",
                opened.database.data(name),
            )
            for name in opened.reading.nodes
        ]
        asked += [(each.container, f"inference {' '.join(each.modules)}", "") for each in opened.services.values()]
        with ThreadPoolExecutor(len(asked)) as together:  # Docker measures a container once a second
            return tuple(together.map(lambda each: usage(opened.daemon, *each), asked))

    def metrics(self) -> str:
        """What Weaviate, of several nodes the first, publishes for Prometheus; empty if it was not told to."""
        return self._running().database.metrics()

    @contextlib.contextmanager
    def second(self, settings: Mapping[str, str]) -> Iterator[Endpoint]:
        """Another database with these settings on top, before the same services; gone after the block.

        Raises:
            TargetError: it could not be started.
        """
        opened = self._running()
        with opened.second(settings) as database:
            yield self._endpoint_of(opened, database, database.reading.nodes[0])

    @contextlib.contextmanager
    def cluster(self, nodes: int) -> Iterator[tuple[Endpoint, ...]]:
        """The nodes of the file, where it has so many; else its one Weaviate so many times, gone after the block.

        Raises:
            TargetError: a node did not start, or the file has several nodes, and fewer.
        """
        opened = self._running()
        with opened.cluster(nodes) as database:
            named = database.reading.nodes[:nodes]
            self._nodes = {database.ready[name].url: (database, name) for name in named}
            yield tuple(self._endpoint_of(opened, database, name) for name in named)

    def lost(self, node: Endpoint) -> contextlib.AbstractContextManager[None]:
        """Kill a node of the cluster as by a power cut; after the block it is there again, on what is on its disk."""
        database, name = self._nodes[node.url]
        return database.lost(name)

    def _check_modules(self, reading: Reading, needs: Needs, settings: Mapping[str, str]) -> None:
        """The file's own settings are what is tested: a module that it lacks is not added behind its back."""
        there = {**reading.settings(reading.nodes[0]), **settings}.get("ENABLE_MODULES", "")
        enabled = [name.strip() for name in there.split(",")]
        missing = [name for name in needs.modules if name not in enabled]
        if missing:
            raise TargetError(
                f"the Weaviate of {self._file.said()} does not have the module {' and '.join(missing)}",
                hint=f"Its ENABLE_MODULES is {there!r}; `nearimage compose both` prints a file with all of them.",
            )

    def _changes(
        self,
        compose: Compose,
        daemon: Daemon,
        reading: Reading,
        needs: Needs,
        settings: Mapping[str, str],
        marks: dict[str, str],
    ) -> Changes:
        chosen: dict[Module, str] = {}
        if self._setup.inference == HARNESS:
            from harness.targets.docker.building import our_image

            with self.phases.timed("images"):
                own = our_image(daemon, marks, cuda=self._setup.gpu is not None)
            chosen = dict.fromkeys(reading.behind, own)
        elif self._setup.inference == OFFICIAL:
            chosen = {module: images.mirrored(images.INFERENCE[module]) for module in reading.behind}
        for name, image in self._setup.images.items():
            if Module(name) not in reading.behind:
                what = f"{self._file.said()} has no service behind {name}, so no image can be put in its place"
                raise TargetError(what, hint="Leave out --image, or give it a service and its address to Weaviate.")
            chosen[Module(name)] = image
        if self._setup.gpu is not None:
            used = [chosen.get(module) or str(reading.service(each.service).get("image") or "")
                    for module, each in reading.behind.items()]  # fmt: skip
            gpu.check(daemon, self._setup.gpu, [image for image in used if image], marks)
        return Changes(
            labels=marks,
            ports={},
            bind=daemon.bind,
            settings=settings,
            images=chosen,
            gpu=self._setup.gpu,
            cpus=self._setup.cpus or needs.cpus,
            memory=self._setup.memory or needs.memory,
            volumes={**options.volumes_of(needs.volumes), **self._volumes},
            binds=compose.binds,
        )

    def _endpoint(self, opened: Opened) -> Endpoint:
        """The database that was opened, which is what is said to be tested."""
        nodes = opened.reading.nodes
        first = opened.database.ready[nodes[0]]
        many = f", {len(nodes)} nodes" if len(nodes) > 1 else ""
        tested = f"Weaviate {first.meta['version']} was tested"
        subject = tested if first.weaviate else "no Weaviate was tested but the reference"
        self._what = f"{subject}: the containers of {self._file.said()} ({', '.join(nodes)}{many})"
        return self._endpoint_of(opened, opened.database, nodes[0])

    def _endpoint_of(self, opened: Opened, database: Database, name: str) -> Endpoint:
        node = database.ready[name]
        version, modules = str(node.meta["version"]), node.meta.get("modules") or {}
        note = f"Weaviate {version} answers no gRPC: it is asked over GraphQL and REST alone"
        if not node.grpc and note not in self.notes:
            self.notes.append(note)
        return Endpoint(
            target=self.name,
            url=node.url,
            version=version,
            grpc=node.grpc,
            modules=modules,
            weaviate=node.weaviate,
            started=True,
            read_only=self._setup.read_only,
            inference={module: each for module, each in opened.behind.items() if module in modules},
            api_key=database.key,
        )

    def _running(self) -> Opened:
        if self._opened is None:
            raise RuntimeError(f"{self.name} is not open")
        return self._opened

    def _take_down(self, project: Project) -> None:
        """Keep the logs, then take the project down, however far its start came."""
        opened, self._opened = self._opened, None
        with contextlib.suppress(TargetError):
            if opened is not None:
                self._keep_logs(opened)
        if project.whole:
            project.down()

    def _remove_all(self, daemon: Daemon, claim: Claim) -> None:
        """What Compose did not take away, or could not because it was interrupted."""
        trouble = remove_claimed(daemon, claim.id)
        if trouble:
            self.notes.append(f"Docker still has {', '.join(trouble)}: `nearimage down` tries again")

    def _keep_logs(self, opened: Opened) -> None:
        first = opened.project.containers.get(opened.reading.nodes[0])
        self._last_log = first.tail() if first is not None else ""
        if self.log_folder is not None:
            self.log_folder.mkdir(parents=True, exist_ok=True)
            for name, container in opened.project.containers.items():
                (self.log_folder / f"{name}.log").write_text(container.log(), encoding="utf-8")


def choose(rest: str, setup: Setup | None = None) -> ComposeTarget:
    """Return the target for what stands behind `compose:`; nothing is asked or started yet.

    Args:
        rest: a file, a folder with one, or the name of one of ours; behind a `#`, the service that is meant.
        setup: options.

    Raises:
        UsageError: nothing is there, or an option is wrong.
        FileError: it is no Compose file.
    """
    return ComposeTarget(source(rest), setup=setup)
