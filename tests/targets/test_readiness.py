"""Waiting for a server: what counts as ready, and when the wait is over."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.errors import TargetError
from harness.targets import ports
from harness.targets.guarded import Guarded
from harness.targets.logs import readable, tail
from harness.targets.ports import Ports, is_free
from harness.targets.readiness import Readiness, hint_for

PROGRAM = Path(__file__).parent / "programs" / "fake_weaviate.py"


@contextmanager
def starting(tmp_path: Path, fake: str, **options: Any) -> Iterator[Readiness]:
    """The wait for a fake Weaviate that has just been started."""
    where = ports.pick()
    settings = {
        "FAKE": fake,
        "PERSISTENCE_DATA_PATH": str(tmp_path / "data"),
        "GRPC_PORT": str(where.grpc),
        "ENABLE_MODULES": "img2vec-neural",
    }
    command = [sys.executable, str(PROGRAM), "--host", "127.0.0.1", "--port", str(where.http)]
    with Guarded(command, log=tmp_path / "log", env=os.environ | settings) as program:
        facts: dict[str, Any] = {"grpc": ("127.0.0.1", where.grpc), "modules": ("img2vec-neural",), "seconds": 20.0}
        yield Readiness(
            name="the fake",
            url=f"http://127.0.0.1:{where.http}",
            exited=program.exited,
            tail=program.tail,
            **(facts | options),
        )


def test_a_ready_server_gives_its_meta(tmp_path: Path) -> None:
    """Ready means: health, meta with the modules, and the gRPC port."""
    with starting(tmp_path, "fine") as ready:
        assert ready.wait()["version"] == "1.39.0"


def test_a_server_that_never_gets_ready_is_an_error_after_its_time(tmp_path: Path) -> None:
    """A server that answers but stays unready is given up, with its log."""
    with (
        starting(tmp_path, "never-ready", seconds=1.0) as ready,
        pytest.raises(TargetError, match="did not get ready within 1 s") as caught,
    ):
        ready.wait()
    assert "lives" in caught.value.log


def test_a_grpc_port_that_stays_closed_is_an_error(tmp_path: Path) -> None:
    """HTTP alone is not ready where gRPC is expected."""
    with (
        starting(tmp_path, "fine", grpc=("127.0.0.1", 9), seconds=1.0) as ready,
        pytest.raises(TargetError, match="did not open its gRPC port 9"),
    ):
        ready.wait()


@pytest.mark.parametrize(
    ("log", "word"),
    [("bind: address already in use", "try again"), ("No space left on device", "disk"), ("all is well", "")],
)
def test_the_log_gives_the_hint(log: str, word: str) -> None:
    """Known words of a log become what to do; unknown ones become nothing."""
    assert word in hint_for(log)
    assert bool(hint_for(log)) == bool(word)


def test_a_log_line_of_weaviate_becomes_readable() -> None:
    """The message and its error are shown, the rest of the JSON is not."""
    line = '{"action":"x","build_go_version":"go1","error":"no leader","level":"error","msg":"raft","time":"t"}'
    assert readable(line) == "error: raft (error=no leader)"


@pytest.mark.parametrize("line", ["panic: nil map", "{broken", "[1]", '"text"', '{"level": 1}'])
def test_any_other_line_stays_as_it_is(line: str) -> None:
    """A panic or a broken line is shown as it was written."""
    assert readable(line) == line


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    """Empty lines do not count, long lines are cut, and a log that is not there has no tail."""
    (tmp_path / "log").write_text("a\n\n" + "b" * 1000 + "\nc\n")
    first, second = tail(tmp_path / "log", 2).splitlines()
    assert (len(first), second) == (300, "c")
    assert tail(tmp_path / "nothing") == ""


def test_picked_ports_are_free_and_differ() -> None:
    """Eight ports in a row that nobody has, the data port behind the gossip port as older versions want it."""
    found = ports.pick()
    each = [found.http, found.grpc, found.gossip, found.data, found.raft, found.raft_internal, found.profiling]
    each.append(found.metrics)
    assert len(set(each)) == Ports.COUNT
    assert all(is_free(port) for port in each)
    assert found.data == found.gossip + 1


@pytest.mark.parametrize(("family", "address"), [("AF_INET", "127.0.0.1"), ("AF_INET", ""), ("AF_INET6", "::1")])
def test_a_port_that_somebody_listens_on_is_not_free(family: str, address: str) -> None:
    """On whatever address of this machine it is."""
    import socket

    with socket.create_server((address, 0), family=getattr(socket, family)) as server:
        assert not is_free(server.getsockname()[1])
