"""Latencies on a screen: each question with its percentiles, or with those of every target side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table
from rich.text import Text

from harness.record import LatencyEntry
from harness.report import words
from harness.report.breaking import Breaking
from harness.report.pen import Pen
from harness.statistics import Percentile, share, summary

_LEAST = 16
_COLUMN = 11
_SERVICE = "below each percentile its 95% interval; service: the inference service's share"

_Key = tuple[str, str, str]


def latencies(entries: Sequence[LatencyEntry], targets: Sequence[str], pen: Pen) -> Iterator[Table | Text]:
    """Yield the tables of a record's latencies, and a line that explains them.

    Args:
        entries: what was measured.
        targets: what the targets are called, if there are several; none if there is one.
        pen: what writes.
    """
    modes = ", ".join(dict.fromkeys(entry.mode for entry in entries))
    for scenario in dict.fromkeys(entry.scenario for entry in entries):
        some = [entry for entry in entries if entry.scenario == scenario]
        if targets:
            yield from _side_by_side(scenario, some, targets, pen)
        else:
            yield _alone(scenario, some, pen)
    legend = "below each percentile its 95% interval" if targets else _SERVICE
    yield pen.text(f"{modes}; {legend}", "dim")


def _alone(scenario: str, entries: Sequence[LatencyEntry], pen: Pen) -> Table:
    table = pen.table(f"Latency in milliseconds: {scenario}")
    table.add_column("question", overflow="fold", ratio=1, min_width=_LEAST)
    for name in ("n", "p50", "p95", "p99", "service"):
        table.add_column(name, justify="right", overflow="fold")
    for entry in entries:
        table.add_row(*_row(entry, pen))
    return table


def _row(entry: LatencyEntry, pen: Pen) -> Iterator[Text | Breaking]:
    question = pen.text(entry.question)
    yield Breaking(question.append_text(pen.beside(entry.interface)), 2)
    n = pen.text(f"{entry.n:,}")
    yield n.append_text(pen.beside(f"{entry.errors} failed", "red")) if entry.errors else n
    percentiles = summary(entry.milliseconds).percentiles if entry.n else (None,) * 3
    for percentile in percentiles:
        yield _percentile(percentile, pen) if percentile else pen.text("-")
    part = share(entry.service_ms, entry.milliseconds) if entry.service_ms else None
    yield pen.text("-" if part is None else f"{part:.0%}")


def _percentile(percentile: Percentile, pen: Pen) -> Text:
    if percentile.value is None:
        return pen.text("n too small", "dim").append_text(pen.beside(f"needs {percentile.needed:,}"))
    text = pen.text(words.milliseconds(percentile.value))
    if percentile.interval:
        text.append_text(pen.beside(words.between(*percentile.interval)))
    return text


def _side_by_side(
    scenario: str, entries: Sequence[LatencyEntry], targets: Sequence[str], pen: Pen
) -> Iterator[Table | Text]:
    """One row for each question and percentile that any target carries, one column for each target."""
    rows: dict[_Key, dict[str, LatencyEntry]] = {}
    for entry in entries:
        rows.setdefault((entry.collection, entry.question, entry.interface), {})[entry.target] = entry
    at_once = max(1, (pen.width - _LEAST - _COLUMN) // (_COLUMN + 1))
    for first in range(0, len(targets), at_once):
        shown = targets[first : first + at_once]
        table = pen.table(f"Latency in milliseconds: {scenario}")
        table.add_column("question", overflow="fold", ratio=1, min_width=_LEAST)
        table.add_column("", overflow="fold")
        for name in shown:
            table.add_column(pen.text(name), justify="right", overflow="fold")
        for (_, question, interface), found in rows.items():
            _add_rows(table, pen, f"{question}\n{interface}", [found.get(name) for name in shown])
        yield table


def _add_rows(table: Table, pen: Pen, name: str, entries: Sequence[LatencyEntry | None]) -> None:
    sums = [summary(entry.milliseconds).percentiles if entry and entry.n else None for entry in entries]
    for place, title in enumerate(("p50", "p95", "p99")):
        cells = [one[place] if one else None for one in sums]
        if place and all(cell is None or cell.value is None for cell in cells):
            continue  # nobody carries it
        table.add_row(
            "" if place else Breaking(pen.text(name), 2), pen.text(title, "dim"), *(_below(cell, pen) for cell in cells)
        )
    if any(entry and entry.errors for entry in entries):
        said = (f"{entry.errors} failed" if entry and entry.errors else "" for entry in entries)
        table.add_row("", "", *(pen.text(one, "red") for one in said))


def _below(percentile: Percentile | None, pen: Pen) -> Text:
    """A percentile with its interval below, however wide the screen is."""
    if percentile is None:
        return pen.text("-", "dim")
    if percentile.value is None:
        return pen.text("n too small", "dim")
    text = pen.text(words.milliseconds(percentile.value))
    return (
        text.append_text(pen.text(f"\n{words.between(*percentile.interval)}", "dim")) if percentile.interval else text
    )
