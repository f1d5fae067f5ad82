"""The one Weaviate of a Compose file as several nodes of a cluster, each with what it has to know of the others."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.targets.compose.reading import Reading, environment

_GOSSIP = 7946
_OF_ONE = (
    "CLUSTER_ADVERTISE_ADDR", "CLUSTER_ADVERTISE_PORT", "CLUSTER_BIND_ADDR", "CLUSTER_IN_LOCALHOST",
    "CLUSTER_GOSSIP_BIND_PORT", "CLUSTER_DATA_BIND_PORT", "RAFT_PORT", "RAFT_INTERNAL_RPC_PORT",
)  # fmt: skip
"""Where a node says that it is, and listens: each container has an address of its own, where the usual ports do."""

_NAMES = ("container_name", "hostname")


def of_nodes(reading: Reading, count: int) -> Reading:
    """Return the same file with its one Weaviate as a cluster of so many nodes.

    The settings are those of Weaviate's documentation for a cluster: every node names all (`RAFT_JOIN`), and one that
    it can find (`CLUSTER_JOIN`). The first finds the second when it comes back; at its first start it is alone.
    """
    first = reading.nodes[0]
    names = [first, *_new_names(reading, count - 1)]
    services = {**reading.whole["services"]}
    for place, name in enumerate(names):
        joins = [first] if place else [names[1], first]
        settings = {
            "CLUSTER_HOSTNAME": f"node{place + 1}",
            "CLUSTER_JOIN": ",".join(f"{each}:{_GOSSIP}" for each in joins),
            "RAFT_JOIN": ",".join(f"node{number}" for number in range(1, count + 1)),
            "RAFT_BOOTSTRAP_EXPECT": str(count),
        }
        services[name] = _node(reading.service(first), settings, after=first if place else "")
    return replace(reading, whole={**reading.whole, "services": services}, nodes=tuple(names))


def _new_names(reading: Reading, count: int) -> list[str]:
    taken, first = reading.whole["services"], reading.nodes[0]
    numbered = (f"{first}-{number}" for number in range(2, len(taken) + count + 2))
    return [name for name in numbered if name not in taken][:count]


def _node(service: Mapping[str, Any], settings: Mapping[str, str], *, after: str) -> dict[str, Any]:
    """A copy of a service under these settings, started after another one, which it has to find by its name."""
    node = {key: copy.deepcopy(value) for key, value in service.items() if key not in _NAMES}
    kept = {name: value for name, value in environment(service).items() if name not in _OF_ONE}
    node["environment"] = {name: value.replace("$", "$$") for name, value in {**kept, **settings}.items()}
    if isinstance(node.get("networks"), dict):
        node["networks"] = dict.fromkeys(node["networks"])  # names and addresses there are those of one container
    if after:
        waits = node.get("depends_on") or {}
        waits = {name: {"condition": "service_started"} for name in waits} if isinstance(waits, list) else waits
        node["depends_on"] = {**waits, after: {"condition": "service_started"}}
    return node
