"""The copy of a Compose file that is started: nothing in it touches what is a person's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.errors import FileError, UsageError
from harness.model import Module
from harness.targets.compose.reading import Behind, Reading
from harness.targets.compose.rewriting import Changes, needed, rewritten
from harness.targets.compose.source import Source

MARKS = {"nearimage.claim": "x"}
SOURCE = Source("file.yaml", Path("file.yaml"))
DB = {"image": "own/weaviate:1", "environment": {"PERSISTENCE_DATA_PATH": "/data"}}


def copy(
    services: Mapping[str, Any],
    nodes: tuple[str, ...] = ("db",),
    behind: Mapping[Module, Behind] | None = None,
    whole: Mapping[str, Any] | None = None,
    **changes: Any,
) -> tuple[dict[str, Any], list[str]]:
    """The copy of a file with these services, and the notes about it."""
    reading = Reading({"services": services, **(whole or {})}, nodes, behind or {})
    return rewritten(SOURCE, reading, Changes(labels=MARKS, ports={"db": {8080: 20_000}}, **changes))


def test_only_what_weaviate_needs_is_in_it() -> None:
    """Its inference services and what is waited for or linked; nobody else's application."""
    services = {
        "db": {**DB, "depends_on": ["first"], "links": ["second:alias"]},
        "first": {"image": "x", "depends_on": {"third": {"condition": "service_started"}}},
        "second": {"image": "x", "volumes_from": ["fourth:ro"]},
        "third": {"image": "x"},
        "fourth": {"image": "x"},
        "vectors": {"image": "x"},
        "app": {"image": "x", "depends_on": ["db"]},
    }
    reading = Reading({"services": services}, ("db",), {Module.CLIP: Behind("vectors", 8080)})
    assert {*needed(reading)} == {*services} - {"app"}
    assert needed(reading, alone=True) == ("db",)


def test_names_ports_restarts_and_profiles_are_gone() -> None:
    """Whatever could meet something of the same name; a container's name stays one in the network."""
    service = {
        **DB,
        "container_name": "production",
        "ports": [{"target": 8080, "published": "8080"}, "50051:50051"],
        "restart": "always",
        "profiles": ["p"],
        "scale": 3,
        "external_links": ["other"],
        "labels": {"traefik.enable": "true"},
        "deploy": {"replicas": 3, "restart_policy": {"condition": "any"}, "resources": {"limits": {"cpus": "1"}}},
    }
    made = copy({"db": service})[0]["services"]["db"]
    assert made["ports"] == ["127.0.0.1:20000:8080"]
    assert made["restart"] == "no"
    assert made["labels"] == MARKS
    assert made["networks"] == {"default": {"aliases": ["production"]}}
    assert made["deploy"] == {"resources": {"limits": {"cpus": "1"}}}
    assert not {"container_name", "profiles", "scale", "external_links"} & {*made}


def test_networks_are_the_projects_own() -> None:
    """A person's network, with its name, its subnet and its addresses, is not entered: names would be taken there."""
    service = {**DB, "networks": {"search": {"aliases": ["w"], "ipv4_address": "10.0.0.2"}, "other": None}}
    networks = {
        "search": {"external": True, "name": "production"},
        "other": {"ipam": {"config": [{"subnet": "10.0.0.0/24"}]}, "internal": True},
        "third": {},
    }
    whole, _ = copy({"db": service}, whole={"networks": networks})
    assert whole["networks"] == {"search": {"labels": MARKS}, "other": {"labels": MARKS}}
    assert whole["services"]["db"]["networks"] == {"search": {"aliases": ["w"]}, "other": {}}


@pytest.mark.parametrize(
    "mount",
    [
        "weaviate:/data",
        "/srv/weaviate:/data:rw",
        {"type": "bind", "source": "/srv", "target": "/data/"},
        "/srv:/data/sub",
    ],
)
def test_the_data_of_a_weaviate_are_in_a_volume_of_this_run(mount: Any) -> None:
    """Wherever the file keeps them: a person's data are never opened."""
    whole, notes = copy({"db": {**DB, "volumes": [mount]}}, whole={"volumes": {"weaviate": {"external": True}}})
    assert notes[0].endswith(" is left alone: db has new, empty data here")
    assert whole["services"]["db"]["volumes"] == [{"type": "volume", "source": "db-data", "target": "/data"}]
    assert whole["volumes"] == {"db-data": {"labels": MARKS}}


def test_other_folders_are_read_only_and_it_is_said() -> None:
    """In the short form of the older Compose and in the long one; a folder that is missing is not made."""
    mounts = [
        "/etc/models:/models:rw",
        "/etc/certificates:/certificates:ro",
        {"type": "bind", "source": "/x", "target": "/y", "bind": {"create_host_path": True}},
        {"type": "tmpfs", "target": "/tmp"},
        "/anonymous",
    ]
    whole, notes = copy({"db": {**DB, "volumes": mounts}})
    _, *made = whole["services"]["db"]["volumes"]
    assert made == [
        {"type": "bind", "source": "/etc/models", "target": "/models", "read_only": True},
        {"type": "bind", "source": "/etc/certificates", "target": "/certificates", "read_only": True},
        {"type": "bind", "source": "/x", "target": "/y", "read_only": True},
        {"type": "tmpfs", "target": "/tmp"},
        {"type": "volume", "target": "/anonymous"},
    ]
    assert notes == ["/etc/models is mounted read-only into db", "/x is mounted read-only into db"]
    said = {"bind": {"create_host_path": False}}
    whole, _ = copy({"db": {**DB, "volumes": mounts}}, volumes={"/mine": ("/mine", "ro")}, binds=said)
    bound = [each for each in whole["services"]["db"]["volumes"] if each["type"] == "bind"]
    assert len(bound) == 4
    assert all(each.items() >= said.items() for each in bound)


