"""How long a run takes, how much processor time its processes use, and how much memory they hold together.

    python benchmarks/run_time.py [--smoke] [--most-seconds 60] [--most-gib 1.5] [-- ARGUMENTS OF nearimage run]

Starts `nearimage run --target reference` in a new folder and looks at its processes (the run, the reference, the
inference service) until it ends; the package is compiled before, as pip leaves it. Processor time is what a busy
machine does not change much; seconds are only worth something on a quiet one, so what other programs took meanwhile is
printed beside them. Linux only: it reads `/proc`.
Ends with code 1 if the run fails, takes too long or holds too much.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from compiled import compile_package
from machine import machine, seconds_of

_LOOKS_EVERY = 0.25
_PARTS = {
    "harness.inference": "inference service",
    "harness.reference": "reference",
    "guard.py": "guards",
    "nearimage": "the run itself",
}


@dataclass(frozen=True, slots=True)
class Look:
    """One process at one moment: processor seconds so far, MiB of its own (shared pages by share)."""

    seconds: float
    mib: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What a run came to."""

    code: int
    wall: float
    seconds: dict[str, float]
    others: float
    peak_mib: float
    peak_of: dict[str, float]


def look(pid: int) -> Look | None:
    """Return a process as it is now; None if it is gone."""
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        seconds = seconds_of(pid)
    except OSError:
        return None
    shares = [int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")]
    return Look(seconds, sum(shares) / 1024)


def family(root: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield root
    try:
        for thread in Path(f"/proc/{root}/task").iterdir():
            for child in (thread / "children").read_text(encoding="ascii").split():
                yield from family(int(child))
    except OSError:
        return


def part_of(pid: int) -> str:
    """Return what a process is for, by its command line."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return next((name for mark, name in _PARTS.items() if mark in command), "")


def measure(command: list[str], folder: Path) -> Measured:
    """Run a command in a folder and watch it."""
    seconds: dict[int, float] = {}
    parts: dict[int, str] = {}
    peak, peak_of = 0.0, {}
    began, (busy, whole) = time.perf_counter(), machine()
    with (
        (folder / "output.txt").open("wb") as output,
        subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT) as run,
    ):
        while run.poll() is None:
            now = {pid: found for pid in family(run.pid) if (found := look(pid)) is not None}
            for pid, found in now.items():
                seconds[pid] = found.seconds
                parts[pid] = parts.get(pid) or part_of(pid)
            held = sum(found.mib for found in now.values())
            if held > peak:
                peak, peak_of = held, {parts[pid]: round(found.mib) for pid, found in now.items()}
            time.sleep(_LOOKS_EVERY)
    wall = time.perf_counter() - began
    busy, whole = (after - was for after, was in zip(machine(), (busy, whole), strict=True))
    others = max(0.0, busy - sum(seconds.values())) / whole
    by_part: dict[str, float] = {}
    for pid, spent in seconds.items():
        part = parts[pid] or "other"
        by_part[part] = by_part.get(part, 0.0) + spent
    return Measured(run.returncode, wall, by_part, others, peak, peak_of)


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="the short run: at most 10 s unless said otherwise")
    parser.add_argument("--most-seconds", type=float, default=None)
    parser.add_argument("--most-gib", type=float, default=1.5)
    parser.add_argument("arguments", nargs="*", help="more arguments for `nearimage run`")
    options = parser.parse_args()
    most_seconds = options.most_seconds or (10.0 if options.smoke else 60.0)

    program = Path(sys.executable).with_name("nearimage")
    command = [
        str(program),
        "run",
        "--target",
        "reference",
        *(["--smoke"] if options.smoke else []),
        *options.arguments,
    ]
    compile_package()
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(command, Path(folder))
        if measured.code:
            print((Path(folder) / "output.txt").read_text(encoding="utf-8")[-3000:])
    print(f"nearimage {' '.join(command[1:])}: exit {measured.code}")
    print(f"  {os.cpu_count()} cores, of which other programs took {measured.others:.0%} meanwhile")
    print(f"  {measured.wall:6.1f} s from start to end (at most {most_seconds:g})")
    print(
        f"  {sum(measured.seconds.values()):6.1f} s of processor time: "
        + ", ".join(f"{part} {spent:.1f}" for part, spent in sorted(measured.seconds.items()))
    )
    print(
        f"  {measured.peak_mib:6.0f} MiB at the most (at most {1024 * options.most_gib:.0f}): "
        + ", ".join(f"{part} {mib}" for part, mib in sorted(measured.peak_of.items()))
    )
    good = measured.code == 0 and measured.wall <= most_seconds and measured.peak_mib <= 1024 * options.most_gib
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
