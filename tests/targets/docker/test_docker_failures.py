"""What goes wrong with Docker: a sentence with the cause, the last words and what to do, and nothing left behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemons import Images, Left, MakeTarget

from harness.errors import TargetError, UsageError
from harness.model import Needs
from harness.targets import ports
from harness.targets.docker import database
from harness.targets.docker.daemon import connected, silence
from harness.targets.docker.target import DockerTarget, choose
from harness.targets.setup import Setup

docker = pytest.mark.docker
ONE = Needs(modules=("img2vec-neural",))
NOBODY = 65534


def trouble(target: DockerTarget, needs: Needs = ONE) -> TargetError:
    """The error that opening a target ends with."""
    with pytest.raises(TargetError) as caught, target.open(needs):
        pytest.fail("it opened")
    return caught.value


@docker
@pytest.mark.parametrize(
    ("how", "says", "log"),
    [
        ("exits", "ended with exit code 3 before it was ready", "fatal: invalid config: no such setting"),
        ("dies", "was killed by signal 6 before it was ready", "the model is broken"),
        ("never-ready", "did not get ready within 2 s", "Running on CPU"),
        ("deaf", "did not answer over HTTP within 2 s", "Running on CPU"),
        ("no-module", "is ready but without the module img2vec-neural", "Running on CPU"),
    ],
)
def test_a_weaviate_that_is_not_as_it_must_be(
    how: str, says: str, log: str, make_target: MakeTarget, left: Left
) -> None:
    """It is named with its image, and its log shows why."""
    error = trouble(make_target(how, patience=2.0))
    assert error.what == f"Weaviate (nearimage-test/fake:{how}) {says}"
    assert log in error.log
    assert left.names() == set()


@docker
@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("exits", "ended with exit code 3"),
        ("dies", "was killed by signal 6"),
        ("never-ready", "did not get ready within 2 s"),
        ("deaf", "did not get ready within 2 s"),
    ],
)
def test_an_inference_service_that_does_not_get_ready_is_an_error_of_its_own(
    how: str, says: str, make_target: MakeTarget, left: Left
) -> None:
    """It is the service that is named, not the Weaviate that waits for it."""
    error = trouble(make_target(service=how, patience=2.0))
    assert error.what == f"the inference service for img2vec-neural (nearimage-test/fake:{how}) {says}"
    assert "Running on CPU" in error.log
    assert left.names() == set()


@docker
def test_a_service_that_dies_while_weaviate_starts_is_the_cause(make_target: MakeTarget, left: Left) -> None:
    """Weaviate never gets ready then, but it is not to blame."""
    target = make_target("never-ready", patience=20.0)
    with pytest.raises(TargetError, match=r"the inference service for img2vec-neural .* was killed by signal 9"):
        _kill_service_when_weaviate_runs(target, left)
    assert left.names() == set()


def _kill_service_when_weaviate_runs(target: DockerTarget, left: Left) -> None:
    def kill() -> None:
        for _ in range(200):
            names = [name for name in left.names() if name.endswith("-weaviate")]
            if names:
                left.client.api.kill(names[0].removesuffix("weaviate").lstrip("/") + "i2v-neural")
                return
            threading.Event().wait(0.05)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        with target.open(ONE):
            pytest.fail("it opened")
    finally:
        killer.join()


@docker
def test_a_program_that_is_missing_in_the_image(images: Images, left: Left) -> None:
    """Docker's own words say which."""
    image = images.built("fake.py", "nearimage-test/fake:no-program", "RUN rm /program.py && rm $(which python3)")
    error = trouble(choose(image), Needs())
    assert error.what.startswith(f"Docker could not start a container of {image}: ")
    assert "python3" in error.what
    assert left.names() == set()


@docker
def test_an_image_that_is_not_there(left: Left) -> None:
    """A registry that does not answer is named."""
    error = trouble(choose("127.0.0.1:9/nobody/nothing:1"))
    assert error.what.startswith("the image 127.0.0.1:9/nobody/nothing:1 is not here, and cannot be pulled: ")
    assert "docker pull" in error.hint
    assert left.names() == set()


@docker
def test_an_image_with_a_slip_of_the_pen(images: Images) -> None:
    """What is here and looks like it is offered."""
    images.fake()
    error = trouble(choose("nearimage-test/fake:fnie"))
    assert error.hint == "Did you mean nearimage-test/fake:fine, which is here?"


@docker
def test_a_version_that_the_image_does_not_have(make_target: MakeTarget, left: Left) -> None:
    """An image whose name says one version and whose server another is not taken for either."""
    error = trouble(make_target(version="1.32.27"), Needs())
    assert "was taken for Weaviate 1.32.27 but says that it is 1.39.0" in error.what
    assert left.names() == set()


