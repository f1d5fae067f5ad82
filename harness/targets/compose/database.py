"""The Weaviate of a started project: one node or several, waited for together, restarted, killed, frozen."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from harness.errors import TargetError
from harness.targets.address import parse
from harness.targets.compose.project import Found, Project
from harness.targets.compose.reading import Reading, data_folder, environment, grpc_port, http_port
from harness.targets.greeting import grpc_answers, meta_of
from harness.targets.keys import api_key
from harness.targets.metrics import port_of, published
from harness.targets.phases import Phases
from harness.targets.readiness import POLL_SECONDS, Readiness

_STOP_SECONDS = 60
_GRPC_SECONDS = 30.0
_GRPC_OLD_SECONDS = 3.0
_GRPC_SINCE = (1, 23)  # the release from which clients need it; older ones are tested without it where it is missing
_NODES_SECONDS = 90.0
_ASK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Node:
    """A node that is ready.

    Args:
        url: where it answers.
        meta: what its `/v1/meta` says.
        grpc: where its gRPC answers; empty if it does not.
        weaviate: whether it is one, or the reference.
    """

    url: str
    meta: Mapping[str, Any]
    grpc: str
    weaviate: bool


@dataclass(slots=True)
class Database:
    """The nodes of one database, whose containers were started.

    Args:
        project: which.
        reading: the file that it came from.
        modules: those that it must have.
        services: what stands behind it: it does not get ready if one of them dies.
        patience: seconds that it may take to get ready.
        ready: what was found when it was last waited for, by node.
    """

    project: Project
    reading: Reading
    modules: tuple[str, ...]
    services: tuple[Found, ...] = ()
    patience: float = 300.0
    ready: dict[str, Node] = field(default_factory=dict)

    @property
    def nodes(self) -> tuple[Found, ...]:
        """Its containers; the first is the one that is asked."""
        return tuple(self.project.containers[name] for name in self.reading.nodes)

    @property
    def key(self) -> str:
        """The API key that it wants; empty for none."""
        return api_key(environment(self._copy(self.reading.nodes[0])))

    def data(self, name: str) -> str:
        """The folder inside that a node keeps its data in."""
        return data_folder(self._copy(name))

    def metrics(self) -> str:
        """What the first node publishes for Prometheus; empty if it was not told to."""
        port = port_of(environment(self._copy(self.reading.nodes[0])))
        return published(self.nodes[0].address(port)) if port else ""

    def wait(self, phases: Phases) -> None:
        """Wait until every node is ready, and each knows the others.

        Raises:
            TargetError: one, or a service behind it, died or did not get ready, or lacks a module.
        """
        told = {name: self._told(name, phases) for name in reversed(self.reading.nodes)}
        with phases.timed("modules and gRPC"):
            ours = {name: not meta_of(parse(self._url(name)), self.key).weaviate for name in told}
            if len(told) > 1 and any(ours.values()):
                what = f"{next(name for name in ours if ours[name])} is the reference, which joins no other nodes"
                raise TargetError(what, hint="A cluster in containers needs an image of a real Weaviate.")
            self._wait_for_each_other()
            self.ready = {
                name: Node(self._url(name), told[name], self._grpc(name, told[name]), not ours[name])
                for name in self.reading.nodes
            }

    def restart(self) -> None:
        """End every node politely, start them on the same data and ports, wait until ready.

        Raises:
            TargetError: they did not come back.
        """
        for node in reversed(self.nodes):
            node.stop(_STOP_SECONDS)
        self._start_again()

    def kill(self) -> None:
        """Kill every node as by a power cut, start them on what is on their disks, wait until ready.

        Raises:
            TargetError: they did not come back.
        """
        for node in self.nodes:
            node.kill()
        self._start_again()

    @contextlib.contextmanager
    def lost(self, name: str) -> Iterator[None]:
        """Kill one node as by a power cut; after the block it is there again, on what is on its disk.

        Raises:
            TargetError: it did not come back.
        """
        node = self.project.containers[name]
        node.kill()
        try:
            yield
        finally:
            node.start_again()
            self.wait(Phases())

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Freeze every node for as long as the block lasts."""
        with contextlib.ExitStack() as frozen:
            for node in self.nodes:
                node.pause()
                frozen.callback(node.unpause)
            yield

    def log(self) -> str:
        """The log so far, of all its lives, each node under its name if there are several."""
        if len(self.nodes) == 1:
            return self.nodes[0].log()
        return "\n".join(f"--- {name}\n{self.project.containers[name].log()}" for name in self.reading.nodes)

    def _start_again(self) -> None:
        for node in self.nodes:
            node.start_again()
        self.wait(Phases())

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"} if self.key else {}

    def _copy(self, name: str) -> Mapping[str, Any]:
        """A node as it was started: as in the file, with the settings that were asked for."""
        found: Mapping[str, Any] = self.project.whole["services"][name]
        return found

    def _url(self, name: str) -> str:
        return self.project.containers[name].url(http_port(self.reading.service(name)))

    def _told(self, name: str, phases: Phases) -> dict[str, Any]:
        """Wait until a node is ready, and return its `/v1/meta`."""
        node = self.project.containers[name]
        ready = Readiness(
            name=node.what,
            url=self._url(name),
            grpc=None,  # Docker itself takes connections to a published port, so being connected says nothing
            modules=self.modules,
            exited=self._exited(node),
            tail=node.tail,
            phases=phases,
            seconds=self.patience,
            headers=self._headers,
        )
        return ready.wait()

    def _exited(self, node: Found) -> Callable[[], int | None]:
        """How the death of a node is noticed; raises if another one, or a service behind it, died: the cause then."""

        def exited() -> int | None:
            for other in (*self.services, *self.nodes):
                if other is not node:
                    other.check_alive()
            return node.exited()

        return exited

    def _wait_for_each_other(self) -> None:
        """A node may call itself ready before it has met the others."""
        count = len(self.reading.nodes)
        deadline = time.monotonic() + _NODES_SECONDS
        while count > 1 and self._healthy_nodes() < count:
            for node in self.nodes:
                node.check_alive()
            if time.monotonic() > deadline:
                what = f"of {count} nodes {self._healthy_nodes()} found each other within {_NODES_SECONDS:.0f} s"
                raise TargetError(what, log=self.nodes[0].tail(), hint="Look at CLUSTER_JOIN and RAFT_JOIN.")
            time.sleep(POLL_SECONDS)

    def _healthy_nodes(self) -> int:
        try:
            first = self._url(self.reading.nodes[0])
            answer = httpx.get(f"{first}/v1/nodes", headers=self._headers, timeout=_ASK_SECONDS, trust_env=False)
            return sum(each.get("status") == "HEALTHY" for each in answer.json().get("nodes") or [])
        except (httpx.HTTPError, ValueError, AttributeError):
            return 0

    def _grpc(self, name: str, meta: Mapping[str, Any]) -> str:
        """Return where a node's gRPC answers; empty if it does not and this version may lack it."""
        node = self.project.containers[name]
        where = node.address(grpc_port(self.reading.service(name)))
        address = parse(f"{self._url(name)}?grpc={where.rpartition(':')[2]}")
        old = _release(str(meta["version"])) < _GRPC_SINCE
        seconds = _GRPC_OLD_SECONDS if old else _GRPC_SECONDS
        deadline = time.monotonic() + seconds
        while trouble := grpc_answers(address, self.key):
            node.check_alive()
            if time.monotonic() > deadline and old:
                return ""
            if time.monotonic() > deadline:
                what = f"{node.what} is ready, but its gRPC did not answer within {seconds:.0f} s: {trouble}"
                raise TargetError(what, log=node.tail())
            time.sleep(POLL_SECONDS)
        return where


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("-", maxsplit=1)[0].split(".")[:2] if part.isdigit())
