"""The five distances in float32."""

from __future__ import annotations

import numpy as np
import pytest

from harness.model import Metric
from harness.reference.rules import Rules

RULES = Rules()


def distance(metric: Metric, first: list[float], second: list[float]) -> float:
    """The distance of two vectors as the index computes it."""
    one, other = (RULES.prepared(metric, np.array(each, np.float32)) for each in (first, second))
    return float(RULES.distances(metric, one, other[np.newaxis])[0])


@pytest.mark.parametrize(
    ("metric", "expected"),
    [(Metric.COSINE, 1 - 10 / 14), (Metric.DOT, -10), (Metric.L2, 8), (Metric.MANHATTAN, 4), (Metric.HAMMING, 2)],
)
def test_each_metric_has_its_formula(metric: Metric, expected: float) -> None:
    """Of (1,2,3) and (3,2,1) each metric gives what its formula says."""
    assert distance(metric, [1, 2, 3], [3, 2, 1]) == pytest.approx(expected, abs=1e-7)


def test_cosine_does_not_see_the_length() -> None:
    """A vector and its multiple are at distance 0, and a vector and its opposite at 2."""
    assert distance(Metric.COSINE, [1, 2], [100, 200]) == pytest.approx(0, abs=1e-7)
    assert distance(Metric.COSINE, [1, 2], [-1, -2]) == pytest.approx(2)


def test_cosine_is_never_negative() -> None:
    """Rounding never makes a distance below 0."""
    vectors = np.random.default_rng(1).normal(size=(200, 33)).astype(np.float32)
    assert all(distance(Metric.COSINE, list(vector), list(vector)) >= 0 for vector in vectors)


def test_a_zero_vector_is_at_distance_one_from_everything() -> None:
    """Zero has no direction: cosine gives 1."""
    assert distance(Metric.COSINE, [0, 0], [3, 4]) == 1


@pytest.mark.parametrize("metric", list(Metric))
def test_equal_vectors_have_equal_distances_wherever_they_are(metric: Metric) -> None:
    """The same vector in many rows has one distance, to the last bit, in a matrix of any height."""
    generator = np.random.default_rng(2)
    query, vector = (generator.normal(size=1_280).astype(np.float32) for _ in range(2))
    matrix = generator.normal(size=(301, 1_280)).astype(np.float32)
    places = [0, 1, 7, 63, 127, 128, 129, 255, 300]
    matrix[places] = vector
    alone = RULES.distances(metric, query, vector[np.newaxis])
    assert set(RULES.distances(metric, query, matrix)[places].tolist()) == set(alone.tolist())


@pytest.mark.parametrize("metric", list(Metric))
def test_distances_are_float32(metric: Metric) -> None:
    """Every metric computes in float32."""
    vectors = np.ones((3, 4), np.float32)
    assert RULES.distances(metric, vectors[0], vectors).dtype == np.float32