def test_volumes_with_a_name_of_their_own_are_new_and_it_is_said() -> None:
    """An external volume, or one that is a folder in disguise, is not a person's here."""
    volumes = {"cache": {"external": True, "name": "production-cache"}, "unused": {}}
    whole, notes = copy({"db": {**DB, "volumes": ["cache:/cache"]}}, whole={"volumes": volumes})
    assert whole["volumes"] == {"cache": {"labels": MARKS}, "db-data": {"labels": MARKS}}
    assert notes == ["the volume cache is a new, empty one here: yours is left alone"]


@pytest.mark.parametrize("how", ["host", "container:other", "service:vpn"])
def test_the_network_of_somebody_else_cannot_be_shared(how: str) -> None:
    """There its ports are taken, or are not its own."""
    with pytest.raises(FileError, match=f"network_mode: {how}"):
        copy({"db": {**DB, "network_mode": how}, "vpn": {"image": "x"}})


def test_a_gpu_is_reserved_for_what_stands_behind_the_modules() -> None:
    """And not for Weaviate; all of them, because CUDA_CORE says which one is used."""
    services = {"db": DB, "vectors": {"image": "x", "environment": ["ENABLE_CUDA=0", "A=b"], "command": "kept"}}
    made = copy(services, behind={Module.CLIP: Behind("vectors", 8080)}, gpu=1)[0]["services"]
    assert made["vectors"]["environment"] == {"ENABLE_CUDA": "1", "CUDA_CORE": "cuda:1", "A": "b"}
    devices = made["vectors"]["deploy"]["resources"]["reservations"]["devices"]
    assert devices == [{"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}]
    assert made["vectors"]["command"] == "kept"
    assert "deploy" not in made["db"]


def test_another_image_is_started_in_its_own_way() -> None:
    """Not with the command of the one that it takes the place of, and asked for its health by Python."""
    services = {
        "db": DB,
        "vectors": {"image": "x", "command": "run x", "entrypoint": "sh", "healthcheck": {"test": "curl"}},
    }
    behind = {Module.CLIP: Behind("vectors", 8080)}
    made = copy(services, behind=behind, images={Module.CLIP: "own/clip:1"})[0]["services"]["vectors"]
    assert made["image"] == "own/clip:1"
    assert not {"command", "entrypoint"} & {*made}
    assert made["healthcheck"]["test"][:2] == ["CMD", "python3"]


def test_limits_take_the_place_of_the_files() -> None:
    """Compose does not accept both."""
    limited = {**DB, "deploy": {"resources": {"limits": {"cpus": "4", "memory": "8g", "pids": 9}}}}
    made = copy({"db": limited}, cpus=0.5, memory=1 << 30)[0]["services"]["db"]
    assert (made["cpus"], made["mem_limit"]) == (0.5, 1 << 30)
    assert made["deploy"]["resources"]["limits"] == {"pids": 9}


def test_only_nodes_of_a_cluster_may_try_again() -> None:
    """One may come a moment before the one that it wants to join; any other end is an end."""
    whole, _ = copy({"db": DB, "two": DB}, nodes=("db", "two"))
    assert {service["restart"] for service in whole["services"].values()} == {"on-failure:5"}


def test_everything_has_our_labels() -> None:
    """So that what a crash leaves is found."""
    whole, _ = copy({"db": {**DB, "volumes": ["c:/c"], "networks": ["n"]}}, whole={"volumes": {"c": None}})
    things = [*whole["services"].values(), *whole["networks"].values(), *whole["volumes"].values()]
    assert all(each["labels"] == MARKS for each in things)


def test_a_persons_own_volume_stays_when_all_else_goes() -> None:
    """What --volume names is not the project's."""
    made, _ = copy({"db": DB}, volumes={"kept": ("/kept", "rw"), "/folder": ("/f", "ro")})
    assert made["volumes"]["kept"] == {"external": True, "name": "kept"}
    assert made["services"]["db"]["volumes"][1:] == [
        {"type": "volume", "source": "kept", "target": "/kept", "read_only": False},
        {"type": "bind", "source": "/folder", "target": "/f", "read_only": True},
    ]


def test_it_is_read_again_as_it_was_written() -> None:
    """Dollar signs of settings are written twice, as Compose wants them; it is plain YAML."""
    whole, _ = copy({"db": DB}, settings={"PRICE": "1$"})
    assert whole["services"]["db"]["environment"]["PRICE"] == "1$$"
    assert yaml.safe_load(yaml.safe_dump(whole)) == whole


@pytest.mark.parametrize("path", ["/data", "/"])
def test_nodes_do_not_share_the_volume_of_their_data(path: str) -> None:
    """A volume that a person names is refused where several nodes would write their data into it, and says why."""
    with pytest.raises(UsageError, match="2 nodes cannot keep their data in one place, which mine:"):
        copy({"db": DB, "other": DB}, ("db", "other"), volumes={"mine": (path, "rw")})


@pytest.mark.parametrize(("path", "mode"), [("/data", "ro"), ("/backups", "rw"), ("/data/backups", "rw")])
def test_nodes_may_share_what_is_not_their_data(path: str, mode: str) -> None:
    """A place for backups is one for all nodes, as Weaviate wants it."""
    made, _ = copy({"db": DB, "other": DB}, ("db", "other"), volumes={"mine": (path, mode)})
    assert all(
        {"type": "volume", "source": "mine", "target": path, "read_only": mode == "ro"} in service["volumes"]
        for service in made["services"].values()
    )
