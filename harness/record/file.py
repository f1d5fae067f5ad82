"""The file that holds a record: written a line at a time, read back as far as it goes."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self, TypeVar

from pydantic import ValidationError

from harness.errors import ExitCode, FileError, worst
from harness.model import Outcome
from harness.record.comparison_entries import ComparisonEntry
from harness.record.entries import (
    ENTRY,
    SCHEMA_VERSION,
    EndEntry,
    Entry,
    LatencyEntry,
    NoteEntry,
    PictureEntry,
    RunEntry,
    ScenarioEntry,
    ShownEntry,
    TargetEntry,
    UsageEntry,
    VerdictEntry,
)
from harness.record.fact import Fact
from harness.record.load_entries import LoadEntry
from harness.record.stage_entries import StagesEntry
from harness.record.survey_entries import LimitEntry, ScalingEntry
from harness.record.used_entries import AxisEntry

LONGEST_LINE = 64 * 2**20
"""Bytes; a longer line is no entry of ours (a million raw samples take a quarter of it)."""

CODES = {
    Outcome.HELD: ExitCode.HELD,
    Outcome.KNOWN: ExitCode.HELD,
    Outcome.FIXED: ExitCode.HELD,
    Outcome.VIOLATED: ExitCode.VIOLATED,
    Outcome.UNDECIDED: ExitCode.UNDECIDED,
    Outcome.INVALID: ExitCode.UNDECIDED,
}
_Kind = TypeVar("_Kind", bound=Fact)


class RecordWriter:
    """Writes a record, a line at a time; any thread may write.

    Args:
        path: the file; its folder is made, an older file is replaced.

    Raises:
        FileError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._begun = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("wb")
        except OSError as error:
            raise _unwritable(path, error) from error

    def write(self, entry: Entry) -> None:
        """Append an entry and hand it to the operating system at once; the first one is a `RunEntry`."""
        line = entry.model_dump_json().encode() + b"\n"
        with self._lock:
            if not self._begun and not isinstance(entry, RunEntry):
                raise ValueError("a record begins with a RunEntry")
            self._begun = True
            try:
                self._file.write(line)
                self._file.flush()
            except OSError as error:
                raise _unwritable(self.path, error) from error

    def close(self) -> None:
        """Close the file; closing twice does no harm."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _unwritable(path: Path, error: OSError) -> FileError:
    reason = error.strerror or str(error)
    return FileError(f"the record cannot be written ({reason})", path=path, hint="Name another place for it.")


@dataclass(frozen=True, slots=True)
class Record:
    """A record that was read. `truncated`: it has no end, because the run was cut off or is still going on."""

    path: Path
    entries: tuple[Entry, ...]
    truncated: bool

    def of(self, kind: type[_Kind]) -> tuple[_Kind, ...]:
        """All entries of one kind, in the order written."""
        return tuple(entry for entry in self.entries if isinstance(entry, kind))

    @property
    def run(self) -> RunEntry:
        """The first entry."""
        return self.of(RunEntry)[0]

    @property
    def target(self) -> TargetEntry | None:
        """The database, of several the first one that was opened; None if none was found."""
        return next((entry for entry in self.targets if not entry.trouble), None)

    @property
    def targets(self) -> tuple[TargetEntry, ...]:
        """The databases, those that could not be opened too, in the order in which they were asked for."""
        return self.of(TargetEntry)

    @property
    def usage(self) -> tuple[UsageEntry, ...]:
        """What the parts of the targets used."""
        return self.of(UsageEntry)

    @property
    def scenarios(self) -> tuple[ScenarioEntry, ...]:
        """The scenario files that took part."""
        return self.of(ScenarioEntry)

    @property
    def verdicts(self) -> tuple[VerdictEntry, ...]:
        """All verdicts."""
        return self.of(VerdictEntry)

    @property
    def latencies(self) -> tuple[LatencyEntry, ...]:
        """All latency measurements."""
        return self.of(LatencyEntry)

    @property
    def loads(self) -> tuple[LoadEntry, ...]:
        """All loads."""
        return self.of(LoadEntry)

    @property
    def stages(self) -> tuple[StagesEntry, ...]:
        """Where the time of questions goes."""
        return self.of(StagesEntry)

    @property
    def comparisons(self) -> tuple[ComparisonEntry, ...]:
        """The metrics of two sides that were compared."""
        return self.of(ComparisonEntry)

    @property
    def limits(self) -> tuple[LimitEntry, ...]:
        """The limits that were searched for."""
        return self.of(LimitEntry)

    @property
    def scalings(self) -> tuple[ScalingEntry, ...]:
        """How targets scale."""
        return self.of(ScalingEntry)

    @property
    def axes(self) -> tuple[AxisEntry, ...]:
        """What targets used, beside the latency."""
        return self.of(AxisEntry)

    @property
    def pictures(self) -> dict[str, PictureEntry]:
        """The pictures by their hash."""
        return {entry.sha256: entry for entry in self.of(PictureEntry)}

    @property
    def shown(self) -> tuple[ShownEntry, ...]:
        """The questions to look at."""
        return self.of(ShownEntry)

    @property
    def notes(self) -> tuple[NoteEntry, ...]:
        """What a reader should know besides."""
        return self.of(NoteEntry)

    @property
    def end(self) -> EndEntry | None:
        """The last entry; None if the run never came to it."""
        return next(iter(self.of(EndEntry)), None)

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many verdicts came to each outcome; all seven outcomes are there, counted anew."""
        outcomes = [entry.outcome for entry in self.verdicts]
        return {outcome: outcomes.count(outcome) for outcome in Outcome}

    @property
    def exit_code(self) -> ExitCode:
        """The graver of what the run ended with and what its verdicts amount to; no verdicts: nothing ran."""
        judged = worst(CODES[entry.outcome] for entry in self.verdicts if entry.outcome in CODES)
        return judged if self.end is None else worst((judged, self.end.exit_code))


