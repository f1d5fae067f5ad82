"""The quick figures, one after the other, as a table with date and machine.

    python benchmarks/all.py [--only NAME] [--markdown FILE]

Each row is a program of this folder that prints its figures, compares them with its limit and ends with code 1 beyond
it. A program that takes longer than its share is ended and said to have been; all together take at most a quarter of an
hour. What takes longer (live runs of `ab`, scalings) has commands of its own, see README.md. Ends with code 1 if any
row is beyond its limit or could not be measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: the program with its arguments, and the seconds that it may take."""

    figure: str
    program: str
    arguments: tuple[str, ...] = ()
    seconds: int = 120


ROWS = (
    Row("start of the command and of the reference", "startup.py", seconds=60),
    Row(
        "what the reference adds to the inference service",
        "reference_overhead.py",
        ("--blocks", "24", "--tries", "64"),
        180,
    ),
    Row("percentiles of a histogram", "load_generator.py", ("--only", "histogram,memory"), seconds=60),
    Row("the clock of the load generator", "load_generator.py", ("--only", "clock")),
    Row("a closed loop beside wrk, ten rounds", "load_generator.py", ("--only", "median")),
    Row("ceiling beside wrk and Locust", "load_generator.py", ("--only", "ceiling", "--rounds", "4"), seconds=180),
    Row("a server that stops for a second", "load_generator.py", ("--only", "stall")),
    Row("two Locust workers beside one process", "load_generator.py", ("--only", "distributed")),
    Row("exact truth beside faiss and NumPy", "exact_truth.py", ("--rounds", "3")),
)


@dataclass(frozen=True, slots=True)
class Came:
    """What a row came to: its last line, whether that is within its limit, and the seconds."""

    row: Row
    said: str
    within: bool
    seconds: float


def measure(row: Row) -> Came:
    """Run one program; its output goes by as it comes."""
    print(f"--- {row.figure}: python benchmarks/{row.program} {' '.join(row.arguments)}", flush=True)
    began = time.perf_counter()
    command = [sys.executable, str(HERE / row.program), *row.arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=row.seconds, check=False)
    except subprocess.TimeoutExpired:
        return Came(row, f"not done within {row.seconds} s", within=False, seconds=time.perf_counter() - began)
    print(done.stdout + done.stderr, flush=True)
    return Came(row, _figures(done.stdout + done.stderr), done.returncode == 0, time.perf_counter() - began)


def _figures(printed: str) -> str:
    """The lines that a program judges, else its last one."""
    lines = [" ".join(line.split()) for line in printed.strip().splitlines()]
    judged = [line.partition(" ")[2] for line in lines if line.startswith(("ok ", "MISS "))]
    return "; ".join(judged) or (lines[-1] if lines else "it said nothing")


def main() -> int:
    """Run what is asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="programs with this in their name")
    parser.add_argument("--markdown", type=Path, default=None, help="also write the table there")
    options = parser.parse_args()
    came = [measure(row) for row in ROWS if options.only in row.program]
    load = os.getloadavg()[0]
    where = f"{os.cpu_count()} processors, {platform.platform()}, load {load:.1f}"
    table = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {where}",
        "",
        "| figure | came to | within its limit | took |",
        "|---|---|---|---|",
        *(f"| {one.row.figure} | {one.said} | {'yes' if one.within else 'no'} | {one.seconds:.0f} s |" for one in came),
    ]
    print("\n".join(table))
    if options.markdown:
        options.markdown.write_text("\n".join(table) + "\n", encoding="utf-8")
    return 0 if came and all(one.within for one in came) else 1


if __name__ == "__main__":
    sys.exit(main())
