"""No check accuses a server that is right: neither the honest reference nor one that differs where it may."""

from __future__ import annotations

from pathlib import Path

import pytest
from staging import staged

from harness.interfaces import DEFAULT
from harness.model import Verdict
from harness.proving.places import about, accusations, everywhere, in_turn, once
from harness.proving.proof import ALL_TOGETHER, HONEST, right_rules
from harness.reference.mutants import MUTANTS
from harness.scenario import Scenario

BENIGN = [mutant.name for mutant in MUTANTS.values() if mutant.benign]


def _accusations(found: list[Verdict]) -> list[tuple[str, str, str, str]]:
    return [(one.check, one.collection, one.interface, one.sentence) for one in accusations(found)]


def test_the_honest_reference_holds_everywhere(scenario: Scenario, planted_url: str, tmp_path: Path) -> None:
    """Every check holds on the honest reference, on every collection and over every interface."""
    with staged(right_rules(HONEST), planted_url, tmp_path) as stage:
        found = list(everywhere(stage, scenario))
    assert _accusations(found) == []
    assert {one.check for one in found} == {check.id for check in about(scenario)}
    assert {one.interface for one in found} == set(DEFAULT)


def test_all_benign_differences_together_hold(scenario: Scenario, planted_url: str, tmp_path: Path) -> None:
    """Every check holds on every collection of a server that differs in each way that is allowed, all at once."""
    with staged(right_rules(ALL_TOGETHER), planted_url, tmp_path) as stage:
        assert _accusations(list(in_turn(stage, scenario))) == []


@pytest.mark.parametrize(("number", "name"), list(enumerate(BENIGN)), ids=BENIGN)
def test_a_benign_difference_is_not_accused(
    number: int, name: str, scenario: Scenario, planted_url: str, tmp_path: Path
) -> None:
    """No check accuses a server that differs where nothing is promised."""
    with staged(right_rules(name), planted_url, tmp_path) as stage:
        assert _accusations(list(once(stage, scenario, number))) == []


def test_an_image_that_is_a_rounding_from_itself_is_not_missed_at_zero(
    scenario: Scenario, planted_url: str, tmp_path: Path
) -> None:
    """A server that rounds the distance of an image from itself up may leave it out at threshold 0."""
    with staged(right_rules("self_above_zero"), planted_url, tmp_path) as stage:
        found = list(everywhere(stage, scenario, ("threshold/zero",)))
    assert _accusations(found) == []
    assert "Cosine" in {one.collection for one in found}
