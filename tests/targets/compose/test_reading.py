"""What is found in a Compose file: Weaviate, its cluster, what stands behind it, and its key."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.errors import FileError
from harness.model import Module
from harness.targets.compose import reading
from harness.targets.compose.program import Compose
from harness.targets.compose.reading import Behind, Reading, key_variable, read
from harness.targets.compose.source import source
from harness.targets.keys import api_key

PRINTS = "import pathlib, sys; print(pathlib.Path(sys.argv[sys.argv.index('-f') + 1]).read_text())"
"""A Compose whose `config` is the file as it is, which JSON without variables is."""


def read_services(services: Mapping[str, Any], folder: Path, which: str = "") -> Reading:
    """The reading of a file with these services."""
    path = folder / "file.yaml"
    path.write_text(json.dumps({"services": services}))
    return read(source(f"{path}{which}"), Compose((sys.executable, "-c", PRINTS)), folder / "copy")


def weaviate(**settings: str) -> dict[str, Any]:
    """A service that is Weaviate."""
    return {"image": "semitechnologies/weaviate:1.39.0", "environment": settings}


@pytest.mark.parametrize(
    "service",
    [
        {"image": "semitechnologies/weaviate:1.39.0"},
        {"image": "cr.weaviate.io/semitechnologies/weaviate@sha256:00"},
        {"image": "weaviate"},
        {"image": "registry.example.org:5000/own/weaviate"},
        {"image": "own/database:1", "environment": {"ENABLE_MODULES": ""}},
        {"build": ".", "environment": ["DEFAULT_VECTORIZER_MODULE=none"]},
    ],
)
def test_a_weaviate_is_known_by_its_image_or_its_settings(service: dict[str, Any], tmp_path: Path) -> None:
    """Whatever it is called in the file."""
    others = {"app": {"image": "own/weaviate-app:1"}, "console": {"image": "semitechnologies/weaviate-console"}}
    assert read_services({**others, "search": service}, tmp_path).nodes == ("search",)


def test_what_stands_behind_a_module_is_found_by_any_of_its_names(tmp_path: Path) -> None:
    """The service's own name, its container's, its host's, or an alias; and what is elsewhere is not of the file."""
    for name, service in {
        "i2v": {"image": "i"},
        "vectors": {"image": "i", "container_name": "i2v"},
        "by-host": {"image": "i", "hostname": "I2V"},
        "by-alias": {"image": "i", "networks": {"n": {"aliases": ["i2v"]}}},
    }.items():
        api = {"IMAGE_INFERENCE_API": "http://i2v:9000", "CLIP_INFERENCE_API": "http://elsewhere.example.org"}
        found = read_services({"db": weaviate(**api), name: service}, tmp_path)
        assert found.behind == {Module.IMG2VEC: Behind(name, 9000)}


@pytest.mark.parametrize(
    "settings",
    [
        [{}, {"CLUSTER_JOIN": "a:7946"}, {"CLUSTER_JOIN": "a:7946"}],
        [{"RAFT_JOIN": "n1,n2,n3"}, {"RAFT_JOIN": "n1,n2,n3"}, {"RAFT_JOIN": "n1,n2,n3"}],
        [{"CLUSTER_JOIN": "b:1,a:1"}, {"CLUSTER_JOIN": "a:1"}, {"CLUSTER_JOIN": "b:1"}],
    ],
)
def test_nodes_that_join_each_other_are_one_database(settings: list[dict[str, str]], tmp_path: Path) -> None:
    """The first in the file is asked, or the one that was named."""
    services = {
        name: weaviate(CLUSTER_HOSTNAME=f"n{number}", **joins)
        for number, (name, joins) in enumerate(zip("cab" if settings[0] else "abc", settings, strict=True), 1)
    }
    if not settings[0]:
        assert read_services(services, tmp_path).nodes == ("a", "b", "c")
    assert {*read_services(services, tmp_path, "#b").nodes} == {"a", "b", "c"}
    assert read_services(services, tmp_path, "#b").nodes[0] == "b"


