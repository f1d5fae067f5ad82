"""The guard program and its handle: started, watched, set aside, gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import TargetError
from harness.targets.guarded import Guarded
from harness.targets.state import start_time

WaitUntil = Callable[[Callable[[], object]], None]
SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
POLITE = (
    "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (print('tidied', flush=True), sys.exit(0))); "
    + SLEEPER
)


def start(tmp_path: Path, script: str, folder: Path | None = None) -> Guarded:
    """Start a Python script behind a guard."""
    return Guarded([sys.executable, "-c", script], log=tmp_path / "log", env=dict(os.environ), folder=folder)


def test_a_program_runs_and_its_output_is_in_the_log(tmp_path: Path, wait_until: WaitUntil) -> None:
    """Both streams go to the log, and the program's id is known."""
    with start(tmp_path, SLEEPER) as program:
        assert start_time(program.pid)
        assert program.exited() is None
        wait_until(lambda: program.tail() == "up")


def test_leaving_kills_the_program_and_removes_its_folder(tmp_path: Path) -> None:
    """After `stop` neither the program, nor its guard, nor the folder exists, even if it ignores requests."""
    folder = tmp_path / "nearimage-x"
    folder.mkdir()
    with start(tmp_path, DEAF, folder) as program:
        pass
    assert not any(start_time(pid) for pid in program.pids)
    assert not folder.exists()


def test_setting_aside_ends_it_politely_and_keeps_the_folder(tmp_path: Path, wait_until: WaitUntil) -> None:
    """A program that is set aside may tidy up, and its data stay for the next start."""
    folder = tmp_path / "nearimage-x"
    folder.mkdir()
    program = start(tmp_path, POLITE, folder)
    wait_until(lambda: program.tail() == "up")
    program.set_aside()
    assert program.tail() == "up\ntidied"
    assert folder.exists()


@pytest.mark.parametrize(("script", "code"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", -9)])
def test_death_is_told_with_its_exit_code(tmp_path: Path, wait_until: WaitUntil, script: str, code: int) -> None:
    """The exit code, or the signal as a negative number, is known while the log is still there."""
    with start(tmp_path, script) as program:
        wait_until(lambda: program.exited() is not None)
        assert program.exited() == code


def test_a_killed_guard_takes_its_program_along(tmp_path: Path, wait_until: WaitUntil) -> None:
    """On Linux the system kills the program when its guard is killed; the handle says that it died."""
    if sys.platform != "linux":
        pytest.skip("only Linux can tie a program to its parent")
    with start(tmp_path, SLEEPER) as program:
        os.kill(program.pids[1], signal.SIGKILL)
        wait_until(lambda: program.exited() is not None)
        wait_until(lambda: not start_time(program.pid))


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A path without a file is an error with the system's reason."""
    with pytest.raises(TargetError, match="No such file"):
        Guarded([str(tmp_path / "nothing")], log=tmp_path / "log", env=dict(os.environ))


def test_stopping_twice_does_no_harm(tmp_path: Path) -> None:
    """The second stop finds nothing to do."""
    program = start(tmp_path, SLEEPER)
    program.stop()
    program.stop()
    assert not start_time(program.pid)


FORKED = """
import os, sys, time
from harness.targets.guarded import Guarded
from pathlib import Path
program = Guarded([sys.executable, "-c", "import time; time.sleep(600)"], log=Path(sys.argv[1]), env=dict(os.environ))
if os.fork() == 0:  # holds a copy of the guard's pipe open
    for _ in range(300):
        time.sleep(0.1)
        if Path(sys.argv[1] + ".done").exists():
            break
    os._exit(0)
print(program.pid, flush=True)
os.kill(os.getpid(), 9)
"""


def test_a_fork_that_still_holds_the_pipe_does_not_keep_the_program(tmp_path: Path, wait_until: WaitUntil) -> None:
    """The guard also notices that its parent is another one, so a forked child of a dead harness keeps nothing."""
    with (tmp_path / "pid").open("w+") as said:
        harness = subprocess.run([sys.executable, "-c", FORKED, str(tmp_path / "log")], stdout=said, check=False)
        said.seek(0)
        pid = int(said.read())
    assert harness.returncode == -9
    try:
        wait_until(lambda: not start_time(pid))
    finally:
        (tmp_path / "log.done").touch()
