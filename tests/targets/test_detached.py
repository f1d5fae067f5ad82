"""What `nearimage up` leaves running, and how `nearimage down` ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from harness.errors import TargetError, UsageError
from harness.model import Needs
from harness.targets import find
from harness.targets.base import DescribedTarget
from harness.targets.detached import running, start_detached, stop_detached
from harness.targets.state import start_time

WaitUntil = Callable[[Callable[[], object]], None]


@pytest.fixture
def target(fake_binary: Path) -> Iterator[DescribedTarget]:
    """The embedded target over the fake binary; whatever a test leaves running is ended."""
    yield find(f"embedded:{fake_binary}")
    stop_detached()


def test_up_leaves_it_running_and_down_takes_all_of_it_away(target: DescribedTarget, tmp_path: Path) -> None:
    """The server answers after `up` has returned; after `down` it, its folder and its note are gone."""
    left = start_detached(target, Needs(), tmp_path / "logs")
    assert httpx.get(f"{left.endpoint.url}/v1/meta").json()["version"] == "1.39.0"
    assert left.says.startswith("Weaviate 1.39.0")
    assert stop_detached() == [f"stopped {target.name} at {left.endpoint.url}"]
    with pytest.raises(httpx.ConnectError):
        httpx.get(left.endpoint.url)
    assert not list((tmp_path / "state").iterdir())
    assert not list((tmp_path / "tmp").iterdir())


def test_up_again_finds_what_runs_already(target: DescribedTarget, tmp_path: Path) -> None:
    """The second `up` starts nothing and gives the same endpoint."""
    first = start_detached(target, Needs(), tmp_path / "logs")
    second = start_detached(target, Needs(), tmp_path / "logs")
    assert (first.fresh, second.fresh) == (True, False)
    assert second.endpoint == first.endpoint
    assert [each.endpoint for each in running()] == [first.endpoint]


def test_up_with_other_settings_is_refused(target: DescribedTarget, tmp_path: Path) -> None:
    """A server with other settings is not passed off as the one that was asked for."""
    start_detached(target, Needs(), tmp_path / "logs")
    with pytest.raises(UsageError, match='its setting QUERY_DEFAULTS_LIMIT is nothing, asked for is "5"') as caught:
        start_detached(target, Needs(settings={"QUERY_DEFAULTS_LIMIT": "5"}), tmp_path / "logs")
    assert "nearimage down" in caught.value.hint


def test_down_with_nothing_running_has_nothing_to_say() -> None:
    """`down` is safe to repeat."""
    assert stop_detached() == []


def test_the_log_of_the_server_stays(target: DescribedTarget, tmp_path: Path) -> None:
    """After `down` the server's log is still in the folder that was asked for."""
    left = start_detached(target, Needs(), tmp_path / "logs")
    stop_detached()
    assert "lives" in (Path(left.logs) / "weaviate.log").read_text()
    assert Path(left.logs).parent == tmp_path / "logs"


def test_logs_whose_owner_is_gone_go_with_the_next_start(target: DescribedTarget, tmp_path: Path) -> None:
    """`up` removes the logs of targets that run no more; those of its own, and of one just being started, stay."""
    own = Path(start_detached(target, Needs(), tmp_path / "logs").logs)
    stop_detached()
    gone, starting = (tmp_path / "logs" / f"up-{name}" for name in ("gone", "starting"))
    for folder in (gone, starting):
        folder.mkdir()
        (folder / "weaviate.log").write_text("old\n")
    os.utime(gone, (0, 0))
    os.utime(own, (0, 0))
    assert start_detached(target, Needs(), tmp_path / "logs").logs == str(own)
    assert {folder.name for folder in (tmp_path / "logs").iterdir()} == {own.name, "up-starting"}
    assert "lives" in (own / "weaviate.log").read_text()


def test_a_start_that_fails_is_an_error_here_and_leaves_nothing(target: DescribedTarget, tmp_path: Path) -> None:
    """What went wrong in the process that keeps the target is told to the person who typed `up`."""
    with pytest.raises(TargetError, match="exit code 3") as caught:
        start_detached(target, Needs(settings={"FAKE": "exits"}), tmp_path / "logs")
    assert "could not load config" in caught.value.log
    assert not list((tmp_path / "state").iterdir())
    assert not list((tmp_path / "tmp").iterdir())


def test_a_url_is_not_started(tmp_path: Path) -> None:
    """A server that runs already needs no `up`."""
    with pytest.raises(UsageError, match="nothing to start"):
        start_detached(find("http://127.0.0.1:8080"), Needs(), tmp_path / "logs")


def test_what_a_killed_supervisor_left_is_swept(target: DescribedTarget, tmp_path: Path, wait_until: WaitUntil) -> None:
    """After `kill -9` of the supervisor the server is gone, and nothing counts as running any more."""
    left = start_detached(target, Needs(), tmp_path / "logs")
    claim = json.loads(next((tmp_path / "state").glob("claim-*")).read_text())
    os.kill(left.supervisor.pid, signal.SIGKILL)
    wait_until(lambda: not any(start_time(each["pid"]) for each in claim["processes"]))
    assert running() == []
    stop_detached()
    assert not list((tmp_path / "state").iterdir())


UP = """
import sys
from pathlib import Path
from harness.model import Needs
from harness.targets import find
from harness.targets.detached import start_detached
print(start_detached(find(sys.argv[1]), Needs(), Path(sys.argv[2])).endpoint.url)
"""


def test_it_outlives_the_command_that_started_it(target: DescribedTarget, tmp_path: Path) -> None:
    """`up` ends, with nothing held open and nothing to say on its standard error, and the server stays."""
    command = [sys.executable, "-W", "error", "-c", UP, target.name, str(tmp_path / "logs")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert httpx.get(f"{done.stdout.strip()}/v1/meta").is_success
