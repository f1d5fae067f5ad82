"""Checks that stand under headings, as a text has them: each once, in the text's order, with what it came to.

The rows of Weaviate's document on image search are such checks; their ids begin with the row's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.table import Table

from harness.model import Outcome
from harness.record import VerdictEntry
from harness.report import words
from harness.report.breaking import Breaking
from harness.report.pen import Pen

_GRAVEST = (
    *(Outcome.VIOLATED, Outcome.INVALID, Outcome.UNDECIDED, Outcome.KNOWN, Outcome.FIXED),
    *(Outcome.HELD, Outcome.SKIPPED),
)
"""Of several places the one that counts: what was skipped in one and held in another is held."""

_REMARKS = 2
"""So many are shown on a screen; the page has all."""

_PLACE = re.compile(r"([a-z]+)(\d+)")


@dataclass(frozen=True, slots=True)
class Said:
    """One check under its heading: its row (`A1`, or empty), its clause, and what it came to at each target.

    `outcomes` has None for a target at which it was not asked. `remarks` are what was measured, or why it did not hold,
    each once.
    """

    check: str
    row: str
    clause: str
    outcomes: tuple[Outcome | None, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading and what stands under it."""

    title: str
    checks: tuple[Said, ...]


def outline(verdicts: Iterable[VerdictEntry], targets: Sequence[str] = ()) -> list[Heading]:
    """Return the headings in their order; none if no check stands under one.

    Args:
        verdicts: of a run.
        targets: what the targets are called, if there are several.
    """
    checks: dict[str, list[VerdictEntry]] = {}
    for one in verdicts:
        if one.heading:
            checks.setdefault(one.check, []).append(one)
    headings: dict[str, list[Said]] = {}
    for check in sorted(checks, key=_order):
        headings.setdefault(checks[check][0].heading, []).append(_said(check, checks[check], targets))
    return [Heading(words.clean(title), tuple(found)) for title, found in headings.items()]


def drawn(headings: Sequence[Heading], names: Sequence[str], pen: Pen) -> Table:
    """Return the table of all of it for a screen: sign and row, then the clause with what was measured below it."""
    table = pen.table("The document, row by row")
    for name in names or ("",):
        table.add_column(pen.text(name), overflow="fold")
    table.add_column("", overflow="fold")
    table.add_column("", overflow="fold", ratio=1)
    blank = [""] * max(1, len(names))
    for heading in headings:
        table.add_section()
        table.add_row(*blank, "", pen.text(heading.title, "bold"))
        for said in heading.checks:
            signs = [pen.sign(outcome) for outcome in said.outcomes]
            table.add_row(*signs, pen.text(said.row), Breaking(pen.text(said.clause), 2))
            for remark in said.remarks[:_REMARKS]:
                table.add_row(*blank, "", Breaking(pen.text(f"  {remark}", "dim"), 4))
    return table


def _order(check: str) -> tuple[str, int, str]:
    found = _PLACE.match(check.partition("/")[2])
    return (found[1], int(found[2]), check) if found else ("~", 0, check)


def _said(check: str, cases: Sequence[VerdictEntry], targets: Sequence[str]) -> Said:
    found = _PLACE.match(check.partition("/")[2])
    held = (case.sentence for case in cases if case.outcome is Outcome.HELD)
    clauses = (str(case.evidence["clause"]) for case in cases if "clause" in case.evidence)
    at = [[case for case in cases if case.target == target] for target in targets] or [list(cases)]
    outcomes = tuple(_gravest(some) for some in at)
    return Said(
        check=words.clean(check),
        row=found[0].upper() if found else "",
        clause=words.clean(next(held, next(clauses, check))),
        outcomes=outcomes,
        remarks=tuple(dict.fromkeys(words.clean(one) for one in _remarks(cases, set(outcomes)))),
    )


def _gravest(cases: Sequence[VerdictEntry]) -> Outcome | None:
    there = {case.outcome for case in cases}
    return next((one for one in _GRAVEST if one in there), None)


def _remarks(cases: Sequence[VerdictEntry], outcomes: set[Outcome | None]) -> Iterable[str]:
    """What is to be said of the cases that count."""
    for case in cases:
        if case.outcome is Outcome.HELD and "measured" in case.evidence:
            yield str(case.evidence["measured"])
        elif case.outcome is not Outcome.HELD and case.outcome in outcomes:
            yield case.sentence
