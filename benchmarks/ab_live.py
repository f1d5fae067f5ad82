"""`nearimage ab` on live targets: 20 runs of two that are the same, 10 of which head is 5% slower. It resumes.

    python benchmarks/ab_live.py DIR [--identical N] [--slower N] [--seconds S]

Each run is a command of its own, with its record in DIR; whatever is there already counts and is not run again. Head is
made slower by a delay of its inference service of 5% of the median that the identical runs had.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from statistics import median

from ab_blocks import scenario_file

from harness.errors import ExitCode
from harness.record import read
from harness.statistics.proportions import exact


def main() -> int:
    """Run what is missing, print what all came to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--identical", type=int, default=20)
    parser.add_argument("--slower", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    scenario = scenario_file(options.folder, planted=True)
    alike = [_run(options, scenario, f"identical-{number:02}") for number in range(options.identical)]
    usual = median(one["base_ms"] for one in alike)
    delay = f"{usual * 0.05:.3f}ms"
    late = [_run(options, scenario, f"slower-{number:02}", "--head-delay", delay) for number in range(options.slower)]
    alarms = sum(one["answer"] in ("slower", "faster") for one in alike)
    found = sum(one["answer"] == "slower" for one in late)
    named = sum("is in the inference service" in one["where"] for one in late)
    print(f"identical: {dict(Counter(one['answer'] for one in alike))}; {_said(alarms, len(alike))} false alarms")
    print(f"{delay} later of {usual:.2f} ms: {_said(found, len(late))} found, the inference service named in {named}")
    print(f"rounds: {sorted(one['rounds'] for one in alike)} and {sorted(one['rounds'] for one in late)}")
    return int(alarms > 0 or found < 0.95 * len(late))


def _run(options: argparse.Namespace, scenario: Path, name: str, *words: str) -> dict[str, object]:
    kept = options.folder / f"{name}.json"
    if not kept.exists():
        out = options.folder / name
        command = [
            sys.executable,
            "-m",
            "harness.cli",
            "ab",
            str(scenario),
            "--base",
            "reference",
            "--head",
            "reference",
        ]
        command += ["--seconds", str(options.seconds), "--seed", str(sum(map(ord, name))), "--out", str(out), *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode not in (ExitCode.HELD, ExitCode.VIOLATED, ExitCode.UNDECIDED):
            sys.exit(f"{name} ended with {done.returncode}:\n{done.stderr}")
        kept.write_text(json.dumps(_came_to(max(out.glob("*/record.jsonl")))))
        print(name, kept.read_text(), flush=True)
    told: dict[str, object] = json.loads(kept.read_text())
    return told


def _came_to(path: Path) -> dict[str, object]:
    record = read(path)
    answers = [one.answer for one in record.comparisons]
    gravest = next((one for one in ("slower", "faster", "open") if one in answers), "same")
    p50 = next(one for one in record.comparisons if one.metric == "p50")
    rounds = len(record.latencies[0].blocks)
    facts = {"p50": p50.answer, "change": p50.change, "where": p50.where, "base_ms": p50.base_ms}
    return {"answer": gravest, "rounds": rounds, **facts}


def _said(times: int, of: int) -> str:
    if not of:
        return "none was run, and 0"
    low, high = exact(times, of)
    return f"{times} of {of} ({low:.0%} to {high:.0%})"


if __name__ == "__main__":
    sys.exit(main())
