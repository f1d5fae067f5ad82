"""What goes wrong with a Compose file: a sentence with the cause, the last words and what to do, and nothing left."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from composing import MakeTarget
from daemons import Images, Left

from harness.errors import FileError, TargetError, UsageError
from harness.model import Needs
from harness.targets import ports, state
from harness.targets.compose.project import SERVICE
from harness.targets.compose.target import ComposeTarget, choose
from harness.targets.docker import leftovers
from harness.targets.setup import Setup

docker = pytest.mark.docker
ONE = Needs(modules=("img2vec-neural",))


def trouble(target: ComposeTarget, needs: Needs = ONE) -> TargetError:
    """The error that opening a target ends with."""
    with pytest.raises(TargetError) as caught, target.open(needs):
        pytest.fail("it opened")
    return caught.value


@docker
def test_the_reference_is_no_node_of_a_cluster(make_target: MakeTarget, left: Left) -> None:
    """That is said as soon as it is known, and not waited for."""
    target = make_target("reference")
    with target.open(ONE):
        before = left.names()
        with pytest.raises(TargetError, match="is the reference, which joins no other") as caught, target.cluster(2):
            pytest.fail("it opened")
        assert "a real Weaviate" in caught.value.hint
        assert left.names() == before


@docker
@pytest.mark.parametrize(
    ("how", "says", "log"),
    [
        ("exits", "ended with exit code 3", "fatal: invalid config: no such setting"),
        ("dies", "was killed by signal 6", "the model is broken"),
        ("never-ready", "did not get ready within 8 s", "Running on CPU"),
        ("no-module", "is ready but without the module img2vec-neural", "Running on CPU"),
    ],
)
def test_a_weaviate_that_is_not_as_it_must_be(
    how: str, says: str, log: str, make_target: MakeTarget, left: Left
) -> None:
    """It is named by its service and its image, and its log shows why."""
    error = trouble(make_target(how, patience=8.0 if how == "never-ready" else 30.0))
    assert error.what.startswith(f"the service db (nearimage-test/fake:{how}) {says}")
    assert log in error.log
    assert left.names() == set()


@docker
@pytest.mark.parametrize(
    ("how", "says", "log"),
    [
        ("exits", "ended with exit code 3", "fatal: invalid config: no such setting"),
        ("dies", "was killed by signal 6", "the model is broken"),
        ("never-ready", "runs but its health check fails", "Running on CPU"),
    ],
)
def test_an_inference_service_that_never_gets_healthy(
    how: str, says: str, log: str, make_target: MakeTarget, left: Left
) -> None:
    """It is the service that is named, and not the Weaviate that waits for it."""
    error = trouble(make_target("fine", how))
    assert error.what.startswith(f"the service vectors (nearimage-test/fake:{how}) {says}")
    assert log in error.log
    assert left.names() == set()


@docker
def test_a_health_check_that_asks_with_what_the_image_has_not(
    make_file: Callable[..., Path], make_target: MakeTarget, left: Left
) -> None:
    """What the check itself said is told."""
    path = make_file()
    path.write_text(path.read_text().replace("[CMD, python3, -ISc,", "[CMD, no-such-program,"))
    error = trouble(make_target(path=path))
    assert "its health check fails: " in error.what
    assert "no-such-program" in error.what
    assert "the image does not have" in error.hint
    assert left.names() == set()


@docker
def test_a_health_check_that_never_comes_to_an_end(
    make_file: Callable[..., Path], make_target: MakeTarget, left: Left
) -> None:
    """A file may give a service all the time of the world; a run does not."""
    path = make_file("fine", "never-ready")
    path.write_text(path.read_text().replace("retries: 1", "retries: 1\n      start_period: 10m"))
    error = trouble(make_target(path=path, patience=5.0))
    assert error.what == "vectors did not get ready in time"
    assert "Running on CPU" in error.log
    assert left.names() == set()


@docker
def test_an_inference_service_that_takes_too_long(make_file: Callable[..., Path], make_target: MakeTarget) -> None:
    """Without a health check too it is waited for, and not for ever."""
    path = make_file("fine", "never-ready", condition="service_started")
    path.write_text(path.read_text().partition("    healthcheck:")[0])
    error = trouble(make_target(path=path, patience=10.0))  # Compose itself needs seconds on a busy machine
    assert error.what == "the service vectors (nearimage-test/fake:never-ready) did not get ready within 10 s"


@docker
def test_a_service_that_dies_while_weaviate_starts_is_the_cause(make_target: MakeTarget, left: Left) -> None:
    """Weaviate never gets ready then, but it is not to blame."""
    target = make_target("never-ready")

    def kill() -> None:
        while not {"db", "vectors"} <= {*running()}:
            threading.Event().wait(0.1)
        running()["vectors"].kill()

    def running() -> dict[str, Any]:
        mine = left.names()
        return {each.labels[SERVICE]: each for each in left.client.containers.list() if f"/{each.name}" in mine}

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        error = trouble(target)
    finally:
        killer.join()
    assert error.what.startswith("the service vectors (nearimage-test/fake:fine) was killed by signal 9")
    assert left.names() == set()


_OPENS = """
import sys, time
from harness.model import Needs
from harness.targets import find
print("starting", flush=True)
with find(sys.argv[1]).open(Needs(modules=("img2vec-neural",))):
    print("open", flush=True)
    while True:
        time.sleep(0.2)
