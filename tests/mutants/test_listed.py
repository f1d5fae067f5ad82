"""What is listed as known hides no other fault: each liar that breaks a listed check is held against the list."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from staging import staged, verdicts

from harness.checks import all_checks
from harness.deviations import OURS, DeviationShape, Listed, deviations
from harness.interfaces import NAMES
from harness.model import Endpoint, Outcome, Verdict
from harness.reference.mutants import MUTANTS, Mutant
from harness.reference.mutants.groups import WholeGroups
from harness.scenario import Collection, Scenario

OURS_LISTED = deviations(OURS, checks=all_checks(), interfaces=NAMES)
CHECKS = {one.check for one in OURS_LISTED}
LIARS = [mutant for mutant in MUTANTS.values() if mutant.breaks in CHECKS]
MANY = 3000

INDEXES = ("hnsw", "flat")
EVERYWHERE = {(version, index) for version in ("1.19", "1.25", "1.32", "1.39") for index in INDEXES}
SINCE_1_25 = {(version, index) for version in ("1.25", "1.32", "1.39") for index in INDEXES}
IN_1_19 = {("1.19", index) for index in INDEXES}
SAME = {
    "capped_at100": {("1.25", "flat"), ("1.32", "flat"), ("1.39", "flat")},
    "weights_by_the_alphabet": SINCE_1_25,
    "text_weights_by_the_alphabet": SINCE_1_25,
    "weights_move_up": SINCE_1_25,
    "default_limit_of_pages_only": {("1.19", "hnsw"), ("1.19", "flat"), ("1.25", "hnsw"), ("1.25", "flat")},
    "members_beyond_the_threshold": EVERYWHERE,
    "groups_by_their_best": SINCE_1_25,
    "distance_of_the_certainty_zero": EVERYWHERE,
    "weights_ignored": IN_1_19,
    "weights_swapped": IN_1_19,
    "every_image_is_a_text": EVERYWHERE,
    "hybrid_beside_an_image_is_left_out": EVERYWHERE,
    "negative_offset_crashes": EVERYWHERE,
    "refusal_repeats_the_image": SINCE_1_25,
    "metric_can_be_changed": IN_1_19,
    "refused_change_stays": {(version, index) for version in ("1.32", "1.39") for index in INDEXES},
    "nan_lets_all_in": SINCE_1_25,
    "compared_as_doubles": EVERYWHERE,
    "duplicates_hide_others": {("1.25", "hnsw"), ("1.32", "hnsw"), ("1.39", "hnsw")},
    "text_arrays_are_not_sent": IN_1_19,
    "same_is_vectorized_again": IN_1_19,
    "stays_after_patch_of_null": EVERYWHERE,
    "smallest_and_largest_exchanged": EVERYWHERE,
    "stream_tells_of_the_first": {("1.39", index) for index in INDEXES},
}
"""Liars that do what is listed, by version and index; and those that can't be told from it: from an order of chance."""


def _shapes(collection: Collection) -> list[Collection]:
    """The same collection, as if it had either index."""
    return [replace(collection, index="hnsw"), replace(collection, index="flat")]


def _known(found: list[Verdict], scenario: Scenario, listed: list[DeviationShape]) -> set[tuple[str, str]]:
    """The versions and indexes for which at least one of these violations would be called known."""
    by_name = {one.name: one for one in scenario.collections}
    known = set()
    for version in ("1.19", "1.25", "1.32", "1.39"):
        server = _server(version)
        for verdict in found:
            for shape in _shapes(by_name[verdict.collection]):
                if Listed(listed).judged(verdict, server, shape, MANY).outcome is Outcome.KNOWN:
                    known.add((version, str(shape.index)))
    return known


def _server(version: str) -> Endpoint:
    return Endpoint("embedded", "http://127.0.0.1:1", f"{version}.0")


@pytest.mark.parametrize("mutant", LIARS, ids=lambda mutant: mutant.name)
def test_a_fault_is_known_only_if_it_is_the_very_one(
    mutant: Mutant, scenario: Scenario, planted_url: str, tmp_path: Path
) -> None:
    """A liar that is caught by a listed check with another symptom stays violated, whatever the version and index."""
    with staged(mutant.rules(), planted_url, tmp_path) as stage:
        found = [
            one for one in verdicts(stage, scenario, all_checks()[mutant.breaks]) if one.outcome is Outcome.VIOLATED
        ]
    assert found
    known = _known(found, scenario, OURS_LISTED)
    assert known == SAME.get(mutant.name, set())


class BestOfAGroupABitFar(WholeGroups):
    """Judges groups by their best hit, as is listed, and besides lets in what is up to 2e-5 beyond."""

    beyond = 2e-5


def test_what_is_listed_hides_no_fault_beside_it(scenario: Scenario, planted_url: str, tmp_path: Path) -> None:
    """A liar that does what is listed and cuts wrongly besides is violated where both can be seen."""
    check = all_checks()["threshold/boundary-with-groups"]
    with staged(BestOfAGroupABitFar(), planted_url, tmp_path) as stage:
        found = [one for one in verdicts(stage, scenario, check) if one.collection == "Cosine"]
    assert {one.outcome for one in found} == {Outcome.VIOLATED}
    assert _known(found, scenario, OURS_LISTED) == set()
