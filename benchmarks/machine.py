"""What else the machine was doing while something was measured. Linux: it reads `/proc`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_IDLE = (3, 4)  # idle, and waiting for a disk


@dataclass
class Watch:
    """Whose processor time a piece of work took.

    `mine` has the seconds of each process that was named, `others` the share of the whole machine (0 to 1) that all
    other processes took meanwhile; both are there when the block has ended.
    """

    pids: tuple[int, ...]
    mine: dict[int, float] = field(default_factory=dict)
    others: float = 0.0


@contextmanager
def watching(*pids: int) -> Iterator[Watch]:
    """Watch this process and those named for as long as the block runs; they must live until its end."""
    watch = Watch((os.getpid(), *pids))
    before, busy, whole = {pid: seconds_of(pid) for pid in watch.pids}, *machine()
    yield watch
    busy, whole = (after - was for after, was in zip(machine(), (busy, whole), strict=True))
    watch.mine = {pid: seconds_of(pid) - before[pid] for pid in watch.pids}
    watch.others = max(0.0, busy - sum(watch.mine.values())) / whole if whole else 0.0


def seconds_of(pid: int) -> float:
    """Return the processor seconds of a process, in its own code and in the kernel.

    Raises:
        OSError: it is gone.
    """
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def machine() -> tuple[float, float]:
    """Busy and all seconds of all cores since the machine's start."""
    line = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0]
    ticks = [int(each) for each in line.split()[1:9]]
    return (sum(ticks) - sum(ticks[place] for place in _IDLE)) / _TICKS, sum(ticks) / _TICKS
