"""The exact answer: what must, may and must not be in it, and which way an answer can be wrong."""

from __future__ import annotations

import warnings
from itertools import pairwise, permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.model import Hit, Metric
from harness.oracle import SLACK, UNIT, Expected, Truth, descents, repeated
from harness.reference.rules import Rules

floats = st.floats(-1e6, 1e6, width=32, allow_subnormal=False).map(lambda one: 0.0 if abs(one) < 1e-6 else one)


# --- what must and what may be there -------------------------------------------------------------


def numbers(positions: list[int], query: int = 0) -> Truth:
    """Objects on a line, by whole numbers: distances are exact and ties frequent."""
    ids = [f"{place}" for place in range(len(positions))]
    return Truth(Metric.MANHATTAN, [float(query)], ids, np.array([[one] for one in positions], np.float32))


def answers(
    positions: list[int], *, limit: int | None, offset: int, threshold: int | None, among: set[str] | None
) -> set[frozenset[str]]:
    """Every right answer, by trying each order that ties allow."""
    left = [place for place in range(len(positions)) if among is None or str(place) in among]
    right = set()
    for order in permutations(left):
        if all(abs(positions[a]) <= abs(positions[b]) for a, b in pairwise(order)):
            page = order[offset : None if limit is None else offset + limit]
            kept = (place for place in page if threshold is None or abs(positions[place]) <= threshold)
            right.add(frozenset(map(str, kept)))
    return right


@settings(max_examples=150)
@given(
    positions=st.lists(st.integers(-3, 3), max_size=6),
    limit=st.none() | st.integers(1, 6),
    offset=st.integers(0, 4),
    threshold=st.none() | st.integers(-1, 4),
    among=st.none() | st.sets(st.sampled_from("012345")),
)
def test_expectations_are_those_of_every_right_answer(
    positions: list[int], limit: int | None, offset: int, threshold: int | None, among: set[str] | None
) -> None:
    """What must be there is in every right answer, what may be there in some; each is accepted, any other is not."""
    truth = numbers(positions)
    expected = truth.expect(limit=limit, offset=offset, threshold=threshold, among=among)
    right = answers(positions, limit=limit, offset=offset, threshold=threshold, among=among)
    assert expected.must == frozenset.intersection(*right)
    assert expected.may == frozenset.union(*right)
    assert (expected.least, expected.most) == (min(map(len, right)), max(map(len, right)))
    for answer in right:
        assert truth.faults([Hit(id_) for id_ in answer], expected) == []
    whole = frozenset(truth.ids)
    if whole not in right:
        assert truth.faults([Hit(id_) for id_ in whole], expected) != []


@given(
    vectors=st.lists(st.lists(floats, min_size=3, max_size=3), min_size=1, max_size=12),
    metric=st.sampled_from(list(Metric)),
    limit=st.none() | st.integers(1, 12),
    offset=st.integers(0, 5),
    beside=st.none() | st.sampled_from([0.0, 1e-7, -1e-7, 1e-3, 1e30, -1e30, 1e39]),
)
def test_must_is_part_of_may(
    vectors: list[list[float]], metric: Metric, limit: int | None, offset: int, beside: float | None
) -> None:
    """Whatever the vectors, what must be there may be there, and the numbers lie between."""
    truth = Truth(metric, vectors[0], [str(one) for one in range(len(vectors))], np.array(vectors, np.float32))
    threshold = None if beside is None else truth.distance("0") + beside
    expected = truth.expect(limit=limit, offset=offset, threshold=threshold)
    assert expected.must <= expected.may
    assert len(expected.must) <= expected.most
    assert expected.least <= expected.most <= len(expected.may)


@given(
    vectors=st.lists(st.lists(floats, min_size=3, max_size=3), min_size=1, max_size=12),
    metric=st.sampled_from(list(Metric)),
    limit=st.integers(1, 12),
    offset=st.integers(0, 5),
    at=st.none() | st.integers(0, 11),
)
def test_a_right_server_in_float32_is_never_accused(
    vectors: list[list[float]], metric: Metric, limit: int, offset: int, at: int | None
) -> None:
    """What a server finds that computes in float32 and compares with a float32 threshold is always accepted."""
    rules = Rules()
    stored = np.array(vectors, np.float32)
    rows = np.stack([rules.prepared(metric, row) for row in stored])
    found = rules.distances(metric, rules.prepared(metric, stored[0]), rows)
    truth = Truth(metric, vectors[0], [str(one) for one in range(len(vectors))], stored)
    threshold = None if at is None else float(np.sort(found)[at % len(found)])
    page = np.argsort(found, kind="stable")[offset : offset + limit]
    kept = [place for place in page if threshold is None or found[place] <= np.float32(threshold)]
    hits = [Hit(str(place), float(found[place])) for place in kept]
    assert truth.faults(hits, truth.expect(limit=limit, offset=offset, threshold=threshold)) == []
    assert truth.wrong_distances(hits) == []


def test_the_slack_beyond_a_threshold_may_be_there_and_need_not() -> None:
    """Up to 1e-6 beyond the threshold a hit is allowed, not demanded; farther it is neither."""
    truth = Truth(Metric.MANHATTAN, [0.0], ["in", "near", "far"], np.array([[0.25], [0.5], [1.0]], np.float32))
    expected = truth.expect(threshold=0.5 - SLACK / 2)
    assert expected == Expected(frozenset({"in"}), frozenset({"in", "near"}), 1, 2)
    assert truth.expect(threshold=0.5 - 4 * SLACK).may == {"in"}


