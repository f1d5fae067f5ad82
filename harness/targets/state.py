"""What this harness has started on this machine, on disk, so that nothing outlives its owner unnoticed.

Each started thing has one JSON file (a claim) that is written before the thing exists. `sweep` takes away what the
claims of dead owners name. A process is known by its id *and* its start time, so a reused id is never killed, and only
on the same boot and in the same process namespace, so a shared home directory does no harm.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.keeping import state_folder, write_json

__all__ = [
    "FOLDER_PREFIX",
    "Claim",
    "Process",
    "claimed",
    "end",
    "machine",
    "process",
    "remove_folder",
    "start_time",
    "state_folder",
    "sweep",
    "write_json",
]

FOLDER_PREFIX = "nearimage-"


@dataclass(frozen=True, slots=True)
class Process:
    """A process: its id, and when it started in whatever unit this system counts (compared, never computed with)."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        """True while the very same process runs; a zombie does not."""
        return bool(self.started) and start_time(self.pid) == self.started


def start_time(pid: int) -> str:
    """Return when a process started, as text; empty if there is no such process or it is a zombie."""
    if Path("/proc/self/stat").exists():
        return _start_time_linux(pid)
    ps = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        says = subprocess.run(ps, capture_output=True, text=True, timeout=5, check=False).stdout.strip()  # noqa: S603
        state, _, started = says.partition(" ")
        return "" if state.startswith("Z") else started.strip()
    return ""


def _start_time_linux(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    # The second field is the name in parentheses and may hold anything: count from behind it (proc(5)).
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def process(pid: int) -> Process:
    """Return this process as it runs now."""
    return Process(pid, start_time(pid))


def machine() -> dict[str, str]:
    """Where process ids mean what they say: the host, its boot and the process namespace."""
    boot = namespace = ""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    with contextlib.suppress(OSError):
        namespace = str(Path("/proc/self/ns/pid").readlink())
    return {"host": platform.node(), "boot": boot, "namespace": namespace}


class Claim:
    """The claim to everything that one target starts; `release` when all of it is gone.

    `id` is in the names and labels of what is started; `folder` is for its files.

    Args:
        what: what is started, for people: "embedded Weaviate 1.39.0".
    """

    def __init__(self, what: str) -> None:
        self.id = uuid.uuid4().hex[:12]
        self._path = state_folder() / f"claim-{self.id}.json"
        self._what = what
        self._processes: list[Process] = []
        self._owner = process(os.getpid())
        self.folder = Path(tempfile.gettempdir()) / f"{FOLDER_PREFIX}{self.id}"
        self._write()  # before the folder exists: a crash in between leaves a claim to nothing, not a folder unclaimed
        self.folder.mkdir(mode=0o700)

    @property
    def pids(self) -> tuple[int, ...]:
        """The ids of the processes noted so far."""
        return tuple(each.pid for each in self._processes)

    def add(self, *pids: int) -> None:
        """Note processes that were started."""
        self._processes += [process(pid) for pid in pids]
        self._write()

    def release(self) -> None:
        """Remove the folder and the claim; what was started must be gone already."""
        remove_folder(self.folder)
        self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        entry = {
            "what": self._what,
            "machine": machine(),
            "owner": asdict(self._owner),
            "processes": [asdict(each) for each in self._processes],
            "folder": str(self.folder),
        }
        write_json(self._path, entry)


@contextlib.contextmanager
def claimed(what: str) -> Iterator[Claim]:
    """A claim that is released at the end, whatever happened."""
    claim = Claim(what)
    try:
        yield claim
    finally:
        claim.release()


def remove_folder(folder: Path) -> None:
    """Remove a folder of ours; anything whose name is not ours is left alone."""
    if folder.name.startswith(FOLDER_PREFIX) and not folder.is_symlink():
        shutil.rmtree(folder, ignore_errors=True)


def sweep() -> list[str]:
    """Take away what dead owners left on this machine.

    Returns:
        One sentence for each thing removed, for people.
    """
    here = machine()
    said: list[str] = []
    for path in sorted(state_folder().glob("claim-*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            said += _sweep_one(path, json.loads(path.read_text(encoding="utf-8")), here)
    return said


def _sweep_one(path: Path, entry: dict[str, Any], here: dict[str, str]) -> list[str]:
    there = entry["machine"]
    if there["host"] != here["host"] or (there["boot"] == here["boot"] and there["namespace"] != here["namespace"]):
        return []
    same_boot = there["boot"] == here["boot"]
    if same_boot and Process(**entry["owner"]).alive:
        return []
    killed = _kill_all([Process(**each) for each in entry["processes"]]) if same_boot else 0
    folder = Path(entry["folder"])
    had_folder = folder.exists()
    remove_folder(folder)
    path.unlink(missing_ok=True)
    if not killed and not had_folder:
        return []
    parts = [f"{killed} process{'es' if killed != 1 else ''}"] * bool(killed) + [f"the folder {folder}"] * had_folder
    return [f"removed what a crashed run left of {entry['what']}: {' and '.join(parts)}"]


def _kill_all(processes: list[Process]) -> int:
    return sum(end(each, signal.SIGKILL) for each in processes)


def end(target: Process, number: signal.Signals) -> bool:
    """Send a signal to a process, and to its group where it leads one; True if it was alive."""
    if not target.alive:
        return False
    send: Callable[[int, int], None] = os.kill
    with contextlib.suppress(OSError):
        send = os.killpg if os.getpgid(target.pid) == target.pid else os.kill
    with contextlib.suppress(OSError):
        send(target.pid, number)
    return True
