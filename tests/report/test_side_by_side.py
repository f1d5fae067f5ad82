"""Several targets in one report: what changed between them, on a screen and on the page."""

from __future__ import annotations

import io

import example_record
import golden
import pytest
from example_record import STARTED
from rich.console import Console

from harness.errors import ExitCode
from harness.model import Level, Outcome
from harness.record import EndEntry, Record, RunEntry, TargetEntry, VerdictEntry
from harness.report.comparing import Comparison, compared
from harness.report.findings import findings, headline, skips, spread
from harness.report.html import render as page_of
from harness.report.terminal import render

HELD, VIOLATED, SKIPPED = Outcome.HELD, Outcome.VIOLATED, Outcome.SKIPPED


def target(name: str, **facts: object) -> TargetEntry:
    """A Weaviate that was asked."""
    return TargetEntry.model_validate(
        {"target": name, "name": name, "description": name, "version": name, "weaviate": True, **facts}
    )


def verdict(at: str, outcome: Outcome, check: str = "a/b", *, over: str = "graphql", **facts: object) -> VerdictEntry:
    """What a check came to at a target."""
    return VerdictEntry.model_validate(
        {
            "check": check,
            "level": Level.MUST,
            "outcome": outcome,
            "sentence": f"{outcome}.",
            "scenario": "s",
            "collection": "C",
            "interface": over,
            "target": at,
            **facts,
        }
    )


def record(*entries: TargetEntry | VerdictEntry, code: ExitCode = ExitCode.HELD) -> Record:
    """A run that came to its end."""
    run = RunEntry(harness="0", python="3", platform="", cpus=1, argv=(), target="", started=STARTED)
    return Record(golden.FILE, (run, *entries, EndEntry(finished=STARTED, exit_code=code)), truncated=False)


def both(*verdicts: VerdictEntry) -> Comparison:
    """Two targets, side by side."""
    found = compared(record(target("old"), target("new"), *verdicts))
    assert found is not None
    return found


