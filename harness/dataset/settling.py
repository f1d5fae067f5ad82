"""Waiting until a collection is what it is going to be: its queue empty, its vectors compressed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import deepcopy
from typing import Any

from harness.errors import AnswerError
from harness.interfaces.rest import Rest
from harness.scenario import Collection

_TRAINED = frozenset({"pq", "sq"})
"""What needs objects to be trained on, unless the server indexes from a queue: hnsw then compresses by itself."""

_QUEUE_SECONDS = 120.0
_COMPRESSING_SECONDS = 20.0
_POLL = 0.05
_AT_REST = frozenset({"READY", "LAZY_LOADING"})


def first_definition(collection: Collection) -> Mapping[str, Any]:
    """Return the definition that the class is created with: not compressed yet where that needs objects first."""
    if not _trained_later(collection):
        return collection.definition
    return _with_quantizer(collection, collection.definition, enabled=False)


def settle(rest: Rest, collection: Collection, class_name: str) -> None:
    """Have a filled class compressed if that was put off, and wait for its queue.

    Raises:
        AnswerError: the server refuses to compress it, or its queue is not empty after two minutes.
    """
    if _trained_later(collection):
        body = rest.get_class(class_name).need(f"show the class {class_name}")
        changed = _with_quantizer(collection, body, enabled=True)
        rest.update_class(changed).need(f"compress the vectors of {class_name} with {collection.quantizer}")
    if collection.queued or collection.quantizer:
        _wait_until(rest, class_name, _idle, _QUEUE_SECONDS)
    if collection.quantizer:  # if that never happens, it is for a check to say so
        with suppress(AnswerError):
            _wait_until(rest, class_name, _compressed, _COMPRESSING_SECONDS)


def shards_of(rest: Rest, class_name: str) -> list[dict[str, Any]]:
    """Return what the server says of each shard of a class, on each node that has it.

    Raises:
        AnswerError: it does not say.
    """
    body = rest.nodes().need("list the nodes")
    nodes = body.get("nodes") if isinstance(body, dict) else None
    if not isinstance(nodes, list):
        raise AnswerError("the list of nodes has no `nodes`")
    shards = [one for node in nodes for one in node.get("shards") or ()]
    return [one for one in shards if one.get("class") == class_name]


def _trained_later(collection: Collection) -> bool:
    return collection.index == "hnsw" and collection.quantizer in _TRAINED and not collection.queued


def _with_quantizer(collection: Collection, definition: Mapping[str, Any], *, enabled: bool) -> dict[str, Any]:
    """A definition whose vector is compressed, or not, by what the collection says of it."""
    changed = deepcopy(dict(definition))
    part, written = changed, collection.definition
    if collection.vector_name:
        part, written = (one["vectorConfig"][collection.vector_name] for one in (changed, collection.definition))
    config, quantizer = part["vectorIndexConfig"], collection.quantizer
    config[quantizer] = {**(config.get(quantizer) or {}), **written["vectorIndexConfig"][quantizer], "enabled": enabled}
    return changed


def _idle(shard: Mapping[str, Any]) -> bool:
    """Whether a shard has nothing to do; one that is not loaded has been given nothing since the server started."""
    return not shard.get("vectorQueueLength") and shard.get("vectorIndexingStatus", "READY") in _AT_REST


def _compressed(shard: Mapping[str, Any]) -> bool:
    return bool(shard.get("compressed", True)) and _idle(shard)


def _wait_until(rest: Rest, class_name: str, rests: Callable[[Mapping[str, Any]], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while restless := [one for one in shards_of(rest, class_name) if not rests(one)]:
        if time.monotonic() > deadline:
            told = {name: restless[0].get(name) for name in ("vectorIndexingStatus", "vectorQueueLength", "compressed")}
            raise AnswerError(f"{class_name} did not come to rest within {seconds:.0f} s: {told}")
        time.sleep(_POLL)
