"""What the tests of the plugin and of the commands share: small scenarios, and the command as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TINY = """\
nearimage: 1
name: tiny
collection:
  class: Tiny
  vectorizer: img2vec-neural
  vectorIndexConfig: {distance: l2-squared}
  moduleConfig: {img2vec-neural: {imageFields: [image]}}
  properties: [{name: image, dataType: [blob]}, {name: label, dataType: [text]}]
images: {from: planted, subjects: 4, views: 1, dimensions: 8, ties: 1, seed: 1, as: image, keep: [label]}
questions:
  nearest: {near_image: p-0000, limit: 3}
promises:
  nearest: {first: p-0000}
load: {requests: 12, warmup: 2}
checks: [near-image/ascending, threshold/inclusive]
"""
"""A scenario that takes a second: two checks, a promise, a question and a load, on nine planted pictures."""

ONE_CHECK = TINY.replace("[near-image/ascending, threshold/inclusive]", "[near-image/ascending]")
LARGE = TINY.replace("subjects: 4", "subjects: 2000").replace("[near-image/ascending, threshold/inclusive]", '["*"]')
"""The same with four thousand pictures and every check: something to interrupt."""

_LONG = 300.0
_NOT_A_PERSONS = ("NEARIMAGE_", "WEAVIATE_", "PYTEST_")


@dataclass(frozen=True)
class Place:
    """A folder to run the command in, with a state and a temporary folder that belong to it alone."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        """The environment of a person who has set nothing."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_A_PERSONS)}
        kept |= {"NEARIMAGE_STATE": str(self.state), "TMPDIR": str(self.temporary), "COLUMNS": "200"}
        return kept | {"XDG_CACHE_HOME": str(self.folder / "cache")}

    @property
    def state(self) -> Path:
        """Where claims are."""
        return self._made("state")

    @property
    def temporary(self) -> Path:
        """Where temporary folders are."""
        return self._made("tmp")

    def scenario(self, text: str = TINY, name: str = "tiny.yaml") -> Path:
        """Write a scenario and return its path."""
        path = self.folder / name
        path.write_text(text)
        return path

    def start(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.Popen[str]:
        """Start the command."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "harness.cli", *arguments],
            cwd=self.folder,
            env=self.env | (env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the command to its end."""
        return ended(self.start(*arguments, env=env))

    @property
    def record(self) -> Path:
        """The record of the only run that was made here."""
        [found] = self.folder.glob("nearimage-out/*/record.jsonl")
        return found

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """The complete lines of one kind in the records so far."""
        lines = [line for path in self.folder.glob("nearimage-out/*/record.jsonl") for line in _whole_lines(path)]
        return [entry for entry in map(json.loads, lines) if entry["type"] == kind]

    def claims(self) -> list[dict[str, Any]]:
        """What is noted down as started."""
        return [json.loads(path.read_text()) for path in self.state.glob("claim-*.json")]

    def left(self) -> list[str]:
        """What is still there that a run should have taken away: claims, temporary folders, processes."""
        claims = [path.name for path in self.state.glob("claim-*")]
        folders = [path.name for path in self.temporary.glob("nearimage-*")]
        return [*claims, *folders, *(f"process {pid}" for pid in self.processes())]

    def processes(self) -> Iterator[int]:
        """The processes that have this place in their environment or on their command line."""
        mark = str(self.folder).encode() + b"/"
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (path / "environ").read_bytes() + (path / "cmdline").read_bytes():
                    yield int(path.name)
            except OSError:
                continue

    def _made(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(exist_ok=True)
        return path


def ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    """Wait for a command's end, in bounded time."""
    try:
        out, err = process.communicate(timeout=_LONG)
    finally:
        process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def wait_until(happened: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait for something that a command does while it runs.

    Raises:
        AssertionError: if it ended, or took too long, without that.
    """
    deadline = time.monotonic() + _LONG
    while not happened():
        assert process.poll() is None, f"it ended before: {process.communicate()}"
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def _whole_lines(path: Path) -> list[str]:
    return path.read_text().rpartition("\n")[0].splitlines()
