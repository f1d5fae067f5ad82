"""Checks under headings: each once, in the order of the text that has them, on the page and on a screen."""

from __future__ import annotations

import io
from dataclasses import replace

from golden import small
from rich.console import Console

from harness.model import Level, Outcome
from harness.record import VerdictEntry
from harness.report import html, terminal
from harness.report.outline import outline


def verdict(check: str, outcome: Outcome, sentence: str = "", **more: object) -> VerdictEntry:
    """A verdict on a row."""
    facts = {"level": Level.MUST, "scenario": "the document", "collection": "Dog", "interface": "graphql"}
    return VerdictEntry(check=check, outcome=outcome, sentence=sentence or f"The clause of {check}.", **(facts | more))


ROWS = [
    verdict("document/b10-last", Outcome.HELD, heading="Requirements"),
    verdict("document/b2-second", Outcome.HELD, heading="Requirements", evidence={"measured": "12 of 12"}),
    verdict("document/b2-second", Outcome.VIOLATED, "it is not so", heading="Requirements"),
    verdict("document/a1-first", Outcome.SKIPPED, "no GPU", heading="Overview", evidence={"clause": "It is first."}),
    verdict("near-image/ascending", Outcome.HELD),
]


def test_headings_and_rows_come_in_their_order() -> None:
    """A row is one line, by its letter and number, whatever the order in which it was asked; others are left out."""
    found = [(heading.title, [said.row for said in heading.checks]) for heading in outline(ROWS)]
    assert found == [("Overview", ["A1"]), ("Requirements", ["B2", "B10"])]


def test_a_row_has_its_gravest_outcome_and_its_clause() -> None:
    """Violated in one place is violated; what was skipped keeps its clause; what was measured is told."""
    (first,), (second, _) = (heading.checks for heading in outline(ROWS))
    assert (first.outcomes, first.clause, first.remarks) == ((Outcome.SKIPPED,), "It is first.", ("no GPU",))
    assert (second.outcomes, second.remarks) == ((Outcome.VIOLATED,), ("12 of 12", "it is not so"))
    assert second.clause == "The clause of document/b2-second."


def test_each_target_has_its_own_outcome() -> None:
    """Of several targets each row has one outcome at each, and none where it was not asked."""
    rows = [
        verdict("document/a1-first", Outcome.HELD, heading="Overview", target="old"),
        verdict("document/a1-first", Outcome.KNOWN, "listed", heading="Overview", target="new"),
    ]
    ((said,),) = (heading.checks for heading in outline(rows, ("old", "new", "lost")))
    assert said.outcomes == (Outcome.HELD, Outcome.KNOWN, None)


def test_a_record_without_headings_has_no_outline() -> None:
    """Nothing is shown where nothing stands under a heading."""
    assert outline(ROWS[-1:]) == []
    assert "row by row" not in html.render(small())


def test_the_page_and_the_screen_have_it() -> None:
    """Both show headings and rows from the record alone."""
    plain = small()
    record = replace(plain, entries=(*plain.entries, *ROWS))
    page = html.render(record)
    assert page.index("<h3>Overview</h3>") < page.index("<h3>Requirements</h3>")
    assert "no GPU" in page
    console = Console(file=io.StringIO(), width=80, color_system=None)
    terminal.render(record, console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert shown.index("A1") < shown.index("B2") < shown.index("B10")
