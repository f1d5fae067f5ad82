"""What the kind of an index may change: nothing, for the reference compares everything. Faulty ones differ here."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from harness.reference.request import StoredObject, Vector
from harness.reference.schema import Collection

Rows = NDArray[np.intp]
_QUANTIZERS = ("pq", "bq", "sq", "rq")


class Indexing:
    """Shards, and vectors that are compressed."""

    def shards(self, collection: Collection) -> int:
        """How many shards a collection has: as many as it asks for."""
        return max(1, int(collection.definition["shardingConfig"]["desiredCount"] or 1))

    def shard(self, object_id: str, shards: int) -> int:
        """Which of so many shards keeps an object."""
        return UUID(object_id).int % shards

    def compressed(self, collection: Collection) -> bool:
        """Whether the vectors of a collection are compressed: if it asks for it."""
        parts = (collection.definition.get("vectorConfig") or {"": collection.definition}).values()
        return any((part["vectorIndexConfig"].get(name) or {}).get("enabled") for part in parts for name in _QUANTIZERS)

    def rescored(self, distances: Vector, collection: Collection) -> Vector:
        """The distances of hits: those of the vectors as they were stored, also where they are compressed."""
        del collection
        return distances

    def joined(
        self, rows: Rows, objects: Sequence[StoredObject | None], distances: Vector, collection: Collection
    ) -> Rows:
        """Positions in the ranking that the shards of a collection give together: all of them, as they are.

        Args:
            rows: of the objects, nearest first.
            objects: by row.
            distances: of the rows.
            collection: whose shards they come from.
        """
        del objects, distances, collection
        return np.arange(len(rows))
