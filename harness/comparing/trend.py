"""`nearimage trend`: many runs in one folder, one point each, and where a level changed.

Only runs that can stand beside the newest one count: of the same machine, as far as records tell, and of the same
scenario file. A change for the worse is new if it came with one of the last runs, recovered if a later level is as good
as the one before it, else it persists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from harness.comparing.judging import Metric
from harness.comparing.machines import difference
from harness.errors import ExitCode, FileError, UsageError
from harness.record import Record, read
from harness.runs import RECORD
from harness.statistics import carried, percentile
from harness.statistics.changes import Change, changes

USUAL = (Metric(50.0, 0.05),)
RECENT = 5
FEWEST = 8
"""So many runs it takes at least until a change could be seen at all (three before it and five after, or so)."""


class Became(StrEnum):
    """What a change of level is today."""

    NEW = "new"
    PERSISTING = "persisting"
    RECOVERED = "recovered"
    FASTER = "faster"


@dataclass(frozen=True, slots=True)
class Point:
    """What one run says of one metric: milliseconds, when it began, and its record."""

    started: datetime
    value: float
    record: Path
    version: str


@dataclass(frozen=True, slots=True)
class Turn:
    """A change of level, and what has become of it."""

    change: Change
    became: Became
    point: Point

    @property
    def share(self) -> float:
        """How much slower it got: 0.1 for 10%."""
        return self.change.after / self.change.before - 1


class Key(NamedTuple):
    """Of what a row is: one metric of one question at one target; `target` is empty where runs have but one."""

    target: str
    scenario: str
    collection: str
    question: str
    interface: str
    metric: str

    @property
    def title(self) -> str:
        """The same in words."""
        at = f" at {self.target}" if self.target else ""
        return f"{self.question} over {self.interface}{at}, {self.metric}"


@dataclass(frozen=True, slots=True)
class Row:
    """One metric through all runs."""

    key: Key
    points: tuple[Point, ...]
    turns: tuple[Turn, ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """All rows of a folder, and sentences about the runs that were left out."""

    rows: tuple[Row, ...]
    runs: int
    notes: tuple[str, ...]

    @property
    def exit_code(self) -> ExitCode:
        """Violated if something is new, undecided if no row has enough runs to tell."""
        if any(turn.became is Became.NEW for row in self.rows for turn in row.turns):
            return ExitCode.VIOLATED
        told = any(len(row.points) >= FEWEST for row in self.rows)
        return ExitCode.HELD if told else ExitCode.UNDECIDED


def trend(folder: Path, metrics: Sequence[Metric] = USUAL, *, recent: int = RECENT) -> Trend:
    """Read every run in a folder and find where levels changed.

    Args:
        folder: `nearimage-out`, or any folder of records, each in a folder of its own or beside the others.
        metrics: percentiles, each with the change that is too small to matter.
        recent: a change is new if it came with one of so many last runs.

    Raises:
        UsageError: there is no run in it.
    """
    paths = sorted({*folder.glob(f"*/{RECORD}"), *folder.glob("*.jsonl")})
    notes: list[str] = []
    records = sorted(_readable(paths, notes), key=lambda one: one.run.started)
    if not records:
        hint = "Name a folder in which runs are kept, such as nearimage-out."
        raise UsageError(f"there is no run with times in {folder}", hint="; ".join([*notes, hint]))
    records = [one for one in records if _kept(one, records[-1], notes)]
    points: dict[Key, list[Point]] = {}
    for record in records:
        for key, point in _points(record, records[-1], metrics):
            points.setdefault(key, []).append(point)
    margins = {one.name: one.margin for one in metrics}
    rows = tuple(Row(key, tuple(some), _turns(some, margins[key.metric], recent)) for key, some in points.items())
    counted = Counter(notes)
    return Trend(rows, len(records), tuple(f"{n} runs: {one}" if n > 1 else one for one, n in counted.items()))


def _readable(paths: Sequence[Path], notes: list[str]) -> Iterator[Record]:
    for path in paths:
        try:
            record = read(path)
        except FileError as error:
            notes.append(f"left out: {error}")
            continue
        if record.latencies:
            yield record


def _kept(one: Record, newest: Record, notes: list[str]) -> bool:
    if apart := difference(one.run, newest.run):
        notes.append(f"left out beside the newest run: {apart}")
    return not apart


def _points(record: Record, newest: Record, metrics: Sequence[Metric]) -> Iterator[tuple[Key, Point]]:
    now = {one.name: one.sha256 for one in newest.scenarios}
    mine = {one.name: one.sha256 for one in record.scenarios}
    versions = {one.target: one.version for one in record.targets}
    several = len(record.targets) > 1
    for one in record.latencies:
        if now.get(one.scenario, "") != mine.get(one.scenario, now.get(one.scenario, "")):
            continue  # the file is another one now, and so is the question
        for metric in metrics:
            if carried(one.n, metric.q):
                target = one.target if several else ""
                key = Key(target, one.scenario, one.collection, one.question, one.interface, metric.name)
                value = percentile(one.milliseconds, metric.q)
                yield key, Point(record.run.started, value, record.path, versions.get(one.target, ""))


def _turns(points: Sequence[Point], margin: float, recent: int) -> tuple[Turn, ...]:
    found = changes([one.value for one in points], least=margin)
    return tuple(
        Turn(one, _became(one, found[place + 1 :], len(points), margin, recent), points[one.at])
        for place, one in enumerate(found)
    )


def _became(one: Change, later: Sequence[Change], runs: int, margin: float, recent: int) -> Became:
    if one.after < one.before:
        return Became.FASTER
    if any(each.after <= one.before * (1 + margin) for each in later):
        return Became.RECOVERED
    return Became.NEW if one.at >= runs - recent else Became.PERSISTING
