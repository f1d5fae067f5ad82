"""What an earlier command left running is taken again if it is what is asked for, and refused by the difference."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from harness.abilities import ABILITIES, CanRestart, CanShowLogs, missing
from harness.errors import TargetError, UsageError
from harness.model import Needs
from harness.targets import find
from harness.targets.base import DescribedTarget
from harness.targets.detached import attached, running, start_detached, stop_detached
from harness.targets.kept import configuration, difference, identity
from harness.targets.setup import Setup
from harness.targets.state import start_time

WaitUntil = Callable[[Callable[[], object]], None]
ONE, BOTH = ("img2vec-neural",), ("img2vec-neural", "multi2vec-clip")


@pytest.fixture
def target(fake_binary: Path) -> Iterator[DescribedTarget]:
    """The embedded target over the fake binary; whatever a test leaves running is ended."""
    yield find(f"embedded:{fake_binary}")
    stop_detached()


def found(needs: Needs, setup: Setup, there: Needs, other: Setup, *, unlimited: bool = False) -> str:
    """The difference between what is asked for and what is there."""
    return difference(configuration("x", needs, setup), configuration("x", there, other), unlimited=unlimited)


@pytest.mark.parametrize(
    ("needs", "setup", "there", "other", "says"),
    [
        (Needs(ONE), Setup(), Needs(BOTH), Setup(), ""),
        (Needs(BOTH), Setup(), Needs(ONE), Setup(), "it lacks the module multi2vec-clip"),
        (Needs(abilities=("kill",), weaviate=">=1.25"), Setup(read_only=True), Needs(), Setup(), ""),
        (Needs(), Setup(), Needs(settings={"X": "1"}), Setup(), 'its setting X is "1", asked for is nothing'),
        (Needs(memory=2**30), Setup(), Needs(), Setup(), "what it has of memory is 0, asked for is 1073741824"),
        (
            Needs(volumes=("a:/b",)),
            Setup(),
            Needs(),
            Setup(),
            'what it has of volumes is nothing, asked for is ["a:/b"]',
        ),
        (Needs(), Setup(gpu=0), Needs(), Setup(), "what it was given as gpu is nothing, asked for is 0"),
        (Needs(), Setup(), Needs(), Setup(inference="host"), 'what it was given as inference is "host", asked for is'),
        (
            Needs(),
            Setup(environment={"K": "secret"}),
            Needs(),
            Setup(environment={"K": "other"}),
            "--env K was another",
        ),
    ],
)
def test_the_difference_is_named(needs: Needs, setup: Setup, there: Needs, other: Setup, says: str) -> None:
    """The first thing that is not the same is said with both values; what changes nothing about a start is none."""
    told = found(needs, setup, there, other)
    assert told.startswith(says) if says else told == ""


def test_limits_that_it_cannot_have_anyway_are_no_difference() -> None:
    """A process has no limits: a scenario that needs some skips there, whoever started it."""
    assert found(Needs(memory=2**30), Setup(), Needs(), Setup(), unlimited=True) == ""


def test_a_compose_file_is_itself_wherever_it_is_named_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words mean another file in another folder; and a file that was changed is not what was started."""
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.yaml").write_text("services: {}")
    monkeypatch.chdir(tmp_path / "one")
    one, before = identity("compose:a.yaml"), configuration("compose:a.yaml", Needs(), Setup())
    assert identity("compose:../one/a.yaml") == one
    assert identity("compose:a.yaml#weaviate") != one
    monkeypatch.chdir(tmp_path / "two")
    assert identity("compose:a.yaml") != one
    Path("a.yaml").write_text("services: {weaviate: {}}")
    after = configuration("compose:a.yaml", Needs(), Setup())
    assert difference(after, before, unlimited=False) == "its Compose file has changed since"
    assert identity("reference") == "reference"


