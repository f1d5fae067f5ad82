"""One container: started on ports of loopback that stay the same over restarts, watched, its log and usage read."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.errors import TargetError
from harness.targets import ports as free_ports
from harness.targets.docker.daemon import Daemon
from harness.targets.docker.trouble import explained, port_taken
from harness.targets.logs import readable

if TYPE_CHECKING:
    from testcontainers.core.network import Network

_TRIES = 3
_LOOK_SECONDS = 0.2  # how often Docker is asked whether a container lives: its death is to be known within a second
_SIGNALLED = 128  # a shell's convention, and Docker's: 128 + the number of the signal
OUT_OF_MEMORY = "Docker says: it wanted more memory than its limit"


@dataclass(frozen=True, slots=True)
class Order:
    """What is started.

    Args:
        what: the container, in messages: "Weaviate (semitechnologies/weaviate:1.39.0)".
        image: its image, which is here already.
        name: the container's name, of use to people who look around.
        alias: its name in its network.
        ports: those inside that are published.
        labels: see `labels`.
        environment: its variables.
        volumes: a volume's name or a folder, to the path inside and the mode, `rw` or `ro`.
        options: what else Docker's `create` takes: limits, devices.
    """

    what: str
    image: str
    name: str
    alias: str
    ports: tuple[int, ...]
    labels: Mapping[str, str]
    environment: Mapping[str, str] = field(default_factory=dict)
    volumes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)


class Container:
    """A container that was started; removed with everything else under its claim.

    Args:
        daemon: where it runs.
        order: what it is.
        network: the network that it is in.

    Raises:
        TargetError: it could not be made or started.
    """

    def __init__(self, daemon: Daemon, order: Order, network: Network) -> None:
        self.what = order.what
        self._daemon = daemon
        self._code: int | None = None
        self._looked = 0.0
        self.ports: dict[int, int] = {}
        self.id = self._made(order, network)

    def url(self, port: int) -> str:
        """Where a published port answers HTTP, as this process reaches it."""
        return f"http://{self.address(port)}"

    def address(self, port: int) -> str:
        """The host and port of a published port, as this process reaches it."""
        return f"{self._daemon.host}:{self.ports[port]}"

    def exited(self) -> int | None:
        """The exit code of its program (negative: the signal that ended it); None while it runs."""
        now = time.monotonic()
        if self._code is None and now - self._looked > _LOOK_SECONDS:
            self._looked = now
            self._code = self._exit_code()
        return self._code

    def tail(self, lines: int = 12) -> str:
        """The end of its log, readable; with Docker's own word if it ran out of memory."""
        text = self._logs(tail=200)
        kept = [readable(line) for line in text.splitlines() if line.strip()][-lines:]
        if (self._state() or {}).get("OOMKilled"):
            kept.append(OUT_OF_MEMORY)
        return "\n".join(kept)

    def log(self) -> str:
        """Its log so far, of all its lives."""
        return self._logs()

    def stop(self, seconds: int) -> None:
        """End its program politely, after so many seconds without mercy; what it wrote stays."""
        with self._daemon.told(f"stop {self.what}"):
            self._daemon.client.api.stop(self.id, timeout=seconds)

    def kill(self) -> None:
        """End its program without a warning; what it wrote stays."""
        with self._daemon.told(f"kill {self.what}"):
            self._daemon.client.api.kill(self.id)

    def start_again(self) -> None:
        """Start its program again, on the same ports."""
        self._code, self._looked = None, 0.0
        with self._daemon.told(f"start {self.what} again"):
            self._daemon.client.api.start(self.id)

    def pause(self) -> None:
        """Freeze it."""
        with self._daemon.told(f"pause {self.what}"):
            self._daemon.client.api.pause(self.id)

    def unpause(self) -> None:
        """Let it go on."""
        with self._daemon.told(f"let {self.what} go on"):
            self._daemon.client.api.unpause(self.id)

    def remove(self) -> None:
        """Remove it, in whatever state it is."""
        with self._daemon.told(f"remove {self.what}"):
            self._daemon.client.api.remove_container(self.id, force=True, v=True)

    def _made(self, order: Order, network: Network) -> str:
        for _ in range(_TRIES):
            first = free_ports.pick().http
            self.ports = {port: first + index for index, port in enumerate(order.ports)}
            made = _start(self._daemon, order, network, self.ports)
            if made:
                return made
        raise TargetError(
            f"other programs took the ports of {order.what} in between, {_TRIES} times",
            hint="Try again when the machine is calmer; `nearimage down` stops what nearimage left running.",
        )

    def _exit_code(self) -> int | None:
        state = self._state()
        if state is None:
            return -9  # somebody removed it
        if state.get("Running") or state.get("Status") == "created":
            return None
        code = int(state.get("ExitCode") or 0)
        return _SIGNALLED - code if code > _SIGNALLED else code

    def _state(self) -> dict[str, Any] | None:
        from docker.errors import NotFound

        with self._daemon.told(f"look after {self.what}"):
            try:
                return dict(self._daemon.client.api.inspect_container(self.id)["State"])
            except NotFound:
                return None

    def _logs(self, **how: Any) -> str:
        from docker.errors import NotFound

        with self._daemon.told(f"read the log of {self.what}"):
            try:
                return str(self._daemon.client.api.logs(self.id, **how).decode("utf-8", errors="replace"))
            except NotFound:
                return ""


def _start(daemon: Daemon, order: Order, network: Network, ports: Mapping[int, int]) -> str:
    """Start it; return its id, or nothing if one of the ports is somebody else's."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException
    from testcontainers.core.container import DockerContainer

    container = DockerContainer(order.image).with_name(order.name)
    container.env.update(order.environment)
    container.image = order.image  # the prefix that its settings may have was put on already, where it belongs
    container.with_network(network).with_network_aliases(order.alias)
    container.with_kwargs(labels=dict(order.labels), **order.options)
    for source, (path, mode) in order.volumes.items():
        container.with_volume_mapping(source, path, mode)
    # Testcontainers itself can publish a port on all addresses only; Docker's library takes a pair.
    container.ports.update({f"{inside}/tcp": (daemon.bind, outside) for inside, outside in ports.items()})
    try:
        container.start()
        return str(container.get_wrapped_container().id)
    except (DockerException, RequestException) as error:
        _remove_by_name(daemon, order.name)
        if port_taken(error):
            return ""
        raise explained(error, f"start a container of {order.image}", daemon.where) from error
    finally:
        container.get_docker_client().client.close()


def _remove_by_name(daemon: Daemon, name: str) -> None:
    """Remove a container that was made but did not start; older Testcontainers do not tell its id."""
    from docker.errors import NotFound

    with daemon.told(f"remove the container {name}"):
        try:
            daemon.client.api.remove_container(name, force=True, v=True)
        except NotFound:
            return
