"""Testcontainers' reaper: taken where its image is, done without where it is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from daemons import PROGRAMS, Images, Left
from docker.errors import NotFound
from recording import recording
from requests.exceptions import ConnectionError, ReadTimeout  # noqa: A004 (the library calls it so)
from testcontainers.core.config import testcontainers_config

from harness.model import Needs
from harness.targets.docker import database
from harness.targets.docker.target import choose

docker = pytest.mark.docker


@contextmanager
def keeper(images: Images, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process that keeps a target open, with a reaper of that image; ended in order."""
    command = [sys.executable, str(PROGRAMS / "keeper.py"), images.fake(), images.fake()]
    known = {name: value for name, value in os.environ.items() if "RYUK" not in name}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=known | environment) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)


@pytest.fixture
def reapers(images: Images) -> Iterator[Callable[[], list[str]]]:
    """The reapers that run, by name."""
    image = images.built("reaper.py", "nearimage-test/reaper:1")

    def running() -> list[str]:
        return [each["Names"][0] for each in images.client.api.containers(filters={"ancestor": image})]

    yield running
    for name in running():
        images.client.api.remove_container(name, force=True)


@docker
def test_where_its_image_is_the_reaper_removes_what_a_killed_run_left(
    images: Images, reapers: Callable[[], list[str]]
) -> None:
    """Without another start of ours: containers and network are gone once the reaper has ended its work."""
    assert any(reaped(images, reapers) for _ in range(3))


def reaped(images: Images, reapers: Callable[[], list[str]]) -> bool:
    """Kill a run that has a reaper; True if that removed what was left.

    Testcontainers may speak to the reaper before that listens, and not notice: then it waits for nobody.
    """
    with keeper(images, RYUK_CONTAINER_IMAGE="nearimage-test/reaper:1") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        [reaper] = reapers()
        left = Left(images.client, process.pid)
        process.send_signal(signal.SIGKILL)
    try:
        images.client.api.wait(reaper.lstrip("/"), timeout=20)
    except NotFound:  # it is removed when it ends
        pass
    except (ReadTimeout, ConnectionError):
        images.client.api.remove_container(reaper.lstrip("/"), force=True)
        return False
    return not [name for name in left.names() if not name.endswith("-data")]


@docker
def test_a_person_can_switch_the_reaper_off(images: Images, reapers: Callable[[], list[str]]) -> None:
    """By the variable of Testcontainers."""
    switch = {"RYUK_CONTAINER_IMAGE": "nearimage-test/reaper:1", "TESTCONTAINERS_RYUK_DISABLED": "true"}
    with keeper(images, **switch) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        assert reapers() == []


@docker
def test_where_its_image_is_not_nothing_is_pulled_for_it(images: Images) -> None:
    """A run opens without it."""
    with keeper(images, RYUK_CONTAINER_IMAGE="127.0.0.1:9/no/reaper:1") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"


def test_a_reaper_that_fails_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its image is here but Docker will not have it: the run opens all the same."""
    monkeypatch.setattr(testcontainers_config, "ryuk_disabled", False)
    monkeypatch.setattr(database, "_GRPC_OLD_SECONDS", 0.0)
    with recording() as daemon:
        monkeypatch.setenv("DOCKER_HOST", daemon.address)
        daemon.images = {"semitechnologies/weaviate:1.19.13", testcontainers_config.ryuk_image}
        daemon.refuses["POST /containers/create?name=testcontainers-ryuk*"] = (403, "no privileged containers")
        with choose("1.19.13").open(Needs()) as endpoint:
            assert endpoint.version == "1.19.13"
        assert sum(route == "POST /containers/create" for route in daemon.routes()) == 2, "the reaper was tried"
