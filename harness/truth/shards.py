"""Where vectors lie that do not fit into memory together: shards that are read one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]


class Shards(Protocol):
    """Objects in shards. Places are row numbers counted over all shards, in their order.

    `starts` has the place of each shard's first row and, last, the number of all rows; `components` is the length of a
    vector. `identity` changes when what lies there does. It can be sent to another process.
    """

    components: int
    starts: tuple[int, ...]
    identity: str

    def rows(self, shard: int) -> Rows:
        """Return the vectors of a shard, m x n."""

    def rows_at(self, places: NDArray[np.int64]) -> dict[int, Rows]:
        """Return the vectors at these places, which ascend and are there once."""

    def ids_at(self, places: NDArray[np.int64]) -> dict[int, str]:
        """Return the ids of the objects at these places, which ascend and are there once."""


class InMemory:
    """Vectors in one array, which may be mapped from a file, cut into shards all the same.

    Args:
        ids: m; empty for the row numbers.
        vectors: m x n, float32.
        size: rows of a shard; 0 for a single one.
        identity: see `Shards`.
    """

    def __init__(self, ids: Sequence[str], vectors: Rows, size: int = 0, identity: str = "") -> None:
        self._ids, self._vectors = ids, vectors
        self.components = vectors.shape[1]
        self.identity = identity
        self.starts = (*range(0, len(vectors), size or max(1, len(vectors))), len(vectors))

    def rows(self, shard: int) -> Rows:
        """Return the vectors of a shard, m x n."""
        return np.ascontiguousarray(self._vectors[self.starts[shard] : self.starts[shard + 1]], dtype=np.float32)

    def rows_at(self, places: NDArray[np.int64]) -> dict[int, Rows]:
        """Return the vectors at these places."""
        return {place: self._vectors[place] for place in places.tolist()}

    def ids_at(self, places: NDArray[np.int64]) -> dict[int, str]:
        """Return the ids at these places."""
        return {place: self._ids[place] if self._ids else str(place) for place in places.tolist()}
