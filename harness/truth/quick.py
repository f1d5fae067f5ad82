"""Distances in float32, of many questions from a block of vectors at once: fast, and off by at most `bounds.ours`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from harness.model import Metric
from harness.truth.shards import Rows

BLOCK = 16384
"""Rows that are compared at once: where one product of matrices is fastest."""

_FEW = 256
"""Rows of a piece that stays in the processor's cache while one question after the other is compared with it."""


def distances(metric: Metric, queries: Rows, rows: Rows, squares: Rows) -> Rows:
    """Return the distances of m vectors from q questions, m x q.

    Args:
        metric: the distance.
        queries: q x n.
        rows: m x n.
        squares: the sum of squares of each row, m.
    """
    return _HOW[metric](queries, rows, squares)


def _cosine(queries: Rows, rows: Rows, squares: Rows) -> Rows:
    lengths = np.linalg.norm(queries.astype(np.float64), axis=1)
    directions = (queries / np.where(lengths == 0.0, 1.0, lengths)[:, None]).astype(np.float32)
    found: Rows = rows @ directions.T
    found /= -np.sqrt(np.where(squares == 0.0, np.float32(1), squares))[:, None]
    found += np.float32(1)
    return found


def _dot(queries: Rows, rows: Rows, _squares: Rows) -> Rows:
    found: Rows = rows @ -queries.T
    return found


def _l2(queries: Rows, rows: Rows, squares: Rows) -> Rows:
    found: Rows = rows @ (-2 * queries.T)
    found += squares[:, None]
    found += np.einsum("ij,ij->i", queries, queries)
    return found


def _manhattan(queries: Rows, rows: Rows, _squares: Rows) -> Rows:
    return _by_pieces(queries, rows, lambda query, piece: np.abs(piece - query).sum(axis=1))


def _hamming(queries: Rows, rows: Rows, _squares: Rows) -> Rows:
    return _by_pieces(queries, rows, lambda query, piece: np.count_nonzero(piece != query, axis=1))


def _by_pieces(queries: Rows, rows: Rows, compare: Callable[[Rows, Rows], Rows]) -> Rows:
    found = np.empty((len(rows), len(queries)), dtype=np.float32)
    for first in range(0, len(rows), _FEW):
        piece = rows[first : first + _FEW]
        for number, query in enumerate(queries):
            found[first : first + len(piece), number] = compare(query, piece)
    return found


_HOW: Mapping[Metric, Callable[[Rows, Rows, Rows], Rows]] = {
    Metric.COSINE: _cosine,
    Metric.DOT: _dot,
    Metric.L2: _l2,
    Metric.MANHATTAN: _manhattan,
    Metric.HAMMING: _hamming,
}