@docker
def test_a_new_version_without_grpc(make_target: MakeTarget, monkeypatch: pytest.MonkeyPatch, left: Left) -> None:
    """From 1.23 on a client needs it: then it is missed."""
    monkeypatch.setattr(database, "_GRPC_SECONDS", 1.0)
    error = trouble(make_target("no-grpc"), Needs())
    assert "is ready, but its gRPC did not answer within 1 s" in error.what
    assert left.names() == set()


@docker
def test_ports_that_others_keep_taking(make_target: MakeTarget, monkeypatch: pytest.MonkeyPatch, left: Left) -> None:
    """After three tries it is said so."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(ports, "pick", lambda: ports.Ports(other.getsockname()[1]))
        error = trouble(make_target(), Needs())
    assert error.what == "other programs took the ports of Weaviate (nearimage-test/fake:fine) in between, 3 times"
    assert left.names() == set()


@docker
def test_too_little_memory_is_the_cause_that_is_told(make_target: MakeTarget, left: Left) -> None:
    """The system kills what goes over its limit, and Docker knows that it was that."""
    error = trouble(make_target("hungry", memory=64 << 20), Needs())
    assert error.what == "Weaviate (nearimage-test/fake:hungry) was killed by signal 9 before it was ready"
    assert error.log.endswith("Docker says: it wanted more memory than its limit")
    assert error.hint == "Let it have more: --memory 2GiB, or the scenario's limits."
    assert left.names() == set()


@docker
def test_limits_that_no_machine_has(make_target: MakeTarget, left: Left) -> None:
    """More processors than there are is Docker's to refuse, and its words are told."""
    error = trouble(make_target(cpus=10_000.0), Needs())
    assert "with these limits" in error.what
    assert left.names() == set()


@docker
def test_a_module_that_is_misspelt_is_said_before_anything_starts(make_target: MakeTarget, left: Left) -> None:
    """The nearest that there is is offered."""
    error = trouble(make_target(), Needs(modules=("img2vec-nueral",)))
    assert error.what == "there is no inference service for the module 'img2vec-nueral'"
    assert error.hint == "Did you mean img2vec-neural?"
    assert left.names() == set()


def test_no_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The address that was tried is named, and how to start one."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    error = trouble(choose(""))
    assert error.what == f"no Docker daemon answers at unix://{tmp_path}/docker.sock"
    assert "systemctl start docker" in error.hint


def test_a_daemon_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same over TCP, where somebody listened once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{port}")
    assert trouble(choose("")).what == f"no Docker daemon answers at tcp://127.0.0.1:{port}"


@pytest.fixture
def forbidden_socket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a socket that this process may not connect to, also if it is root's."""
    root = os.geteuid() == 0
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as server:  # a short path
        monkeypatch.setenv("DOCKER_CONFIG", folder)
        Path(folder).chmod(0o755)
        path = Path(folder) / "docker.sock"
        server.bind(str(path))
        server.listen()
        path.chmod(0)
        if root:
            os.seteuid(NOBODY)
        try:
            yield f"unix://{path}"
        finally:
            if root:
                os.seteuid(0)


def test_no_permission(monkeypatch: pytest.MonkeyPatch, forbidden_socket: str) -> None:
    """A person who is not in Docker's group is told about it."""
    monkeypatch.setenv("DOCKER_HOST", forbidden_socket)
    with pytest.raises(TargetError) as caught, connected():
        pytest.fail("it answered")
    assert caught.value.what == f"there is no permission to use Docker's daemon at {forbidden_socket}"
    assert "usermod -aG docker" in caught.value.hint
    assert silence() == "no permission to use the daemon"


@pytest.mark.parametrize("text", ["Weaviate:1", "a b", "x//y", "semitechnologies/weaviate:1.39.0:2", "--rm"])
def test_what_is_no_image(text: str) -> None:
    """It is a mistake in the command, said before Docker is asked."""
    with pytest.raises(UsageError, match="is no name of a container image"):
        choose(text)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"inference": "offical"}, "there is no inference service 'offical'"),
        ({"images": {"img2vec": "x"}}, "an image is given for 'img2vec', which is no image module"),
        ({"images": {"multi2vec-clip": "X Y"}}, "'X Y' is no name of a container image"),
        ({"images": {"multi2vec-clip": "x"}, "inference": "host"}, "with --inference host no container stands"),
        ({"volumes": ("/nowhere/at/all:/data",)}, "there is no folder /nowhere/at/all"),
        ({"volumes": ("data",)}, "'data' is no volume for a container"),
        ({"volumes": ("data:/a", "data:/b")}, "data is mounted twice"),
    ],
)
def test_an_option_that_means_nothing(options: dict[str, object], says: str) -> None:
    """It is a mistake in the command."""
    with pytest.raises(UsageError) as caught:
        choose("", Setup(**options))  # type: ignore[arg-type]
    assert caught.value.what.startswith(says)


def test_the_command_says_it_and_ends_with_4(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`nearimage run` prints the sentence and what to do, no traceback."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "run", "--smoke", "--target", "docker"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4
    assert "no Docker daemon answers at unix://" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
