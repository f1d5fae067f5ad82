"""Records that were written by hand, and the command on two of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from harness.cli import main
from harness.record import (
    EndEntry,
    Entry,
    LatencyEntry,
    RecordWriter,
    RunEntry,
    ScenarioEntry,
    TargetEntry,
    VerdictEntry,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)
RUN = RunEntry(harness="1", python="3.13.1", platform="Linux", cpus=2, argv=(), target="t", started=NOW)
TARGET = TargetEntry(target="t", name="t", description="a database", version="1", weaviate=True)


def latency(slower: float = 0.0, *, seed: int = 1, **facts: object) -> LatencyEntry:
    """400 times of about 10 ms."""
    drawn = (10 + slower) * np.exp(np.random.default_rng(seed).normal(0, 0.1, 400))
    names = {"scenario": "s", "collection": "C", "question": "tabby", "interface": "graphql", "target": "t"}
    return LatencyEntry.model_validate({**names, "milliseconds": tuple(map(float, drawn)), **facts})


def verdict(outcome: str, check: str = "threshold/inclusive") -> VerdictEntry:
    """What a check came to."""
    facts = {"check": check, "level": "must", "outcome": outcome, "sentence": f"it is {outcome}"}
    return VerdictEntry.model_validate(
        {**facts, "scenario": "s", "collection": "C", "interface": "graphql", "target": "t"}
    )


def written(path: Path, *entries: Entry, run: RunEntry = RUN, sha: str = "a" * 64) -> str:
    """Write a record and return where it is."""
    scenario = ScenarioEntry(target="t", file="s.yaml", name="s", sha256=sha, collections=())
    with RecordWriter(path) as writer:
        for entry in (run, TARGET, scenario, *entries, EndEntry(finished=NOW, exit_code=0)):
            writer.write(entry)
    return str(path)


def compared(folder: Path, base: Sequence[Entry], head: Sequence[Entry], *words: str) -> tuple[int, Path]:
    """Run the command, and return its exit code and its record."""
    folder.mkdir(exist_ok=True)
    paths = (written(folder / "base.jsonl", *base), written(folder / "head.jsonl", *head))
    code = main(["compare", *paths, "--out", str(folder / "out"), *words])
    return code, next((folder / "out").glob("*/record.jsonl"))
