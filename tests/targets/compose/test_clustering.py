"""One Weaviate of a Compose file as several nodes: what they have in common, and what each has for itself."""

from __future__ import annotations

from typing import Any

from harness.model import Module
from harness.targets.compose.clustering import of_nodes
from harness.targets.compose.reading import Behind, Reading, environment

DB = {
    "image": "own/weaviate:1",
    "container_name": "production",
    "hostname": "db",
    "depends_on": ["vectors"],
    "networks": {"back": {"aliases": ["search"], "ipv4_address": "10.0.0.2"}},
    "environment": [
        "ENABLE_MODULES=img2vec-neural",
        "MONEY=a $$ b",
        "CLUSTER_HOSTNAME=alone",
        "CLUSTER_ADVERTISE_ADDR=127.0.0.1",
        "RAFT_JOIN=alone",
    ],
}
BEHIND = {Module.IMG2VEC: Behind("vectors", 8080)}


def clustered(count: int, **others: Any) -> Reading:
    """The file with its Weaviate as so many nodes."""
    services = {"db": DB, "vectors": {"image": "x"}, **others}
    return of_nodes(Reading({"services": services}, ("db",), BEHIND), count)


def test_each_node_knows_the_others_by_the_names_that_they_have() -> None:
    """All are named to all; each joins one that it can find, also the first when it comes back."""
    found = clustered(3)
    assert found.nodes == ("db", "db-2", "db-3")
    settings = [found.settings(name) for name in found.nodes]
    assert [each["CLUSTER_HOSTNAME"] for each in settings] == ["node1", "node2", "node3"]
    assert {each["RAFT_JOIN"] for each in settings} == {"node1,node2,node3"}
    assert {each["RAFT_BOOTSTRAP_EXPECT"] for each in settings} == {"3"}
    assert [each["CLUSTER_JOIN"] for each in settings] == ["db-2:7946,db:7946", "db:7946", "db:7946"]


def test_every_other_setting_and_what_stands_behind_it_are_those_of_the_file() -> None:
    """A dollar sign is written twice still; what says that a node is alone at its own address is not kept."""
    found = clustered(2)
    for name in found.nodes:
        assert (
            environment(found.service(name)).items() >= {"ENABLE_MODULES": "img2vec-neural", "MONEY": "a $ b"}.items()
        )
        assert found.service(name)["environment"]["MONEY"] == "a $$ b"
        assert "CLUSTER_ADVERTISE_ADDR" not in found.settings(name)
    assert found.behind == BEHIND


def test_no_name_or_address_is_that_of_two_containers() -> None:
    """Names of a container, of a host and in a network are left out, and the network stays."""
    found = clustered(2)
    for name in found.nodes:
        assert not {"container_name", "hostname"} & {*found.service(name)}
        assert found.service(name)["networks"] == {"back": None}


def test_a_node_waits_for_what_the_file_says_and_for_the_one_that_it_joins() -> None:
    """In the short form as in the long one; the first waits for no other."""
    found = clustered(2)
    assert found.service("db")["depends_on"] == ["vectors"]
    started = {"condition": "service_started"}
    assert found.service("db-2")["depends_on"] == {"vectors": started, "db": started}


def test_a_service_that_is_called_like_a_node_stays_what_it_is() -> None:
    """The node gets another name."""
    found = clustered(3, **{"db-2": {"image": "y"}})
    assert found.nodes == ("db", "db-3", "db-4")
    assert found.whole["services"]["db-2"] == {"image": "y"}
