"""Several Weaviate processes on loopback that are one cluster: started together, each with a folder of its own."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from harness.targets import ports as free_ports
from harness.targets.phases import Phases
from harness.targets.ports import Ports
from harness.targets.readiness import POLL_SECONDS
from harness.targets.server import Server
from harness.targets.state import Claim, claimed

_GOSSIP_SECONDS = 30.0
"""A node listens for others a moment after its start; one that does not is told of by what starts after it."""


@contextmanager
def cluster_of(first: Server, nodes: int) -> Iterator[list[tuple[Server, dict[str, Any]]]]:
    """Start a cluster of the same binary, with the same settings before the same inference service.

    Args:
        first: a server, which takes no part.
        nodes: how many nodes; a majority of them has to be there before any is ready.

    Yields:
        each server with what its `/v1/meta` says.

    Raises:
        TargetError: one of them did not get ready.
    """
    with ExitStack() as parts:
        claims = [parts.enter_context(claimed(f"a node of a cluster ({first.binary.path})")) for _ in range(nodes)]
        ports = _apart(nodes)
        servers = [_node(first, place, claims, ports) for place in range(nodes)]
        for server in servers:
            parts.callback(server.stop)
        with ThreadPoolExecutor(nodes) as together:
            leading = together.submit(servers[0].start_at, ports[0])  # ready only when a majority is there
            _await_gossip(ports[0].gossip, leading)
            joined = together.map(lambda server, at: server.start_at(at), servers[1:], ports[1:])
            told = [leading.result(), *joined]
        yield list(zip(servers, told, strict=True))


def _await_gossip(port: int, leading: Future[Any]) -> None:
    """Wait until the first node can be joined: a node of 1.32 that finds nobody there ends, and never tries again."""
    deadline = time.monotonic() + _GOSSIP_SECONDS
    while not leading.done() and time.monotonic() < deadline:
        if free_ports.takes_connections("127.0.0.1", port, within=1.0):
            return
        time.sleep(POLL_SECONDS)


def _node(first: Server, place: int, claims: Sequence[Claim], ports: Sequence[Ports]) -> Server:
    names = [claim.folder.name for claim in claims]
    settings = {
        "CLUSTER_IN_LOCALHOST": "true",  # else every node is taken to have the same Raft port
        "CLUSTER_ADVERTISE_PORT": str(ports[place].gossip),  # up to 1.25 its default is memberlist's own
        "RAFT_BOOTSTRAP_EXPECT": str(len(claims)),
        "RAFT_JOIN": ",".join(f"{name}:{one.raft}" for name, one in zip(names, ports, strict=True)),
    }
    if place:
        settings["CLUSTER_JOIN"] = f"127.0.0.1:{ports[0].gossip}"
    needs = replace(first.needs, settings={**first.needs.settings, **settings})
    return Server(first.binary, needs, first.inference, claims[place], claims[place].folder, Phases())


def _apart(nodes: int) -> list[Ports]:
    """Ports for each node, no two alike."""
    found: list[Ports] = []
    while len(found) < nodes:
        ports = free_ports.pick()
        if all(abs(ports.http - one.http) >= Ports.COUNT for one in found):
            found.append(ports)
    return found
