"""Faults of references: what a hit brings, and filters that look over there."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.reference.mutants.registry import mutant
from harness.reference.request import Aggregation, Filter, Match, Search, StoredObject, Target, Vector
from harness.reference.rules import Rules
from harness.reference.schema import Collection

Rows = NDArray[np.intp]
Yes = NDArray[np.bool_]
_POINTS_AT = "PointsAt"


def _looks_over(search: Search | Aggregation) -> bool:
    return search.where is not None and search.where.operator == _POINTS_AT


@mutant("references/resolved")
class ReferencesBringNothing(Rules):
    """A hit brings nothing of what it points at."""

    def pointed_at(self, targets: list[Target], gone: int) -> tuple[Target, ...]:
        del targets, gone
        return ()


@mutant("references/several")
class OnlyTheFirstReference(Rules):
    """Of what an object points at only the first comes."""

    def places(self, item: StoredObject, name: str) -> list[dict[str, Any]]:
        return super().places(item, name)[:1]


@mutant("references/deleted")
class OneGoneAllGone(Rules):
    """An object that points at a deleted one brings none of the others either."""

    def pointed_at(self, targets: list[Target], gone: int) -> tuple[Target, ...]:
        return () if gone else super().pointed_at(targets, gone)


@mutant("references/grouped")
class NoReferencesInGroups(Rules):
    """Inside a group a hit brings nothing of what it points at."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        if search.group_by is None:
            return matches
        return [match._replace(references=dict.fromkeys(match.references, ())) for match in matches]


@mutant("references/filter")
class FilterOverThereForgotten(Rules):
    """A filter over a reference leaves everything."""

    def leaf_passes(self, where: Filter, item: StoredObject, collection: Collection) -> bool:
        return where.operator == _POINTS_AT or super().leaf_passes(where, item, collection)


@mutant("references/filter-threshold")
class FilterOverThereForgetsThreshold(Rules):
    """With a filter over a reference a distance leaves nothing out."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if _looks_over(search):
            return np.ones(len(distances), np.bool_)
        return super().accept(distances, threshold, search)


@mutant("references/filter-nothing")
class NothingOverThereIsAnything(Rules):
    """A filter over a reference that nothing passes leaves everything."""

    def leaf_passes(self, where: Filter, item: StoredObject, collection: Collection) -> bool:
        nothing = where.operator == _POINTS_AT and not where.value
        return nothing or super().leaf_passes(where, item, collection)


@mutant("references/counted")
class CountLosesOneOverThere(Rules):
    """With a filter over a reference an aggregation loses one object that passes it."""

    def candidates(self, rows: Rows, search: Search | Aggregation) -> Rows:
        return rows[1:] if isinstance(search, Aggregation) and _looks_over(search) else rows
