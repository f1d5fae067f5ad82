"""The nearest of many questions in one shard: candidates in float32, then the exact distances of those alone.

A shard is compared in blocks. In each, every object is kept whose float32 distance, less what that may be off, is
within reach of the nearest so far; the reach shrinks from block to block. What is left in the end gets its distance in
float64. Nothing that may belong to the answer is left out on the way.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.errors import UsageError
from harness.model import Metric
from harness.truth.bounds import LARGEST, SMALLEST, Bound, ours, the_oracles
from harness.truth.neighbours import Asked, Floats, Partial
from harness.truth.quick import BLOCK, distances
from harness.truth.shards import Rows


def nearest_in(asked: Asked, rows: Rows, *, start: int = 0, within: Sequence[float] = ()) -> list[Partial]:
    """Return the nearest of each question in a shard, with all that rounding may put among them.

    Args:
        asked: the questions.
        rows: the shard's vectors, m x n.
        start: the place of the shard's first row.
        within: for each question what its edge is known to be from other shards (`neighbours.edges`); none if empty.

    Raises:
        UsageError: a vector has another number of components, holds no finite numbers, or has squares that a float32
            can't hold: nobody can rank those.
    """
    if rows.shape[1] != asked.queries.shape[1]:
        counts = f"the questions have {asked.queries.shape[1]} components, the stored vectors have {rows.shape[1]}"
        raise UsageError(counts, hint="Ask vectors of a model about vectors of the same model.")
    refuse_unrankable(asked.metric, asked.lengths**2, "the vector of question", 0)
    known = within or [float("inf")] * len(asked.queries)
    scans = [_Scan(asked, number, edge) for number, edge in enumerate(known)]
    longest = 0.0
    for first in range(0, len(rows), BLOCK):
        block = rows[first : first + BLOCK]
        with np.errstate(over="ignore", invalid="ignore"):
            squares = np.einsum("ij,ij->i", block, block)
        refuse_unrankable(asked.metric, squares.astype(np.float64), "the vector at row", start + first)
        longest = max(longest, float(np.sqrt(squares.max(initial=0.0))) * (1 + 2.0**-8))
        found = distances(asked.metric, asked.queries, block, squares)
        _take(asked, scans, found, first, longest)
    return [scan.partial(rows, start, longest) for scan in scans]


def refuse_unrankable(metric: Metric, squares: Floats, what: str, start: int) -> None:
    """Refuse vectors whose distances no float32 can hold.

    Args:
        metric: the distance.
        squares: the sum of squares of each vector.
        what: what they are called.
        start: the number of the first.

    Raises:
        UsageError: there is such a vector.
    """
    unfit = ~(squares <= LARGEST)  # a sum that is no number compares with nothing
    if metric is Metric.COSINE:
        unfit |= (squares < SMALLEST) & (squares != 0.0)
    if unfit.any():
        first = int(np.flatnonzero(unfit)[0])
        raise UsageError(
            f"{what} {start + first} has squares that a float32 can't hold (their sum is {squares[first]:g})",
            hint="Leave it out: no server can rank it, and nothing could be judged.",
        )


def _take(asked: Asked, scans: Sequence[_Scan], found: Rows, first: int, longest: float) -> None:
    """Give each question its candidates of a block, whose distances are m x q."""
    if len(found) >= asked.limit and any(np.isinf(scan.edge) for scan in scans):
        last = np.partition(found, asked.limit - 1, axis=0)[asked.limit - 1]
        for scan, distance in zip(scans, last.tolist(), strict=True):
            scan.lower(distance, longest)
    reach = np.array([scan.reach(longest) for scan in scans])
    rows, questions = np.nonzero(found <= reach.astype(np.float32))
    order = np.argsort(questions, kind="stable")
    rows, cuts = rows[order], np.searchsorted(questions[order], np.arange(len(scans) + 1))
    for number in np.flatnonzero(np.diff(cuts)).tolist():
        here = rows[cuts[number] : cuts[number + 1]]
        scans[number].take(here + first, found[here, number], longest)


class _Scan:
    """One question on its way through a shard: its candidates, and how far away another one may be."""

    def __init__(self, asked: Asked, number: int, edge: float) -> None:
        self._metric, self._limit = asked.metric, asked.limit
        self._query = asked.queries[number].astype(np.float64)
        self._length = float(np.linalg.norm(self._query))
        self.edge = edge
        self._rows: list[NDArray[np.int64]] = []
        self._distances: list[Rows] = []
        self._nearest: Rows = np.zeros(0, np.float32)

    def reach(self, longest: float) -> float:
        """Return the largest first distance that an object of the answer may have."""
        return self._ours(longest).highest(self._oracles(longest).reach(self.edge))

    def lower(self, last: float, longest: float) -> None:
        """Take notice of the last first distance among so many objects as are wanted."""
        self.edge = min(self.edge, self._oracles(longest).highest(self._ours(longest).reach(last)))

    def take(self, rows: NDArray[np.int64], found: Rows, longest: float) -> None:
        """Add candidates, and see what the nearest so far leave within reach."""
        self._rows.append(rows)
        self._distances.append(found)
        self._nearest = np.concatenate([self._nearest, found])
        if len(self._nearest) >= self._limit:
            self._nearest = np.partition(self._nearest, self._limit - 1)[: self._limit]
            self.lower(float(self._nearest.max()), longest)

    def partial(self, rows: Rows, start: int, longest: float) -> Partial:
        """Return what is left at the end, with exact distances."""
        if not self._rows:
            return Partial(np.zeros(0, np.int64), np.zeros(0), longest)
        found = np.concatenate(self._distances)
        kept = np.concatenate(self._rows)[found <= self.reach(longest)]
        exact = exactly(self._metric, self._query, rows[kept])
        order = np.lexsort((kept, exact))
        near = exact[order] <= self._oracles(longest).reach(self.edge)
        return Partial(kept[order][near] + start, exact[order][near], longest)

    def _ours(self, longest: float) -> Bound:
        return ours(self._metric, self._length, longest, len(self._query))

    def _oracles(self, longest: float) -> Bound:
        return the_oracles(self._metric, self._length, longest, len(self._query))


def exactly(metric: Metric, query: Floats, rows: Rows) -> Floats:
    """Return the distances of some vectors from one question in float64, m.

    Without the bounds of `harness.oracle`, whose distances these are but for the last bits of a float64.
    """
    stored = rows.astype(np.float64)
    found: Floats
    if metric is Metric.HAMMING:
        found = (stored != query).sum(axis=1).astype(np.float64)
    elif metric is Metric.MANHATTAN:
        found = np.abs(stored - query).sum(axis=1)
    elif metric is Metric.L2:
        found = ((stored - query) ** 2).sum(axis=1)
    elif metric is Metric.DOT:
        found = -(stored @ query)
    else:
        lengths = np.sqrt((stored**2).sum(axis=1) * (query**2).sum())
        found = 1.0 - (stored @ query) / np.where(lengths == 0.0, 1.0, lengths)
    return found