def read(path: Path) -> Record:
    """Read a record; a last line that was cut off is left out.

    Raises:
        FileError: the file cannot be read, is no record, has another schema version, or has a line that is no entry.
    """
    entries: list[Entry] = []
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file, path), start=1):
                whole = line.endswith(b"\n")
                try:
                    entries.append(_entry(line, path, number))
                except FileError:
                    if whole or number == 1:
                        raise
    except OSError as error:
        raise FileError(f"cannot be read ({error.strerror or error})", path=path) from error
    if not entries:
        raise FileError("is empty, so it is no record", path=path)
    return Record(path, tuple(entries), truncated=not isinstance(entries[-1], EndEntry))


def _lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise FileError(f"the line is longer than {LONGEST_LINE // 2**20} MiB", path=path, line=number)
        yield line


def _entry(line: bytes, path: Path, number: int) -> Entry:
    try:
        value = json.loads(line, parse_constant=_no_such_number)
    except (ValueError, RecursionError) as error:
        if number == 1:
            raise FileError("is no record: its first line is not JSON", path=path, line=1) from error
        raise FileError(f"the line is not JSON ({error})", path=path, line=number) from error
    if number == 1:
        _check_first(value, path)
    try:
        return ENTRY.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the line"
        raise FileError(f"no entry of a record: {where}: {first['msg']}", path=path, line=number) from error


def _check_first(value: Any, path: Path) -> None:
    if not isinstance(value, dict) or value.get("type") != "run":
        raise FileError("is no record: its first line is not a `run` entry", path=path, line=1)
    if value.get("schema_version") != SCHEMA_VERSION:
        raise FileError(
            f"has schema version {value.get('schema_version')!r}; this nearimage reads version {SCHEMA_VERSION}",
            path=path,
            line=1,
            hint="Read it with the nearimage that wrote it; its version stands in that line as `harness`.",
        )


def _no_such_number(name: str) -> None:
    raise ValueError(f"JSON has no {name}")
