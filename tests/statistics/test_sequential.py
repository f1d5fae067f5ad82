"""Looking before the end costs a little, and never more errors than were allowed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from harness.statistics import sequential
from harness.statistics.ranks import Paired


def test_a_plan_spends_the_whole_error_and_most_of_it_at_the_end() -> None:
    """Five looks in 100 rounds: after 20, 40, 60, 80 and 100, growing errors, the allowed one in all."""
    plan = sequential.plan(100, 0.01, 5)

    assert plan.rounds == (20, 40, 60, 80, 100)
    assert list(plan.errors) == sorted(plan.errors)
    assert plan.error == pytest.approx(0.01)
    assert (plan.error_at(40), plan.error_at(41)) == (plan.errors[1], None)


def test_the_first_bounds_are_those_of_o_brien_and_fleming() -> None:
    """Half-way a two-sided 5% may have spent 0.0056, as the tables for Lan and DeMets' function have it."""
    assert sequential.spending(0.5, 0.05) == pytest.approx(0.0056, abs=0.0001)
    assert sequential.spending(1.0, 0.05) == pytest.approx(0.05)


def test_looking_early_costs_some_width_and_not_looking_costs_nothing() -> None:
    """An interval at the end of five looks is some per cent wider; one look at the end costs nothing."""
    assert sequential.plan(100, 0.01, 5).cost == pytest.approx(0.066, abs=0.005)
    assert sequential.plan(100, 0.01, 1).cost == pytest.approx(0.0)


def test_looking_often_raises_no_more_false_alarms() -> None:
    """Of 400 streams without shift as many stop as 5% allow, at most; looked at with 5% each time more would."""
    rng, plan = np.random.default_rng(7), sequential.plan(60, 0.05, 5)
    alarms = naive = 0
    for _ in range(400):
        stream = rng.standard_t(3, 60)
        shifts = [Paired(stream[:n]) for n in plan.rounds]
        chances = [2 * min(one.above(0), one.below(0)) for one in shifts]
        alarms += any(chance <= error for chance, error in zip(chances, plan.errors, strict=True))
        naive += any(chance <= 0.05 for chance in chances)

    assert alarms <= 33  # 20 expected at most; more than 33 has a probability of 0.2%
    assert naive > 33


def test_how_many_rounds_more_would_decide() -> None:
    """Half the width takes four times the rounds; a distance of nothing takes more than anybody runs."""
    assert sequential.rounds_to_decide(0.02, 100, 0.01) == 300
    assert sequential.rounds_to_decide(0.02, 100, 0.0) is None
    assert sequential.rounds_to_decide(1.0, 100, 0.0001) is None
    assert sequential.rounds_to_decide(math.inf, 3, 0.01) == 3


def test_the_smallest_change_that_is_found_is_wider_than_the_interval() -> None:
    """To be found in 19 of 20 cases a shift must be half the width and 1.645 standard errors more."""
    assert sequential.detectable(2.576, 0.01, power=0.95) == pytest.approx(2.576 + 1.645, abs=0.01)


def test_no_rounds_have_no_plan() -> None:
    """A plan needs rounds, looks and an error."""
    with pytest.raises(ValueError, match="no plan has 0 rounds"):
        sequential.plan(0, 0.01, 5)
