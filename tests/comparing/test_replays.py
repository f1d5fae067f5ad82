"""Rounds that were recorded, asked again as others: what a judgement is worth."""

from __future__ import annotations

import numpy as np
import pytest
from made_up import series

from harness.comparing.judging import USUAL, Allowed, Is, Metric
from harness.comparing.looking import Looks
from harness.comparing.replays import outcome, rates, replayed

P50 = (Metric(50.0, 0.03),)


def test_a_replay_keeps_the_order_and_draws_whose_block_is_whose() -> None:
    """Each round has the two blocks that it had, in either order; rounds follow each other as they did."""
    made = series(rounds=20)
    again = replayed(made, 30, np.random.default_rng(1))
    before = [{one, other} for one, other in zip(made.base.blocks, made.head.blocks, strict=True)]
    after = [{one, other} for one, other in zip(again.base.blocks, again.head.blocks, strict=True)]
    start = before.index(after[0])

    assert after == [before[(start + each) % 20] for each in range(30)]
    assert 5 < sum(one in made.base.blocks for one in again.base.blocks) < 25


def test_replays_of_two_sides_alike_hardly_ever_differ_and_five_per_cent_is_found() -> None:
    """Of 25 replays of quiet rounds none is accused; with 5% on top nearly all are found."""
    recorded = [series(rounds=80, noise=0.03, seed=4)]
    alike = rates(recorded, 25, metrics=P50)
    slower = rates(recorded, 25, slower=0.05, metrics=P50)

    assert alike.share(Is.SLOWER, Is.FASTER) <= 1 / 25
    assert slower.share(Is.SLOWER) > 0.9
    low, high = slower.within(Is.SLOWER)
    assert low < slower.share(Is.SLOWER) <= high


def test_what_is_decided_early_ends_early() -> None:
    """Twice as slow takes two of five looks, for the first may err hardly at all; what nobody can decide takes all."""
    assert outcome(series(rounds=100, slower=10.0), metrics=P50) == (Is.SLOWER, 40)
    assert outcome(series(rounds=10), metrics=(Metric(50.0, 0.0001),))[1] == 10


def test_looks_spend_what_is_allowed_and_no_more() -> None:
    """Three looks of a plan, one of them unplanned, because time was over: parts of the error that add up to it."""
    looks = Looks(50, 5, USUAL, Allowed(false_alarm=0.01))
    made, spent = [series(rounds=50)], []
    for done in (10, 33, 50):
        looks.at(done, made)
        spent.append(looks._allowed.false_alarm)

    assert (looks.due(10), looks.due(33), looks.looked) == (True, False, (10, 33, 50))
    assert sum(spent) == pytest.approx(0.01)
