"""What a check comes to: held, violated, undecided or skipped, and never a pass without an answer."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from scripted import NOWHERE, Scripted, case_of, check_of, exactly, refuses, says, silent, standing

from harness.checks import Case, Check, Skipped, all_checks
from harness.checks.judging import judge
from harness.errors import TargetError
from harness.model import Hit, Outcome, Verdict
from harness.scenario import Collection, Scenario


def judged(interface: Scripted, squared: Collection, check: str = "near-image/ascending") -> Verdict:
    """What a check comes to on planted pictures over this interface."""
    return judge(all_checks()[check], case_of(interface, standing(squared)), scenario="a test", repeat="ask again")


def test_a_clause_that_holds_is_held(squared: Collection) -> None:
    """A right answer is held: the clause is the sentence, the questions are counted, and there is no evidence."""
    verdict = judged(exactly(standing(squared)), squared)
    assert (verdict.outcome, verdict.sentence) == (Outcome.HELD, all_checks()["near-image/ascending"].sentence)
    assert (verdict.asked, verdict.evidence, verdict.repeat) == (2, {}, "ask again")
    assert (verdict.scenario, verdict.collection, verdict.interface) == ("a test", "Squared", "graphql")


def test_a_wrong_answer_is_violated_with_evidence(squared: Collection) -> None:
    """A wrong answer is violated: clause, source, question and answer are the evidence, ready for JSON."""
    verdict = judged(says(Hit("a", 2.0), Hit("b", 1.0)), squared)
    assert (verdict.outcome, verdict.sentence) == (Outcome.VIOLATED, "the order is not ascending")
    assert {"clause", "source", "question", "returned", "before", "after"} <= set(verdict.evidence)
    json.dumps(dict(verdict.evidence), allow_nan=False)


def test_evidence_has_finite_numbers_only(squared: Collection) -> None:
    """A server's NaN or infinity stands in the evidence as a word, for JSON has no such numbers."""
    verdict = judged(says(Hit("a", float("nan")), Hit("b", float("inf")), Hit("c", 1.0)), squared)
    assert verdict.outcome is Outcome.VIOLATED
    assert [one["distance"] for one in verdict.evidence["returned"]] == ["nan", "inf", 1.0]
    json.dumps(dict(verdict.evidence), allow_nan=False)


def test_a_refused_question_is_violated(squared: Collection) -> None:
    """A good question that is refused is a violation that quotes the refusal."""
    verdict = judged(refuses("not today"), squared)
    assert (verdict.outcome, verdict.sentence) == (Outcome.VIOLATED, "a good question was refused: not today")


def test_a_check_of_other_versions_is_skipped(squared: Collection) -> None:
    """Of a version that a clause is not about nothing is asked; the verdict says which it is about."""
    newer = replace(all_checks()["near-image/ascending"], versions=">=1.24")
    dataset = standing(squared, replace(NOWHERE, version="1.19.13"))
    verdict = judge(newer, case_of(exactly(dataset), dataset), scenario="a test")
    assert (verdict.outcome, verdict.asked) == (Outcome.SKIPPED, 0)
    assert verdict.sentence == "it is about Weaviate >=1.24, this is 1.19.13"


def test_no_answer_is_undecided(squared: Collection) -> None:
    """Where nobody can say what the server did, nothing is decided; that is not a pass."""
    verdict = judged(silent(), squared)
    assert verdict.outcome is Outcome.UNDECIDED
    assert "timed out" in verdict.sentence


def test_no_answer_does_not_pass_for_a_refusal(squared: Collection) -> None:
    """A check that wants a refusal is undecided where no answer came."""
    assert judged(silent(), squared, "near-image/image-required").outcome is Outcome.UNDECIDED


def test_a_refusal_has_to_name_its_cause(squared: Collection) -> None:
    """A refusal that does not say what is wrong violates a clause that asks for it; one that does is held."""
    assert judged(refuses("bad"), squared, "near-image/image-required").outcome is Outcome.VIOLATED
    assert judged(refuses("no Image given"), squared, "near-image/image-required").outcome is Outcome.HELD