def test_what_is_kept_is_found_again_with_all_that_is_known_of_it(target: DescribedTarget, tmp_path: Path) -> None:
    """The endpoint is the same to the last field, but for what a run may do to it."""
    kept = start_detached(target, Needs(), tmp_path / "logs")
    again = attached(target, Needs(abilities=("restart",)), Setup())
    assert again is not None
    assert (again.endpoint, again.fresh) == (kept.endpoint, False)
    assert kept.endpoint.unlimited
    only = attached(target, Needs(), Setup(read_only=True))
    assert only is not None
    assert only.endpoint.read_only


def test_nothing_kept_is_nothing_found(target: DescribedTarget) -> None:
    """Whoever asks for what is not there is told so by nothing, and may start it."""
    assert attached(target, Needs(), Setup()) is None


def test_a_kept_target_shows_its_log_and_says_why_it_can_do_no_more(target: DescribedTarget, tmp_path: Path) -> None:
    """It belongs to another process: restarting it and such is skipped with that reason."""
    kept = start_detached(target, Needs(), tmp_path / "logs").target
    assert [name for name, (ability, _) in ABILITIES.items() if isinstance(kept, ability)] == ["logs"]
    assert isinstance(kept, CanShowLogs)
    assert "lives" in kept.logs()
    assert missing(CanRestart, kept).startswith("the target cannot be restarted: it was left running")


def test_a_kept_target_that_is_silent_is_not_taken(
    target: DescribedTarget, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """The process that keeps it lives and the server does not: that is said, with what to do."""
    start_detached(target, Needs(), tmp_path / "logs")
    claim = json.loads(next((tmp_path / "state").glob("claim-*")).read_text())
    server = claim["processes"][0]["pid"]
    os.kill(server, signal.SIGKILL)
    wait_until(lambda: not start_time(server))
    with pytest.raises(TargetError, match="does not answer any more") as caught:
        attached(target, Needs(), Setup())
    assert "nearimage down" in caught.value.hint


def test_two_that_start_the_same_at_once_get_one(target: DescribedTarget, tmp_path: Path) -> None:
    """The second waits for the first and takes what that started."""
    with ThreadPoolExecutor(2) as pool:
        starts = [pool.submit(start_detached, target, Needs(), tmp_path / "logs") for _ in range(2)]
        both = [each.result() for each in starts]
    assert both[0].endpoint == both[1].endpoint
    assert sorted(each.fresh for each in both) == [False, True]
    assert len(running()) == 1


def test_a_secret_is_in_no_command_line_and_in_no_file(target: DescribedTarget, tmp_path: Path) -> None:
    """What `--env` says goes to the server and to nobody else."""
    setup = Setup(environment={"OPENAI_APIKEY": "sesame-open"})
    start_detached(find(target.name, setup), Needs(), tmp_path / "logs", setup)
    table = subprocess.run(["ps", "-A", "-ww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    assert "sesame-open" not in table
    files = [path for folder in ("state", "logs") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if "sesame-open" in path.read_text(errors="replace")]


STARTED = """
import sys
from pathlib import Path
from harness.model import Needs
from harness.targets import find
from harness.targets.detached import start_detached
start_detached(find(sys.argv[1]), Needs(), Path(sys.argv[2]))
print("kept", flush=True)
sys.stdin.read()
"""


def test_it_outlives_a_run_that_is_killed_and_down_ends_it(
    target: DescribedTarget, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """`kill -9` of the run that keeps a target leaves it to the next run, and `down` leaves nothing of it."""
    command = [sys.executable, "-c", STARTED, target.name, str(tmp_path / "logs")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == b"kept\n"
        os.kill(run.pid, signal.SIGKILL)
    kept = attached(target, Needs(), Setup())
    assert kept is not None
    assert httpx.get(f"{kept.endpoint.url}/v1/meta").is_success
    stop_detached()
    wait_until(lambda: not start_time(kept.supervisor.pid))
    assert not list((tmp_path / "state").iterdir())
    assert not list((tmp_path / "tmp").iterdir())
    with pytest.raises(UsageError, match="nothing to start"):
        start_detached(find(kept.endpoint.url), Needs(), tmp_path / "logs")
