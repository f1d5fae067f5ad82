"""Two records, read and laid beside each other: what of them can be compared, and why the rest can't."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.comparing import pytest_benchmark
from harness.comparing.loads import Loads
from harness.comparing.loads import beside as loads_beside
from harness.comparing.machines import difference
from harness.comparing.series import Block, Name, Series, Side
from harness.errors import UsageError
from harness.record import LatencyEntry, LoadEntry, Record, TargetEntry, VerdictEntry, read
from harness.runs import record_at

_REQUESTS = 10
_BLOCKS = 40
"""Requests that follow each other are one block: at least ten, and at most forty blocks of a measurement."""


@dataclass(frozen=True, slots=True)
class Told:
    """One side: what was read of it. `record` is None for a file of pytest-benchmark's."""

    path: Path
    target: str
    latencies: tuple[LatencyEntry, ...]
    record: Record | None = None

    @property
    def verdicts(self) -> tuple[VerdictEntry, ...]:
        """The verdicts of the target that is meant."""
        found = self.record.verdicts if self.record is not None else ()
        return tuple(one for one in found if not self.target or one.target == self.target)

    @property
    def loads(self) -> tuple[LoadEntry, ...]:
        """The loads of the target that is meant."""
        found = self.record.loads if self.record is not None else ()
        return tuple(one for one in found if one.target == self.target or not self.target)

    @property
    def scenarios(self) -> dict[str, str]:
        """The hash of each scenario that took part, by its name."""
        return {one.name: one.sha256 for one in self.record.scenarios} if self.record is not None else {}

    @property
    def described(self) -> TargetEntry | None:
        """The target, as the record has it."""
        found = self.record.targets if self.record is not None else ()
        return next((one for one in found if one.target == self.target or not self.target), None)


@dataclass(frozen=True, slots=True)
class Beside:
    """Two sides beside each other: what can be compared, and sentences about what can't and what to mind."""

    base: Told
    head: Told
    series: tuple[Series, ...]
    loads: tuple[Loads, ...]
    verdicts: tuple[tuple[VerdictEntry, VerdictEntry], ...]
    notes: tuple[str, ...] = field(default=())


def told(text: str) -> Told:
    """Read one side.

    Args:
        text: a record, the folder of a run or of many (the newest is meant), or a file of pytest-benchmark's; behind
            it, with `#`, the target that is meant if there are several.

    Raises:
        FileError: it can't be read.
        UsageError: it has several targets and none is named, or not the one that is.
    """
    where, _, target = text.partition("#")
    path = Path(where)
    if pytest_benchmark.looks_like(path):
        entries = pytest_benchmark.latencies(path)
        target = _target([*dict.fromkeys(one.target for one in entries)], target, where)
        return Told(path, target, tuple(one for one in entries if one.target == target))
    record = read(record_at(path)[0])
    names = [one.target for one in record.targets if not one.trouble] or [""]
    target = _target(names, target, where)
    return Told(
        record.path, target, tuple(one for one in record.latencies if one.target == target or len(names) == 1), record
    )


def beside(base: Told, head: Told, *, across_machines: bool = False) -> Beside:
    """Lay two sides beside each other.

    Args:
        base: one side.
        head: the other.
        across_machines: compare times although the machines differ.

    Raises:
        UsageError: nothing of them can be compared; says why.
    """
    notes = [*_cut_off(base, head), *_versions(base, head)]
    changed = {name for name, sha in base.scenarios.items() if head.scenarios.get(name, sha) != sha}
    notes += [f"the scenario {name!r} is not the same file in both: nothing of it is compared" for name in changed]
    machines = difference(base.record.run, head.record.run) if base.record and head.record else ""
    if machines and not across_machines:
        notes.append(f"{machines}: times are not compared (--across-machines compares them all the same)")
    elif machines:
        notes.append(f"{machines}: a difference may be the machines'")
    timed = across_machines or not machines
    series = tuple(_series(base, head, changed)) if timed else ()
    found = [*loads_beside(base.loads, head.loads, changed)] if timed else []
    notes += [one for one in found if isinstance(one, str)]
    loads = tuple(one for one in found if isinstance(one, Loads))
    verdicts = tuple(_verdicts(base, head, changed))
    if not series and not verdicts and not loads:
        what = f"{base.path} and {head.path} have nothing in common that can be compared"
        raise UsageError(what, hint="; ".join(notes) or "No question is in both: other scenarios, or other interfaces.")
    return Beside(base, head, series, loads, verdicts, tuple(notes))


