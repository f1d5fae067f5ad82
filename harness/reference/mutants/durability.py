"""Faults that show when the process has been away: restarted, killed or frozen."""

from __future__ import annotations

import signal

import numpy as np
from numpy.typing import NDArray

from harness.reference.durability import Change, When
from harness.reference.mutants.registry import mutant
from harness.reference.request import Aggregation, Match, Refusal, Search, Vector
from harness.reference.rules import Rules
from harness.reference.vectorizing import How

Rows = NDArray[np.intp]
Yes = NDArray[np.bool_]


class _WasAway(Rules):
    """Knows whether it was started on what an earlier life left."""

    again = False

    def opened(self, objects: int) -> None:
        self.again = self.again or objects > 0


# --- after a restart ------------------------------------------------------------------------------


@mutant("durability/restart-same-answer")
class LastComponentLostAtRestart(Rules):
    """After a restart every vector lacks its last component."""

    def reloaded(self, vector: Vector) -> Vector:
        return np.append(vector[:-1], np.float32(0))


@mutant("durability/restart-threshold")
class BoundaryLostAtRestart(_WasAway):
    """After a restart a threshold leaves out what is exactly at it."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if self.again:
            return distances.astype(np.float64) < threshold - 1e-6
        return super().accept(distances, threshold, search)


@mutant("durability/restart-new-image")
class QueriesWaitForAnImport(_WasAway):
    """After a restart no image can be asked with before one has been stored."""

    def indexed(self, new: Vector | None, old: Vector | None, how: How) -> Vector | None:
        self.again = False
        return super().indexed(new, old, how)

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        if self.again and search.near and search.near[0].kind == "image":
            raise Refusal("the vectorizer is not ready: import an object first")
        return matches


@mutant("durability/restart-import")
class NewcomersUnseenAfterRestart(_WasAway):
    """After a restart what is stored is not found."""

    def indexed(self, new: Vector | None, old: Vector | None, how: How) -> Vector | None:
        return old if self.again and how == "batch" else super().indexed(new, old, how)


@mutant("durability/restart-deleted")
class DeletedReturnsAtRestart(Rules):
    """A deleted object is back after a restart."""

    def reaches_disk(self, change: Change) -> When:
        return "never" if change == "delete" else super().reaches_disk(change)


# --- after a kill ---------------------------------------------------------------------------------


@mutant("durability/kill-keeps")
class NewcomersWaitInMemory(Rules):
    """New objects are written when the database is closed in order."""

    def reaches_disk(self, change: Change) -> When:
        return "at the end" if change in {"insert", "batch"} else super().reaches_disk(change)


@mutant("durability/kill-replaced")
class ChangesWaitInMemory(Rules):
    """Changes of objects are written when the database is closed in order."""

    def reaches_disk(self, change: Change) -> When:
        return "at the end" if change in {"put", "patch"} else super().reaches_disk(change)


@mutant("durability/kill-deleted")
class DeletionsWaitInMemory(Rules):
    """Deletions are written when the database is closed in order."""

    def reaches_disk(self, change: Change) -> When:
        return "at the end" if change == "delete" else super().reaches_disk(change)


# --- after a pause --------------------------------------------------------------------------------


@mutant("durability/pause")
class BestHitLostInAPause(Rules):
    """After it was frozen it leaves the best hit out."""

    def __init__(self) -> None:
        self._frozen = False
        signal.signal(signal.SIGCONT, self._resumed)

    def _resumed(self, *_: object) -> None:
        self._frozen = True

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        del search
        return matches[1:] if self._frozen else matches
