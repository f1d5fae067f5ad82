"""`nearimage compare`: two records, each metric and each verdict that both have, as a record of its own."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from harness.comparing.arena import BASE, HEAD
from harness.comparing.judging import Allowed, Metric, judge
from harness.comparing.looking import left
from harness.comparing.recorded import Beside, Told
from harness.comparing.under_load import load_entries
from harness.comparing.verdicts import entries, times
from harness.model import Outcome
from harness.record import (
    CalibrationEntry,
    Entry,
    NoteEntry,
    RecordWriter,
    RoundsEntry,
    TargetEntry,
    VerdictEntry,
)
from harness.runs import RECORD, fresh_folder
from harness.telling import end_entry, run_entry

USUAL = (Metric(50.0, 0.05), Metric(95.0, 0.15))
"""Wider than for two targets asked in turn: two runs differ by what the machine did meanwhile."""

_RIGHT = (Outcome.HELD, Outcome.KNOWN, Outcome.FIXED)
_APART = (
    "the two runs were not interleaved: what the machine did meanwhile looks like a difference, and nobody can tell "
    "(nearimage ab asks both in turn)"
)
_IN_TURN = "both sides were asked in turn by one run: their rounds are compared in pairs"


def compare(found: Beside, *, metrics: Sequence[Metric] = USUAL, allowed: Allowed | None = None, out: Path) -> Path:
    """Compare two sides and return the record of it.

    Args:
        found: what can be compared.
        metrics: percentiles with their margins.
        allowed: how often it may be wrong.
        out: where runs are kept.

    Raises:
        UsageError: the record can't be written there.
    """
    record = fresh_folder(out) / RECORD
    with RecordWriter(record) as writer:
        sides = f"{found.base.path}, {found.head.path}"
        writer.write(run_entry(sides, started=datetime.now(UTC)))
        for entry in _entries(found, metrics, allowed or Allowed()):
            writer.write(entry)
        writer.write(end_entry(record))
    return record


def _entries(found: Beside, metrics: Sequence[Metric], allowed: Allowed) -> Iterator[Entry]:
    for name, side in ((BASE, found.base), (HEAD, found.head)):
        yield _target(name, side)
    for note in found.notes:
        yield NoteEntry(level="warning", text=note)
    if found.series or found.loads:
        paired = not found.loads and all(series.paired for series in found.series)
        yield NoteEntry(text=_IN_TURN if paired else _APART)
        allowed = _left(found.head, allowed) if paired else allowed
    for side in (found.head, found.base):
        if side.record is not None and side.record.of(CalibrationEntry):
            yield side.record.of(CalibrationEntry)[0]
            break
    repeat = shlex.join(["nearimage", *sys.argv[1:]]) if "compare" in sys.argv else ""
    sound = [one for one in found.loads if not one.spoiled]
    judged = judge((*found.series, *sound), metrics, allowed)
    for series in found.series:
        for entry in times(series, base=BASE, head=HEAD):
            yield entry if series.paired else entry.model_copy(update={"mode": "closed loop"})
    yield from load_entries(found.loads, metrics, allowed, base=BASE, head=HEAD, repeat=repeat)
    yield from entries((*found.series, *sound), judged, allowed, base=BASE, head=HEAD, repeat=repeat)
    yield from _verdicts(found)


def _target(name: str, side: Told) -> TargetEntry:
    described = side.described
    if described is not None:
        return described.model_copy(update={"target": name, "name": f"{described.name} in {side.path}"})
    return TargetEntry(
        target=name, name=str(side.path), description=f"what {side.path} says", version="", weaviate=False
    )


def _left(side: Told, allowed: Allowed) -> Allowed:
    """What may be erred after all looks that the run itself took."""
    rounds = side.record.of(RoundsEntry) if side.record is not None else ()
    return left(rounds[0], allowed) if rounds else allowed


def _verdicts(found: Beside) -> Iterator[Entry]:
    """The verdicts of head: what was right in base and is not any more fails, what was wrong before does not."""
    mended = []
    for before, after in found.verdicts:
        if before.outcome not in _RIGHT and after.outcome in _RIGHT:
            mended.append(after.check)
        if after.outcome is Outcome.VIOLATED and before.outcome is Outcome.VIOLATED:
            yield _now(after, Outcome.KNOWN, f"as in base: {after.sentence}")
        elif before.outcome in _RIGHT and after.outcome not in (*_RIGHT, Outcome.SKIPPED):
            yield _now(after, after.outcome, f"held in base; in head: {after.sentence}")
        elif after.outcome in _RIGHT:
            yield _now(after, Outcome.HELD, after.sentence)
        else:
            yield _now(after, after.outcome, after.sentence)
    if mended:
        yield NoteEntry(text=f"mended since base: {', '.join(dict.fromkeys(mended))}")


def _now(entry: VerdictEntry, outcome: Outcome, sentence: str) -> VerdictEntry:
    return entry.model_copy(update={"target": HEAD, "outcome": outcome, "sentence": sentence})
