"""No check accuses a server that is right: neither the honest reference nor one that differs where it may."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import pytest
from staging import liars, staged, verdict, verdicts

from harness.checks import Check, all_checks
from harness.interfaces import DEFAULT
from harness.model import Outcome, Verdict
from harness.reference.mutants import MUTANTS, Mutant
from harness.reference.rules import Rules
from harness.scenario import Scenario
from harness.stage import Stage

SLOW = ("Cosine", "Clip")
"""The collections of which a check is asked that restarts the server, and so takes a while."""

DETAILED = (*SLOW, "Squared")
"""The collections of which a check is asked that goes into details."""

ALL = tuple(one.name for one in liars().collections)
BENIGN = [mutant for mutant in MUTANTS.values() if mutant.benign]


def _accusations(found: list[Verdict]) -> list[tuple[str, str, str, str]]:
    return [
        (one.check, one.collection, one.interface, one.sentence)
        for one in found
        if one.outcome is not Outcome.HELD and not (one.outcome is Outcome.SKIPPED and all_checks()[one.check].by_name)
    ]


def _places(check: Check) -> Collection[str]:
    """The names of the collections of which a check is asked."""
    if check.abilities:
        return SLOW
    return DETAILED if check.by_name else ALL


def _in_turn(stage: Stage, scenario: Scenario) -> list[Verdict]:
    """Each check on each collection, the interfaces in turn."""
    places = [
        (check, collection)
        for check in all_checks().values()
        for collection in scenario.collections
        if check.applies(collection) and collection.name in _places(check)
    ]
    turns = zip(places, cycle(DEFAULT), strict=False)
    return [verdict(stage, scenario, check, collection, interface) for (check, collection), interface in turns]


def _only(scenario: Scenario, names: Collection[str]) -> Scenario:
    """The scenario with these collections alone."""
    return replace(scenario, collections=tuple(one for one in scenario.collections if one.name in names))


def _with_planted(scenario: Scenario) -> list[Check]:
    """The checks that have something to say about planted pictures; for the others see `test_faulty_services`."""
    return [check for check in all_checks().values() if any(map(check.applies, scenario.collections))]


def _once(stage: Stage, scenario: Scenario, start: int) -> list[Verdict]:
    """Each check once; the collections and interfaces in turn, beginning anywhere."""
    found = []
    for turn, check in enumerate(_with_planted(scenario), start=start):
        places = [one for one in scenario.collections if check.applies(one) and one.name != "Ladder"]
        place, interface = places[turn % len(places)], DEFAULT[turn % len(DEFAULT)]
        found.append(verdict(stage, scenario, check, place, interface))
    return found


def test_the_honest_reference_holds_everywhere(scenario: Scenario, planted_url: str, tmp_path: Path) -> None:
    """Every check holds on the honest reference, on every collection and over every interface."""
    with staged(Rules(), planted_url, tmp_path) as stage:
        found = [
            one for check in all_checks().values() for one in verdicts(stage, _only(scenario, _places(check)), check)
        ]
    assert _accusations(found) == []
    assert {one.check for one in found} == {check.id for check in _with_planted(scenario)}
    assert {one.interface for one in found} == set(DEFAULT)


def test_all_benign_differences_together_hold(scenario: Scenario, planted_url: str, tmp_path: Path) -> None:
    """Every check holds on every collection of a server that differs in each way that is allowed, all at once."""
    together = type("Together", tuple(type(mutant.rules()) for mutant in BENIGN), {})
    with staged(together(), planted_url, tmp_path) as stage:
        assert _accusations(_in_turn(stage, scenario)) == []


@pytest.mark.parametrize(("number", "mutant"), list(enumerate(BENIGN)), ids=[mutant.name for mutant in BENIGN])
def test_a_benign_difference_is_not_accused(
    number: int, mutant: Mutant, scenario: Scenario, planted_url: str, tmp_path: Path
) -> None:
    """No check accuses a server that differs where nothing is promised."""
    with staged(mutant.rules(), planted_url, tmp_path) as stage:
        assert _accusations(_once(stage, scenario, number)) == []
