"""The exact distances, and how far a server that computes in float32 may be from each."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.model import Hit, Metric
from harness.oracle import Expected, Truth, exact_distances
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
