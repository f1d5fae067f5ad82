"""What a run leaves in Docker when it is ended: nothing, or what the next start finds by its labels and removes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from daemons import PROGRAMS, Images, Left, MakeTarget

from harness.model import Needs
from harness.targets.docker import leftovers
from harness.targets.docker.labels import CLAIM, OWNER, left_behind
from harness.targets.state import machine, process

docker = pytest.mark.docker
ONE = Needs(modules=("img2vec-neural",))


@contextmanager
def kept(images: Images) -> Iterator[tuple[subprocess.Popen[str], Left]]:
    """A target that another process keeps open, and what that has in Docker."""
    command = [sys.executable, str(PROGRAMS / "keeper.py"), images.fake(), images.fake()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as keeper:
        try:
            assert keeper.stdout is not None
            assert keeper.stdout.readline() == "open\n"
            yield keeper, Left(images.client, keeper.pid)
        finally:
            keeper.kill()


@docker
def test_a_killed_run_is_swept_by_the_next_start(images: Images, make_target: MakeTarget) -> None:
    """Two containers, a network and a volume are removed, and a note says so."""
    with kept(images) as (keeper, left):
        assert len(left.names()) == 4
        keeper.send_signal(signal.SIGKILL)
        keeper.wait()
    assert len(left.names()) == 4
    target = make_target()
    with target.open(Needs()):
        assert left.names() == set()
    assert "removed what a crashed run left in Docker: 2 containers, 1 network and 1 volume" in target.notes


@docker
def test_a_run_that_goes_on_is_never_swept(images: Images) -> None:
    """Its owner lives: a sweep and another run's end leave it alone."""
    with kept(images) as (_, left):
        before = left.names()
        leftovers.sweep()
        assert left.names() == before


@docker
@pytest.mark.parametrize("number", [signal.SIGINT])
def test_an_interrupted_run_removes_everything_itself(images: Images, number: signal.Signals) -> None:
    """Ctrl-C ends the block like any other end."""
    with kept(images) as (keeper, left):
        keeper.send_signal(number)
        keeper.wait()
        assert left.names() == set()


@docker
def test_an_interrupt_while_it_starts_leaves_nothing(
    images: Images, wait_until: Callable[[Callable[[], object]], None]
) -> None:
    """The first container is there, the rest never comes."""
    command = [sys.executable, str(PROGRAMS / "keeper.py"), images.fake("never-ready"), images.fake()]
    with subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True) as keeper:
        left = Left(images.client, keeper.pid)
        wait_until(left.names)
        keeper.send_signal(signal.SIGINT)
        keeper.communicate()
    assert left.names() == set()


@docker
def test_a_removed_container_is_no_trouble(make_target: MakeTarget, left: Left) -> None:
    """Somebody who tidies up by hand is not in the way of the end."""
    target = make_target()
    with target.open(ONE):
        assert target._opened is not None
        left.client.api.remove_container(target._opened.name("i2v-neural"), force=True)
    assert left.names() == set()
    assert target.notes == []


@docker
def test_a_paused_container_is_removed(make_target: MakeTarget, left: Left) -> None:
    """Also if the block that froze it is left by an error."""
    target = make_target()
    with target.open(Needs()):
        assert target._opened is not None
        left.client.api.pause(target._opened.name("weaviate"))
    assert left.names() == set()


@docker
def test_down_sweeps(images: Images) -> None:
    """`nearimage down` removes what a killed run left."""
    with kept(images) as (keeper, left):
        keeper.send_signal(signal.SIGKILL)
        keeper.wait()
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "down"], capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert left.names() == set()
    assert "removed what a crashed run left in Docker" in done.stdout


def test_without_a_daemon_there_is_nothing_to_sweep(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """It costs nothing, and is no error."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    assert leftovers.sweep() == []


def owned(**changes: Any) -> dict[str, str]:
    """Labels whose owner is a process that is gone, with changes."""
    here = machine()
    place = {key: changes.pop(key, value) for key, value in here.items()}
    return {CLAIM: "x", OWNER: json.dumps({"pid": 1 << 30, "started": "7", "machine": place} | changes)}


def test_what_a_dead_process_of_this_machine_left_is_left_behind() -> None:
    """Its id is no process's."""
    assert left_behind(owned())


def test_after_a_new_boot_every_owner_is_gone() -> None:
    """Whatever process has the id now."""
    assert left_behind(owned(pid=os.getpid(), started=process(os.getpid()).started, boot="another"))


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(owned(pid=os.getpid(), started=process(os.getpid()).started), id="a live process"),
        pytest.param(owned(host="another"), id="another machine at the same daemon"),
        pytest.param(owned(namespace="pid:[1]"), id="a container whose processes cannot be seen"),
        pytest.param({}, id="no labels"),
        pytest.param({OWNER: "{"}, id="labels that somebody cut"),
        pytest.param({OWNER: "[]"}, id="labels of another kind"),
    ],
)
def test_of_others_nothing_is_removed(labels: dict[str, str]) -> None:
    """What is not known to be left is left alone."""
    assert not left_behind(labels)


def test_a_reused_id_is_not_the_owner() -> None:
    """A process that has the id of a dead one, but started later, owns nothing."""
    assert left_behind(owned(pid=os.getpid(), started="another time"))
