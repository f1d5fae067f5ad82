"""A thousand verdicts become the few things that a person wants to know."""

from __future__ import annotations

from pathlib import Path

import example_record
import pytest

from harness.errors import ExitCode
from harness.model import Level, Outcome
from harness.record import EndEntry, Entry, Record, RunEntry, TargetEntry, VerdictEntry
from harness.report import findings


def verdict(check: str = "a/b", outcome: Outcome = Outcome.VIOLATED, **changes: object) -> VerdictEntry:
    """A verdict that differs only where it is said."""
    entry = VerdictEntry(
        check=check,
        level=Level.MUST,
        outcome=outcome,
        sentence="It is so.",
        scenario="s",
        collection="c",
        interface="grpc",
    )
    return entry.model_copy(update=changes)


def record(*entries: Entry, end: ExitCode | None = None) -> Record:
    """A record with these entries, and an end if it has an exit code."""
    run = RunEntry(harness="0", python="3", platform="", cpus=1, argv=(), target="auto", started=example_record.STARTED)
    last = () if end is None else (EndEntry(finished=example_record.STARTED, exit_code=end),)
    return Record(Path("r"), (run, *entries, *last), truncated=end is None)


def test_the_same_violation_in_many_places_is_one_finding() -> None:
    """A check that fails on every collection over every interface folds into one finding that counts them."""
    cases = [verdict(collection=collection, interface=over) for collection in "cde" for over in ("graphql", "grpc")]

    (finding,) = findings.findings([*cases, verdict(outcome=Outcome.HELD)])

    assert len(finding.cases) == 6
    assert finding.of == 7
    assert findings.spread(finding) == "6 of 7: s (c, d, e); graphql, grpc"


def test_the_smallest_case_stands_for_all() -> None:
    """The case with the least evidence is shown, but not one without any."""
    cases = [verdict(evidence={"a": "long " * 9}), verdict(evidence={}), verdict(evidence={"a": 1}, collection="small")]

    (finding,) = findings.findings(cases)

    assert finding.smallest.collection == "small"


def test_two_outcomes_of_a_check_are_two_findings() -> None:
    """A check that is violated here and undecided there is told twice, the violation first."""
    found = findings.findings([verdict(outcome=Outcome.UNDECIDED), verdict(outcome=Outcome.VIOLATED)])

    assert [finding.outcome for finding in found] == [Outcome.VIOLATED, Outcome.UNDECIDED]


def test_a_check_that_is_undecided_for_several_reasons_is_one_finding() -> None:
    """Reasons that no other check shares are counted, not told one by one; the table has one row for them too."""
    cases = [verdict("latency/answered", Outcome.UNDECIDED, sentence=f"No answer to {name}.") for name in "abc"]

    (finding,) = findings.findings(cases)

    assert (finding.check, len(finding.cases)) == ("latency/answered", 3)
    assert findings.spread(finding) == "3 of 3: s (c); grpc; for 3 reasons"
    assert [one.check for tally in findings.tallies(cases) for one in tally.findings] == ["latency/answered"]


def test_what_several_checks_are_undecided_for_is_one_finding() -> None:
    """One reason for many checks is told once, with how many there are."""
    cases = [verdict(f"a/{number}", Outcome.UNDECIDED) for number in range(4)]

    (finding,) = findings.findings([*cases, verdict("a/0", Outcome.HELD)])

    assert finding.check == "a/0 and 3 more"
    assert findings.in_places(finding) == ", 4 of 5 verdicts"


def test_a_title_says_in_how_many_places() -> None:
    """A check in one place has nothing to count, in several it has."""
    alone, (finding,) = findings.findings([verdict()]), findings.findings([verdict(), verdict(outcome=Outcome.HELD)])

    assert [findings.in_places(one) for one in alone] == [""]
    assert findings.in_places(finding) == ", in 1 of 2 places"


def test_the_gravest_comes_first() -> None:
    """Violated before invalid before undecided; within each, what must be before what was only observed."""
    cases = [
        verdict("u/1", Outcome.UNDECIDED),
        verdict("i/1", Outcome.INVALID),
        verdict("v/1", Outcome.VIOLATED, level=Level.OBSERVED),
        verdict("v/2", Outcome.VIOLATED),
    ]

    assert [finding.check for finding in findings.findings(cases)] == ["v/2", "v/1", "i/1", "u/1"]


def test_held_known_fixed_and_skipped_are_no_findings() -> None:
    """Only what keeps a run from being held is told as a finding."""
    quiet = (Outcome.HELD, Outcome.KNOWN, Outcome.FIXED, Outcome.SKIPPED)

    assert not findings.findings(verdict(outcome=outcome) for outcome in quiet)


