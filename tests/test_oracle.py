"""The exact answer: distances, how exact they have to be, and what must, may and must not be in an answer."""

from __future__ import annotations

import warnings
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.model import Hit, Metric
from harness.oracle import SLACK, UNIT, Expected, Truth, descents, exact_distances, repeated
from harness.reference.rules import Rules

LINEAR = [Metric.DOT, Metric.L2, Metric.MANHATTAN, Metric.HAMMING]
SUMS = [Metric.COSINE, Metric.DOT, Metric.L2, Metric.MANHATTAN]
Singles = NDArray[np.float32]

floats = st.floats(-1e6, 1e6, width=32, allow_subnormal=False).map(lambda one: 0.0 if abs(one) < 1e-6 else one)
pairs = st.integers(1, 24).flatmap(lambda n: st.tuples(*[st.lists(floats, min_size=n, max_size=n)] * 2))


def one_row(vector: list[float]) -> Singles:
    """A matrix of one vector."""
    return np.array([vector], dtype=np.float32)


def as_fractions(vector: list[float]) -> list[Fraction]:
    """The float32 components as rational numbers."""
    return [Fraction(float(np.float32(one))) for one in vector]


def by_fractions(metric: Metric, left: list[float], right: list[float]) -> Fraction:
    """A distance that needs no root, exactly."""
    both = list(zip(as_fractions(left), as_fractions(right), strict=True))
    if metric is Metric.DOT:
        return -sum((a * b for a, b in both), Fraction())
    if metric is Metric.L2:
        return sum(((a - b) ** 2 for a, b in both), Fraction())
    if metric is Metric.MANHATTAN:
        return sum((abs(a - b) for a, b in both), Fraction())
    return Fraction(sum(a != b for a, b in both))


def by_decimals(left: list[float], right: list[float]) -> Decimal:
    """The cosine distance to 60 digits; a vector without direction is at distance 1."""
    with localcontext() as context:
        context.prec = 60
        one, other = ([Decimal(float(np.float32(each))) for each in vector] for vector in (left, right))
        squares = sum(a * a for a in one) * sum(b * b for b in other)
        if not squares:
            return Decimal(1)
        return 1 - sum(a * b for a, b in zip(one, other, strict=True)) / Decimal(squares).sqrt()


# --- distances -----------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", LINEAR)
@given(pair=pairs)
def test_distances_are_those_of_rational_arithmetic(metric: Metric, pair: tuple[list[float], list[float]]) -> None:
    """Distances that need no root agree with rational arithmetic to float64's last digits."""
    left, right = pair
    distances, bounds = exact_distances(metric, left, one_row(right))
    exact = by_fractions(metric, left, right)
    size = sum(abs(a) * abs(b) + a * a + b * b for a, b in zip(left, right, strict=True)) + 1.0
    assert abs(Fraction(float(distances[0])) - exact) <= Fraction(2.0**-48 * size)
    assert bounds[0] >= 0.0


@given(pair=pairs)
def test_cosine_is_that_of_decimal_arithmetic(pair: tuple[list[float], list[float]]) -> None:
    """The cosine distance agrees with sixty digits of decimal arithmetic, zero vectors included."""
    left, right = pair
    distances, _ = exact_distances(Metric.COSINE, left, one_row(right))
    assert abs(Decimal(float(distances[0])) - by_decimals(left, right)) < Decimal("1e-14")


@pytest.mark.parametrize("metric", list(Metric))
@given(pair=pairs)
def test_the_reference_agrees_within_the_bound(metric: Metric, pair: tuple[list[float], list[float]]) -> None:
    """The reference, which shares no code with the oracle, is never farther off than the bound, on any metric."""
    left, right = (np.array(each, dtype=np.float32) for each in pair)
    rules = Rules()
    query = rules.prepared(metric, left)
    found = rules.distances(metric, query, rules.prepared(metric, right)[None])
    truth = Truth(metric, pair[0], ["one"], right[None])
    assert truth.wrong_distances([Hit("one", float(found[0]))]) == []


@pytest.mark.parametrize("components", [5, 16, 64, 384, 1280, 2048])
@pytest.mark.parametrize("metric", list(Metric))
def test_the_reference_agrees_at_the_lengths_of_real_models(metric: Metric, components: int) -> None:
    """At the lengths of real encoders oracle and reference agree within the bound, and both find the same nearest."""
    chance = np.random.default_rng(components)
    vectors = np.maximum(chance.standard_normal((50, components)), 0).astype(np.float32)
    rules = Rules()
    rows = np.stack([rules.prepared(metric, row) for row in vectors])
    found = rules.distances(metric, rules.prepared(metric, vectors[7]), rows)
    ids = [str(number) for number in range(50)]
    truth = Truth(metric, vectors[7].tolist(), ids, vectors)
    ranked = [ids[place] for place in np.argsort(found, kind="stable")]
    hits = [Hit(id_, float(found[int(id_)])) for id_ in ranked]
    assert truth.wrong_distances(hits) == []
    assert truth.faults(hits, truth.expect()) == []
    assert truth.faults(hits[:10], truth.expect(limit=10)) == []


