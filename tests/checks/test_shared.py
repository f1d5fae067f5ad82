"""What several checks of a collection only ask is stored once, and taken away when nobody asks it any more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from staging import staged

from harness.checks import Case, Per, all_checks
from harness.checks.judging import judge
from harness.interfaces.rest import Rest
from harness.model import Metric, Outcome
from harness.reference.rules import Rules
from harness.scenario import Collection, Scenario
from harness.stage import Stage


@pytest.fixture
def stage(planted_url: str, tmp_path: Path) -> Iterator[Stage]:
    """The honest reference."""
    with staged(Rules(), planted_url, tmp_path) as opened:
        yield opened


@contextmanager
def shelf(case: Case, word: str) -> Iterator[str]:
    """An empty class, by its name and a word."""
    with case.scratch() as empty:
        yield f"{empty.class_name} {word}"


def standing(stage: Stage) -> int:
    """How many classes of checks there are."""
    with Rest(stage.endpoint) as rest:
        names = [one["class"] for one in rest.classes()]
    return sum("Scratch" in name and "Probe" not in name for name in names)


def test_it_is_made_once_for_a_collection(stage: Stage, scenario: Scenario, squared: Collection) -> None:
    """Over another interface it is the same one; with other arguments it is another."""
    dataset = stage.dataset(scenario, squared)
    first, second = stage.case(dataset, "graphql"), stage.case(dataset, "grpc")
    assert first.standing(shelf, "a") == second.standing(shelf, "a")
    assert first.standing(shelf, "b") != second.standing(shelf, "a")
    assert standing(stage) == 2


def test_it_goes_when_another_collection_has_its_turn(stage: Stage, scenario: Scenario, squared: Collection) -> None:
    """No more stands than one collection's, and nothing once the stage is closed."""
    other = next(one for one in scenario.collections if one.metric is Metric.COSINE)
    stage.case(stage.dataset(scenario, squared), "grpc").standing(shelf, "a")
    stage.case(stage.dataset(scenario, other), "grpc").standing(shelf, "a")
    assert standing(stage) == 1
    stage.close()
    assert standing(stage) == 0


def test_nothing_stands_that_was_there_before_the_database_was_away(
    stage: Stage, scenario: Scenario, squared: Collection
) -> None:
    """After a restart or a kill it is made anew: what was lost is for the check that is about that."""
    case = stage.case(stage.dataset(scenario, squared), "grpc")
    before = case.standing(shelf, "a")
    case.was_away(stage.endpoint)
    assert standing(stage) == 0
    assert case.standing(shelf, "a") != before


def test_what_is_asked_over_one_interface_alone_asks_nothing(
    stage: Stage, scenario: Scenario, squared: Collection
) -> None:
    """A check that is not asked over a second interface sends no question: it would be the same again."""
    case = stage.case(stage.dataset(scenario, squared), "grpc")
    alone = [one for one in all_checks().values() if one.per is Per.COLLECTION and one.applies(squared)]
    verdicts = [judge(one, case, scenario=scenario.name) for one in alone if not one.apart]
    assert sum(one.outcome is Outcome.HELD for one in verdicts) > 5
    assert {one.check for one in verdicts if one.asked} == set()