def test_skips_fold_by_their_reason() -> None:
    """The reason stands in the evidence, else in the sentence; the commonest comes first."""
    cases = [verdict(outcome=Outcome.SKIPPED, evidence={"reason": "read only"}) for _ in range(2)]

    found = findings.skips([verdict(outcome=Outcome.SKIPPED, sentence="No module."), *cases, verdict()])

    assert [(skip.reason, len(skip.cases)) for skip in found] == [("read only", 2), ("No module.", 1)]


def test_chapters_are_counted_for_each_scenario() -> None:
    """Each chapter of each scenario has its counts, its findings and its time, scenarios kept together."""
    cases = [
        verdict("a/1", Outcome.HELD, seconds=1.0),
        verdict("a/1", Outcome.HELD, scenario="t"),
        verdict("b/1", Outcome.HELD),
        verdict("a/2", seconds=0.5),
    ]

    tallies = findings.tallies(cases)

    assert [(tally.scenario, tally.chapter, sum(tally.counts.values())) for tally in tallies] == [
        ("s", "a", 2),
        ("s", "b", 1),
        ("t", "a", 1),
    ]
    assert tallies[0].seconds == 1.5
    assert [finding.check for finding in tallies[0].findings] == ["a/2"]


@pytest.mark.parametrize(
    ("outcomes", "end", "state", "sentence"),
    [
        ([Outcome.HELD, Outcome.FIXED], ExitCode.HELD, "held", "Everything held: 1 check."),
        (
            [Outcome.HELD, Outcome.KNOWN],
            ExitCode.HELD,
            "held",
            "Nothing new: 1 check, 1 of them deviates as is known.",
        ),
        ([Outcome.HELD, Outcome.VIOLATED], ExitCode.VIOLATED, "violated", "Of 1 check, 1 is violated."),
        ([Outcome.UNDECIDED], ExitCode.UNDECIDED, "undecided", "Of 1 check, 1 is undecided."),
        ([Outcome.VIOLATED], ExitCode.HELD, "violated", "Of 1 check, 1 is violated."),
        ([], ExitCode.HELD, "broken", "Nothing ran, so nothing is known."),
        ([Outcome.SKIPPED], ExitCode.HELD, "broken", "Nothing ran, so nothing is known."),
        ([Outcome.HELD], ExitCode.NOTHING_RAN, "broken", "Nothing ran, so nothing is known."),
        ([Outcome.HELD], ExitCode.INTERRUPTED, "broken", "Interrupted: this is what was found until then."),
        ([], ExitCode.NO_TARGET, "broken", "No database could be asked."),
        ([Outcome.HELD], ExitCode.BUG, "broken", "The harness itself failed: do not trust this run."),
        ([], ExitCode.USAGE, "broken", "The run was asked for in a way that cannot be done."),
    ],
)
def test_headlines(outcomes: list[Outcome], end: ExitCode, state: str, sentence: str) -> None:
    """The headline is as grave as the gravest of verdicts and end, and nothing run is never a pass."""
    head = findings.headline(record(*(verdict(outcome=outcome) for outcome in outcomes), end=end))

    assert (head.state, head.sentence) == (state, sentence)


def test_violated_and_undecided_without_a_verdict_still_have_a_headline() -> None:
    """A run can end with 1 or 3 for other reasons than a check; the headline does not claim that everything held."""
    for code in (ExitCode.VIOLATED, ExitCode.UNDECIDED):
        head = findings.headline(record(verdict(outcome=Outcome.HELD), end=code))
        assert head.state != "held"
        assert "Everything held" not in head.sentence


def test_the_reference_is_called_what_it_is() -> None:
    """A run on the reference proves nothing about a Weaviate and says so; a run on a server speaks for it."""
    target = TargetEntry(name="reference", description="the reference. ", version="1.39.0", weaviate=False)

    head = findings.headline(record(target, end=ExitCode.HELD))
    real = findings.headline(record(target.model_copy(update={"weaviate": True}), end=ExitCode.HELD))

    assert head.tested == "The reference."
    assert "proves nothing about any Weaviate" in head.proves
    assert "holds for this server" in real.proves


def test_a_record_without_an_end_says_so() -> None:
    """Whatever was found so far, the headline adds that the run never came to its end."""
    head = findings.headline(record(verdict(outcome=Outcome.HELD)))

    assert head.sentence.startswith("Everything held: 1 check. The record has no end")
