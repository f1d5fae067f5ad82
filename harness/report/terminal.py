"""A record on a screen: at 80 columns, without colour and in ASCII too.

What was tested, a table of verdicts, what did not hold and how to see it again, a table of latencies, a last line.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.model import Outcome
from harness.record import LatencyEntry, Record
from harness.report import words
from harness.report.breaking import Breaking
from harness.report.findings import (
    QUIET,
    Finding,
    Headline,
    Tally,
    findings,
    headline,
    in_places,
    skips,
    spread,
    tallies,
    where,
)
from harness.statistics import Percentile, share, summary

_STYLES = {
    Outcome.HELD: "green",
    Outcome.VIOLATED: "bold red",
    Outcome.KNOWN: "blue",
    Outcome.FIXED: "cyan",
    Outcome.UNDECIDED: "yellow",
    Outcome.INVALID: "magenta",
    Outcome.SKIPPED: "dim",
}
_STATES = {"held": "bold green", "violated": "bold red", "undecided": "bold yellow", "broken": "bold red"}
_SYMBOLS = dict(zip(Outcome, "✓✗≈✧?!-", strict=True))
_PLAIN_SYMBOLS = dict(zip(Outcome, "+X~*?!-", strict=True))
_PLAIN = str.maketrans(
    {
        "·": "|",
        "…": "...",
        "≥": ">=",
        "≤": "<=",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{MINUS SIGN}": "-",
        "\N{MULTIPLICATION SIGN}": "x",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    }
)
_PLAIN_BOX = box.Box("    \n    \n -- \n    \n    \n -- \n    \n    \n", ascii=True)
_WIDE = 120
_MOST_FACTS = 8
_LEAST = 16


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
        self._console = console
        self._ascii = console.options.ascii_only
        self._wide = console.width >= _WIDE
        self._symbols = _PLAIN_SYMBOLS if self._ascii else _SYMBOLS

    def show(self, page: Path | None) -> None:
        head = headline(self._record)
        self._print(self._text(head.tested, "bold"), self._text(head.proves))
        for note in self._record.notes:
            self._print(self._text(f"{note.level}: {note.text}", "yellow" if note.level != "info" else ""))
        if self._record.verdicts:
            self._print("", self._verdicts())
        for finding in findings(self._record.verdicts):
            self._finding(finding)
        self._quiet()
        if self._record.latencies:
            self._print("", *self._latencies())
        self._last(head, page)

    # --- verdicts --------------------------------------------------------------------------------

    def _verdicts(self) -> Table:
        table = self._table("Verdicts")
        table.add_column("chapter or check", overflow="fold", ratio=5)
        table.add_column("came to", overflow="fold", ratio=4)
        table.add_column("time", justify="right", overflow="fold")
        scenario = None
        for tally in tallies(self._record.verdicts):
            if tally.scenario != scenario:
                scenario = tally.scenario
                table.add_section()
                table.add_row(self._text(scenario, "bold"), "", "")
            self._tally(table, tally)
        return table

    def _tally(self, table: Table, tally: Tally) -> None:
        came_to = Text(", ").join(
            self._outcome(outcome, f"{tally.counts[outcome]} {outcome}")
            for outcome in (Outcome.HELD, Outcome.SKIPPED)
            if tally.counts[outcome]
        )
        seconds = f"{tally.seconds:.1f} s"
        table.add_row(self._text(f"  {tally.chapter}"), came_to, self._text(seconds, "dim"))
        for collection, figure in tally.figures:
            table.add_row(Breaking(self._text(f"    {figure}", "dim"), 6), self._text(collection, "dim"), "")
        for finding in tally.findings:
            said = f"{len(finding.cases)} of {finding.of} {finding.outcome}"
            name = Breaking(self._text(f"    {finding.check}", _STYLES[finding.outcome]), 6)
            table.add_row(name, self._outcome(finding.outcome, said), "")

    def _outcome(self, outcome: Outcome, said: str) -> Text:
        return self._text(f"{self._symbols[outcome]} {said}", _STYLES[outcome])

    # --- findings --------------------------------------------------------------------------------

    def _finding(self, finding: Finding) -> None:
        case = finding.smallest
        title = self._outcome(finding.outcome, words.OUTCOMES[finding.outcome].upper())
        title.append_text(self._text(f"  {finding.check}", "bold"))
        title.append_text(self._text(f"  ({case.level}{in_places(finding)})", "dim"))
        self._print("", Breaking(title, 4), self._indented(case.sentence))
        facts = words.evidence(case.evidence)
        rows = [("where", where(case)), *facts[:_MOST_FACTS]]
        if len(facts) > _MOST_FACTS:
            rows.append(("", f"… and {words.count(len(facts) - _MOST_FACTS, 'fact')} more on the page"))
        if len(finding.cases) > 1:
            rows.append(("in all", spread(finding)))
        table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
        table.add_column(style="dim", overflow="fold", max_width=24)
        table.add_column(overflow="fold")
        for name, said in rows:
            table.add_row(self._text(name), self._text(said))
        self._print(Padding(table, (0, 0, 0, 2), expand=False))
        if case.repeat:  # unbroken, so that it can be copied
            command = self._text(f"  $ {words.clean(case.repeat)}", "cyan")
            self._console.print(command, soft_wrap=True, highlight=False)

    def _quiet(self) -> None:
        for finding in findings(self._record.verdicts, QUIET):
            line = self._outcome(finding.outcome, f"{words.OUTCOMES[finding.outcome]}  {finding.check}: ")
            self._print("", line.append_text(self._text(words.clean(finding.smallest.sentence))))
        skipped = skips(self._record.verdicts)
        if skipped:
            self._print("")
        for skip in skipped:
            checks = sorted({case.check for case in skip.cases})
            self._print(
                self._outcome(Outcome.SKIPPED, f"{len(skip.cases)} skipped: {skip.reason} ({words.listing(checks, 3)})")
            )

    # --- latency ---------------------------------------------------------------------------------

    def _latencies(self) -> Iterator[Table | Text]:
        scenarios = dict.fromkeys(entry.scenario for entry in self._record.latencies)
        for scenario in scenarios:
            entries = [entry for entry in self._record.latencies if entry.scenario == scenario]
            table = self._table(f"Latency in milliseconds: {scenario}")
            table.add_column("question", overflow="fold", ratio=1, min_width=_LEAST)
            for name in ("n", "p50", "p95", "p99", "service"):
                table.add_column(name, justify="right", overflow="fold")
            for entry in entries:
                table.add_row(*self._latency(entry))
            yield table
        modes = ", ".join(dict.fromkeys(entry.mode for entry in self._record.latencies))
        legend = f"{modes}; below each percentile its 95% interval; service: the inference service's share"
        yield self._text(legend, "dim")

    def _latency(self, entry: LatencyEntry) -> Iterator[Text | Breaking]:
        question = self._text(entry.question)
        yield Breaking(question.append_text(self._beside(entry.interface)), 2)
        n = self._text(f"{entry.n:,}")
        yield n.append_text(self._beside(f"{entry.errors} failed", "red")) if entry.errors else n
        percentiles = summary(entry.milliseconds).percentiles if entry.n else (None,) * 3
        for percentile in percentiles:
            yield self._percentile(percentile) if percentile else self._text("-")
        part = share(entry.service_ms, entry.milliseconds) if entry.service_ms else None
        yield self._text("-" if part is None else f"{part:.0%}")

    def _percentile(self, percentile: Percentile) -> Text:
        if percentile.value is None:
            return self._text("n too small", "dim").append_text(self._beside(f"needs {percentile.needed:,}"))
        text = self._text(words.milliseconds(percentile.value))
        if percentile.interval:
            text.append_text(self._beside(words.between(*percentile.interval)))
        return text

    def _beside(self, said: str, style: str = "dim") -> Text:
        """What belongs to the number before it: in the same line if there is room, else below it."""
        return self._text(f" ({said})" if self._wide else f"\n{said}", style)

    # --- the last line ---------------------------------------------------------------------------

    def _last(self, head: Headline, page: Path | None) -> None:
        counts = self._record.counts
        said = [f"{counts[outcome]:,} {outcome}" for outcome in Outcome if counts[outcome]]
        self._print("", self._text(head.sentence, _STATES[head.state]))
        facts = [", ".join(said) or "no verdicts", f"exit {int(head.exit_code)}"]
        if self._record.end is not None:
            took = (self._record.end.finished - self._record.run.started).total_seconds()
            facts.insert(1, words.duration(max(0.0, took)))
        self._print(self._text(" · ".join(facts)))
        if page is not None:
            self._console.print(self._text(f"page: {page}"), soft_wrap=True, highlight=False)

    # --- how things are printed ------------------------------------------------------------------

    def _table(self, title: str) -> Table:
        return Table(
            title=self._text(title, "bold"),
            title_justify="left",
            box=_PLAIN_BOX if self._ascii else box.SIMPLE,
            pad_edge=False,
            width=min(self._console.width, _WIDE),
            highlight=False,
        )

    def _indented(self, said: str) -> Padding:
        return Padding(self._text(said), (0, 0, 0, 2), expand=False)

    def _text(self, said: str, style: str = "") -> Text:
        """A text that is printed as it is: no markup, no signs that this console lacks."""
        lines = [words.clean(line) for line in said.split("\n")]
        said = "\n".join(lines)
        if self._ascii:
            said = said.translate(_PLAIN).encode("ascii", "backslashreplace").decode("ascii")
        return Text(said, style=style)

    def _print(self, *things: object) -> None:
        for thing in things:
            self._console.print(thing, highlight=False, markup=False)
