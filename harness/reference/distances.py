"""The five distances in float32, in the database's order of operations.

Nothing here is shared with the oracle, on purpose. Each row is computed by itself, so that equal vectors have equal
distances wherever they are stored and whatever else is compared in the same call.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from harness.model import Metric
from harness.reference.request import Vector

Vectors = NDArray[np.float32]
_ROWS_AT_ONCE = 64  # differences of so many rows stay in the processor's cache


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
        with np.errstate(all="ignore"):  # what cannot be computed is infinite or no number, as in the database
            return measure(query, vectors)

    def prepared(self, metric: Metric, vector: Vector) -> Vector:
        """The form of a vector that is compared: normalised for cosine, else as it is."""
        return self.normalised(vector) if metric is Metric.COSINE else vector

    def normalised(self, vector: Vector) -> Vector:
        """A vector of length 1 in the same direction; zero stays zero (and is at distance 1 from everything)."""
        with np.errstate(all="ignore"):  # as in `distances`
            squares = float(np.dot(vector, vector))
            return vector * np.float32(1.0 / math.sqrt(squares)) if squares else vector

    def cosine(self, query: Vector, vectors: Vectors) -> Vector:
        """1 - a·b of normalised vectors, never below 0."""
        found: Vector = np.maximum(np.float32(1) - _products(vectors, query), np.float32(0))
        return found

    def dot(self, query: Vector, vectors: Vectors) -> Vector:
        """-a·b: negative is closer."""
        return -_products(vectors, query)

    def l2(self, query: Vector, vectors: Vectors) -> Vector:
        """Sum of squared differences; no root is taken."""
        found = np.empty(len(vectors), np.float32)
        for part, difference in _differences(query, vectors):
            found[part] = _products(difference, difference)
        return found

    def manhattan(self, query: Vector, vectors: Vectors) -> Vector:
        """Sum of absolute differences."""
        found, ones = np.empty(len(vectors), np.float32), np.ones_like(query)
        for part, difference in _differences(query, vectors):
            found[part] = _products(np.abs(difference, out=difference), ones)
        return found

    def hamming(self, query: Vector, vectors: Vectors) -> Vector:
        """Number of components that differ."""
        different: NDArray[np.intp] = np.count_nonzero(vectors != query, axis=1)
        return different.astype(np.float32)


def _products(rows: Vectors, others: Vectors) -> Vector:
    """The dot product of each row with the other of its place, or with the one other, in an array of its own.

    A row times a column, for each row: in a product of whole matrices the rows at the edge of a block are added up in
    another order.
    """
    products: Vector = np.matmul(rows[:, np.newaxis, :], others[..., np.newaxis])[:, 0, 0]
    return products


def _differences(query: Vector, vectors: Vectors) -> Iterator[tuple[slice, Vectors]]:
    """Which rows, and their differences from the query, in a buffer that the next step overwrites."""
    buffer = np.empty((min(_ROWS_AT_ONCE, len(vectors)), vectors.shape[1]), np.float32)
    for start in range(0, len(vectors), _ROWS_AT_ONCE):
        part = slice(start, min(start + _ROWS_AT_ONCE, len(vectors)))
        yield part, np.subtract(vectors[part], query, out=buffer[: part.stop - part.start])
