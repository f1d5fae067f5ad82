"""Faults of an index of some kind: in several shards, with compressed vectors, when it switches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.reference.indexing import Rows
from harness.reference.mutants.registry import mutant
from harness.reference.request import Aggregation, Search, StoredObject, Vector
from harness.reference.rules import Rules
from harness.reference.schema import Collection

Objects = Sequence[StoredObject | None]
_COARSE = 3.0
"""Distances are rounded to multiples of this by a faulty quantizer."""


def _shards(rules: Rules, rows: Rows, objects: Objects, collection: Collection) -> Rows:
    """The shard of each row."""
    count = rules.shards(collection)
    kept = (objects[row] for row in rows)
    return np.array([rules.shard(one.id, count) for one in kept if one is not None], np.intp)


# --- several shards ------------------------------------------------------------------------------


@mutant("sharding/as-many-shards")
class AllInOneShard(Rules):
    """A class has one shard, however many it asks for."""

    def shards(self, collection: Collection) -> int:
        del collection
        return 1


@mutant("sharding/each-once")
class ForgottenShard(Rules):
    """The objects of the last of several shards are never found."""

    def joined(self, rows: Rows, objects: Objects, distances: Vector, collection: Collection) -> Rows:
        del distances
        last = self.shards(collection) - 1
        return np.flatnonzero((_shards(self, rows, objects, collection) != last) | (last == 0))


@mutant("sharding/each-once")
class ShardsOverlap(Rules):
    """An object that lies where two shards meet is returned by both."""

    def joined(self, rows: Rows, objects: Objects, distances: Vector, collection: Collection) -> Rows:
        positions = super().joined(rows, objects, distances, collection)
        return np.sort(np.append(positions, positions[:1])) if self.shards(collection) > 1 else positions


@mutant("sharding/as-one-shard")
class ShardAfterShard(Rules):
    """The hits of one shard come before those of the next, each in an order of its own."""

    def joined(self, rows: Rows, objects: Objects, distances: Vector, collection: Collection) -> Rows:
        del distances
        return np.argsort(_shards(self, rows, objects, collection), kind="stable")


# --- compressed vectors --------------------------------------------------------------------------


@mutant("quantised/in-effect")
class NeverCompressed(Rules):
    """Vectors are never compressed, whatever the class says."""

    def compressed(self, collection: Collection) -> bool:
        del collection
        return False


@mutant("quantised/distances-exact")
class NeverRescored(Rules):
    """The distances of compressed vectors are shown as they are."""

    def rescored(self, distances: Vector, collection: Collection) -> Vector:
        coarse = (np.round(distances / _COARSE) * _COARSE).astype(np.float32)
        return coarse if self.compressed(collection) else distances


@mutant("quantised/ascending")
class OrderOfTheCompressed(Rules):
    """Hits have exact distances and stay in the order of their compressed ones."""

    def joined(self, rows: Rows, objects: Objects, distances: Vector, collection: Collection) -> Rows:
        positions = super().joined(rows, objects, distances, collection)
        return np.argsort(-np.floor(distances), kind="stable") if self.compressed(collection) else positions


@mutant("quantised/whole")
class NotAllCandidates(Rules):
    """Of compressed vectors the farthest are no candidates, even when all are asked for."""

    def joined(self, rows: Rows, objects: Objects, distances: Vector, collection: Collection) -> Rows:
        positions = super().joined(rows, objects, distances, collection)
        return positions[:-2] if self.compressed(collection) else positions


@mutant("quantised/found-when-stored")
class LaterOnesNotCompressed(Rules):
    """What is stored when other vectors are compressed already is not found."""

    def joined(self, rows: Rows, objects: Objects, distances: Vector, collection: Collection) -> Rows:
        positions = super().joined(rows, objects, distances, collection)
        return np.flatnonzero(rows != rows.max(initial=0)) if self.compressed(collection) else positions


# --- several nodes -------------------------------------------------------------------------------


@mutant("replication/levels-agree")
class OneIsBehind(Rules):
    """At consistency level ONE the object that was stored last is not there yet."""

    def candidates(self, rows: Rows, search: Search | Aggregation) -> Rows:
        return rows[:-1] if isinstance(search, Search) and search.consistency == "ONE" else rows


class _Behind(Rules):
    """The rules of a node that has not got the object that was stored last."""

    def candidates(self, rows: Rows, search: Search | Aggregation) -> Rows:
        del search
        return rows[:-1]


@mutant("replication/each-node-answers")
class LastNodeIsBehind(Rules):
    """The last node of a cluster acknowledges an object before it has it."""

    def at_node(self, number: int) -> Rules:
        return _Behind() if number > 1 else self


# --- the switch of a dynamic index ---------------------------------------------------------------


@mutant("dynamic/switch-keeps-answers")
class LostAtTheSwitch(Rules):
    """What stands last in a dynamic index is not found once it has grown beyond its threshold."""

    def joined(self, rows: Rows, objects: Objects, distances: Vector, collection: Collection) -> Rows:
        positions = super().joined(rows, objects, distances, collection)
        config = collection.definition.get("vectorIndexConfig") or {}
        return positions[:-1] if len(rows) > config.get("threshold", len(rows)) else positions
