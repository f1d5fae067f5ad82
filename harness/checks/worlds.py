"""What must be stored after some writes: one world, or several after a write of which nobody knows what became.

A write that timed out may have happened, may not have, and may happen yet. So both worlds are kept, whatever is seen
afterwards, and an answer is right if it is right in one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import eq, ge, gt, le, lt, ne

from harness.model import State, Where
from harness.scenario import Thing, Write

Key = tuple[str | None, int]
"""A tenant (None where there are none) and the number of an object of its."""

World = Mapping[Key, Thing]

MOST = 16
"""Worlds that are kept apart; beyond that nothing can be told any more."""

_COMPARED: Mapping[str, Callable[..., bool]] = {
    "Equal": eq,
    "NotEqual": ne,
    "LessThan": lt,
    "LessThanEqual": le,
    "GreaterThan": gt,
    "GreaterThanEqual": ge,
}


@dataclass(frozen=True, slots=True)
class Worlds:
    """Every state that the class may be in; at first one, and empty."""

    possible: tuple[World, ...] = ({},)

    def has(self, thing: Thing) -> bool:
        """Whether an object is there in every world."""
        return all((thing.tenant, thing.object) in world for world in self.possible)

    def after(self, write: Write, states: Sequence[State]) -> Worlds:
        """Return what may be stored after a write.

        Args:
            write: what was asked for.
            states: what became of each of its objects: refused means that nothing happened.
        """
        possible = list(self.possible)
        for thing, state in zip(write.things, states, strict=True):
            if state is not State.REFUSED:
                written = [_written(world, write.how, thing) for world in possible]
                possible = written if state is State.OK else [*possible, *written]
        apart: list[World] = []
        for world in possible:
            if world not in apart:
                apart.append(world)
        return Worlds(tuple(apart))


def _written(world: World, how: str, thing: Thing) -> World:
    key = (thing.tenant, thing.object)
    if how == "delete":
        return {one: kept for one, kept in world.items() if one != key}
    before = world.get(key)
    if how == "patch" and before is None:
        return world
    if how == "patch" and before is not None:
        image = before.image if thing.image is None else thing.image
        thing = replace(thing, image=image, properties={**before.properties, **thing.properties})
    return {**world, key: thing}


def passes(thing: Thing, where: Where | None) -> bool:
    """Whether a filter lets an object through; a property that it has not is like no value.

    Source: `where` in Weaviate's own terms, on whole texts and on numbers.
    """
    if where is None:
        return True
    if where.operands:
        each = (passes(thing, one) for one in where.operands)
        return all(each) if where.operator == "And" else any(each)
    value = thing.properties.get(where.path[0])
    return value is not None and _COMPARED[where.operator](value, where.value)