# --- the error bound -----------------------------------------------------------------------------


def one_by_one(terms: Singles) -> np.float32:
    """Sum in order."""
    return np.float32(np.add.accumulate(terms)[-1])


def by_halves(terms: Singles) -> np.float32:
    """Sum halves."""
    if len(terms) == 1:
        return np.float32(terms[0])
    return np.float32(by_halves(terms[: len(terms) // 2]) + by_halves(terms[len(terms) // 2 :]))


def in_lanes(terms: Singles, lanes: int = 8) -> np.float32:
    """Sum as a vector unit does: so many partial sums, added up at the end."""
    padded = np.zeros(-(-len(terms) // lanes) * lanes, np.float32)
    padded[: len(terms)] = terms
    return one_by_one(np.add.accumulate(padded.reshape(-1, lanes))[-1])


def by_numpy(terms: Singles) -> np.float32:
    """Sum as NumPy does."""
    return np.float32(terms.sum(dtype=np.float32))


ORDERS = [one_by_one, lambda terms: one_by_one(terms[::-1]), by_halves, in_lanes, by_numpy]


def in_singles(metric: Metric, left: Singles, right: Singles, order: object) -> float:
    """A distance as a server computes it, in float32, with a summation order of its own."""
    total = order  # type: ignore[assignment]
    if metric is Metric.COSINE:
        left, right = (each / np.sqrt(total(each * each)) for each in (left, right))  # type: ignore[operator]
        return float(np.float32(1) - total(left * right))  # type: ignore[operator]
    if metric is Metric.DOT:
        return float(-total(left * right))  # type: ignore[operator]
    difference = left - right
    return float(total(difference * difference if metric is Metric.L2 else np.abs(difference)))  # type: ignore[operator]


def shapes(components: int) -> list[tuple[str, Singles, Singles]]:
    """Pairs of vectors as encoders make them, and as they make rounding errors conspire."""
    chance = np.random.default_rng(components)
    plain, other = chance.standard_normal((2, components)).astype(np.float32)
    features = np.maximum(plain, 0) + np.float32(1e-3)
    return [
        ("any", plain, other),
        ("never negative", features, np.maximum(other, 0) + np.float32(1e-3)),
        ("almost the same", features, features + np.float32(0.01)),
        ("all components alike", np.full(components, 0.1, np.float32), np.full(components, 0.7, np.float32)),
        ("large", plain * np.float32(1e6), other * np.float32(1e6)),
        ("small", plain * np.float32(1e-6), other * np.float32(1e-6)),
        ("itself", features, features),
    ]


@pytest.mark.parametrize("components", [1, 5, 16, 17, 64, 384, 1280, 2048, 4096])
@pytest.mark.parametrize("metric", SUMS)
def test_the_bound_holds_in_every_order_of_summation(metric: Metric, components: int) -> None:
    """A distance summed in float32 in any usual order is within the bound, also where rounding errors conspire."""
    for name, left, right in shapes(components):
        truth = Truth(metric, left.tolist(), ["one"], right[None])
        for order in ORDERS:
            found = in_singles(metric, left, right, order)
            assert truth.wrong_distances([Hit("one", found)]) == [], name


@given(pair=pairs, order=st.sampled_from(ORDERS), metric=st.sampled_from([Metric.DOT, Metric.L2, Metric.MANHATTAN]))
def test_the_bound_holds_for_any_vectors(pair: tuple[list[float], list[float]], order: object, metric: Metric) -> None:
    """For any two vectors of ordinary size a float32 distance is within the bound."""
    left, right = (np.array(each, dtype=np.float32) for each in pair)
    truth = Truth(metric, pair[0], ["one"], right[None])
    assert truth.wrong_distances([Hit("one", in_singles(metric, left, right, order))]) == []


@pytest.mark.parametrize("metric", SUMS)
def test_the_bound_is_small(metric: Metric) -> None:
    """At 1,280 components the bound is below 2e-5 of what is summed: a tenth of a per cent is still noticed."""
    chance = np.random.default_rng(1)
    left, right = np.maximum(chance.standard_normal((2, 1280)), 0).astype(np.float32)
    truth = Truth(metric, left.tolist(), ["one"], right[None])
    assert 0.0 < truth.bound("one") < 2e-5 * max(1.0, abs(truth.distance("one")))
    assert truth.wrong_distances([Hit("one", truth.distance("one") * 1.001)]) != []


@pytest.mark.parametrize("metric", LINEAR)
@given(
    pair=st.integers(1, 24).flatmap(lambda n: st.tuples(*[st.lists(st.integers(-99, 99), min_size=n, max_size=n)] * 2))
)
def test_small_whole_numbers_have_no_error(metric: Metric, pair: tuple[list[int], list[int]]) -> None:
    """Of small whole numbers the bound is zero: a boundary is a boundary, in every order of summation."""
    left, right = ([float(one) for one in each] for each in pair)
    distances, bounds = exact_distances(metric, left, one_row(right))
    assert bounds.tolist() == [0.0]
    assert Fraction(float(distances[0])) == by_fractions(metric, left, right)


@given(pair=pairs, metric=st.sampled_from([Metric.DOT, Metric.L2, Metric.MANHATTAN]))
def test_the_bound_is_zero_only_where_float32_is_exact(pair: tuple[list[float], list[float]], metric: Metric) -> None:
    """Where the bound is zero, every order of summation in float32 gives the exact distance."""
    left, right = (np.array(each, dtype=np.float32) for each in pair)
    distances, bounds = exact_distances(metric, pair[0], right[None])
    if bounds[0] == 0.0:
        assert {in_singles(metric, left, right, order) for order in ORDERS} == {float(distances[0])}


@pytest.mark.parametrize("metric", [Metric.DOT, Metric.L2])
def test_whole_numbers_beyond_float32_have_an_error(metric: Metric) -> None:
    """Whole numbers whose squares no float32 holds exactly have a bound above zero."""
    _, bounds = exact_distances(metric, [4097.0, 1.0], one_row([-4099.0, 1.0]))
    assert bounds[0] > 0.0


def test_cosine_is_never_taken_for_exact() -> None:
    """A cosine distance has a bound above zero, for normalising rounds even whole numbers."""
    _, bounds = exact_distances(Metric.COSINE, [3.0, 4.0], one_row([4.0, 3.0]))
    assert 0.0 < bounds[0] < 2e-6


def test_an_image_a_little_below_zero_from_itself_is_no_fault() -> None:
    """About -5e-7 for an image with itself, as servers up to 1.25 answer, is within the bound of cosine."""
    vector = np.maximum(np.random.default_rng(3).standard_normal(2048), 0).astype(np.float32)
    truth = Truth(Metric.COSINE, vector.tolist(), ["itself"], vector[None])
    assert truth.wrong_distances([Hit("itself", -5e-7)]) == []
    assert truth.wrong_distances([Hit("itself", -5e-4)]) != []


@pytest.mark.parametrize("metric", [Metric.DOT, Metric.L2])
@pytest.mark.parametrize("component", [1e-30, 1e-23, 1e-40])
def test_what_is_lost_below_the_smallest_float32_is_no_fault(metric: Metric, component: float) -> None:
    """A product too small for a float32 may be reported as 0."""
    truth = Truth(metric, [component] * 4, ["one"], one_row([3 * component] * 4))
    assert truth.wrong_distances([Hit("one", 0.0)]) == []


@pytest.mark.parametrize("component", [1e-25, 1e25])
def test_a_direction_that_float32_cannot_normalise_is_not_judged(component: float) -> None:
    """Where squares leave the range of a float32, nothing is demanded of a cosine distance."""
    truth = Truth(Metric.COSINE, [component, 0.0], ["one"], one_row([0.0, component]))
    assert truth.wrong_distances([Hit("one", 0.0)]) == []
    assert truth.expect(threshold=0.5) == Expected(frozenset(), frozenset({"one"}), 0, 1)


def test_a_vector_without_direction_is_at_distance_one() -> None:
    """By cosine a vector of zeros is at distance 1 from everything, itself included."""
    distances, bounds = exact_distances(Metric.COSINE, [0.0, 0.0], np.array([[0, 0], [1, 2]], np.float32))
    assert distances.tolist() == [1.0, 1.0]
    assert bounds.max() < 1e-6


def test_a_query_is_read_as_float32() -> None:
    """Components of a query that are not float32 are rounded as a server rounds them."""
    truth = Truth(Metric.HAMMING, [0.1, 0.2], ["one"], one_row([0.1, 0.2]))
    assert truth.distance("one") == 0.0


def test_vectors_of_another_length_are_an_error() -> None:
    """A query that has not as many components as the stored vectors is a mistake of the caller's."""
    with pytest.raises(ValueError, match="the query has 2 components, the stored vectors have 3"):
        exact_distances(Metric.L2, [1.0, 2.0], one_row([1.0, 2.0, 3.0]))


def test_nothing_stored_has_no_distances() -> None:
    """Without stored vectors there are no distances, whatever the query."""
    truth = Truth(Metric.L2, [1.0], [], np.zeros((0, 0), np.float32))
    assert len(truth) == 0
    assert truth.expect(limit=5) == Expected(frozenset(), frozenset(), 0, 0)
    assert truth.recall([], 5) == 1.0


@pytest.mark.parametrize("metric", SUMS)
def test_two_right_answers_are_never_farther_apart_than_allowed(metric: Metric) -> None:
    """Two float32 computations of one distance differ by no more than `apart` says."""
    for _, left, right in shapes(1280):
        truth = Truth(metric, left.tolist(), ["one"], right[None])
        found = [in_singles(metric, left, right, order) for order in ORDERS]
        assert max(found) - min(found) <= truth.apart(["one", "unknown"])


def test_exact_distances_are_not_apart() -> None:
    """Where all distances are exact, two answers may not differ at all."""
    assert Truth(Metric.L2, [1.0, 2.0], ["one"], one_row([3.0, 4.0])).apart(["one"]) == 0.0


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
    truth = Truth(Metric.MANHATTAN, [0.0], ["one"], one_row([2.0**24 - 1]))
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
    truth = Truth(Metric.MANHATTAN, [0.0], ["one"], one_row([0.1]))
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
