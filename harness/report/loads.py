"""Loads: three clocks, what became of the requests, and latency over time; on a screen and as values for the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from harness.record import ClockFact, LoadEntry, MomentFact, PercentileFact, UsedFact
from harness.report import words
from harness.report.breaking import Breaking
from harness.report.pen import Pen

_SHOWN = (50.0, 95.0, 99.0)
_HEIGHT = 100.0
_LEAST = 18
_CLOCKS = {"from when it was due": "response", "service time": "service", "our own part": "own"}


@dataclass(frozen=True, slots=True)
class Clock:
    """What one clock said: its name, and the percentiles that are shown."""

    name: str
    percentiles: tuple[PercentileFact, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """A load for the page: `middle` and `largest` are paths of latency over time, in a box of 1000 by 100.

    `top` is the milliseconds at the upper edge, `lost` where requests were not answered, in per cent of the width.
    """

    entry: LoadEntry
    clocks: tuple[Clock, ...]
    facts: tuple[tuple[str, str], ...]
    middle: str
    largest: str
    top: float
    lost: tuple[float, ...]
    warm: float


def drawn(entries: Sequence[LoadEntry]) -> list[Load]:
    """Return what the page shows of loads."""
    return [_load(entry) for entry in entries]


def tables(entries: Sequence[LoadEntry], pen: Pen) -> Iterator[Table | Text]:
    """Yield a table for each load, and below it what else is to be known of it."""
    for entry in entries:
        where = " · ".join(part for part in (entry.target, entry.collection, entry.interface) if part)
        table = pen.table(f"Under load: {entry.scenario} ({where}), milliseconds")
        table.add_column("clock", overflow="fold", ratio=1, min_width=_LEAST)
        table.add_column("n", justify="right")
        for q in _SHOWN:
            table.add_column(f"p{q:g}", justify="right", overflow="fold")
        for clock in clocks(entry):
            n = clock.percentiles[0].n if clock.percentiles else 0
            cells = (_cell(one, pen) for one in clock.percentiles)
            table.add_row(Breaking(pen.text(clock.name), 2), pen.text(f"{n:,}"), *cells)
        yield table
        for name, said in facts(entry):
            yield pen.text(f"  {name}: {said}", "magenta" if name == "invalid" else "dim")


def clocks(entry: LoadEntry) -> tuple[Clock, ...]:
    """Return the clocks that said something, with the percentiles that are shown."""
    found: dict[str, ClockFact | None] = {name: getattr(entry, field) for name, field in _CLOCKS.items()}
    return tuple(
        Clock(name, tuple(one for one in clock.percentiles if one.q in _SHOWN))
        for name, clock in found.items()
        if clock
    )


def facts(entry: LoadEntry) -> tuple[tuple[str, str], ...]:
    """Return what else a reader needs, as name and sentence; what is not known is left out."""
    judged, generator = entry.judged, entry.generator
    asked = f"{entry.schedule}; {entry.mix}; {entry.concurrency} at once at most"
    found = [("asked", asked), ("became of them", _fates(entry))]
    if judged and judged.answers:
        recall = "" if judged.recall is None else f", recall {judged.recall:.4g}"
        wrong = f"{judged.wrong:,} wrong ({judged.first_fault})" if judged.wrong else "none wrong"
        found.append(("answers", f"{judged.answers:,} compared with the exact ones, {wrong}{recall}"))
    if entry.inserted:
        found.append(("stored meanwhile", words.count(entry.inserted, "object")))
    if entry.module_share is not None:
        low, high = entry.module_share
        found.append(("inference service", f"{low:.0%} to {high:.0%} of the median"))
    if entry.cold is not None:
        found.append(("first request", f"{words.milliseconds(entry.cold)} ms over a new connection"))
    found.append(("steady state", f"from {entry.steady_from:.3g} s on" if entry.steady else "none"))
    if entry.used.database_cpu_ms is not None:
        found.append(("used for each answer", _used(entry.used)))
    late = next((one.value_ms for one in generator.lateness if one.value_ms is not None), None)
    sent = f"{generator.cpu:.0%} of a processor"
    sent += "" if late is None else f", late by {words.milliseconds(late)} ms at p50"
    sent += f", {generator.queued:,} waited for a connection" if generator.queued else ""
    found.append(("generator", f"{sent}; {words.count(generator.processes, 'process', 'processes')}, {generator.loop}"))
    found += [("note", note) for note in entry.notes]
    found += [("invalid", reason) for reason in entry.invalid]
    return tuple(found)


def _used(used: UsedFact) -> str:
    """What the database, and the service behind it if it tells, took of a processor, and the most memory of each."""
    parts = (
        ("the database", used.database_cpu_ms, used.resident),
        ("the inference service", used.service_cpu_ms, used.service_resident),
    )
    said = [
        f"{name} {words.milliseconds(cpu)} ms of a processor" + (f", {words.size(memory)} at most" if memory else "")
        for name, cpu, memory in parts
        if cpu is not None
    ]
    heap = f"; Go heap {words.size(used.heap)} at most" if used.heap else ""
    return "; ".join(said) + heap


def _fates(entry: LoadEntry) -> str:
    return ", ".join(f"{count:,} {fate}" for fate, count in entry.fates.items() if count or fate == "ok")


def _cell(one: PercentileFact, pen: Pen) -> Text:
    if one.value_ms is None:
        return pen.text("n too small", "dim").append_text(pen.beside(f"needs {one.needed:,}"))
    text = pen.text(words.milliseconds(one.value_ms))
    if one.low_ms is not None and one.high_ms is not None:
        text.append_text(pen.beside(words.between(one.low_ms, one.high_ms)))
    return text


def _load(entry: LoadEntry) -> Load:
    top = max((one.largest_ms for one in entry.moments if one.largest_ms is not None), default=1.0) or 1.0
    return Load(
        entry,
        clocks(entry),
        facts(entry),
        _path([(one, one.p50_ms) for one in entry.moments], entry.seconds, top),
        _path([(one, one.largest_ms) for one in entry.moments], entry.seconds, top),
        top,
        tuple(_middle(one, entry.seconds) for one in entry.moments if one.answered < one.intended),
        round(min(100.0, entry.steady_from / entry.seconds * 100), 2) if entry.seconds else 0.0,
    )


def _path(values: Sequence[tuple[MomentFact, float | None]], seconds: float, top: float) -> str:
    """A line over time; it is broken where nothing was answered."""
    path, pen_is_down = "", False
    for moment, value in values:
        if value is None:
            pen_is_down = False
            continue
        x, y = _middle(moment, seconds) * 10, _HEIGHT - value / top * _HEIGHT
        path += f"{'L' if pen_is_down else 'M'}{x:.1f} {y:.1f}"
        pen_is_down = True
    return path


def _middle(moment: MomentFact, seconds: float) -> float:
    return round((moment.start + moment.seconds / 2) / seconds * 100, 2) if seconds else 0.0
