"""What is known of one question's neighbours: after one shard or several, and at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.model import Metric
from harness.oracle import exact_distances
from harness.truth.bounds import the_oracles
from harness.truth.shards import Rows, Shards

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of every object: `queries` are q x n; the best `limit` of each are wanted."""

    metric: Metric
    limit: int
    queries: Rows

    @property
    def lengths(self) -> Floats:
        """The lengths of the questions' vectors, q."""
        lengths: Floats = np.linalg.norm(self.queries.astype(np.float64), axis=1)
        return lengths


@dataclass(frozen=True, slots=True)
class Partial:
    """The nearest of one question among some of the objects: the best `limit`, and all that rounding may put there.

    `places` are row numbers counted over all shards, `distances` the exact distances, nearest first, of equal ones the
    earlier place first. `longest` is the largest length of any vector that was looked at.
    """

    places: Places
    distances: Floats
    longest: float

    def edge(self, metric: Metric, limit: int, length: float, components: int) -> float:
        """Return what the largest float32 distance among the best `limit` can be; infinite while there are fewer."""
        if len(self.distances) < limit:
            return float("inf")
        return the_oracles(metric, length, self.longest, components).highest(float(self.distances[limit - 1]))


NOTHING = Partial(np.zeros(0, np.int64), np.zeros(0), 0.0)
"""What is known before the first shard."""


def merged(asked: Asked, one: Sequence[Partial], other: Sequence[Partial]) -> list[Partial]:
    """Return what two parts of the objects come to together, for each question.

    The order in which parts are merged does not matter; no object may be in both.
    """
    parts = zip(one, other, asked.lengths.tolist(), strict=True)
    return [_merged(asked, pair, length) for *pair, length in parts]


def edges(asked: Asked, partials: Sequence[Partial]) -> list[float]:
    """Return for each question what the largest float32 distance of its answer can be, as far as is known."""
    components = asked.queries.shape[1]
    pairs = zip(partials, asked.lengths.tolist(), strict=True)
    return [part.edge(asked.metric, asked.limit, length, components) for part, length in pairs]


def _merged(asked: Asked, pair: Sequence[Partial], length: float) -> Partial:
    places = np.concatenate([part.places for part in pair])
    distances = np.concatenate([part.distances for part in pair])
    order = np.lexsort((places, distances))
    whole = Partial(places[order], distances[order], max(part.longest for part in pair))
    components = asked.queries.shape[1]
    edge = whole.edge(asked.metric, asked.limit, length, components)
    reach = the_oracles(asked.metric, length, whole.longest, components).reach(edge)
    kept = int(np.searchsorted(whole.distances, reach, side="right"))
    return Partial(whole.places[:kept], whole.distances[:kept], whole.longest)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The exact answer to one question with a limit, ties complete.

    `ids` are all objects that an answer in float32 may have, nearest first, `distances` theirs in float64; `sure` tells
    which of them it must have. `limit` is the wanted number, or the number of objects where that is smaller.
    """

    ids: tuple[str, ...]
    distances: Floats
    sure: NDArray[np.bool_]
    limit: int

    def recall(self, returned: Sequence[str]) -> float:
        """Return the share of the best `limit` that is there, from 0 to 1; any of a tie counts, as in the oracle."""
        if self.limit == 0:
            return 1.0
        return min(1.0, len(set(returned[: self.limit]) & set(self.ids)) / self.limit)


def settled(asked: Asked, partials: Sequence[Partial], shards: Shards) -> list[Neighbours]:
    """Return the answers: what lies at each edge is read once more, and the oracle's own bounds decide there.

    Args:
        asked: the questions.
        partials: what is known of each, of all objects.
        shards: where the objects are.
    """
    doubts = [_doubtful(asked, part, length) for part, length in zip(partials, asked.lengths.tolist(), strict=True)]
    at_edges = [part.places[doubt] for part, doubt in zip(partials, doubts, strict=True)]
    rows = shards.rows_at(np.unique(np.concatenate(at_edges)))
    named = shards.ids_at(np.unique(np.concatenate([part.places for part in partials])))
    answers = []
    for query, part, doubt in zip(asked.queries, partials, doubts, strict=True):
        distances, bounds = part.distances.copy(), np.zeros(len(part.distances))
        if doubt.any():
            vectors = np.stack([rows[place] for place in part.places[doubt].tolist()])
            distances[doubt], bounds[doubt] = exact_distances(asked.metric, query.tolist(), vectors)
        answers.append(_answer(part.places, distances, bounds, asked.limit, named))
    return answers


def _doubtful(asked: Asked, part: Partial, length: float) -> NDArray[np.bool_]:
    """Which objects rounding may carry over the edge; all others have a place that no rounding changes."""
    if len(part.distances) <= asked.limit:
        return np.zeros(len(part.distances), dtype=np.bool_)
    bound = the_oracles(asked.metric, length, part.longest, asked.queries.shape[1])
    last = float(part.distances[asked.limit - 1])
    doubt: NDArray[np.bool_] = bound.highest(part.distances) >= 2 * last - bound.highest(last)
    return doubt


def _answer(places: Places, distances: Floats, bounds: Floats, limit: int, named: dict[int, str]) -> Neighbours:
    order = np.lexsort((places, distances))
    places, distances, bounds = places[order], distances[order], bounds[order]
    low, high = distances - bounds, distances + bounds
    end = min(limit, len(places))
    surely_before = np.searchsorted(np.sort(high), low, side="left")
    perhaps_before = np.searchsorted(np.sort(low), high, side="right") - 1
    may = surely_before < end
    ids = tuple(named[place] for place in places[may].tolist())
    return Neighbours(ids, distances[may], (perhaps_before < end)[may], end)
