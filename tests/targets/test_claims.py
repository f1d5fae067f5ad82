"""Claims and their sweep: what a crashed run left goes, what lives or belongs to somebody else stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from harness.targets.state import Claim, Process, claimed, machine, process, state_folder, sweep, write_json

DEAD = Process(2**22 + 1, "1")
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


def leave(folder: Path, **changes: Any) -> Path:
    """Write the claim of a dead owner, as a crash leaves it."""
    folder.mkdir(exist_ok=True)
    entry = {"what": "a server", "machine": machine(), "owner": asdict(DEAD), "processes": [], "folder": str(folder)}
    path = state_folder() / "claim-1.json"
    write_json(path, entry | changes)
    return path


def test_a_claim_has_a_folder_until_it_is_released() -> None:
    """A claim's folder and file exist while it is held and are gone afterwards."""
    with claimed("a server") as claim:
        assert claim.folder.is_dir()
        assert [json.loads(path.read_text())["what"] for path in state_folder().iterdir()] == ["a server"]
    assert not claim.folder.exists()
    assert not list(state_folder().iterdir())


def test_a_sweep_leaves_a_living_owner_alone() -> None:
    """What a live run has started is never swept."""
    with claimed("a server") as claim:
        assert sweep() == []
        assert claim.folder.is_dir()


def test_a_sweep_removes_folder_and_processes_of_a_dead_owner(tmp_path: Path) -> None:
    """A crashed run's process is killed and its folder removed, each said in a sentence."""
    with subprocess.Popen(SLEEP) as left:
        path = leave(tmp_path / "nearimage-left", processes=[asdict(process(left.pid))])
        (said,) = sweep()
        assert left.wait(20) == -9
    assert said.startswith("removed what a crashed run left of a server: 1 process and the folder")
    assert not (tmp_path / "nearimage-left").exists()
    assert not path.exists()


def test_a_sweep_repeated_has_nothing_to_say(tmp_path: Path) -> None:
    """Sweeping is safe to repeat."""
    leave(tmp_path / "nearimage-left")
    assert len(sweep()) == 1
    assert sweep() == []


def test_a_process_id_that_was_reused_is_not_killed(tmp_path: Path) -> None:
    """The same id with another start time is somebody else's process."""
    with subprocess.Popen(SLEEP) as other:
        leave(tmp_path / "nearimage-left", processes=[{"pid": other.pid, "started": "1"}])
        sweep()
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("where", [{"host": "elsewhere"}, {"namespace": "pid:[1]"}])
def test_claims_of_another_machine_are_left_alone(tmp_path: Path, where: dict[str, str]) -> None:
    """Process ids of another host or container mean nothing here, so a shared home does no harm."""
    path = leave(tmp_path / "nearimage-left", machine=machine() | where)
    assert sweep() == []
    assert path.exists()


def test_after_a_reboot_only_the_folder_is_left_to_remove(tmp_path: Path) -> None:
    """A claim from before a reboot kills nothing, whatever has its process ids now."""
    with subprocess.Popen(SLEEP) as other:
        leave(
            tmp_path / "nearimage-left",
            machine=machine() | {"boot": "before"},
            processes=[asdict(process(other.pid))],
        )
        assert len(sweep()) == 1
        assert other.poll() is None
        other.kill()


def test_a_folder_whose_name_is_not_ours_is_never_removed(tmp_path: Path) -> None:
    """A damaged claim cannot make the sweep remove a person's folder."""
    leave(tmp_path / "photographs")
    sweep()
    assert (tmp_path / "photographs").is_dir()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"machine": 1}'])
def test_a_damaged_claim_disturbs_nobody(text: str) -> None:
    """A claim that cannot be read is passed over."""
    (state_folder() / "claim-x.json").write_text(text)
    assert sweep() == []


def test_a_zombie_counts_as_gone() -> None:
    """A process that has ended but was not waited for is not alive."""
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as child:
        known = process(child.pid)
        assert child.stdout is not None
        child.stdout.read()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not known.alive


def test_a_claim_notes_its_processes() -> None:
    """Each added process is in the file at once, with its start time."""
    claim = Claim("a server")
    claim.add(os.getpid())
    (entry,) = [json.loads(path.read_text()) for path in state_folder().iterdir()]
    claim.release()
    assert entry["processes"] == [asdict(process(os.getpid()))]
