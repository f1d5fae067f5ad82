"""The target `docker`: Weaviate and what stands behind its modules as containers, in a private network of their own."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from harness.abilities import Usage
from harness.errors import TargetError
from harness.model import Endpoint, Inference, Module, Needs
from harness.targets import binaries, versions
from harness.targets.docker import gpu, images, inference, options
from harness.targets.docker.daemon import Daemon, connected
from harness.targets.docker.database import Database, Plan
from harness.targets.docker.inference import Service
from harness.targets.docker.labels import labels
from harness.targets.docker.leftovers import remove_claimed, sweep
from harness.targets.docker.networks import gateway, private_network
from harness.targets.docker.reaper import with_or_without_reaper
from harness.targets.phases import Phases
from harness.targets.programs import inference_service
from harness.targets.server_settings import left_of
from harness.targets.setup import HARNESS, HOST, Setup
from harness.targets.state import FOLDER_PREFIX, Claim, claimed
from harness.targets.state import sweep as sweep_claims

if TYPE_CHECKING:
    from testcontainers.core.network import Network


@dataclasses.dataclass(slots=True)
class _Opened:
    """What one open target consists of."""

    daemon: Daemon
    claim: Claim
    network: Network
    needs: Needs
    modules: tuple[Module, ...]
    plan: Plan
    services: tuple[Service, ...] = ()
    behind: Mapping[str, Inference] = dataclasses.field(default_factory=dict)
    database: Database | None = None
    seconds: int = 0

    def name(self, what: str) -> str:
        """The name of a container of this run."""
        return f"{FOLDER_PREFIX}{self.claim.id}-{what}"


class DockerTarget:
    """Containers on loopback; implements every ability.

    Args:
        name: the text that finds it again.
        image: the image of Weaviate.
        version: which version it is, if that is known.
        setup: options.
        logs: a folder for the containers' logs; by default they go with the rest at the end.
        patience: seconds that each container may take to get ready.
    """

    def __init__(
        self,
        name: str,
        image: str,
        *,
        version: str = "",
        setup: Setup | None = None,
        logs: Path | None = None,
        patience: float = inference.PATIENCE,
    ) -> None:
        self.name = name
        self.phases = Phases()
        self.notes: list[str] = []
        self.log_folder = logs
        self._image = image
        self._patience = patience
        self._setup = setup or Setup()
        self._inference = options.inference_of(self._setup)
        self._volumes = options.volumes_of(self._setup.volumes)
        self._expected = self._version = version
        self._weaviate = True
        self._what = image
        self._opened: _Opened | None = None
        self._last_log = ""

    def describe(self) -> str:
        """One sentence: which image was tested, and what stood behind its modules."""
        behind = {HARNESS: "the harness's own inference service", HOST: "the harness's own inference service"}
        service = behind.get(self._inference, "official inference containers")
        if not self._weaviate:
            return f"no Weaviate was tested: the reference, our own stand-in, answers from a container of {self._what}"
        version = f" {self._version}" if self._version else ""
        return f"Weaviate{version} was tested: a container of {self._what}, with {service} behind its image modules"

    @contextlib.contextmanager
    def open(self, needs: Needs) -> Iterator[Endpoint]:
        """Start a network, the inference services and the server; take everything away at the end.

        Raises:
            TargetError: Docker, an image, a GPU, a service or the server is not as it must be; nothing is left.
        """
        if self._opened is not None:
            raise RuntimeError(f"{self.name} is open already")
        modules = options.modules_of(needs.modules)
        needs = dataclasses.replace(needs, settings={**needs.settings, **self._setup.environment})
        sweep_claims()
        self.phases.clear()
        self.notes.clear()
        with contextlib.ExitStack() as parts:
            daemon = parts.enter_context(connected())
            self.notes += sweep(daemon)
            claim = parts.enter_context(claimed(f"Weaviate in Docker ({self._image})"))
            parts.callback(self._remove, daemon, claim)
            opened = self._started(daemon, claim, needs, modules, parts)
            yield self._endpoint(opened)

    def restart(self) -> Endpoint:
        """Restart on the same data and addresses, wait until ready, and return the endpoint.

        Raises:
            TargetError: the server did not come back.
        """
        opened, database = self._running()
        database.restart()
        return self._endpoint(opened)

    def kill(self) -> Endpoint:
        """Kill the server as by a power cut, start it on what is on its disk, wait, and return the endpoint.

        Raises:
            TargetError: the server did not come back.
        """
        opened, database = self._running()
        database.kill()
        return self._endpoint(opened)

    def paused(self) -> contextlib.AbstractContextManager[None]:
        """Freeze the server for as long as the block lasts."""
        return self._running()[1].paused()

    def logs(self) -> str:
        """The server's log so far, of all its lives; after closing, the last words."""
        if self._opened is None or self._opened.database is None:
            return self._last_log
        return self._opened.database.container.log()

    def statistics(self) -> tuple[Usage, ...]:
        """What the containers have used since they started."""
        from harness.targets.docker.statistics import usage

        opened, database = self._running()
        asked = [(database.container, "database", database.data)]
        asked += [(each.container, f"inference {' '.join(each.modules)}", "") for each in opened.services]
        with ThreadPoolExecutor(len(asked)) as together:  # Docker measures a container once a second
            return tuple(together.map(lambda each: usage(opened.daemon, *each), asked))

    def metrics(self) -> str:
        """What the server publishes for Prometheus; empty if it was not told to."""
        return self._running()[1].metrics()

    @contextlib.contextmanager
    def second(self, settings: Mapping[str, str]) -> Iterator[Endpoint]:
        """Another database with these settings on top, before the same services; gone after the block.

        Raises:
            TargetError: it could not be started.
        """
        opened, _ = self._running()
        opened.seconds += 1
        plan = dataclasses.replace(
            opened.plan,
            modules=left_of(opened.plan.modules, settings),
            settings={**opened.plan.settings, **settings},
        )
        database = self._database(opened, plan, f"second-{opened.seconds}", Phases())
        try:
            database.wait()
            yield self._endpoint_of(opened, database)
        finally:
            database.remove()

    def _started(
        self, daemon: Daemon, claim: Claim, needs: Needs, modules: tuple[Module, ...], parts: contextlib.ExitStack
    ) -> _Opened:
        marks = labels(claim)
        if self._setup.gpu is not None and modules and self._inference != HOST:
            gpu.check(daemon, self._setup.gpu, [self._image, *images.INFERENCE.values()], marks)
        with self.phases.timed("images"):
            wanted = self._images(daemon, modules, marks)
            made = {image: images.have(daemon, image) for image in (self._image, *wanted)}
            self._what = made[self._image]
        with self.phases.timed("network"):
            with_or_without_reaper(daemon)
            network = private_network(daemon, f"{FOLDER_PREFIX}{claim.id}", marks)
        limits = Plan(
            self._image,
            modules,
            behind={},
            settings=needs.settings,
            cpus=self._setup.cpus or needs.cpus,
            memory=self._setup.memory or needs.memory,
            volumes={**options.volumes_of(needs.volumes), **self._volumes},
        )
        opened = self._opened = _Opened(daemon, claim, network, needs, modules, limits)
        with self.phases.timed("inference service"):
            opened.services = self._services(opened, wanted, made, marks)
        behind = {module: each.inside for each in opened.services for module in each.modules}
        if modules and self._inference == HOST:
            behind = self._on_host(opened, parts)
        opened.plan = dataclasses.replace(limits, behind=behind)
        if self._inference == HARNESS:  # ours gets ready in the second that Weaviate waits before it looks for it
            opened.database = self._database(opened, opened.plan, "weaviate", self.phases)
        with self.phases.timed("inference service"):
            for service in opened.services:
                found = inference.wait(service, self._setup.gpu, self._patience)
                opened.behind = {**opened.behind, **dict.fromkeys(service.modules, found)}
        if opened.database is None:
            opened.database = self._database(opened, opened.plan, "weaviate", self.phases)
        opened.database.wait()
        return opened

    def _images(self, daemon: Daemon, modules: tuple[Module, ...], marks: dict[str, str]) -> dict[str, tuple[str, ...]]:
        """The images that are started behind the modules, each with its modules."""
        if not modules or self._inference == HOST:
            return {}
        if self._inference == HARNESS:
            from harness.targets.docker.building import our_image

            own = our_image(daemon, marks, cuda=self._setup.gpu is not None)
            chosen = {module: self._setup.images.get(module, own) for module in Module}
        else:
            chosen = {
                module: self._setup.images.get(module) or images.mirrored(images.INFERENCE[module])
                for module in modules
            }
        return {image: tuple(str(module) for module in chosen if chosen[module] == image) for image in chosen.values()}

    def _services(
        self, opened: _Opened, wanted: Mapping[str, tuple[str, ...]], made: Mapping[str, str], marks: dict[str, str]
    ) -> tuple[Service, ...]:
        """Start the containers behind the modules; wait for none."""
        started = inference.start(
            opened.daemon, opened.network, wanted, made, number=self._setup.gpu, name=opened.name, labels=marks
        )
        return tuple(started)

    def _on_host(self, opened: _Opened, parts: contextlib.ExitStack) -> dict[str, str]:
        """Start our service as a process that only the run's network reaches; return its address by module."""
        address = gateway(opened.daemon, opened.network)
        try:
            service = parts.enter_context(
                inference_service(opened.claim, self.phases, gpu=self._setup.gpu, host=address)
            ).ready()
        except TargetError as error:
            hint = "It needs Docker's daemon on this very machine, on Linux: use --inference harness where that is not."
            raise TargetError(error.what, log=error.log, hint=hint) from error
        opened.behind = dict.fromkeys(map(str, Module), service)
        return dict.fromkeys(map(str, Module), service.url)

    def _database(self, opened: _Opened, plan: Plan, name: str, phases: Phases) -> Database:
        return Database(
            opened.daemon,
            opened.network,
            plan,
            name=opened.name(name),
            labels=labels(opened.claim),
            services=opened.services,
            phases=phases,
            patience=self._patience,
        )

    def _endpoint(self, opened: _Opened) -> Endpoint:
        _, database = self._running()
        endpoint = self._endpoint_of(opened, database)
        if self._expected and endpoint.weaviate and endpoint.version != self._expected:
            raise TargetError(
                f"the image {self._image} was taken for Weaviate {self._expected} but says that it is "
                f"{endpoint.version}",
                hint=f"Name the image itself: --target docker:{self._image}",
            )
        self._version, self._weaviate = endpoint.version, endpoint.weaviate
        return endpoint

    def _endpoint_of(self, opened: _Opened, database: Database) -> Endpoint:
        meta = database.meta
        modules = meta.get("modules") or {}
        note = f"Weaviate {meta['version']} answers no gRPC: it is asked over GraphQL and REST alone"
        if not database.grpc and note not in self.notes:
            self.notes.append(note)
        return Endpoint(
            target=self.name,
            url=database.url,
            version=str(meta["version"]),
            grpc=database.grpc,
            modules=modules,
            weaviate=database.weaviate,
            started=True,
            read_only=self._setup.read_only,
            api_key=database.key,
            inference={module: each for module, each in opened.behind.items() if module in modules},
        )

    def _running(self) -> tuple[_Opened, Database]:
        if self._opened is None or self._opened.database is None:
            raise RuntimeError(f"{self.name} is not open")
        return self._opened, self._opened.database

    def _remove(self, daemon: Daemon, claim: Claim) -> None:
        """Keep the logs, then remove everything under the claim, however far the start came."""
        opened, self._opened = self._opened, None
        with contextlib.suppress(TargetError):
            self._keep_logs(opened)
        trouble = remove_claimed(daemon, claim.id)
        if trouble:
            self.notes.append(f"Docker still has {', '.join(trouble)}: `nearimage down` tries again")

    def _keep_logs(self, opened: _Opened | None) -> None:
        if opened is None or opened.database is None:
            return
        self._last_log = opened.database.container.tail()
        if self.log_folder is not None:
            self.log_folder.mkdir(parents=True, exist_ok=True)
            (self.log_folder / "weaviate.log").write_text(opened.database.container.log(), encoding="utf-8")
            for service in opened.services:
                path = self.log_folder / f"inference-{'-'.join(service.modules)}.log"
                path.write_text(service.container.log(), encoding="utf-8")


def choose(rest: str, setup: Setup | None = None) -> DockerTarget:
    """Return the target for what stands behind `docker:`; nothing is asked or started yet.

    Args:
        rest: empty (the newest version known here), a version, or an image.
        setup: options.

    Raises:
        UsageError: it is no image's name, or an option is wrong.
    """
    version = (rest or versions.OFFICIAL).removeprefix("v")
    if binaries.VERSION.fullmatch(version):
        name = f"docker:{version}"
        return DockerTarget(name, images.mirrored(f"{images.WEAVIATE}:{version}"), version=version, setup=setup)
    return DockerTarget(f"docker:{rest}", images.checked(rest), setup=setup)
