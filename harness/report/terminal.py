"""A record on a screen: at 80 columns, without colour and in ASCII too.

What was tested, a table of verdicts, what did not hold and how to see it again, a table of latencies, a last line.
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.model import Outcome
from harness.record import Record
from harness.report import loads, versus, words
from harness.report.breaking import Breaking
from harness.report.comparing import compared
from harness.report.findings import (
    QUIET,
    Finding,
    Headline,
    Tally,
    at,
    findings,
    headline,
    in_places,
    skips,
    spread,
    tallies,
    where,
)
from harness.report.outline import drawn as drawn_outline
from harness.report.outline import outline
from harness.report.pen import STYLES, Pen
from harness.report.side_by_side import show
from harness.report.slowest import Slow, slowest
from harness.report.stages import drawn, stacks
from harness.report.starting import started
from harness.report.surveys import said as surveyed
from harness.report.times import latencies

_STATES = {"held": "bold green", "violated": "bold red", "undecided": "bold yellow", "broken": "bold red"}
_MOST_FACTS = 8
_NAMES = 24


def render(record: Record, console: Console, *, page: Path | None = None) -> None:
    """Print a record.

    Args:
        record: the run.
        console: where to; its width, colours and encoding are respected.
        page: the HTML page of the same record, if there is one.
    """
    _Screen(record, console).show(page)


class _Screen:
    """One record on one console."""

    def __init__(self, record: Record, console: Console) -> None:
        self._record = record
        self._pen = Pen(console)
        self._comparison = compared(record)

    def show(self, page: Path | None) -> None:
        head = headline(self._record)
        self._pen.print(self._pen.text(head.tested, "bold"), self._pen.text(head.proves))
        self._targets()
        for note in self._record.notes:
            whose = f"{note.target}: " if self._comparison and note.target else ""
            style = "yellow" if note.level != "info" else ""
            self._pen.print(self._pen.text(f"{note.level}: {whose}{note.text}", style))
        changed = set()
        if self._record.comparisons:
            self._pen.print("", *versus.table(self._record, self._pen))
        elif self._comparison is not None:
            show(self._comparison, self._pen)
            changed = {change.check for change in self._comparison.changes}
        elif self._record.verdicts:
            self._pen.print("", self._verdicts())
        self._outline()
        for finding in findings(self._record.verdicts):
            if finding.check not in changed:  # those were shown, with both answers
                self._finding(finding)
        self._quiet()
        if self._record.latencies:
            names = self._comparison.names if self._comparison else ()
            self._pen.print("", *latencies(self._record.latencies, names, self._pen))
        self._pen.print(*loads.tables(self._record.loads, self._pen))
        if slow := slowest(self._record.verdicts):
            self._pen.print("", self._slowest(slow))
        self._pen.print(*surveyed(self._record, self._pen))
        if split := stacks(self._record):
            self._pen.print("", *drawn(split, self._pen))
        self._last(head, page)

    def _outline(self) -> None:
        """What stands under headings, in the order of the text that has them."""
        names = self._comparison.names if self._comparison else ()
        if headings := outline(self._record.verdicts, names):
            self._pen.print("", drawn_outline(headings, names, self._pen))

    def _targets(self) -> None:
        """Each target: what it is, and how long its start took."""
        if self._comparison is None:
            if self._record.target is not None and (said := started(self._record, self._record.target)):
                self._pen.print(self._pen.text(said, "dim"))
            return
        table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
        table.add_column(overflow="fold", style="bold", max_width=_NAMES)
        table.add_column(overflow="fold")
        for target in self._comparison.targets:
            what = self._pen.text(target.trouble or target.description, "red" if target.trouble else "")
            took = started(self._record, target)
            what.append_text(self._pen.text(f"\n{took}" if took else "", "dim"))
            table.add_row(self._pen.text(target.target), what)
        self._pen.print(table)

    # --- verdicts --------------------------------------------------------------------------------

    def _verdicts(self) -> Table:
        table = self._pen.table("Verdicts")
        table.add_column("chapter or check", overflow="fold", ratio=5)
        table.add_column("came to", overflow="fold", ratio=4)
        table.add_column("time", justify="right", overflow="fold")
        scenario = None
        for tally in tallies(self._record.verdicts):
            if tally.scenario != scenario:
                scenario = tally.scenario
                table.add_section()
                table.add_row(self._pen.text(scenario, "bold"), "", "")
            self._tally(table, tally)
        return table

    def _tally(self, table: Table, tally: Tally) -> None:
        came_to = Text(", ").join(
            self._pen.outcome(outcome, f"{tally.counts[outcome]} {outcome}")
            for outcome in (Outcome.HELD, Outcome.SKIPPED)
            if tally.counts[outcome]
        )
        seconds = f"{tally.seconds:.1f} s"
        table.add_row(self._pen.text(f"  {tally.chapter}"), came_to, self._pen.text(seconds, "dim"))
        for collection, figure in tally.figures:
            table.add_row(Breaking(self._pen.text(f"    {figure}", "dim"), 6), self._pen.text(collection, "dim"), "")
        for finding in tally.findings:
            said = f"{len(finding.cases)} of {finding.of} {finding.outcome}"
            name = Breaking(self._pen.text(f"    {finding.check}", STYLES[finding.outcome]), 6)
            table.add_row(name, self._pen.outcome(finding.outcome, said), "")

    def _slowest(self, found: list[Slow]) -> Table:
        table = self._pen.table("The slowest checks")
        table.add_column("check", overflow="fold", ratio=5)
        table.add_column("slowest place", overflow="fold", ratio=5)
        table.add_column("in all", justify="right", overflow="fold")
        for one in found:
            took = f"{words.duration(one.seconds)} in {words.count(one.places, 'place')}"
            table.add_row(Breaking(self._pen.text(one.check), 2), self._pen.text(one.where, "dim"), took)
        return table

    # --- findings --------------------------------------------------------------------------------

    def _finding(self, finding: Finding) -> None:
        case = finding.smallest
        title = self._pen.outcome(finding.outcome, words.OUTCOMES[finding.outcome].upper())
        title.append_text(self._pen.text(f"  {finding.check}", "bold"))
        title.append_text(self._pen.text(f"  ({case.level}{in_places(finding)})", "dim"))
        self._pen.print("", Breaking(title, 4), self._pen.indented(case.sentence))
        facts = words.evidence(case.evidence)
        rows = [("where", where(case, finding.at)), *facts[:_MOST_FACTS]]
        if len(facts) > _MOST_FACTS:
            rows.append(("", f"… and {words.count(len(facts) - _MOST_FACTS, 'fact')} more on the page"))
        if len(finding.cases) > 1:
            rows.append(("in all", spread(finding)))
        table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
        table.add_column(style="dim", overflow="fold", max_width=24)
        table.add_column(overflow="fold")
        for name, said in rows:
            table.add_row(self._pen.text(name), self._pen.text(said))
        self._pen.print(Padding(table, (0, 0, 0, 2), expand=False))
        if case.repeat:  # unbroken, so that it can be copied
            self._pen.command(case.repeat)

    def _listed(self, finding: Finding) -> None:
        """A deviation that is listed: what is listed, where it was found, and how to see it."""
        case = finding.smallest
        said = f"{words.OUTCOMES[finding.outcome]}  {finding.check}"
        title = self._pen.outcome(finding.outcome, said)
        title.append_text(self._pen.text(f"  ({words.clean(str(case.evidence.get('link', '')))})", "dim"))
        where_ = words.count(finding.of, "place") if not case.collection else spread(finding)
        self._pen.print(Breaking(title, 4), self._pen.indented(case.sentence), self._pen.indented(f"in all: {where_}"))
        if case.repeat:
            self._pen.command(case.repeat)

    def _quiet(self) -> None:
        quiet = findings(self._record.verdicts, QUIET)
        if quiet:
            self._pen.print("", self._pen.text("Known deviations: listed, so that they don't fail a run", "bold"))
        for finding in quiet:
            self._listed(finding)
        skipped = skips(self._record.verdicts)
        if skipped:
            self._pen.print("")
        for skip in skipped:
            checks = sorted({case.check for case in skip.cases})
            said = f"{len(skip.cases)} skipped{at(skip.at)}: {skip.reason} ({words.listing(checks, 3)})"
            self._pen.print(self._pen.outcome(Outcome.SKIPPED, said))

    # --- the last line ---------------------------------------------------------------------------

    def _last(self, head: Headline, page: Path | None) -> None:
        counts = self._record.counts
        said = [f"{counts[outcome]:,} {outcome}" for outcome in Outcome if counts[outcome]]
        self._pen.print("", self._pen.text(head.sentence, _STATES[head.state]))
        facts = [", ".join(said) or "no verdicts", f"exit {int(head.exit_code)}"]
        if self._record.end is not None:
            took = (self._record.end.finished - self._record.run.started).total_seconds()
            facts.insert(1, words.duration(max(0.0, took)))
        self._pen.print(self._pen.text(" · ".join(facts)))
        if page is not None:
            self._pen.console.print(self._pen.text(f"page: {page}"), soft_wrap=True, highlight=False)
