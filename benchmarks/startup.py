"""How soon the command answers, and how soon the reference is ready.

    python benchmarks/startup.py [--rounds 7]

`nearimage --help` from start to end (at most 0.3 s), and the reference from the start of its process to the line that
says that it is ready (at most 1 s; the models are loaded before, by the inference service). The package is compiled
before, as pip leaves it. Medians; seconds are only worth something on a quiet machine, so the load is printed beside
them. Ends with code 1 if a median is beyond its limit.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from compiled import compile_package

from harness.inference.process import spawn


def help_seconds() -> float:
    """Return how long `nearimage --help` takes."""
    program = Path(sys.executable).with_name("nearimage")
    began = time.perf_counter()
    subprocess.run([str(program), "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def ready_seconds(inference: str) -> float:
    """Return how long the reference takes until it says that it is ready."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "harness.reference", "--inference", inference, "--folder", folder]
        began = time.perf_counter()
        with subprocess.Popen(
            [*command, "--exit-with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as server:
            assert server.stdout is not None
            line = server.stdout.readline()
            took = time.perf_counter() - began
            server.communicate()
    if b"ready" not in line:
        raise SystemExit(f"the reference did not start: {line.decode()}")
    return took


def main() -> int:
    """Measure in turns, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    compile_package()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {rounds} rounds")
    helps, readies = [], []
    with spawn(preload=True) as service:
        for _ in range(rounds):
            helps.append(help_seconds())
            readies.append(ready_seconds(service.url))
    good = True
    for name, found, most in (("nearimage --help", helps, 0.3), ("reference ready", readies, 1.0)):
        middle = statistics.median(found)
        good = good and middle <= most
        print(f"{name:18} median {middle:.2f} s, {min(found):.2f} to {max(found):.2f} (at most {most:g})")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
