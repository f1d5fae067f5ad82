"""Exact neighbours in shards are the oracle's, whatever the metric, the ties and the cuts between shards."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.model import Metric
from harness.oracle import Truth, exact_distances
from harness.truth import NOTHING, Asked, InMemory, Neighbours, edges, merged, nearest_in, settled
from harness.truth.bounds import ours, the_oracles
from harness.truth.quick import distances
from harness.truth.shards import Rows


def drawn(kind: str, seed: int, rows: int, components: int) -> tuple[Rows, Rows]:
    """Vectors and two questions: random ones, small whole numbers (exact in float32), or many copies of few."""
    numbers = np.random.default_rng(seed)
    if kind == "whole":
        found = numbers.integers(-2, 3, (rows + 2, components)).astype(np.float32)
        return found[2:], found[:2]
    found = numbers.standard_normal((rows + 2, components)).astype(np.float32)
    if kind == "copies":
        few = found[: max(1, rows // 8)] * np.float32(1000)
        return few[numbers.integers(0, len(few), rows)], few[numbers.integers(0, len(few), 2)]
    return found[2:], found[:2]


def answered(asked: Asked, shards: InMemory, *, knowing: bool) -> list[Neighbours]:
    """Go through the shards, with or without telling each what was found before."""
    parts = [NOTHING] * len(asked.queries)
    for shard, (start, _) in enumerate(pairwise(shards.starts)):
        within = edges(asked, parts) if knowing else ()
        parts = merged(asked, parts, nearest_in(asked, shards.rows(shard), start=start, within=within))
    return settled(asked, parts, shards)


@settings(max_examples=60)
@given(
    metric=st.sampled_from(list(Metric)),
    kind=st.sampled_from(["random", "whole", "copies"]),
    seed=st.integers(0, 2**20),
    rows=st.integers(1, 300),
    components=st.integers(1, 70),
    limit=st.integers(1, 30),
    size=st.integers(1, 300),
    knowing=st.booleans(),
)
def test_neighbours_in_shards_are_the_oracles(
    *, metric: Metric, kind: str, seed: int, rows: int, components: int, limit: int, size: int, knowing: bool
) -> None:
    """What may and what must be among the best is what the oracle expects, and so is the recall of any answer."""
    vectors, queries = drawn(kind, seed, rows, components)
    ids = [f"object {number}" for number in range(rows)]
    found = answered(Asked(metric, limit, queries), InMemory(ids, vectors, size), knowing=knowing)
    for query, answer in zip(queries, found, strict=True):
        truth = Truth(metric, query.tolist(), ids, vectors)
        expected = truth.expect(limit=limit)
        assert set(answer.ids) == expected.may
        assert {id_ for id_, must in zip(answer.ids, answer.sure, strict=True) if must} == expected.must
        assert list(answer.distances) == sorted(answer.distances)
        assert answer.distances == pytest.approx([truth.distance(id_) for id_ in answer.ids], rel=1e-12, abs=1e-12)
        some = truth.ranking()[:limit:2]
        assert answer.recall(some) == pytest.approx(truth.recall(some, limit))


@settings(max_examples=60)
@given(
    metric=st.sampled_from(list(Metric)),
    kind=st.sampled_from(["random", "whole", "copies"]),
    seed=st.integers(0, 2**20),
    components=st.integers(1, 600),
)
def test_the_bounds_from_lengths_are_never_too_small(metric: Metric, kind: str, seed: int, components: int) -> None:
    """Ours holds for the quick distances, and the oracle's is never above the one that stands in for it."""
    vectors, queries = drawn(kind, seed, 40, components)
    quick = distances(metric, queries, vectors, np.einsum("ij,ij->i", vectors, vectors))
    longest = float(np.linalg.norm(vectors.astype(np.float64), axis=1).max())
    for number, query in enumerate(queries):
        length = float(np.linalg.norm(query.astype(np.float64)))
        exact, bounds = exact_distances(metric, query.tolist(), vectors)
        first = ours(metric, length, longest, components)
        assert (np.abs(quick[:, number] - exact) <= first.highest(exact) - exact + 1e-15 * np.abs(exact)).all()
        stands_in = the_oracles(metric, length, longest, components)
        assert (bounds <= stands_in.highest(exact) - exact + 1e-15 * np.abs(exact)).all()


def test_a_tie_at_the_edge_is_complete() -> None:
    """Of five objects at the same distance all five are there when two are wanted, and none of them is sure."""
    vectors = np.ones((5, 3), dtype=np.float32)
    asked = Asked(Metric.L2, 2, np.zeros((1, 3), dtype=np.float32))
    [answer] = answered(asked, InMemory(list("abcde"), vectors, 2), knowing=True)
    assert answer.ids == ("a", "b", "c", "d", "e")
    assert not answer.sure.any()
    assert answer.recall(["e", "c"]) == 1.0
    assert answer.recall(["e", "x"]) == 0.5


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_a_vector_that_nobody_can_rank_is_refused(value: float) -> None:
    """A component that is no finite number, or whose square no float32 holds, is an error that names the row."""
    vectors = np.ones((4, 3), dtype=np.float32)
    vectors[2, 1] = value
    asked = Asked(Metric.DOT, 2, np.ones((1, 3), dtype=np.float32))
    with pytest.raises(UsageError, match="the vector at row 12 has squares that a float32 can't hold"):
        nearest_in(asked, vectors, start=10)


def test_questions_of_another_length_are_refused() -> None:
    """Three components are not compared with four."""
    asked = Asked(Metric.DOT, 2, np.ones((1, 3), dtype=np.float32))
    with pytest.raises(UsageError, match="the questions have 3 components, the stored vectors have 4"):
        nearest_in(asked, np.ones((4, 4), dtype=np.float32))


def test_a_vector_without_direction_is_at_distance_one() -> None:
    """Zero vectors are ranked under cosine as the oracle ranks them."""
    vectors = np.array([[0, 0], [1, 0], [-1, 0]], dtype=np.float32)
    asked = Asked(Metric.COSINE, 3, np.array([[1, 0], [0, 0]], dtype=np.float32))
    first, second = answered(asked, InMemory(list("abc"), vectors), knowing=False)
    assert list(zip(first.ids, first.distances, strict=True)) == [("b", 0.0), ("a", 1.0), ("c", 2.0)]
    assert list(second.distances) == [1.0, 1.0, 1.0]
