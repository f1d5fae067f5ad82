"""What else the machine did during a load, as `/proc` tells it (Linux); elsewhere nothing is known.

Part of a load are this process with everything that it started, and whoever listens on the ports that the load asks.
All other processor time is a disturbance, and so is what a hypervisor took.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

from harness.model import Endpoint
from harness.transport import is_loopback

_PROC = Path("/proc")
_LISTENING = "0A"
_NOT_ITSELF = ("docker-proxy", "rootlessport", "slirp4netns", "pasta", "ssh")
"""Programs that listen for somebody else, whose processes can't be found by that."""

_EVERYBODY = "pid:[4026531836]"
"""The namespace of processes that a machine starts with; the number is the kernel's own, and the same everywhere."""

_SLEPT = 0.05
"""Seconds by which two clocks of one machine drift apart without anything having happened."""


@dataclass(slots=True)
class Disturbance:
    """Shares of the machine's processors, 0 to 1, None where they can't be told; filled in when the block ends.

    `own` is this process's processor seconds for each second. `slept` is how many seconds the machine was suspended,
    `stepped` by how much its wall clock was set meanwhile (nothing here reads that clock).
    """

    own: float = 0.0
    stolen: float | None = None
    others: float | None = None
    slept: float = 0.0
    stepped: float = 0.0


def ports_of(endpoint: Endpoint) -> list[int]:
    """Return the ports of this machine behind which a database and its inference services listen."""
    urls = [endpoint.url, *(one.url for one in endpoint.inference.values())]
    parts = [urlsplit(url) for url in urls]
    return [one.port for one in parts if one.port and is_loopback(one.hostname or "")]


@contextmanager
def watching(ports: Iterable[int] = ()) -> Iterator[Disturbance]:
    """Watch the machine for as long as the block runs.

    Args:
        ports: on this machine, behind which parts of the load listen; none if all of it is started by this process,
            or elsewhere.
    """
    found = Disturbance()
    listed = tuple(ports)
    before, clocks, own, began = _Machine.now(), _Clocks.now(), time.process_time(), perf_counter()
    yield found
    found.own = (time.process_time() - own) / max(1e-9, perf_counter() - began)
    found.slept, found.stepped = _Clocks.now().since(clocks)
    after = _Machine.now()
    if before is None or after is None or after.whole <= before.whole:
        return
    whole = after.whole - before.whole
    found.stolen = (after.stolen - before.stolen) / whole
    parts = _parts(after, listed)
    if parts is None:
        return
    mine = sum(
        ticks - before.processes.get(pid, (0, 0))[1] for pid, (_, ticks) in after.processes.items() if pid in parts
    )
    found.others = max(0.0, after.busy - before.busy - mine) / whole


@dataclass(frozen=True, slots=True)
class _Clocks:
    wall: float
    boot: float
    running: float

    @classmethod
    def now(cls) -> _Clocks:
        boot = getattr(time, "CLOCK_BOOTTIME", None)
        return cls(time.time(), time.clock_gettime(boot) if boot is not None else perf_counter(), perf_counter())

    def since(self, before: _Clocks) -> tuple[float, float]:
        """Seconds slept, and by how much the wall clock went wrong beyond that."""
        slept = (self.boot - before.boot) - (self.running - before.running)
        stepped = (self.wall - before.wall) - (self.boot - before.boot)
        return (slept if slept > _SLEPT else 0.0), (stepped if abs(stepped) > _SLEPT else 0.0)


@dataclass(frozen=True, slots=True)
class _Machine:
    """Ticks since the machine's start; `processes` has parent and ticks of each, by its id."""

    busy: int
    stolen: int
    whole: int
    processes: dict[int, tuple[int, int]]

    @classmethod
    def now(cls) -> _Machine | None:
        try:
            line = (_PROC / "stat").read_text(encoding="ascii").split("\n", 1)[0]
        except OSError:
            return None
        user, nice, system, *rest = (int(each) for each in line.split()[1:9])
        return cls(user + nice + system, rest[4], user + nice + system + sum(rest), dict(_processes()))


def _processes() -> Iterator[tuple[int, tuple[int, int]]]:
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError, ValueError, IndexError):  # it ended meanwhile
                fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
                yield int(folder.name), (int(fields[1]), int(fields[11]) + int(fields[12]))


def _parts(machine: _Machine, ports: tuple[int, ...]) -> set[int] | None:
    """The processes of the load; None if some of them can't be found."""
    roots = {os.getpid()}
    if ports:
        listeners = _listeners(set(ports))
        if set(ports) - set(listeners) or any(_name(pid) in _NOT_ITSELF for pid in listeners.values()):
            return None
        roots |= set(listeners.values())
    elif _in_a_container():
        return None  # what is asked may be another container of this machine, which can't be seen from here
    parts = set(roots)
    while more := {pid for pid, (parent, _) in machine.processes.items() if parent in parts} - parts:
        parts |= more
    return parts


def _in_a_container() -> bool:
    """Whether processes of this machine are hidden from here, while its processors are counted whole."""
    try:
        return (_PROC / "self" / "ns" / "pid").readlink().name != _EVERYBODY
    except OSError:
        return False


def _name(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _listeners(ports: set[int]) -> dict[int, int]:
    """Who listens on these ports: process by port, as far as it may be seen."""
    sockets: dict[str, int] = {}
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]:
                fields = line.split()
                port = int(fields[1].rpartition(":")[2], 16)
                if fields[3] == _LISTENING and port in ports:
                    sockets[f"socket:[{fields[9]}]"] = port
    found: dict[int, int] = {}
    for folder in _PROC.iterdir() if sockets else ():
        if folder.name.isdigit():
            with suppress(OSError):  # it ended meanwhile, or is somebody else's
                for file in (folder / "fd").iterdir():
                    with suppress(OSError):
                        port_of = sockets.get(str(file.readlink()))
                        if port_of is not None:
                            found[port_of] = int(folder.name)
    return found
