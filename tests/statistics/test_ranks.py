"""Shifts by ranks: exact against counting out by hand, and right as often as they say on streams that were made up."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.statistics.ranks import Exceeding, Paired, Unpaired, _tails, holm

DIFFERENCES = st.lists(st.integers(-1000, 1000).filter(bool), min_size=2, max_size=9, unique_by=abs)


@given(DIFFERENCES)
def test_the_signed_rank_counts_every_way_the_signs_could_have_fallen(differences: list[int]) -> None:
    """The probability is the share of all 2^n signs whose rank sum is at least as large."""
    ranks = np.argsort(np.argsort(np.abs(differences))) + 1
    seen = sum(int(rank) for rank, each in zip(ranks, differences, strict=True) if each > 0)
    sums = [ranks[list(signs)].sum() for signs in itertools.product([False, True], repeat=len(ranks))]

    assert Paired(differences).above(0.0) == pytest.approx(sum(one >= seen for one in sums) / len(sums))


def test_the_signed_rank_of_a_known_table() -> None:
    """With ten differences a rank sum of 8 or less has probability 25/1024, as the tables of Wilcoxon's test say."""
    differences = [-1.0, -7.0, *(float(each) for each in (2, 3, 4, 5, 6, 8, 9, 10))]

    assert Paired(differences).above(0.0) == pytest.approx(25 / 1024)


@given(
    st.lists(st.integers(0, 10_000), min_size=2, max_size=4, unique=True),
    st.lists(st.integers(0, 10_000), min_size=2, max_size=4, unique=True),
)
def test_the_rank_sum_counts_every_way_to_share_out_the_values(base: list[int], head: list[int]) -> None:
    """The probability is the share of all ways to deal the values to two sides in which head is as far beyond."""
    together = [*base, *head]
    if len(set(together)) < len(together):
        return
    beyond = [
        sum(one > other for one in mine for other in together if other not in mine)
        for mine in itertools.combinations(together, len(head))
    ]
    seen = sum(one > other for one in head for other in base)

    assert Unpaired(base, head).above(0.0) == pytest.approx(sum(one >= seen for one in beyond) / len(beyond))


def test_many_rounds_go_on_where_counting_out_ends() -> None:
    """Beyond 200 rounds the normal distribution gives what counting out would, to two digits."""
    walsh = Paired(np.random.default_rng(3).normal(0.1, 1, 201))
    beyond = sum(one > 0 for one in walsh._walsh)

    assert walsh.above(0.0) == pytest.approx(_tails(201, None)[beyond], rel=0.01)


@pytest.mark.parametrize("make", [Paired, lambda d: Unpaired(np.zeros(8) + np.arange(8) / 100, d[:9])])
def test_an_interval_holds_what_no_test_refuses(make: object) -> None:
    """Just outside the 95% interval a one-sided test is below 2.5%, just inside it is not."""
    assert callable(make)
    shift = make(np.random.default_rng(5).normal(1, 1, 20))
    low, high = shift.interval(0.95)

    assert shift.above(low - 1e-9) <= 0.025 < shift.above(low + 1e-9)
    assert shift.below(high + 1e-9) <= 0.025 < shift.below(high - 1e-9)


def test_too_few_rounds_have_no_interval() -> None:
    """Three rounds bound nothing with 99% confidence: the interval is everything."""
    assert Paired([1.0, 2.0, 3.0]).interval(0.99) == (-math.inf, math.inf)


def test_nothing_but_zeros_differs_from_nothing() -> None:
    """Differences that are all zero are no evidence in either direction."""
    shift = Paired([0.0] * 30)

    assert (shift.above(0.0), shift.below(0.0), shift.estimate) == (1.0, 1.0, 0.0)


def rounds(rng: np.random.Generator, many: int, factor: float) -> tuple[list[list[float]], list[list[float]]]:
    """Rounds of two sides with a common disturbance that wanders, requests in a block alike: logarithms."""
    wander = np.cumsum(rng.normal(0, 0.1, many))
    made = [[list(at + rng.gumbel(0, 0.2) + rng.gumbel(0, 0.3, 12)) for at in wander] for _ in range(2)]
    return made[0], [[one + math.log(factor) for one in block] for block in made[1]]


def test_requests_that_hang_together_cause_no_more_false_alarms_than_are_allowed() -> None:
    """Of 300 pairs that do not differ at most as many as chance allows are refused at 5%, although blocks wander."""
    rng = np.random.default_rng(11)
    refused = {"p50": 0, "p90": 0}
    for _ in range(300):
        base, head = rounds(rng, 24, 1.0)
        halves = [np.median(two, axis=1) for two in (base, head)]
        refused["p50"] += Paired(halves[1] - halves[0]).above(0.0) <= 0.05
        refused["p90"] += Exceeding(base, head, 90).above(0.0) <= 0.05

    assert max(refused.values()) <= 27  # 15 expected; more than 27 has a probability of 0.2%


def test_a_percentile_that_is_shifted_is_found_and_its_interval_holds_the_shift() -> None:
    """Of a p90 that is 30% slower in 60 rounds it is said that it is slower, and by about how much."""
    shift = Exceeding(*rounds(np.random.default_rng(2), 60, 1.3), 90)
    low, high = shift.interval(0.99)

    assert shift.above(0.0) < 0.01
    assert 0 < low < math.log(1.3) < high


def test_sides_of_other_lengths_are_no_rounds() -> None:
    """Rounds have two sides: sixteen of one and fifteen of the other are refused."""
    with pytest.raises(ValueError, match="16 rounds of one side and 15"):
        Exceeding([[1.0]] * 16, [[1.0]] * 15, 50)


def test_several_probabilities_are_corrected_for_each_other() -> None:
    """Holm's correction: the smallest times all, the next times one fewer, never less than one before, at most one."""
    assert holm([0.01, 0.04, 0.03, 0.9]) == pytest.approx((0.04, 0.09, 0.09, 0.9))
    assert holm([]) == ()
