"""One target that is surveyed: opened for that alone, and a record that is written beside."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from harness.dataset import Run
from harness.errors import ExitCode, HarnessError, UsageError
from harness.fleet import wanted
from harness.fleet.starts import Start
from harness.model import Endpoint, Level, Needs, Outcome, Verdict
from harness.options import TargetOptions
from harness.record import Entry, NoteEntry, RecordWriter, VerdictEntry
from harness.runs import RECORD, fresh_folder
from harness.station import Station
from harness.targets.state import claimed, sweep
from harness.telling import end_entry, run_entry, target_entry

Say = Callable[[str], object]
"""Told how it goes on, a line at a time."""


@dataclass(frozen=True, slots=True)
class Site:
    """An open target: `began` is seconds of `time.perf_counter`, `folder` a place for the run's own files."""

    station: Station
    writer: RecordWriter
    folder: Path
    began: float

    @property
    def endpoint(self) -> Endpoint:
        """Where it is."""
        return self.station.stage().endpoint

    @property
    def target(self) -> object:
        """The opened target, to be asked for its abilities."""
        return self.station.opened

    def write(self, entry: Entry) -> None:
        """Write an entry of the record."""
        self.writer.write(entry)

    def judge(self, check: str, outcome: Outcome, sentence: str, scenario: str, **evidence: object) -> None:
        """Write a verdict of the survey."""
        repeat = shlex.join(["nearimage", *sys.argv[1:]])
        verdict = Verdict(
            check,
            Level.OBSERVED,
            outcome,
            sentence,
            scenario=scenario,
            collection="",
            interface="graphql",
            evidence=evidence,
            asked=1,
            repeat=repeat,
            target=self.station.name,
        )
        self.write(VerdictEntry.of(verdict))


@contextmanager
def survey(
    options: TargetOptions,
    needs: Needs,
    out: Path,
    path: Callable[[Path], object],
    say: Say,
    *,
    writes: bool,
) -> Iterator[Site]:
    """Open the one target that was asked for, and take everything away afterwards.

    Args:
        options: which target.
        needs: what it must have.
        out: where runs are kept.
        path: told where the record is, as soon as that is known.
        say: told how it goes on.
        writes: it makes classes by itself, so a database that may only be read is refused before it is opened.

    Raises:
        UsageError: several targets were asked for, or one that may only be read.
        TargetError: there is no database.
    """
    found = wanted(options)
    if len(found) != 1:
        raise UsageError(f"{len(found)} targets were asked for, and a survey is of one", hint="Name one: --target.")
    if writes and found[0].setup.read_only:
        raise UsageError(
            "this survey stores objects of its own, and the server may only be read",
            hint="Ask another server, or leave --read-only out. nearimage limit can ask a class that is there.",
        )
    sweep()
    start = Start(tuple(sorted(needs.settings.items())), needs.cpus, needs.memory)
    station = Station(found[0], Run(), start=start)
    folder = fresh_folder(out)
    path(folder / RECORD)
    with RecordWriter(folder / RECORD) as writer, claimed("a survey's own files") as claim, ExitStack() as ending:
        writer.write(run_entry(found[0].text, started=datetime.now(UTC)))
        code = None
        ending.callback(lambda: writer.write(end_entry(folder / RECORD, code)))
        ending.callback(station.close, [], owner=True)
        try:
            say(f"opening {found[0].text}")
            station.open(needs, claim.folder)
            if (entry := target_entry(station, alone=True)) is not None:
                writer.write(entry)
            yield Site(station, writer, claim.folder, perf_counter())
        except HarnessError as error:
            code = error.exit_code
            writer.write(NoteEntry(level="error", text=str(error)))
            raise
        except KeyboardInterrupt:
            code = ExitCode.INTERRUPTED
            raise
