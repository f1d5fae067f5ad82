"""What a class definition says about its shards, and about what its vectors are compressed with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from harness.scenario.mistakes import kind
from harness.scenario.values import Quantizer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.scenario.classes import VectorPart
    from harness.scenario.reading import Document, Loc

QUANTIZERS: tuple[Quantizer, ...] = tuple(name for name in get_args(Quantizer) if name)
_MOST_SHARDS = 64


def shards_of(document: Document, definition: Mapping[str, Any], loc: Loc) -> int:
    """How many shards a class asks for; Weaviate's default is one for each node.

    Raises:
        FileError: it is no number of shards.
    """
    config = definition.get("shardingConfig")
    count = config.get("desiredCount", 1) if isinstance(config, dict) else 1
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= _MOST_SHARDS:
        at = (*loc, "shardingConfig", "desiredCount")
        raise document.error(at, f"`desiredCount` must be a number from 1 to {_MOST_SHARDS}, not {kind(count)}")
    return count


def quantizer_of(document: Document, part: VectorPart, definition: dict[str, Any]) -> Quantizer:
    """What the vectors are compressed with; empty if they are not.

    Raises:
        FileError: by more than one thing.
    """
    config = _config(part, definition)
    found = [name for name in QUANTIZERS if _enabled(config.get(name))]
    if len(found) > 1:
        at = (*part.loc, "vectorIndexConfig", found[1])
        raise document.error(at, f"vectors cannot be compressed with {' and '.join(found)}: only one is allowed")
    return found[0] if found else ""


def rescored(part: VectorPart, definition: dict[str, Any], index: str, quantizer: Quantizer) -> bool:
    """Whether the distances of hits are computed from the vectors as they were stored, not as they are compressed.

    The flat index always does; so does hnsw, but for scalar and rotational quantization with `rescoreLimit: 0`.
    Source: Weaviate's documentation of over-fetching and re-scoring; observed on 1.39.
    """
    config = _config(part, definition).get(quantizer) or {}
    return not (index == "hnsw" and quantizer in {"sq", "rq"} and config.get("rescoreLimit") == 0)


def _config(part: VectorPart, definition: dict[str, Any]) -> Mapping[str, Any]:
    config = part.inside(definition).get("vectorIndexConfig")
    return config if isinstance(config, dict) else {}


def _enabled(config: Any) -> bool:
    return isinstance(config, dict) and config.get("enabled") is True
