"""The five distances in float32, in the database's order of operations.

Nothing here is shared with the oracle, on purpose. Each row is computed by itself, so that equal vectors have equal
distances wherever they are stored and whatever else is compared in the same call.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from harness.model import Metric
from harness.reference.request import Vector

Vectors = NDArray[np.float32]
_ROWS_AT_ONCE = 128  # differences of so many rows stay in the processor's cache


class Distances:
    """How far apart vectors are. Source of the formulas: Weaviate's documentation, "Distance metrics"."""

    def distances(self, metric: Metric, query: Vector, vectors: Vectors) -> Vector:
        """Distances of one query to each row.

        Args:
            metric: the metric of the index.
            query: float32 of n components, as `prepared` gives it.
            vectors: float32 of rows x n, as `prepared` gives them.

        Returns:
            float32 of as many values as there are rows.
        """
        measure = {
            Metric.COSINE: self.cosine,
            Metric.DOT: self.dot,
            Metric.L2: self.l2,
            Metric.MANHATTAN: self.manhattan,
            Metric.HAMMING: self.hamming,
        }[metric]
        return measure(query, vectors)

    def prepared(self, metric: Metric, vector: Vector) -> Vector:
        """The form of a vector that is compared: normalised for cosine, else as it is."""
        return self.normalised(vector) if metric is Metric.COSINE else vector

    def normalised(self, vector: Vector) -> Vector:
        """A vector of length 1 in the same direction; zero stays zero (and is at distance 1 from everything)."""
        squares = float(np.einsum("i,i->", vector, vector))
        return vector * np.float32(1.0 / np.sqrt(squares)) if squares else vector

    def cosine(self, query: Vector, vectors: Vectors) -> Vector:
        """1 - a·b of normalised vectors, never below 0."""
        found: Vector = np.maximum(np.float32(1) - _dot_products(query, vectors), np.float32(0))
        return found

    def dot(self, query: Vector, vectors: Vectors) -> Vector:
        """-a·b: negative is closer."""
        return -_dot_products(query, vectors)

    def l2(self, query: Vector, vectors: Vectors) -> Vector:
        """Sum of squared differences; no root is taken."""
        found = np.empty(len(vectors), np.float32)
        for part, difference in _differences(query, vectors):
            np.einsum("ij,ij->i", difference, difference, out=found[part])
        return found

    def manhattan(self, query: Vector, vectors: Vectors) -> Vector:
        """Sum of absolute differences."""
        found = np.empty(len(vectors), np.float32)
        for part, difference in _differences(query, vectors):
            np.einsum("ij->i", np.abs(difference, out=difference), out=found[part])
        return found

    def hamming(self, query: Vector, vectors: Vectors) -> Vector:
        """Number of components that differ."""
        different: NDArray[np.intp] = np.count_nonzero(vectors != query, axis=1)
        return different.astype(np.float32)


def _dot_products(query: Vector, vectors: Vectors) -> Vector:
    products: Vector = np.einsum("ij,j->i", vectors, query)
    return products


def _differences(query: Vector, vectors: Vectors) -> Iterator[tuple[slice, Vectors]]:
    """Which rows, and their differences from the query, in a buffer that the next step overwrites."""
    buffer = np.empty((min(_ROWS_AT_ONCE, len(vectors)), vectors.shape[1]), np.float32)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        part = slice(start, min(start + _ROWS_AT_ONCE, len(vectors)))
        yield part, np.subtract(vectors[part], query, out=buffer[: part.stop - part.start])