"""


@docker
@pytest.mark.parametrize("word", ["starting", "open"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_harness_that_is_stopped_leaves_nothing(
    number: signal.Signals, word: str, make_file: Callable[..., Path], docker_client: Any
) -> None:
    """Interrupted, it takes everything away itself; killed, the next start does, and ends Compose too."""
    path = make_file("fine", "never-ready" if word == "starting" else "fine")
    path.write_text(path.read_text().replace("retries: 1", "retries: 1\n      start_period: 10m"))
    program = [sys.executable, "-c", _OPENS, f"compose:{path}"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL) as harness:
        there = Left(docker_client, harness.pid)
        assert harness.stdout is not None
        while harness.stdout.readline().strip() != word:
            assert harness.poll() is None
        while len(there.names()) < 4:  # two containers, a network, a volume
            threading.Event().wait(0.1)
        harness.send_signal(number)
    if number == signal.SIGKILL:
        assert there.names()
        state.sweep()
        leftovers.sweep()
    assert there.names() == set()
    assert (
        str(path.parent) not in subprocess.run(["ps", "-Ao", "args"], capture_output=True, text=True, check=True).stdout
    )


@docker
def test_an_image_that_is_not_there(make_file: Callable[..., Path], make_target: MakeTarget, left: Left) -> None:
    """It is named, before anything is started."""
    path = make_file()
    path.write_text(path.read_text().replace("nearimage-test/fake:fine", "127.0.0.1:9/nobody/nothing:1"))
    error = trouble(make_target(path=path))
    assert error.what.startswith("the image 127.0.0.1:9/nobody/nothing:1 is not here, and cannot be pulled: ")
    assert left.names() == set()


@docker
def test_an_image_that_cannot_be_built(make_file: Callable[..., Path], make_target: MakeTarget, left: Left) -> None:
    """What the build said last is shown."""
    path = make_file()
    (path.parent / "Dockerfile").write_text("FROM nearimage-test/fake:fine\nRUN echo the words of a build && false\n")
    path.write_text(
        path.read_text().replace(
            "    image: nearimage-test/fake:fine\n    healthcheck", "    build: .\n    healthcheck"
        )
    )
    error = trouble(make_target(path=path))
    assert error.what == "the image of vectors could not be built"
    assert "false" in error.log
    assert left.names() == set()


@docker
def test_a_folder_that_is_not_there_is_not_made(
    make_file: Callable[..., Path], make_target: MakeTarget, left: Left
) -> None:
    """Compose would make it on a person's disk, and root's; here it is an error."""
    path = make_file()
    path.write_text(
        path.read_text().replace('    ports: ["8080', '    volumes: ["./absent:/absent"]\n    ports: ["8080')
    )
    error = trouble(make_target(path=path))
    assert "absent" in error.what
    assert not (path.parent / "absent").exists()
    assert left.names() == set()


@docker
def test_ports_that_others_keep_taking(
    make_target: MakeTarget, monkeypatch: pytest.MonkeyPatch, left: Left, images: Images
) -> None:
    """After three tries it is said so."""
    images.fake()
    free = ports.pick
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = [ports.Ports(other.getsockname()[1])]
        monkeypatch.setattr(ports, "pick", lambda: taken.pop() if taken else free())
        monkeypatch.setattr("harness.targets.compose.opening._TRIES", 1)
        error = trouble(make_target())
    assert "other programs took the ports of " in error.what
    assert left.names() == set()


@docker
def test_a_port_that_somebody_took_once_is_no_trouble(
    make_target: MakeTarget, monkeypatch: pytest.MonkeyPatch, left: Left
) -> None:
    """Another one is chosen."""
    free = ports.pick
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = [ports.Ports(other.getsockname()[1])]
        monkeypatch.setattr(ports, "pick", lambda: taken.pop() if taken else free())
        with make_target().open(ONE) as endpoint:
            assert endpoint.version == "1.39.0"
    assert left.names() == set()


@docker
def test_a_module_that_the_file_does_not_have(make_target: MakeTarget, left: Left) -> None:
    """The file is what is tested: nothing is added to it behind a person's back."""
    error = trouble(make_target(), Needs(modules=("multi2vec-clip",)))
    assert error.what.endswith("does not have the module multi2vec-clip")
    assert "Its ENABLE_MODULES is 'img2vec-neural'" in error.hint
    assert left.names() == set()


