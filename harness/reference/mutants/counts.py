"""Faults in what an aggregation counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.reference.mutants.registry import mutant
from harness.reference.request import Aggregation, NearKind, Refusal, Search, Values, Vector
from harness.reference.rules import Rules

Rows = NDArray[np.intp]
Yes = NDArray[np.bool_]
_AS_CERTAINTY = 2.0


class _OneMore(Rules):
    """Counts one object too many where it applies."""

    def applies(self, aggregation: Aggregation) -> bool:
        """Whether this aggregation is counted wrongly."""
        raise NotImplementedError

    def counted(self, count: int, aggregation: Aggregation) -> int:
        return count + 1 if aggregation.near and self.applies(aggregation) else count


class _OneMoreBy(_OneMore):
    """Counts one object too many by one operator."""

    kind: NearKind

    def applies(self, aggregation: Aggregation) -> bool:
        return aggregation.near[0].kind == self.kind


@mutant("aggregate/distance")
class DistanceCountsOneMore(_OneMore):
    """Within a distance one object too many is counted."""

    def applies(self, aggregation: Aggregation) -> bool:
        return aggregation.near[0].distance is not None and aggregation.object_limit is None


@mutant("aggregate/distance")
class DistanceOfTheCertaintyZero(Rules):
    """A distance of 2 or more is taken for a certainty of 0, which counts as not given, as in Weaviate."""

    def counted(self, count: int, aggregation: Aggregation) -> int:
        distance = aggregation.near[0].distance if aggregation.near else None
        if distance is not None and distance >= _AS_CERTAINTY and aggregation.object_limit is None:
            raise Refusal("must provide certainty or objectLimit with vector search")
        return count


@mutant("aggregate/all-within")
class AllWithinIsNone(Rules):
    """A distance of 2 or more counts nothing."""

    def counted(self, count: int, aggregation: Aggregation) -> int:
        distance = aggregation.near[0].distance if aggregation.near else None
        return 0 if distance is not None and distance >= _AS_CERTAINTY else count


@mutant("aggregate/certainty")
class CertaintyCountsOneMore(_OneMore):
    """By a certainty one object too many is counted."""

    def applies(self, aggregation: Aggregation) -> bool:
        return bool(aggregation.near[0].certainty)


@mutant("aggregate/object-limit")
class ObjectLimitOneMore(_OneMore):
    """By an objectLimit one object too many is counted."""

    def applies(self, aggregation: Aggregation) -> bool:
        return aggregation.object_limit is not None and aggregation.near[0].distance is None


@mutant("aggregate/distance-and-limit")
class ObjectLimitForgetsDistance(Rules):
    """With an objectLimit a distance leaves nothing out."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if isinstance(search, Aggregation) and search.object_limit is not None:
            return np.ones(len(distances), np.bool_)
        return super().accept(distances, threshold, search)


@mutant("aggregate/filter")
class CountLosesOneToTheFilter(Rules):
    """With a filter an aggregation loses one object that passes it."""

    def candidates(self, rows: Rows, search: Search | Aggregation) -> Rows:
        return rows[1:] if isinstance(search, Aggregation) and search.where is not None else rows


@mutant("aggregate/equals-get")
class CountsOneLessThanGet(Rules):
    """With a distance and an objectLimit one object too few is counted."""

    def counted(self, count: int, aggregation: Aggregation) -> int:
        both = aggregation.object_limit is not None and bool(aggregation.near) and aggregation.near[0].distance
        return max(0, count - 1) if both else count


@mutant("aggregate/nothing")
class NothingCountsAsOne(Rules):
    """Where there is nothing, one object is counted."""

    def counted(self, count: int, aggregation: Aggregation) -> int:
        return max(1, count) if aggregation.near else count


@mutant("aggregate/near-vector")
class VectorCountsOneMore(_OneMoreBy):
    """By vector one object too many is counted."""

    kind = "vector"


@mutant("aggregate/near-object")
class ObjectCountsOneMore(_OneMoreBy):
    """By object one object too many is counted."""

    kind = "object"


@mutant("aggregate/values")
class MostFrequentValueLeftOut(Rules):
    """The most frequent value is not among the most frequent values."""

    def valued(self, values: Sequence[str], most: int) -> Values:
        found = super().valued(values, most)
        return Values(found.count, found.occurrences[1:])


@mutant("aggregate/parity")
class GrpcCountsOneMore(_OneMore):
    """Over gRPC one object too many is counted."""

    def applies(self, aggregation: Aggregation) -> bool:
        return aggregation.interface == "grpc"
