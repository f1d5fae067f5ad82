"""One class definition becomes several: one for each combination of the values that a scenario varies."""

from __future__ import annotations

from copy import deepcopy
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.scenario.classes import VectorPart
    from harness.scenario.shape import VaryShape

_SHORT = {"l2-squared": "l2"}  # a class name has no hyphen


def variants(definition: Mapping[str, Any], part: VectorPart, vary: VaryShape) -> Iterator[dict[str, Any]]:
    """The definitions to be made, each with the name of its combination: `Planted_dot_flat`.

    Without anything to vary that is the definition itself, under its own name. What is varied replaces what the
    definition says about it. Each is a deep copy.
    """
    distances: list[str | None] = [*vary.distance] or [None]
    indexes: list[str | None] = [*vary.index] or [None]
    counts: list[int | None] = [*vary.shards] or [None]
    for distance, index, shards in product(distances, indexes, counts):
        variant = deepcopy(dict(definition))
        named = (distance, index, None if shards is None else f"{shards}shards")
        variant["class"] = "_".join(
            (definition["class"], *(_SHORT.get(value, value) for value in named if value is not None))
        )
        inside = part.inside(variant)
        if distance is not None:
            inside["vectorIndexConfig"] = {**(inside.get("vectorIndexConfig") or {}), "distance": distance}
        if index is not None:
            inside["vectorIndexType"] = index
        if shards is not None:
            variant["shardingConfig"] = {**(variant.get("shardingConfig") or {}), "desiredCount": shards}
        yield variant