def test_databases_that_have_nothing_in_common_are_several(tmp_path: Path) -> None:
    """Even if their only nodes are called alike; one has to be named."""
    alone = weaviate(CLUSTER_HOSTNAME="node1", RAFT_JOIN="node1")
    services = {"old": alone, "new": alone}
    with pytest.raises(FileError, match="several databases: old, new") as caught:
        read_services(services, tmp_path)
    assert caught.value.hint.endswith("file.yaml#old'")
    assert read_services(services, tmp_path, "#new").nodes == ("new",)


def test_ports_and_the_folder_of_data_are_read_from_the_file(tmp_path: Path) -> None:
    """The defaults are those of Weaviate's image."""
    usual = read_services({"db": weaviate()}, tmp_path).service("db")
    assert (reading.http_port(usual), reading.grpc_port(usual)) == (8080, 50051)
    assert reading.data_folder(usual) == "/var/lib/weaviate"
    own = weaviate(GRPC_PORT="9001", PERSISTENCE_DATA_PATH="./data") | {
        "command": ["--host", "0.0.0.0", "--port", "9000"]
    }
    assert (reading.http_port(own), reading.grpc_port(own), reading.data_folder(own)) == (9000, 9001, "/data")
    assert reading.http_port({"command": "--port=9002 --scheme http"}) == 9002


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({}, ""),
        ({"AUTHENTICATION_APIKEY_ALLOWED_KEYS": "k"}, ""),
        ({"AUTHENTICATION_APIKEY_ENABLED": "true", "AUTHENTICATION_APIKEY_ALLOWED_KEYS": "k"}, "k"),
        (
            {
                "AUTHENTICATION_APIKEY_ENABLED": "True",
                "AUTHENTICATION_APIKEY_ALLOWED_KEYS": "reader, writer",
                "AUTHENTICATION_APIKEY_USERS": "ann, ben",
                "AUTHORIZATION_ADMINLIST_USERS": "ben",
            },
            "writer",
        ),
        (
            {
                "AUTHENTICATION_APIKEY_ENABLED": "on",
                "AUTHENTICATION_APIKEY_ALLOWED_KEYS": "a,b",
                "AUTHENTICATION_APIKEY_USERS": "ann,ben",
                "AUTHORIZATION_RBAC_ROOT_USERS": "ben",
            },
            "b",
        ),
    ],
)
def test_the_key_is_one_of_a_user_who_may_do_everything(settings: dict[str, str], key: str) -> None:
    """As far as the settings tell; the first one otherwise."""
    assert api_key(settings) == key


def test_a_key_is_made_up_where_a_file_wants_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless it is set, here or in the file .env beside it."""
    path = tmp_path / "file.yaml"
    path.write_text("services: {db: {image: weaviate}}")
    made = key_variable(source(str(path)))["WEAVIATE_API_KEY"]
    assert len(made) == 32
    assert made != key_variable(source(str(path)))["WEAVIATE_API_KEY"]
    (tmp_path / ".env").write_text("WEAVIATE_API_KEY=theirs\n")
    assert key_variable(source(str(path))) == {}
    (tmp_path / ".env").unlink()
    monkeypatch.setenv("WEAVIATE_API_KEY", "theirs")
    assert key_variable(source(str(path))) == {}


def test_what_compose_says_of_a_file_comes_with_the_line_of_the_service(tmp_path: Path) -> None:
    """In the words of either spelling."""
    path = tmp_path / "file.yaml"
    path.write_text("services:\n  db:\n    image: weaviate\n  other:\n    image: x\n")
    for words in (
        "services.other Additional property imgae is not allowed",
        "validating file.yaml: services.other additional properties 'imgae' not allowed",
        "Unsupported config option for services.other: 'imgae'",
        'Service "other" refers to undefined volume x',
    ):
        refuses = Compose((sys.executable, "-c", f"import sys; sys.exit({words!r})"))
        with pytest.raises(FileError, match="Compose does not accept this file") as caught:
            read(source(str(path)), refuses, tmp_path / "copy")
        assert caught.value.line == 4, words
