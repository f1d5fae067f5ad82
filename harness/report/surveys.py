"""Surveys as a reader sees them: the limit with its curve, how a database scales, what it used beside the latency."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from rich.table import Table
from rich.text import Text

from harness.record import AxisEntry, LimitEntry, LimitStepFact, Record, ScalingEntry
from harness.record.load_entries import PercentileFact
from harness.report import words
from harness.report.pen import Pen
from harness.report.plots import Plot, Points, plot

_KEPT = {"kept": "green", "broken": "bold red", "open": "yellow", "invalid": "magenta"}


@dataclass(frozen=True, slots=True)
class LimitShown:
    """A limit and its curve: latency against rate."""

    entry: LimitEntry
    steps: tuple[LimitStepFact, ...]

    @property
    def kinds(self) -> dict[str, str]:
        """The percentiles that are told of each rate, each with the kind of its line; the median is told once."""
        return {"p50": "second", f"p{self.entry.q:g}": "first"}

    def percentiles(self, step: LimitStepFact) -> dict[str, PercentileFact]:
        """What is told of a rate, by the same names."""
        return {"p50": step.p50, f"p{self.entry.q:g}": step.promised}

    @property
    def curve(self) -> Plot | None:
        """Latency against rate, and what is promised."""
        series: list[tuple[str, str, Points]] = []
        for name, kind in self.kinds.items():
            found = [(step.rate, self.percentiles(step)[name].value_ms) for step in self.steps]
            series.append((name, kind, [(rate, value) for rate, value in found if value]))
        series.append(("promised", "bound", [(step.rate, self.entry.bound_ms) for step in self.steps]))
        return plot(series, x_label=lambda x: f"{x:.3g}/s", y_label=_ms)

    @property
    def sentence(self) -> str:
        """What it came to."""
        if self.entry.kept is None:
            return f"No rate was shown to keep {self.entry.promise}."
        beyond = f", and not at {self.entry.broken:.3g}/s" if self.entry.broken is not None else ", the most asked for"
        return f"{self.entry.promise}: kept at {self.entry.kept:.3g} questions a second{beyond}."


@dataclass(frozen=True, slots=True)
class ScalingShown:
    """How a target scales along one axis: the points with the times and the memory, and the exponents in words."""

    entry: ScalingEntry
    times: Plot | None
    powers: tuple[tuple[str, str], ...]

    def typical(self, times: Sequence[float]) -> float:
        """The median of some rounds."""
        return median(times)


@dataclass(frozen=True, slots=True)
class AxisShown:
    """Drawings one below the other on one axis of time, each with the name of what it shows."""

    entry: AxisEntry
    drawings: tuple[tuple[str, Plot], ...]


def limits(record: Record) -> list[LimitShown]:
    """Return every limit of a record, its steps by rate."""
    return [LimitShown(entry, tuple(sorted(entry.steps, key=lambda step: step.rate))) for entry in record.limits]


def scalings(record: Record) -> list[ScalingShown]:
    """Return how targets scale, axis by axis."""
    return [_scaling(entry) for entry in record.scalings]


def axes(record: Record) -> list[AxisShown]:
    """Return what targets used beside the latency; without anything to draw it is left out."""
    found = (AxisShown(entry, tuple(_drawings(entry))) for entry in record.axes)
    return [one for one in found if one.drawings]


def said(record: Record, pen: Pen) -> Iterator[Table | Text]:
    """Yield the surveys of a record for a screen."""
    for limit in limits(record):
        yield _steps(limit, pen)
        for step in limit.steps:
            if step.why:
                yield pen.text(f"  {step.rate:.3g}/s: {step.kept}, {step.why}", "dim")
        yield pen.text(limit.sentence, "bold")
    for scaling in scalings(record):
        yield _sizes(scaling, pen)
        for figure, power in scaling.powers:
            yield pen.text(f"  {figure}: {power}")
    for entry in record.axes:
        if entry.events:
            yield _spells(entry, pen)


def spells(entry: AxisEntry) -> list[tuple[str, int, int, float | None, float | None]]:
    """Return what lies between the events of an axis: name, answered, failed, the median of ms, the worst recall.

    A second in which something happens belongs to the side that has more of it.
    """
    edges = [(0.0, "before"), *entry.events, (float("inf"), "")]
    found = []
    for (start, what), (end, _) in pairwise(edges):
        some = [one for one in entry.answered if start <= one.start + one.seconds / 2 < end]
        times = [one.p50_ms for one in some if one.p50_ms is not None]
        recalls = [one.recall for one in some if one.recall is not None]
        answered, failed = sum(one.answered for one in some), sum(one.failed for one in some)
        found.append((what, answered, failed, median(times) if times else None, min(recalls, default=None)))
    return found


def _spells(entry: AxisEntry, pen: Pen) -> Table:
    table = pen.table(entry.about)
    table.add_column("", overflow="fold", ratio=1)
    for name in ("answered", "failed", "p50", "worst recall"):
        table.add_column(name, justify="right")
    for what, answered, failed, typical, recall in spells(entry):
        cells = (f"{answered:,}", f"{failed:,}", _perhaps(typical), "-" if recall is None else f"{recall:.3f}")
        table.add_row(pen.text(what), *(pen.text(cell) for cell in cells))
    return table


def _scaling(entry: ScalingEntry) -> ScalingShown:
    numbered = [size for size in entry.sizes if size.number is not None]
    series = []
    for name, kind, of in (("by image", "first", "by_image"), ("by vector", "second", "by_vector")):
        points = [(size.number or 0.0, median(getattr(size, of))) for size in numbered if getattr(size, of)]
        series.append((name, kind, points))
    powers = tuple((one.figure, f"{one.exponent:+.2f} ({one.low:+.2f} to {one.high:+.2f})") for one in entry.powers)
    drawn = plot(series, x_label=lambda x: f"{x:,.0f}", y_label=_ms)
    return ScalingShown(entry, drawn, powers)


def _drawings(entry: AxisEntry) -> Iterator[tuple[str, Plot]]:
    """Yield what there is to draw; every drawing reaches as far across as the others, so that a moment is one line."""
    ends = [end for one in entry.answered for end in (one.start, one.start + one.seconds)]
    reach = [*ends, *(look.at for look in entry.looks)]
    for name, series, label, logarithmic in (*_of_answers(entry), *_of_looks(entry)):
        some = [one for one in series if one[2]]
        drawn = plot(some, x_label=lambda x: f"{x:g} s", y_label=label, logarithmic=(False, logarithmic), reach=reach)
        if drawn is not None:
            yield name, drawn


_Drawing = tuple[str, Sequence[tuple[str, str, Points]], Callable[[float], str], bool]
"""What it shows, its series, how a number upwards is written, whether upwards is logarithmic."""


def _of_answers(entry: AxisEntry) -> Iterator[_Drawing]:
    answered = [one for one in entry.answered if one.p50_ms]
    times = [
        ("median", "second", [(one.start, one.p50_ms or 0.0) for one in answered]),
        ("largest", "first", [(one.start, one.largest_ms or 0.0) for one in answered]),
    ]
    yield "milliseconds", times, _ms, True
    rates = [("failed", "first", [(one.start, float(one.failed)) for one in entry.answered])]
    rates.append(("answered", "second", [(one.start, float(one.answered)) for one in entry.answered]))
    yield "requests a second", rates, "{:g}".format, False
    recalls = [("recall", "second", [(one.start, one.recall) for one in entry.answered if one.recall is not None])]
    yield "recall", recalls, "{:g}".format, False


def _of_looks(entry: AxisEntry) -> Iterator[_Drawing]:
    pairs = list(pairwise(entry.looks))
    cpu = [
        (
            name,
            kind,
            [
                (after.at, max(0.0, (new - old) / (after.at - before.at)))
                for before, after in pairs
                if (new := getattr(after, of)) is not None
                and (old := getattr(before, of)) is not None
                and after.at > before.at
            ],
        )
        for name, kind, of in (("database", "first", "database_cpu"), ("inference", "second", "service_cpu"))
    ]
    yield "processors", cpu, "{:.2g}".format, False
    memory = [
        (name, kind, [(look.at, float(getattr(look, of))) for look in entry.looks if getattr(look, of) is not None])
        for name, kind, of in (
            ("database, resident", "first", "resident"),
            ("database, Go heap", "third", "heap"),
            ("inference, resident", "second", "service_resident"),
        )
    ]
    yield "memory", memory, words.size, False


def _ms(value: float) -> str:
    return f"{words.milliseconds(value)} ms"


def _steps(limit: LimitShown, pen: Pen) -> Table:
    entry = limit.entry
    table = pen.table(f"Latency against rate: {entry.scenario}")
    table.add_column("rate", justify="right")
    for name in ("answered", *limit.kinds, "CPU", "of service"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("came to")
    for step in limit.steps:
        table.add_row(
            pen.text(f"{step.rate:.3g}/s"),
            pen.text(f"{step.fates.get('ok', 0):,}"),
            *(_percentile(one, pen) for one in limit.percentiles(step).values()),
            pen.text(_perhaps(step.used.database_cpu_ms)),
            pen.text(_perhaps(step.used.service_cpu_ms)),
            pen.text(step.kept, _KEPT[step.kept]),
        )
    return table


def _percentile(fact: PercentileFact, pen: Pen) -> Text:
    if fact.value_ms is None:
        return pen.text("-", "dim")
    text = pen.text(words.milliseconds(fact.value_ms))
    if fact.low_ms is not None and fact.high_ms is not None:
        text.append_text(pen.beside(words.between(fact.low_ms, fact.high_ms)))
    return text


def _perhaps(milliseconds: float | None) -> str:
    return "-" if milliseconds is None else f"{words.milliseconds(milliseconds)} ms"


def _sizes(scaling: ScalingShown, pen: Pen) -> Table:
    entry = scaling.entry
    table = pen.table(f"With the {entry.axis}, {entry.index}, {entry.metric}, best {entry.limit}")
    table.add_column(entry.axis, overflow="fold")
    for name in ("by image", "by vector", "recall", "CPU each", "memory", "disk", "stored in", "truth in"):
        table.add_column(name, justify="right", overflow="fold")
    for size in entry.sizes:
        table.add_row(
            pen.text(size.size),
            pen.text(_ms(median(size.by_image)) if size.by_image else "-"),
            pen.text(_ms(median(size.by_vector)) if size.by_vector else "-"),
            pen.text("-" if size.recall is None else f"{size.recall:.3f}"),
            pen.text(_perhaps(size.used.database_cpu_ms)),
            pen.text("-" if size.anonymous_added is None else words.size(max(0, size.anonymous_added))),
            pen.text("-" if size.disk_added is None else words.size(max(0, size.disk_added))),
            pen.text(words.duration(size.import_seconds)),
            pen.text(words.duration(size.truth_seconds)),
        )
    return table