@docker
def test_an_image_for_a_module_that_nothing_stands_behind(make_target: MakeTarget) -> None:
    """There is no service whose image it could be."""
    error = trouble(make_target(images={"multi2vec-clip": "own/clip:1"}))
    assert "has no service behind multi2vec-clip" in error.what


@docker
@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("services:\n  app:\n    image: postgres:16\n", None, "has no Weaviate"),
        ("services:\n  db:\n    image: own/weaviate:1\n    imgae: x\n", 2, "Compose does not accept this file"),
        ("services:\n  a: {image: own/weaviate:1}\n  b: {image: own/weaviate:2}\n", None, "several databases: a, b"),
        ("services:\n  db:\n    image: own/weaviate:1\n    network_mode: host\n", 2, "network_mode: host"),
        ("services:\n  db: {image: 'own/weaviate:${NO_SUCH_VERSION:?is to be set}'}\n", 2, "is to be set"),
    ],
)
def test_a_file_that_cannot_be_tested(text: str, line: int | None, says: str, tmp_path: Path, left: Left) -> None:
    """It is a mistake in the file, with its line where one can be named."""
    path = tmp_path / "file.yaml"
    path.write_text(text)
    with pytest.raises(FileError, match=says) as caught, choose(str(path)).open(Needs()):
        pytest.fail("it opened")
    assert (caught.value.path, caught.value.line) == (path, line)
    assert left.names() == set()


@docker
def test_a_service_that_is_no_weaviate(make_file: Callable[..., Path]) -> None:
    """Behind the # stands the name of a Weaviate."""
    path = make_file()
    with pytest.raises(FileError, match="the service 'vectors' is no Weaviate"), choose(f"{path}#vectors").open(ONE):
        pytest.fail("it opened")
    with pytest.raises(FileError, match="has no service 'bd'") as caught, choose(f"{path}#bd").open(ONE):
        pytest.fail("it opened")
    assert "db" in caught.value.hint


@docker
def test_no_daemon(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, make_file: Callable[..., Path]) -> None:
    """The address that was tried is named, and how to start one."""
    target = choose(str(make_file()))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    error = trouble(target)
    assert error.what == f"no Docker daemon answers at unix://{tmp_path}/docker.sock"


def test_no_compose(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Both spellings are named, and what else there is."""
    monkeypatch.setenv("PATH", str(tmp_path))
    error = trouble(choose("both"))
    assert error.what == "there is no Compose here, neither `docker compose` nor `docker-compose`"
    assert "--target docker" in error.hint


def test_an_inference_service_on_the_host_is_refused() -> None:
    """It is a mistake in the command."""
    with pytest.raises(UsageError, match="cannot have an inference service on the host"):
        choose("both", Setup(inference="host"))


def test_the_command_says_it_and_ends_with_2_or_4(tmp_path: Path) -> None:
    """A bad file is a mistake in the usage; no traceback."""
    (tmp_path / "bad.yaml").write_text("services:\n  db: [\n")
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "run", "--smoke", "--target", "compose:bad.yaml"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 2
    assert "bad.yaml:3: this is no YAML" in said
    assert "Traceback" not in said
