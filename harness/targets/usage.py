"""What processes of this machine use, read from `/proc`, or where there is none (macOS) from `ps`.

A program is counted with everything that it started and that stayed in its process group.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from harness.abilities import Usage

_PROC = Path("/proc")
_STOPPED_SECONDS = 2.0
_POLL_SECONDS = 0.005
_STATE, _GROUP, _USER, _SYSTEM, _RESIDENT = 0, 2, 11, 12, 21
"""Positions in `/proc/PID/stat` behind the name (proc(5))."""

_BLOCK = 512
"""The unit of `st_blocks` (stat(2))."""


def usage_of(part: str, leader: int, folder: Path | None = None) -> Usage:
    """Return what a program uses.

    Args:
        part: what it is called.
        leader: the process that leads its group.
        folder: its data, whose size on disk is told; None if it keeps none.
    """
    disk = disk_of(folder) if folder is not None else None
    if not (_PROC / "self" / "stat").exists():
        seconds, resident = _by_ps(leader)
        return Usage(part, seconds, resident, disk=disk)
    fields = list(_group(leader))
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    return Usage(
        part=part,
        cpu_seconds=sum(int(each[_USER]) + int(each[_SYSTEM]) for _, each in fields) / ticks,
        resident=sum(int(each[_RESIDENT]) for _, each in fields) * page,
        anonymous=sum(_anonymous(pid) for pid, _ in fields),
        disk=disk,
    )


def disk_of(folder: Path) -> int:
    """Return the bytes that a folder takes on disk; files that vanish meanwhile count nothing."""
    total = 0
    for base, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += Path(base, name).lstat().st_blocks * _BLOCK
    return total


def wait_until_stopped(pid: int) -> None:
    """Wait until a process that was told to freeze is frozen; where nobody can tell, do not wait."""
    deadline = time.monotonic() + _STOPPED_SECONDS
    while time.monotonic() < deadline:
        fields = _stat(pid)
        if fields is None or fields[_STATE] in "tT":
            return
        time.sleep(_POLL_SECONDS)


def _group(leader: int) -> Iterator[tuple[int, list[str]]]:
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields is not None and int(fields[_GROUP]) == leader:
                yield int(entry.name), fields


def _stat(pid: int) -> list[str] | None:
    """The fields behind the name, which stands in parentheses and may hold anything; None if it is gone."""
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None


def _anonymous(pid: int) -> int:
    with contextlib.suppress(OSError):
        for line in (_PROC / str(pid) / "status").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    return 0


def _by_ps(leader: int) -> tuple[float, int]:
    """CPU seconds and resident bytes of a group; a system without `ps` tells nothing."""
    seconds, resident = 0.0, 0
    ps = ["ps", "-A", "-o", "pgid=,rss=,time="]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(ps, capture_output=True, text=True, timeout=5, check=False).stdout  # noqa: S603
        for line in said.splitlines():
            group, pages, clock = line.split()
            if int(group) == leader:
                seconds += _seconds(clock)
                resident += int(pages) * 1024
    return seconds, resident


def _seconds(clock: str) -> float:
    """`[[DD-]HH:]MM:SS[.FF]` as seconds."""
    days, _, rest = clock.rpartition("-")
    total = 0.0
    for part in rest.split(":"):
        total = total * 60 + float(part)
    return total + 86_400 * int(days or 0)
