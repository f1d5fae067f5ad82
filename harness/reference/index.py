"""The vectors of one collection, tenant and vector name, in one float32 matrix that is searched by brute force."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.model import Metric
from harness.reference.distances import Distances, Vectors
from harness.reference.request import Refusal, StoredObject, Vector

_FIRST_CAPACITY = 64


class VectorIndex:
    """An exact index. Not thread-safe: the store's lock guards it.

    Rows keep the order of import; a row whose object is gone is dead until the next compaction.

    Args:
        metric: decides whether vectors are normalised on the way in.
        rules: how distances are computed.
    """

    def __init__(self, metric: Metric, rules: Distances) -> None:
        self._metric = metric
        self._rules = rules
        self._matrix: Vectors = np.empty((0, 0), np.float32)
        self._objects: list[StoredObject | None] = []
        self._row_of: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._row_of)

    @property
    def dimensions(self) -> int:
        """Components of every vector in here; 0 if there is none."""
        return self._matrix.shape[1] if self._row_of else 0

    @property
    def objects(self) -> Sequence[StoredObject | None]:
        """The object of each row; None where the row is dead."""
        return self._objects

    def rows(self) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
        """The rows that are alive, in the order of import."""
        if len(self._row_of) == len(self._objects):
            return np.arange(len(self._objects))
        return np.fromiter(sorted(self._row_of.values()), np.intp, len(self._row_of))

    def put(self, item: StoredObject, vector: Vector) -> None:
        """Make an object findable by this vector, in its old place if it has one.

        Raises:
            Refusal: the vector has another number of components than those in here.
        """
        self.check(item.id, vector)
        row = self._row_of.get(item.id)
        if row is None:
            row = self._new_row(len(vector))
            self._row_of[item.id] = row
        self._objects[row] = item
        self._matrix[row] = self._rules.prepared(self._metric, vector)

    def check(self, object_id: str, vector: Vector) -> None:
        """Do nothing if the vector fits.

        Raises:
            Refusal: it has another number of components than those in here.
        """
        if self.dimensions not in {0, len(vector)}:
            raise Refusal(
                f"Validate vector index for {object_id}: new node has a vector with length {len(vector)}. Existing "
                f"nodes have vectors with length {self.dimensions}: vector dimensions do not match the index "
                "dimensions",
                status=500,
            )

    def keep(self, item: StoredObject) -> None:
        """Show this version of an object where it is found, by the vector that is already here."""
        row = self._row_of.get(item.id)
        if row is not None:
            self._objects[row] = item

    def remove(self, object_id: str) -> None:
        """Make an object unfindable; nothing happens if it is not in here."""
        row = self._row_of.pop(object_id, None)
        if row is None:
            return
        self._objects[row] = None
        if len(self._objects) > _FIRST_CAPACITY and len(self._row_of) * 2 < len(self._objects):
            self._compact()

    def distances(self, query: Vector) -> Vector:
        """Distances of a query to every row, dead ones included: float32, in row order.

        Raises:
            Refusal: the query has another number of components than the vectors in here.
        """
        if not self._row_of:
            return np.zeros(len(self._objects), np.float32)
        if len(query) != self.dimensions:
            raise Refusal(
                f"vector search: knn search: distance between entrypoint and query node: {self.dimensions} vs "
                f"{len(query)}: vector lengths don't match"
            )
        rows = self._matrix[: len(self._objects)]
        return self._rules.distances(self._metric, self._rules.prepared(self._metric, query), rows)

    def _new_row(self, dimensions: int) -> int:
        row = len(self._objects)
        if not self._row_of:
            self._objects.clear()
            row = 0
            self._matrix = np.zeros((_FIRST_CAPACITY, dimensions), np.float32)
        elif row == len(self._matrix):
            grown = np.zeros((2 * row, dimensions), np.float32)
            grown[:row] = self._matrix
            self._matrix = grown
        self._objects.append(None)
        return row

    def _compact(self) -> None:
        alive = self.rows()
        self._matrix = np.ascontiguousarray(self._matrix[alive])
        self._objects = [self._objects[row] for row in alive]
        self._row_of = {item.id: row for row, item in enumerate(self._objects) if item is not None}