def _target(names: Sequence[str], wanted: str, where: str) -> str:
    if wanted and wanted not in names:
        raise UsageError(f"{where} has no target {wanted!r}", hint=f"It has {', '.join(filter(None, names)) or 'one'}.")
    if not wanted and len(names) > 1:
        hint = f"Name one: {where}#{names[0]}. There are {', '.join(names)}."
        raise UsageError(f"{where} has {len(names)} targets", hint=hint)
    return wanted or names[0]


def _cut_off(*sides: Told) -> Iterator[str]:
    for one in sides:
        if one.record is not None and one.record.truncated:
            yield f"{one.path} has no end: the run was cut off, and what is complete of it is compared"


def _versions(base: Told, head: Told) -> Iterator[str]:
    if base.record is None or head.record is None:
        return
    before, after = base.record.run, head.record.run
    if before.harness != after.harness:
        yield f"asked by nearimage {before.harness} and {after.harness}: a difference may be the harness's own"
    if before.python.split(".")[:2] != after.python.split(".")[:2]:
        yield f"asked with Python {before.python} and {after.python}: a difference may be the client's"
    one, other = base.described, head.described
    for module in one.services if one is not None and other is not None else ():
        services = one.services[module], other.services.get(module)  # type: ignore[union-attr]
        if services[1] is not None and services[0] != services[1]:
            yield f"behind {module} stood another inference service in each"


def _series(base: Told, head: Told, changed: set[str]) -> Iterator[Series]:
    mine = {_name(one): one for one in base.latencies}
    for other in head.latencies:
        one = mine.get(_name(other))
        if one is not None and one.n and other.n and other.scenario not in changed:
            yield Series(_name(other), _side(one), _side(other), paired=_in_turn(one, other, base, head))


def _in_turn(one: LatencyEntry, other: LatencyEntry, base: Told, head: Told) -> bool:
    """Whether a measurement of each side was taken in the rounds of one run, so that their blocks are pairs."""
    return base.path == head.path and one.mode == other.mode == "in turn" and len(one.blocks) == len(other.blocks) > 0


def _name(one: LatencyEntry) -> Name:
    return Name(one.scenario, one.collection, one.question, one.interface)


def _side(entry: LatencyEntry) -> Side:
    """A measurement in blocks: the rounds that it was asked in, or requests that follow each other."""
    size = max(_REQUESTS, -(-entry.n // _BLOCKS))
    cuts = [*entry.blocks] or [min(size, entry.n - start) for start in range(0, entry.n, size)]
    service = None if entry.service_ms is None else _cut(entry.service_ms, cuts)
    return Side(_cut(entry.milliseconds, cuts), service, entry.errors)


def _cut(times: Sequence[float], cuts: Sequence[int]) -> tuple[Block, ...]:
    made, at = [], 0
    for size in cuts:
        made.append(tuple(times[at : at + size]))
        at += size
    return tuple(made)


def _verdicts(base: Told, head: Told, changed: set[str]) -> Iterator[tuple[VerdictEntry, VerdictEntry]]:
    """Pairs of verdicts about the same; a place that has several of one check has nothing to tell them by."""
    mine = Counter(map(_place, base.verdicts))
    before = {_place(one): one for one in base.verdicts if mine[_place(one)] == 1}
    for after in head.verdicts:
        if after.scenario not in changed and (one := before.get(_place(after))) is not None:
            yield one, after


def _place(one: VerdictEntry) -> tuple[str, ...]:
    return (one.scenario, one.check, one.collection, one.interface, str(one.evidence.get("question", "")))
