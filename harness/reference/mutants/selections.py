"""Faults in what is left of a ranking: by filters of all sizes, by autocut, by an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.reference.mutants.registry import mutant
from harness.reference.request import Aggregation, Filter, Search, StoredObject, Vector
from harness.reference.rules import Rules
from harness.reference.schema import Collection

Rows = NDArray[np.intp]
Yes = NDArray[np.bool_]


# --- filters --------------------------------------------------------------------------------------


@mutant("selectivity/each-share")
class TheOnlyOneIsLost(Rules):
    """A filter that leaves one object finds nothing."""

    def candidates(self, rows: Rows, search: Search | Aggregation) -> Rows:
        return rows[:0] if search.where is not None and len(rows) == 1 else rows


@mutant("selectivity/the-farthest")
class LowerBoundLosesOne(Rules):
    """A filter that leaves what is not below a number loses the last object that passes."""

    def candidates(self, rows: Rows, search: Search | Aggregation) -> Rows:
        lower = search.where is not None and search.where.operator == "GreaterThanEqual"
        return rows[:-1] if lower else rows


@mutant("selectivity/threshold")
class FilteredThresholdExclusive(Rules):
    """With a filter what is exactly at the threshold is left out."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if search.where is not None:
            return distances.astype(np.float64) < threshold - 1e-6
        return super().accept(distances, threshold, search)


@mutant("selectivity/text")
class TextFilterForgotten(Rules):
    """A filter on a text leaves every object that has one."""

    def text_passes(self, where: Filter, elements: list[Any], collection: Collection) -> bool:
        del where, collection
        return bool(elements)


@mutant("selectivity/combined")
class AndIsOr(Rules):
    """`And` leaves what passes any of its filters."""

    def passes(self, where: Filter, item: StoredObject, collection: Collection) -> bool:
        if where.operator == "And":
            return any(self.passes(operand, item, collection) for operand in where.operands)
        return super().passes(where, item, collection)


# --- autocut --------------------------------------------------------------------------------------


@mutant("autocut/beginning")
class AutocutLeavesNothing(Rules):
    """With autocut nothing is left."""

    def autocut(self, distances: Sequence[float], jumps: int) -> int:
        del distances, jumps
        return 0


@mutant("autocut/nesting")
class LaterJumpsLeaveLess(Rules):
    """The larger the autocut, the fewer hits are left."""

    def autocut(self, distances: Sequence[float], jumps: int) -> int:
        return max(1, len(distances) - jumps)


@mutant("autocut/rule")
class AutocutOneTooLate(Rules):
    """Autocut leaves one hit beyond the jump."""

    def autocut(self, distances: Sequence[float], jumps: int) -> int:
        return min(len(distances), super().autocut(distances, jumps) + 1)


# --- an order -------------------------------------------------------------------------------------


@mutant("sort/number")
class NumbersSortedAsTexts(Rules):
    """Numbers are sorted by their first digit."""

    def sort_key(self, value: Any) -> tuple[int, Any]:
        return (1, str(value)) if isinstance(value, int) else super().sort_key(value)


@mutant("sort/two-keys")
class TextsSortedByLength(Rules):
    """Texts are sorted by their length."""

    def sort_key(self, value: Any) -> tuple[int, Any]:
        return (1, len(value)) if isinstance(value, str) else super().sort_key(value)


@mutant("sort/threshold")
class OrderForgetsThreshold(Rules):
    """With an order a distance leaves nothing out."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if isinstance(search, Search) and search.sort:
            return np.ones(len(distances), np.bool_)
        return super().accept(distances, threshold, search)


@mutant("sort/pages")
class SortedPagesRepeat(Rules):
    """With an order a later page begins with the last hit of the one before."""

    def page(self, ranked: Rows, offset: int, limit: int | None, search: Search) -> Rows:
        return super().page(ranked, max(0, offset - 1) if search.sort else offset, limit, search)