def shown(one: Record, width: int = 80, encoding: str = "utf-8") -> str:
    """What is printed without colours."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    render(one, Console(file=file, width=width, color_system=None, _environ={}))
    file.flush()
    return raw.getvalue().decode(encoding)


def test_one_target_is_compared_with_nothing() -> None:
    """A record of one target, an old one without names too, has no comparison."""
    assert compared(record(target(""), verdict("", HELD))) is None


def test_an_outcome_that_differs_is_a_change_with_both_sides() -> None:
    """Held here and violated there is a change; the gravest side comes first, each with its targets."""
    [change] = both(verdict("old", VIOLATED), verdict("new", HELD)).changes
    assert [(side.outcome, side.targets) for side in change.sides] == [(VIOLATED, ("old",)), (HELD, ("new",))]
    assert (change.places, change.of) == (1, 1)


def test_what_was_not_asked_is_no_other_answer() -> None:
    """A check that one target skipped, or was never put to it, did not change."""
    assert both(verdict("old", SKIPPED), verdict("new", HELD)).changes == ()
    assert both(verdict("new", VIOLATED)).changes == ()


def test_another_mistake_is_another_answer() -> None:
    """Violated at both in different ways is a change; that only numbers and class names differ is chance."""
    one = verdict("old", VIOLATED, sentence="12 hits are missing in Ni123_C")
    assert both(one, verdict("new", VIOLATED, sentence="7 hits are missing in Ni99a_C")).changes == ()
    [change] = both(one, verdict("new", VIOLATED, sentence="a good question was refused")).changes
    assert len(change.sides) == 2


def test_targets_with_one_answer_are_one_side() -> None:
    """Of three targets two that answer alike stand together."""
    found = compared(
        record(*map(target, "abc"), verdict("a", VIOLATED), verdict("b", HELD), verdict("c", HELD)),
    )
    assert found is not None
    assert [side.targets for side in found.changes[0].sides] == [("a",), ("b", "c")]


def test_a_cell_counts_and_shows_the_gravest() -> None:
    """Over collections and interfaces a cell has what is gravest and how often that is."""
    [(_, [row])] = both(
        verdict("old", VIOLATED),
        verdict("old", HELD, over="grpc"),
        verdict("new", HELD),
        verdict("new", SKIPPED, over="grpc"),
    ).chapters
    assert [(cell.outcome, cell.said, cell.in_words) for cell in row.cells if cell] == [
        (VIOLATED, "1/2", "1 violated, 1 held"),
        (HELD, "1/2", "1 held, 1 skipped"),
    ]
    assert row.changed


def test_the_same_question_is_compared_with_itself() -> None:
    """Two questions of one latency check are two places."""
    asked = [
        verdict(at, outcome, "latency/p50", evidence={"question": question})
        for at in ("old", "new")
        for question, outcome in (("a", VIOLATED), ("b", HELD))
    ]
    assert both(*asked).changes == ()


def test_a_finding_names_its_targets_if_there_are_several() -> None:
    """What was found and what was skipped says where; in a run of one target there is nothing to say."""
    some = [verdict("old", VIOLATED), verdict("new", HELD), verdict("old", SKIPPED, "a/c", sentence="why")]
    [finding] = findings(some)
    assert finding.at == ("old",)
    assert spread(finding).startswith("1 of 2 at old: ")
    assert [skip.at for skip in skips(some)] == [("old",)]
    [finding] = findings(some[:1])
    assert finding.at == ()


def test_the_headline_counts_what_is_not_answered_alike() -> None:
    """The first sentence says that answers differ, and what was tested names every version."""
    head = headline(record(target("1.1"), target("1.2"), verdict("1.1", VIOLATED), verdict("1.2", HELD)))
    assert head.sentence == "Of 1 check, 1 is violated and 1 is not answered alike everywhere."
    assert head.tested == "2 targets were asked the same, side by side."
    assert head.proves == "What it shows holds for these servers: Weaviate 1.1, 1.2."


def test_a_target_that_could_not_be_opened_is_said_first() -> None:
    """What the others came to follows, and a Weaviate beside the reference is told from it."""
    lost = target("new", trouble="nobody answers", version="", weaviate=False)
    run = record(target("old"), lost, verdict("old", HELD), code=ExitCode.NO_TARGET)
    assert headline(run).sentence == "1 of 2 targets could not be opened. Everything held: 1 check."
    assert "nobody answers" in shown(run)
    assert "not opened" in shown(run)
    mixed = record(target("old"), target("new", weaviate=False), verdict("old", HELD), verdict("new", HELD))
    assert headline(mixed).proves == "A Weaviate was tested in version old; the rest is our own stand-in."


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_screen_has_both_answers_and_no_line_too_long(width: int, encoding: str) -> None:
    """A change shows its two answers below one another; only commands are wider than the screen."""
    text = shown(golden.small_several(), width, encoding)
    lines = text.splitlines()
    assert all(line.strip().startswith("$ ") for line in lines if len(line.rstrip()) > width)
    mark = "≠" if encoding == "utf-8" else "#"
    [begin] = [number for number, line in enumerate(lines) if line.startswith(f"{mark} CHANGED  threshold/inclusive")]
    after = " ".join(" ".join(lines[begin : begin + 16]).split())
    assert "violated at 1.19.13, 1.32.27 A hit whose distance equals the threshold is missing." in after
    assert "held at 1.39.0 A hit whose distance equals the threshold is returned." in after


def test_what_is_shown_as_a_change_is_no_finding_too() -> None:
    """On a screen a check whose answer changed is told once."""
    text = shown(golden.small_several())
    assert text.count("threshold/inclusive  (") == 1
    assert "VIOLATED  paging/offsets-join" in text


def test_many_targets_take_several_tables() -> None:
    """More targets than fit a screen are shown in tables of as many as do."""
    names = [f"1.{number}.0" for number in range(12)]
    run = record(*map(target, names), *(verdict(name, HELD) for name in names))
    lines = shown(run).splitlines()
    assert sum("Checks at each target" in line for line in lines) == 3
    assert all(len(line.rstrip()) <= 80 for line in lines)


def test_times_stand_beside_each_other() -> None:
    """A question's times at each target are one row; a target that was not asked has a dash."""
    lines = shown(golden.small_several()).splitlines()
    assert ["question", *example_record.VERSIONS, "1.25.34"] in [line.split() for line in lines]
    rows = [line.split() for line in lines if line.split()[:2] == ["tabby", "p50"]]
    assert [(row[2] == "-", row[-1]) for row in rows] == [(False, "-"), (True, "-")]


def test_the_page_leads_from_a_cell_to_what_was_found() -> None:
    """Every violated cell is a link to its finding, and every change has a place that its row leads to."""
    page = page_of(golden.small_several())
    assert page.count('id="change-') == page.count('class="mark" href="#change-') == 1
    assert '<td class="violated" title="1.19.13: ' in page
    assert page.count("≠ changed") == 1
    assert "port 50051 is taken" in page


def test_the_page_has_the_start_and_use_of_each_target() -> None:
    """Start-ups are bars with their steps named, and what the parts used stands in a table."""
    page = page_of(golden.small_several())
    assert page.count('class="start"') == 3
    assert "inference service <b>1.5 s</b>" in page
    assert "300 MiB → 600 MiB" in page
    assert "1.5 s → 3.0 s" in page
