"""Several targets on a screen: a table of checks and targets, and below it both answers where they differ."""

from __future__ import annotations

from collections.abc import Sequence

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.model import Outcome
from harness.report import words
from harness.report.breaking import Breaking
from harness.report.comparing import Cell, Change, Comparison, Row, Side, held
from harness.report.findings import where
from harness.report.pen import STYLES, Pen

CHANGED = "≠"
_NAMES = 30
_COLUMN = 9
_FACTS = 3
_LEAST = 24
_KNOWN = ("clause", "source")
"""Facts that are the same for every target: what is checked, and where that is written."""


def show(comparison: Comparison, pen: Pen) -> None:
    """Print the matrix and what changed."""
    at_once = max(1, (pen.width - _NAMES) // (_COLUMN + 1))
    names = comparison.names
    for first in range(0, len(names), at_once):
        pen.print("", _matrix(comparison, pen, range(first, min(first + at_once, len(names)))))
    for change in comparison.changes:
        _change(change, pen)
    if comparison.agreed:
        pen.print(pen.text("Wherever more than one target was asked, all gave the same answer.", "green"))


def _matrix(comparison: Comparison, pen: Pen, shown: range) -> Table:
    table = pen.table("Checks at each target")
    title = f"{CHANGED} the answer changed"
    table.add_column(pen.text(title if comparison.changes else "", "dim"), overflow="fold", ratio=1, min_width=_LEAST)
    for place in shown:
        table.add_column(pen.text(comparison.targets[place].target), justify="right", overflow="fold")
    for chapter, rows in comparison.chapters:
        table.add_row(pen.text(f"  {chapter.name}", "bold"), *_cells(chapter, shown, pen))
        for row in rows:
            if row.news:
                mark = CHANGED if row.changed else " "
                name = Breaking(pen.text(f"{mark}   {row.name}", "" if row.changed else "dim"), 6)
                table.add_row(name, *_cells(row, shown, pen))
    if any(comparison.targets[place].trouble for place in shown):
        said = ("not opened" if comparison.targets[place].trouble else "" for place in shown)
        table.add_row("", *(pen.text(one, "bold red") for one in said))
    return table


def _cells(row: Row, shown: range, pen: Pen) -> Sequence[Text]:
    return [_cell(row.cells[place], pen) for place in shown]


def _cell(cell: Cell | None, pen: Pen) -> Text:
    return pen.text("") if cell is None else pen.outcome(cell.outcome, cell.said)


def _change(change: Change, pen: Pen) -> None:
    title = pen.text(f"{CHANGED} CHANGED", "bold")
    title.append_text(pen.text(f"  {change.check}", "bold"))
    places = "" if change.of == 1 else f", in {change.places} of {change.of} places"
    title.append_text(pen.text(f"  ({change.case.level}{places})", "dim"))
    pen.print("", Breaking(title, 4))
    for side in change.sides:
        _side(side, pen)
    pen.print(pen.indented(f"where: {where(change.case)}"))
    if change.case.repeat:
        pen.command(change.case.repeat)


def _side(side: Side, pen: Pen) -> None:
    said = words.OUTCOMES[side.outcome]
    title = pen.outcome(side.outcome, f"{said} at {', '.join(side.targets)}")
    pen.print(Padding(title, (0, 0, 0, 2), expand=False), pen.indented(side.case.sentence, 6))
    facts = words.evidence(side.case.evidence) if side.outcome is not Outcome.HELD else held(side)
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(style="dim", overflow="fold", max_width=24)
    table.add_column(overflow="fold", style=STYLES[Outcome.SKIPPED])
    for name, value in [fact for fact in facts if fact[0] not in _KNOWN][:_FACTS]:
        table.add_row(pen.text(name), pen.text(value))
    if table.row_count:
        pen.print(Padding(table, (0, 0, 0, 6), expand=False))
