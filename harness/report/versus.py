"""Two sides and whether they differ: each metric with its interval, on a screen, on the page, and as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from harness.record import CalibrationEntry, ComparisonEntry, PartFact, Record, RoundsEntry
from harness.report import words
from harness.report.breaking import Breaking
from harness.report.pen import Pen

_ANSWERS = {"same": "green", "slower": "bold red", "faster": "cyan", "open": "yellow"}
_SAID = {"same": "same", "slower": "slower", "faster": "faster", "open": "can't tell"}
_LEAST = 16
_WIDEST = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """A metric as it is shown: what it came to in words, and its interval as per cent of a drawing's width."""

    entry: ComparisonEntry
    answer: str
    change: str
    within: str
    left: float
    right: float
    at: float
    margins: tuple[float, float]


def rows(entries: Sequence[ComparisonEntry]) -> list[Row]:
    """Lay all metrics on one axis: it holds their intervals, or ends at half and one and a half times."""
    ends = [abs(end) for one in entries for end in (one.low, one.high, one.change, one.margin) if end is not None]
    reach = min(_WIDEST, max(ends, default=_WIDEST) * 1.1)

    def x(change: float | None, bound: float) -> float:
        return round(50 + 50 * max(-1.0, min(1.0, (bound if change is None else change) / reach)), 2)

    return [
        Row(
            one,
            _SAID[one.answer],
            f"{one.change:+.1%}",
            within(one),
            x(one.low, -math.inf),
            x(one.high, math.inf),
            x(one.change, 0.0),
            (x(-one.margin, 0.0), x(one.margin, 0.0)),
        )
        for one in entries
    ]


def within(one: ComparisonEntry) -> str:
    """Return the interval of a change in words."""
    low = "any" if one.low is None else f"{one.low:+.1%}"
    high = "any" if one.high is None else f"{one.high:+.1%}"
    return f"{low} to {high}"


def table(record: Record, pen: Pen) -> Iterator[Table | Text]:
    """Yield the comparison on a screen: a row for each metric, and what the run was worth."""
    made = pen.table("Base and head")
    made.add_column("question", overflow="fold", ratio=1, min_width=_LEAST)
    for name in ("", "base", "head", "change", "answer"):
        made.add_column(name, justify="right", overflow="fold")
    for row in rows(record.comparisons):
        one = row.entry
        made.add_row(
            Breaking(pen.text(one.question).append_text(pen.beside(one.interface)), 2),
            pen.text(one.metric),
            pen.text(words.milliseconds(one.base_ms)),
            pen.text(words.milliseconds(one.head_ms)),
            pen.text(row.change).append_text(pen.beside(row.within)),
            pen.text(row.answer, _ANSWERS[one.answer]),
        )
    yield made
    for said in (*causes(record.comparisons), *worth(record)):
        yield pen.text(said, "dim")


def causes(entries: Sequence[ComparisonEntry]) -> list[str]:
    """Return where each difference is, with the parts' own numbers."""
    return [
        f"{one.question}, {one.metric}: {one.where} ({', '.join(map(_part, one.parts))})"
        for one in entries
        if one.where
    ]


def worth(record: Record) -> list[str]:
    """Return what is to be known of the comparison as a whole: its rounds, its looks, what it could have seen."""
    said = []
    for one in record.of(RoundsEntry):
        why = "it was decided" if _decided(record.comparisons) else "the time was over"
        early = "" if one.done == one.planned else f" of {one.planned:,}: {why}"
        said.append(
            f"{words.count(one.done, 'round')}{early}, in {words.duration(one.seconds)}; looked {len(one.looks)} "
            f"times, for which intervals are {one.cost:.0%} wider at the end"
        )
        said.append(
            f"all together say a difference where there is none in at most {one.false_alarm:.1%} of runs, "
            f"and overlook one of the margin in at most {one.missed:.0%}"
        )
    seen = [f"{one.metric} {one.smallest:.1%}" for one in record.comparisons if one.smallest is not None]
    if seen:
        said.append(f"the smallest change that such a run finds in 19 of 20 cases: {words.listing(seen)}")
    return [*said, *calibrated(record)]


def calibrated(record: Record) -> list[str]:
    """Return what figures of this machine are worth, if somebody found out."""
    return [
        f"this machine, as `nearimage calibrate` found it on {one.made}: percentiles are right within "
        f"{max(one.percentile_error.values(), default=0):.1%}; a stall of {one.stall_true_ms:,.0f} ms showed as "
        f"{one.stall_p99_ms:,.0f} ms at p99; {one.false_alarms:.1%} false alarms "
        f"(at most {one.false_alarms_at_most:.1%}); "
        f"5% slower was found in {one.found_5:.0%}, 10% in {one.found_10:.0%} of {one.replays:,} replays"
        for one in record.of(CalibrationEntry)
    ]


def markdown(record: Record) -> str:
    """Return the comparison as Markdown, for a pull request: a table, the causes, what it is worth."""
    lines = [
        f"**{_headline(record.comparisons)}**",
        "",
        "| question | metric | base | head | change | within | answer |",
        "|---|---|---:|---:|---:|---|---|",
    ]
    for row in rows(record.comparisons):
        one = row.entry
        cells = (
            f"{one.question} ({one.interface})",
            one.metric,
            f"{words.milliseconds(one.base_ms)} ms",
            f"{words.milliseconds(one.head_ms)} ms",
            row.change,
            row.within,
            f"**{row.answer}**" if one.answer != "same" else row.answer,
        )
        lines.append(f"| {' | '.join(words.clean(cell).replace('|', chr(92) + '|') for cell in cells)} |")
    described = [f"{one.target} is {one.name}, {one.description}" for one in record.targets]
    lines += ["", *(f"- {words.clean(said)}" for said in (*causes(record.comparisons), *described, *worth(record)))]
    return "\n".join(lines) + "\n"


def _decided(entries: Sequence[ComparisonEntry]) -> bool:
    """Whether more rounds would have changed nothing."""
    answers = {one.answer for one in entries}
    return "slower" in answers or "open" not in answers


def _headline(entries: Sequence[ComparisonEntry]) -> str:
    for answer, said in (("slower", "Slower"), ("open", "Can't tell"), ("faster", "Faster")):
        found = [f"{one.question} {one.metric}" for one in entries if one.answer == answer]
        if found:
            return f"{said}: {words.listing(found)}."
    return "No difference." if entries else "Nothing could be compared."


def _part(part: PartFact) -> str:
    ends = ("any" if end is None else f"{end:+.2f}" for end in (part.low_ms, part.high_ms))
    return f"{part.name} {part.longer_ms:+.2f} ms, {' to '.join(ends)}"
