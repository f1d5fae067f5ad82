"""Thresholds that Hypothesis draws: the smallest failing set is told, and odd servers do no harm."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from staging import staged, verdict

from harness.checks import all_checks
from harness.model import Outcome, Verdict
from harness.reference.request import Aggregation, Match, Refusal, Search, Vector
from harness.reference.rules import Rules
from harness.scenario import Collection, Scenario

DRAWN = all_checks()["threshold/drawn"]


class LosesPairs(Rules):
    """Of two objects or more the last within the threshold is lost."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        """One less."""
        del search
        return matches[:-1] if len(matches) > 1 else matches


class WrongInTwoWays(Rules):
    """Of two objects one is lost, and more are refused."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        """One less, or none."""
        del search
        if len(matches) > 2:
            raise Refusal("too many")
        return matches[:-1]


class WrongNowAndThen(Rules):
    """Every third search loses its best hit."""

    def __init__(self) -> None:
        self._turns = itertools.count()

    def order(self, distances: Vector, search: Search | Aggregation) -> Vector:
        """As it should be, but not always all of it."""
        ranked = super().order(distances, search)
        return ranked[1:] if next(self._turns) % 3 == 2 else ranked


@contextmanager
def drawn(rules: Rules, scenario: Scenario, collection: Collection, url: str, folder: Path) -> Iterator[Verdict]:
    """What the drawn thresholds come to on a reference with these rules."""
    with staged(rules, url, folder) as stage:
        yield verdict(stage, scenario, DRAWN, collection, "grpc")


def test_the_smallest_failing_set_is_told_by_its_pictures(
    scenario: Scenario, squared: Collection, planted_url: str, tmp_path: Path
) -> None:
    """A liar that needs two objects is shown with two, by the names of their pictures."""
    with drawn(LosesPairs(), scenario, squared, planted_url, tmp_path) as found:
        assert found.outcome is Outcome.VIOLATED
    names = {picture.name for picture in squared.images.load().pictures}
    assert len(found.evidence["smallest_set"]) == 2
    assert set(found.evidence["smallest_set"]) <= names


@pytest.mark.parametrize("rules", [WrongInTwoWays, WrongNowAndThen])
def test_a_server_that_is_wrong_in_changing_ways_is_violated(
    rules: type[Rules], scenario: Scenario, squared: Collection, planted_url: str, tmp_path: Path
) -> None:
    """Several faults at once, or one that comes and goes, are a violation like any other and no crash of ours."""
    with drawn(rules(), scenario, squared, planted_url, tmp_path) as found:
        assert found.outcome is Outcome.VIOLATED
