"""Three answers, each only where it is earned, and where a difference is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_up import NAME, series

from harness.comparing.judging import Allowed, Is, Metric, decided, judge
from harness.comparing.parts import split
from harness.comparing.series import Series, Side

P50 = (Metric(50.0, 0.02),)


def test_what_is_slower_is_found_with_about_how_much() -> None:
    """0.6 ms on 10 are 6% slower: the interval holds it, and zero is outside."""
    [found] = judge([series(slower=0.6)], P50).judgements

    assert found.answer is Is.SLOWER
    assert 0 < found.within.low < 0.06 < found.within.high
    assert found.chance <= 0.005


def test_what_is_faster_is_faster() -> None:
    """The sides changed over, the same difference is one to be glad of."""
    made = series(slower=0.6)
    [found] = judge([Series(NAME, made.head, made.base, paired=True)], P50).judgements

    assert (found.answer, found.change < 0) == (Is.FASTER, True)


def test_what_does_not_differ_is_the_same_if_there_is_enough_of_it() -> None:
    """With 200 rounds a difference of the margin would show: none does, so the sides are the same."""
    [found] = judge([series(rounds=200)], P50).judgements

    assert (found.answer, found.more) == (Is.SAME, 0)


def test_too_few_rounds_leave_it_open_and_say_how_many_more_would_decide() -> None:
    """With 12 rounds nobody can say; the number that would decide is between that and what decides."""
    [found] = judge([series(rounds=12, seed=2)], P50).judgements

    assert found.answer is Is.OPEN
    assert found.more is not None
    assert 10 < found.more < 1000
    assert found.smallest > 0.05


def test_a_difference_below_the_margin_is_none() -> None:
    """What is certain but smaller than anybody cares for is no regression."""
    [found] = judge([series(slower=0.1, rounds=600, noise=0.02)], P50).judgements

    assert found.chance < 0.005
    assert found.answer is Is.SAME


def test_a_percentile_that_is_not_carried_is_not_judged() -> None:
    """For p99 it takes 1,000 answers of each side, and the reason says so."""
    found = judge([series(rounds=40)], (Metric(99.0, 0.2),))

    assert not found.judgements
    assert found.unsaid[0].reason == "p99 needs 1,000 answers of each side, and there were 600"


def test_several_metrics_are_corrected() -> None:
    """The same evidence beside nine other series is worth a tenth."""
    made = series(slower=0.35, rounds=40)
    alone = judge([made], P50).judgements[0].chance
    among = judge([made, *(series(seed=10 + each, rounds=40) for each in range(9))], P50).judgements[0].chance

    assert among == pytest.approx(10 * alone)


def test_false_alarms_are_as_rare_as_is_allowed() -> None:
    """Of 60 pairs that do not differ, two metrics each and a tenth allowed, at most 13 are accused."""
    allowed = Allowed(false_alarm=0.1)
    metrics = (Metric(50.0, 0.001), Metric(90.0, 0.001))
    found = [judge([series(rounds=16, seed=seed)], metrics, allowed) for seed in range(60)]

    assert (
        sum(any(one.answer in (Is.SLOWER, Is.FASTER) for one in each.judgements) for each in found) <= 13
    )  # 6 expected; more than 13 has a probability of 0.3%


def test_two_runs_that_were_not_interleaved_are_compared_by_their_blocks() -> None:
    """Without rounds a block of one side belongs to none of the other: what is 30% slower is found all the same."""
    made = replace(series(slower=3.0, rounds=20), paired=False)
    found = judge([made], (Metric(50.0, 0.05), Metric(90.0, 0.1))).judgements

    assert [one.answer for one in found] == [Is.SLOWER, Is.SLOWER]


def test_the_inference_service_is_named_where_it_is_the_cause() -> None:
    """0.6 ms more in the service, by its own clock, and nothing else."""
    found = split(series(service=0.6))

    assert found is not None
    assert found.sentence == "the difference is in the inference service"
    assert found.service.within.low < 0.6 < found.service.within.high


def test_the_database_is_named_where_it_is_the_cause() -> None:
    """0.6 ms more around the service, by both clocks."""
    found = split(series(slower=0.6, noise=0.01))

    assert found is not None
    assert found.sentence.startswith("the difference is in the database")


def test_nobody_is_named_where_nothing_shows() -> None:
    """Without a difference there is no cause; without the service's clock there is nothing to look at."""
    found = split(series(rounds=10))
    assert found is not None
    assert found.sentence == "in which part the difference is can't be told"

    made = series()
    blind = replace(made, base=Side(made.base.blocks))
    assert split(blind) is None


def test_rounds_have_two_sides() -> None:
    """A round that only one side was asked in is no round."""
    made = series(rounds=10)
    with pytest.raises(ValueError, match="10 rounds of one side and 9"):
        Series(NAME, made.base, Side(made.head.blocks[:-1]), paired=True)


@pytest.mark.parametrize(
    ("found", "over"),
    [
        ([], False),
        ([Is.SAME, Is.FASTER], True),
        ([Is.SAME, Is.OPEN], False),
        ([Is.SLOWER, Is.OPEN], True),
    ],
)
def test_it_is_decided_when_something_is_slower_or_nothing_is_open(found: list[Is], *, over: bool) -> None:
    """What is open does not matter any more once something else is slower."""
    assert decided(found) is over