def test_more_results_than_a_server_ever_returns_are_not_demanded(squared: Collection) -> None:
    """A refusal because of QUERY_MAXIMUM_RESULTS skips a question for very many, and excuses no other."""
    words = refuses("invalid pagination params: query maximum results exceeded")

    def many(case: Case) -> None:
        case.hits(case.near(case.samples(1)[0].picture, limit=20_000))  # type: ignore[arg-type]

    case = case_of(words, standing(squared))
    assert judge(check_of(many), case, scenario="").outcome is Outcome.SKIPPED
    assert judged(words, squared).outcome is Outcome.VIOLATED


def test_a_check_that_writes_is_skipped_where_only_reading_is_allowed(squared: Collection) -> None:
    """On a server that may only be read a check that writes is skipped before it asks anything."""
    interface = silent()
    verdict = judged(interface, squared, "objects/delete-removes")
    assert verdict.outcome is Outcome.SKIPPED
    assert interface.asked == []


def test_what_cannot_be_asked_is_skipped_with_its_reason(squared: Collection) -> None:
    """A check that says why it can't be asked is skipped with that reason."""

    def cannot(case: Case) -> None:
        raise Skipped(f"not on {case.collection.name}")

    verdict = judge(check_of(cannot), case_of(silent(), standing(squared)), scenario="")
    assert (verdict.outcome, verdict.sentence) == (Outcome.SKIPPED, "not on Squared")


def test_trouble_with_the_target_is_undecided(squared: Collection) -> None:
    """A target that refuses what a check needs leaves it undecided, with the hint."""

    def troubled(case: Case) -> None:
        raise TargetError(f"no room for {case.collection.name}", hint="make room")

    verdict = judge(check_of(troubled), case_of(silent(), standing(squared)), scenario="")
    assert (verdict.outcome, verdict.evidence["hint"]) == (Outcome.UNDECIDED, "make room")


def test_a_bug_of_ours_is_no_verdict(squared: Collection) -> None:
    """What a check raises beyond its findings goes on its way: it says nothing about the server."""

    def broken(case: Case) -> None:
        raise ZeroDivisionError(case.count)

    with pytest.raises(ZeroDivisionError):
        judge(check_of(broken), case_of(silent(), standing(squared)), scenario="")


def test_an_empty_collection_skips_what_needs_a_picture(squared: Collection) -> None:
    """Without any object there is nothing to ask with, and that is said."""
    nothing = replace(standing(squared, replace(NOWHERE, read_only=False)), stored=())
    verdict = judge(all_checks()["near-image/ascending"], case_of(silent(), nothing), scenario="")
    assert verdict.outcome is Outcome.SKIPPED


ODD = {
    "nothing at all": (),
    "no distance": (Hit("ghost"), Hit("ghost")),
    "no number": (Hit("ghost", float("nan"), float("nan")),),
    "endless": (Hit("ghost", float("inf"), float("-inf")),),
    "huge": (Hit("ghost", 1e300, 1e300),),
    "someone else's": (Hit("ghost", 0.0, 1.0), Hit("another", 1.0, 0.5)),
}


LOOKS = {"sharding/as-many-shards", "quantised/in-effect"}
"""These look at what the server says of itself, and ask no question."""


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    "check",
    [
        one for one in all_checks().values() if not (one.writes or one.compares or one.apart or one.id in LOOKS)
    ],  # to compare takes a real server
    ids=lambda one: one.id,
)
def test_no_answer_is_too_odd_for_a_check(check: Check, odd: str, scenario: Scenario) -> None:
    """Whatever a server answers, a check comes to a verdict whose evidence fits into a record."""
    for collection in scenario.collections:
        if check.applies(collection):
            verdict = judge(check, case_of(says(*ODD[odd]), standing(collection)), scenario="")
            assert verdict.outcome in {Outcome.HELD, Outcome.VIOLATED, Outcome.SKIPPED}
            json.dumps(dict(verdict.evidence), allow_nan=False)
