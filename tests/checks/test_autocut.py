"""The rule of autocut as the checks have it: where a ranking jumps."""

from __future__ import annotations

import numpy as np
import pytest

from harness.checks.autocut import jumps
from harness.reference.rules import Rules


@pytest.mark.parametrize(
    ("distances", "places"),
    [
        ([], []),
        ([0.5], []),
        ([0.0, 1.0], []),
        ([0.2, 0.2, 0.2], []),
        ([0.0, 0.01, 0.02, 0.9, 0.91, 0.92], [3]),
        ([0.0, 0.01, 0.5, 0.51, 0.9, 0.91], [2, 4]),
        ([0.0, 0.01, 0.02, 0.03, 1.0], [4]),
    ],
)
def test_a_ranking_jumps_before_what_rises_above_the_line(distances: list[float], places: list[int]) -> None:
    """A jump lies before each hit that is farther above the straight line than beside it, and nowhere in a flat one."""
    assert jumps(distances) == places


def test_the_rule_is_the_references_in_other_words() -> None:
    """On any ranking the checks' rule cuts where the reference's does: the two share no code."""
    chance = np.random.default_rng(7)
    for length in (2, 3, 5, 12, 40):
        for _ in range(30):
            ranking = np.sort(chance.random(length).astype(np.float32)).tolist()
            places = jumps(ranking)
            for count in (1, 2, 3):
                expected = places[count - 1] if count <= len(places) else length
                assert Rules().autocut(ranking, count) == expected