def test_a_threshold_that_float32_rounds_is_a_boundary_of_both() -> None:
    """Where rounding the threshold to float32 decides, either answer is allowed."""
    truth = Truth(Metric.MANHATTAN, [0.0], ["one"], np.array([[2.0**24 - 1]], np.float32))
    expected = truth.expect(threshold=2.0**24 - 1.3)
    assert expected == Expected(frozenset(), frozenset({"one"}), 0, 1)


def test_a_threshold_beyond_float32_finds_all_without_a_warning() -> None:
    """A threshold that no float32 holds is no trouble of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert numbers([1, 2]).expect(threshold=1e39).may == {"0", "1"}


# --- faults --------------------------------------------------------------------------------------


def test_a_missing_neighbour_is_named_with_its_distance() -> None:
    """A neighbour that is missing is named, nearest first, with its exact distance."""
    truth = numbers([3, 1, 2])
    [fault] = truth.faults([Hit("0")], truth.expect())
    assert fault.what == "a neighbour is missing"
    assert fault.facts["missing"] == [{"id": "1", "exact": 1.0}, {"id": "2", "exact": 2.0}]


def test_a_hit_that_nobody_stored_is_named() -> None:
    """A hit whose id was never stored does not belong there, and the fault says so."""
    truth = numbers([1])
    [fault] = truth.faults([Hit("0"), Hit("ghost")], truth.expect())
    assert fault.what == "a hit does not belong there"
    assert "ghost" in str(fault.facts["extra"])


def test_too_many_of_a_tie_are_too_many() -> None:
    """Of a tie that a limit cuts any may be there, but no more and no fewer than there is room for."""
    truth = numbers([1, 2, -2, 2])
    expected = truth.expect(limit=2)
    assert [fault.what for fault in truth.faults([Hit("0"), Hit("3")], expected)] == []
    assert [fault.what for fault in truth.faults([Hit("0")], expected)] == ["the number of hits is wrong"]
    three = [Hit("0"), Hit("1"), Hit("3")]
    assert [fault.what for fault in truth.faults(three, expected)] == ["the number of hits is wrong"]


def test_an_object_that_comes_twice_is_a_fault() -> None:
    """An object that is returned twice is a fault, however right the set is."""
    truth = numbers([1, 2])
    assert [one.what for one in truth.faults([Hit("0"), Hit("0"), Hit("1")], truth.expect())] == [
        "an object was returned more than once"
    ]
    assert repeated(["a", "b"]) == []


def test_a_distance_that_is_no_number_is_wrong() -> None:
    """NaN and infinity are wrong distances; a hit without a distance says nothing about it."""
    truth = numbers([1])
    assert len(truth.wrong_distances([Hit("0", float("nan")), Hit("0", float("inf")), Hit("0", None)])) == 2


def test_a_printed_distance_may_be_one_rounding_off() -> None:
    """A distance that float32 rounds when it is printed is right, the next but one is not."""
    truth = Truth(Metric.MANHATTAN, [0.0], ["one"], np.array([[0.1]], np.float32))
    assert truth.wrong_distances([Hit("one", 0.1)]) == []
    assert truth.wrong_distances([Hit("one", 0.1 * (1 + 8 * UNIT))]) != []


def test_descents_are_places_where_the_next_is_nearer() -> None:
    """Equal distances are in order; each that is smaller than the one before is a fault."""
    assert descents([Hit("a", 0.0), Hit("b", 0.0), Hit("c", 2.0)]) == []
    assert [one.facts["place"] for one in descents([Hit("a", 1.0), Hit("b", 0.5), Hit("c", 0.25)])] == [1, 2]


# --- ranking and recall --------------------------------------------------------------------------


def test_equal_distances_are_one_distinct_distance() -> None:
    """Each distance counts once, ascending; the ranking keeps a tie in the order given."""
    truth = numbers([2, -1, -2, 1, 0])
    assert truth.distinct_distances() == [0.0, 1.0, 2.0]
    assert truth.ranking() == ["4", "1", "3", "0", "2"]


def test_recall_takes_any_of_a_tie() -> None:
    """Recall counts by distance: any member of a tie at the edge is as good as another, a farther one is none."""
    truth = numbers([0, 1, -1, 5])
    assert truth.recall(["0", "2"], 2) == 1.0
    assert truth.recall(["0", "1"], 2) == 1.0
    assert truth.recall(["0", "3"], 2) == 0.5
    assert truth.recall(["0", "0"], 2) == 0.5
    assert truth.recall([], 2) == 0.0


def test_recall_asks_for_no_more_than_there_is() -> None:
    """With fewer objects than asked for, all of them are a recall of 1."""
    assert numbers([1, 2]).recall(["0", "1"], 10) == 1.0


@given(positions=st.lists(st.integers(-5, 5), min_size=1, max_size=8), limit=st.integers(1, 8))
def test_an_exact_answer_has_recall_one(positions: list[int], limit: int) -> None:
    """Any right answer has recall 1."""
    truth = numbers(positions)
    assert truth.recall(truth.ranking()[:limit], limit) == 1.0
    assert truth.recall(truth.ranking()[::-1][:limit], limit) <= 1.0
