"""Every check is a claim that it would notice something: each named liar is put to the check that names its fault."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from staging import staged, verdicts

from harness.checks import Per, all_checks
from harness.inference.faults import FAULTS
from harness.model import Outcome
from harness.proving.proof import first
from harness.reference.mutants import MUTANTS, Mutant
from harness.scenario import Scenario

LIARS = [mutant for mutant in MUTANTS.values() if not mutant.benign]


def test_each_check_has_a_liar() -> None:
    """No check is there that no faulty reference or service has been put to: to add one is to add a liar.

    Those that are proved apart have tests of their own (tests/checks/test_document.py).
    """
    liars = {mutant.breaks for mutant in LIARS} | {fault.breaks for fault in FAULTS.values()}
    assert {id_ for id_, check in all_checks().items() if not check.apart} - liars == set()


def test_each_liar_breaks_a_check_that_exists() -> None:
    """A liar names a check that exists, so that its fault is a clause of the contract."""
    assert {mutant.breaks for mutant in LIARS} - set(all_checks()) == set()


def test_each_mutant_says_what_is_wrong() -> None:
    """Every mutant has a sentence of its own that says in which way it differs."""
    said = [mutant.says for mutant in MUTANTS.values()]
    assert all(said)
    assert len(set(said)) == len(said)


@pytest.mark.parametrize("mutant", LIARS, ids=lambda mutant: mutant.name)
def test_a_liar_is_caught(mutant: Mutant, scenario: Scenario, planted_url: str, tmp_path: Path) -> None:
    """The check that names a liar's fault calls it violated, with evidence that fits into a record.

    One that only looks at what is stored asked nothing: over every interface it would have said the same.
    """
    check = all_checks()[mutant.breaks]
    with staged(mutant.rules(), planted_url, tmp_path) as stage:
        caught = first(verdicts(stage, scenario, check))
    assert caught is not None
    assert caught.sentence != check.sentence
    assert caught.asked == 0 if check.per is Per.COLLECTION else caught.asked > 0 or check.writes
    assert caught.evidence["clause"] == check.sentence
    assert len(caught.evidence) > 2
    json.dumps(dict(caught.evidence), allow_nan=False)


def test_who_finds_nothing_at_zero_is_not_excused_by_rounding(
    scenario: Scenario, planted_url: str, tmp_path: Path
) -> None:
    """A server that accepts an image nearer than it says it is owes it at threshold 0 too, by cosine as well."""
    cosine = replace(scenario, collections=tuple(one for one in scenario.collections if one.name == "Cosine"))
    with staged(MUTANTS["nothing_at_zero"].rules(), planted_url, tmp_path) as stage:
        found = list(verdicts(stage, cosine, all_checks()["threshold/zero"]))
    assert {one.outcome for one in found} == {Outcome.VIOLATED}
