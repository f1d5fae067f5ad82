"""What the doctor says of Docker, from a recording daemon."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from recording import Daemon, recording

from harness.targets.docker.daemon import reached_by, silence
from harness.targets.docker.labels import CLAIM, OWNER
from harness.targets.doctor import Fact, facts
from harness.targets.state import machine


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon as DOCKER_HOST names it."""
    with recording() as daemon:
        monkeypatch.setenv("DOCKER_HOST", daemon.address)
        yield daemon


def found(name: str) -> Fact:
    """The doctor's fact of that name."""
    [fact] = [each for each in facts() if each.name == name]
    return fact


def test_a_daemon_is_named_with_its_version_and_its_address(daemon: Daemon) -> None:
    """As DOCKER_HOST says."""
    fact = found("docker")
    assert fact.ok
    assert fact.says.startswith(f"Docker 20.10.24 at {daemon.address}")


def test_images_that_a_run_may_use_are_listed(daemon: Daemon) -> None:
    """Those that are here, and those that would be pulled."""
    daemon.images = {"semitechnologies/img2vec-pytorch:resnet50", "nearimage-local/inference:1-abc", "somebody/else:1"}
    assert found("docker images").says == (
        "here: nearimage-local/inference:1-abc, semitechnologies/img2vec-pytorch:resnet50; pulled when they are first "
        "needed: semitechnologies/multi2vec-clip:sentence-transformers-clip-ViT-B-32-multilingual-v1"
    )


def test_a_gpu_is_known_by_its_runtime(daemon: Daemon) -> None:
    """Without one nothing is wrong."""
    assert found("docker gpu").ok is None
    daemon.info = {"Runtimes": {"nvidia": {}}}
    assert found("docker gpu").ok


def test_what_crashed_runs_left_is_counted(daemon: Daemon) -> None:
    """With the command that removes it; the doctor itself removes nothing."""
    owner = json.dumps({"pid": 1 << 30, "started": "7", "machine": machine()})
    daemon.volumes["x"] = {"Name": "x", "Labels": {CLAIM: "x", OWNER: owner}}
    assert (found("docker leftovers").says, found("docker leftovers").hint) == (
        "1 of crashed runs",
        "Remove them: nearimage down",
    )
    assert "x" in daemon.volumes


def test_podman_is_called_by_its_name(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its socket speaks as Docker's, and names itself among the components."""
    said = {"ApiVersion": "1.41", "Version": "4.3.1", "Components": [{"Name": "Podman Engine"}]}
    monkeypatch.setattr(daemon, "_version", lambda *_: (200, said))
    assert found("docker").says.startswith("Podman 4.3.1 at ")


def test_a_daemon_that_refuses_is_no_fault(daemon: Daemon) -> None:
    """Docker's words are told, and what to do."""
    daemon.refuses["GET /info"] = (500, "it is broken")
    fact = found("docker")
    assert (fact.ok, "it is broken" in fact.says) == (None, True)


def test_something_else_on_the_socket_is_no_docker(daemon: Daemon) -> None:
    """It answers, but not a ping."""
    daemon.refuses["GET /_ping"] = (404, "what?")
    assert silence() == f"what answers at {daemon.address} is no Docker"


@pytest.mark.parametrize(
    ("where", "host"),
    [
        ("unix:///var/run/docker.sock", "127.0.0.1"),
        ("tcp://127.0.0.1:2375", "127.0.0.1"),
        ("tcp://localhost:2375", "127.0.0.1"),
        ("tcp://docker:2375", "docker"),
        ("ssh://me@build.example.org", "build.example.org"),
    ],
)
def test_published_ports_are_reached_where_the_daemon_is(
    where: str, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On this machine by loopback, elsewhere by the host that the daemon's address names."""
    monkeypatch.delenv("TC_HOST", raising=False)
    monkeypatch.delenv("TESTCONTAINERS_HOST_OVERRIDE", raising=False)
    assert reached_by(where) == host


def test_a_person_may_say_how_published_ports_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variable of Testcontainers: needed where the harness itself is in a container."""
    monkeypatch.setenv("TESTCONTAINERS_HOST_OVERRIDE", "host.docker.internal")
    assert reached_by("unix:///var/run/docker.sock") == "host.docker.internal"


def test_another_context_is_the_librarys_to_find(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where Docker's command was told to use another daemon, the usual socket says nothing about it."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    (tmp_path / "config.json").write_text('{"currentContext": "elsewhere"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    assert silence() == ""
