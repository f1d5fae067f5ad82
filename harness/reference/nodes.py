"""What `GET /v1/nodes` tells of a database of one node: its shards, queues, whether vectors are compressed."""

from __future__ import annotations

from typing import Any

from harness.reference.engine import VERSION, Engine
from harness.reference.schema import Collection


def node(engine: Engine, *, verbose: bool) -> dict[str, Any]:
    """The only node.

    Args:
        engine: the database.
        verbose: whether its shards are told.
    """
    told: dict[str, Any] = {
        "batchStats": {"queueLength": 0, "ratePerSecond": 0},
        "name": "reference",
        "operationalMode": "ReadWrite",
        "shards": None,
        "status": "HEALTHY",
        "version": VERSION,
    }
    if verbose:
        collections = sorted(engine.collections(), key=lambda one: one.name)
        told["shards"] = [shard for collection in collections for shard in _shards(engine, collection)]
        objects = sum(shard["objectCount"] for shard in told["shards"])
        told["stats"] = {"objectCount": objects, "shardCount": len(told["shards"])}
    return told


def _shards(engine: Engine, collection: Collection) -> list[dict[str, Any]]:
    shards = engine.rules.shards(collection)
    whole, left = divmod(engine.count(collection), shards)
    return [
        {
            "asyncReplicationStatus": [],
            "class": collection.name,
            "compressed": engine.rules.compressed(collection),
            "loaded": True,
            "name": f"shard{number}",
            "numberOfReplicas": 1,
            "objectCount": whole + (number < left),
            "replicationFactor": 1,
            "vectorIndexingStatus": "READY",
            "vectorQueueLength": 0,
        }
        for number in range(shards)
    ]
