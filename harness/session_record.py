"""The record of one pytest session: written entry by entry while it runs, summed up when it ends."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from harness import __version__
from harness.errors import ExitCode, worst
from harness.model import Endpoint, Outcome
from harness.record import (
    EndEntry,
    LoadedCollection,
    NoteEntry,
    PictureEntry,
    RecordWriter,
    RunEntry,
    ScenarioEntry,
    TargetEntry,
    read,
)
from harness.record.entries import ENTRY
from harness.scenario import Scenario
from harness.sitting import Sitting, called

_LIBRARIES = ("weaviate-client", "pytest", "hypothesis", "numpy", "onnxruntime", "httpx", "grpcio")
_CODES = {
    Outcome.HELD: ExitCode.HELD,
    Outcome.KNOWN: ExitCode.HELD,
    Outcome.FIXED: ExitCode.HELD,
    Outcome.VIOLATED: ExitCode.VIOLATED,
    Outcome.UNDECIDED: ExitCode.UNDECIDED,
    Outcome.INVALID: ExitCode.UNDECIDED,
}


class SessionRecord:
    """Writes what the items of a session found.

    Args:
        path: the file; None writes to a temporary one, which goes when the session ends.
        sitting: the run.
    """

    def __init__(self, path: Path | None, sitting: Sitting) -> None:
        self._sitting = sitting
        self._temporary = path is None
        if path is None:
            handle, name = tempfile.mkstemp(prefix="nearimage-", suffix=".jsonl")
            os.close(handle)
            path = Path(name)
        self.path = path
        self._writer = RecordWriter(path)
        self._pictures: set[str] = set()
        self._counts = dict.fromkeys(Outcome, 0)
        self._target_told = False
        self._writer.write(_run_entry(sitting))

    def add(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Write an item's entries; a picture is written once."""
        if not self._target_told:
            self._tell_target()
        for values in entries:
            entry = ENTRY.validate_python(values)
            if isinstance(entry, PictureEntry):
                if entry.sha256 in self._pictures:
                    continue
                self._pictures.add(entry.sha256)
            if entry.type == "verdict":
                self._counts[entry.outcome] += 1
            self._writer.write(entry)

    def close(self) -> None:
        """Write what is known at the end, and the end."""
        for scenario in self._sitting.scenarios:
            self._writer.write(_scenario_entry(scenario, self._sitting))
        if self._sitting.target is not None:
            for note in self._sitting.target.notes:
                self._writer.write(NoteEntry(text=note))
        counts = {outcome: count for outcome, count in self._counts.items() if count}
        code = worst(_CODES[outcome] for outcome in counts if outcome in _CODES)
        end = EndEntry(finished=datetime.now(UTC), exit_code=code, peak_memory_mb=_peak_memory(), counts=counts)
        self._writer.write(end)
        self._writer.close()

    def summarise(self, reporter: pytest.TerminalReporter) -> None:
        """Print the summary of a session that pytest itself reports on."""
        from rich.console import Console

        from harness.report.terminal import render

        text = StringIO()
        render(read(self.path), Console(file=text, width=reporter._tw.fullwidth))  # noqa: SLF001 - the only way to its width
        reporter.write_line(text.getvalue())
        if self._temporary:
            self.path.unlink(missing_ok=True)

    def _tell_target(self) -> None:
        self._target_told = True
        endpoint = self._sitting.opened
        target = self._sitting.target
        if endpoint is None or target is None:
            return
        self._writer.write(
            TargetEntry(
                name=target.name,
                description=target.describe(),
                version=endpoint.version,
                weaviate=endpoint.weaviate,
                modules=tuple(endpoint.modules),
                inference=_inference(endpoint),
                phases=dict(target.phases),
            )
        )


def _run_entry(sitting: Sitting) -> RunEntry:
    return RunEntry(
        harness=__version__,
        python=platform.python_version(),
        platform=platform.platform(),
        cpus=os.cpu_count() or 0,
        argv=tuple(sys.argv),
        target=sitting.options.target,
        started=datetime.now(UTC),
        commit=_commit(),
        versions={name: found for name in _LIBRARIES if (found := _version(name))},
    )


def _scenario_entry(scenario: Scenario, sitting: Sitting) -> ScenarioEntry:
    loaded = sitting.loaded(scenario)
    collections = [
        LoadedCollection(
            name=collection.name,
            class_at_target=loaded[collection.name].class_name,
            module=str(collection.module),
            metric=str(collection.metric),
            index=collection.index,
            objects=len(loaded[collection.name].stored),
        )
        for collection in scenario.collections
        if collection.name in loaded
    ]
    return ScenarioEntry(
        file=called(scenario.path), name=scenario.name, sha256=scenario.sha256, collections=tuple(collections)
    )


def _inference(endpoint: Endpoint) -> dict[str, str]:
    said = {}
    for module in endpoint.modules:
        service = endpoint.inference.get(module)
        if service is None:
            said[module] = "not known from here"
        else:
            said[module] = f"the harness's own service ({service.encoder})" if service.ours else service.url
    return said


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _commit() -> str:
    """The commit of the working folder, if it is one of git's: scenarios live there."""
    try:
        told = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=2, check=True)  # noqa: S607 - the user's own git
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.strip()


def _peak_memory() -> float | None:
    """Largest resident memory of this process and its largest ended child, in MiB."""
    try:
        import resource
    except ImportError:  # no such thing on this system
        return None
    unit = 1024.0 if sys.platform != "darwin" else 1024.0 * 1024.0
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(who).ru_maxrss for who in both) / unit
