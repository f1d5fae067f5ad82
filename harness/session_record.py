"""The record of one pytest session: written entry by entry while it runs, summed up when it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from io import StringIO
from pathlib import Path
from typing import Any, Literal

import pytest

from harness.errors import ExitCode, FileError, worst
from harness.fleet import Start, wanted
from harness.record import (
    Entry,
    NoteEntry,
    PictureEntry,
    Record,
    RecordWriter,
    RunEntry,
    UsageEntry,
    VerdictEntry,
    read,
)
from harness.record.entries import ENTRY
from harness.sitting import Sitting
from harness.station import Station
from harness.telling import end_entry, kept_calibration, run_entry, scenario_entry, target_entry


class SessionRecord:
    """Writes what the items of a session found.

    Args:
        path: the file; None writes to one in the run's own folder, which goes when the session ends.
        sitting: the run.

    Raises:
        UsageError: if it can't be written.
    """

    def __init__(self, path: Path | None, sitting: Sitting) -> None:
        self._sitting = sitting
        self._writer = RecordWriter(path or sitting.folder() / "record.jsonl")
        with ExitStack() as failed:
            failed.callback(self._shut)
            self._writer.write(_run_entry(sitting))
            if (worth := kept_calibration()) is not None:
                self._writer.write(worth)
            failed.pop_all()
        self._pictures: set[str] = set()
        self._told = False
        self._used: list[UsageEntry] = []
        self._found: Record | None = None

    def add(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Write an item's entries; a picture is written once.

        Raises:
            FileError: if it can't be written.
        """
        self._tell_targets()
        for values in entries:
            entry = ENTRY.validate_python(values)
            if isinstance(entry, PictureEntry):
                if entry.sha256 in self._pictures:
                    continue
                self._pictures.add(entry.sha256)
            self._writer.write(entry)

    def close(self) -> None:
        """Write what is known at the end, and the end; what can't be written is a trouble of the sitting's."""
        try:
            self._tell_targets()
            for entry in self._last_entries():
                self._writer.write(entry)
        except FileError as error:
            if not any(isinstance(one, FileError) for one in self._sitting.troubles):
                self._sitting.troubles.append(error)
        finally:
            self._shut()
        with suppress(FileError):
            self._found = read(self._writer.path)

    @property
    def nothing_ran(self) -> bool:
        """Whether the session came to an end without a verdict that says something."""
        return self._found is not None and self._found.exit_code is ExitCode.NOTHING_RAN

    def _shut(self) -> None:
        with suppress(OSError):  # what could not be written before can't be written now
            self._writer.close()

    def _last_entries(self) -> Iterator[Entry]:
        sitting = self._sitting
        yield from self._used
        for station in [] if sitting.interrupted else sitting.first(sitting.opened):  # of what was not asked: nothing
            yield from map(VerdictEntry.of, station.fixed())
        for station in sitting.opened:
            for scenario in sitting.scenarios:
                if Start.of(scenario) == station.start:
                    yield scenario_entry(scenario, station)
        yield from _notes(sitting)
        for note, level in sitting.notes.items():
            yield NoteEntry(level=level, text=note)
        for trouble in sitting.troubles:
            yield NoteEntry(level="error", text=str(trouble))
        for bug in sitting.bugs:
            where, *said = bug.strip().splitlines()
            yield NoteEntry(level="error", text=f"a bug of ours: {where}: {said[-1] if said else ''}")
        end = end_entry(self._writer.path)
        yield end.model_copy(update={"exit_code": worst([end.exit_code, *sitting.codes])})

    def summarise(self, reporter: pytest.TerminalReporter) -> None:
        """Print the summary of a session that pytest itself reports on."""
        from rich.console import Console

        from harness.report.terminal import render

        if self._found is not None and self._found.verdicts:
            text = StringIO()
            render(self._found, Console(file=text, width=reporter._tw.fullwidth))  # noqa: SLF001 - the only way to its width
            reporter.write_line(text.getvalue())

    def measure(self, when: Literal["ready", "end"]) -> None:
        """Note what the parts of the targets have used so far; it is written at the end."""
        for station in self._sitting.first(self._sitting.opened):  # of several starts the usual one
            self._used += [
                UsageEntry(
                    target=station.name,
                    part=one.part,
                    at=when,
                    cpu_seconds=one.cpu_seconds,
                    resident=one.resident,
                    anonymous=one.anonymous,
                    disk=one.disk,
                )
                for one in station.statistics()
            ]

    def _tell_targets(self) -> None:
        stations = self._sitting.first(self._sitting.tried)
        if self._told or not stations:
            return
        self._told = True
        for station in stations:
            entry = target_entry(station, alone=len(stations) == 1)
            if entry is not None:
                self._writer.write(entry)
        self.measure("ready")


def _notes(sitting: Sitting) -> Iterator[NoteEntry]:
    """What people should know of each target; of further starts how long they took, or why there was none."""
    usual = sitting.first(sitting.tried)
    for station in sitting.tried:
        for note in station.target.notes if station.target is not None else ():
            yield NoteEntry(target=station.name, text=note)
        for note, level in station.notes.items():
            yield NoteEntry(target=station.name, level=level, text=note)
        if station not in usual:
            yield from _further(station)


def _further(station: Station) -> Iterator[NoteEntry]:
    having = str(station.start) or "its own settings"
    if station.trouble is not None:
        what = f"it could not be started with {having}: {station.trouble}"
        yield NoteEntry(target=station.name, level="error", text=what)
    elif station.target is not None:
        took = sum(station.target.phases.values())
        yield NoteEntry(target=station.name, text=f"it was started once more with {having}, in {took:.1f} s")


def _run_entry(sitting: Sitting) -> RunEntry:
    targets = ", ".join(one.text for one in wanted(sitting.options.targets))
    return run_entry(targets, started=sitting.begun, seed=sitting.options.seed)
