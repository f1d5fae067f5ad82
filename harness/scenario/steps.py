"""Steps of a scenario, as frozen values: what is written into an empty class, one thing after the other, and asked.

An object goes by a number of the file's own, and an image by the vector that it carries, so that a file of steps says
all that there is to say of a case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from harness.model import Where

Value = str | int | float | bool
How = Literal["insert", "batch", "replace", "patch", "delete"]


@dataclass(frozen=True, slots=True)
class Thing:
    """An object as a step gives it.

    `image` is the planted vector of its picture, n float32 values; None for an object without one, and in a patch for
    one that stays. `properties` are those beside the image.
    """

    object: int
    image: tuple[float, ...] | None = None
    properties: Mapping[str, Value] = field(default_factory=dict)
    tenant: str | None = None


@dataclass(frozen=True, slots=True)
class Write:
    """One request that writes: `batch` may have several objects, new ones and those that are there."""

    how: How
    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One `nearImage`; None means that the argument is not sent."""

    image: tuple[float, ...]
    limit: int | None = None
    offset: int | None = None
    distance: float | None = None
    certainty: float | None = None
    where: Where | None = None
    tenant: str | None = None


Step = Write | Ask


def tenants(steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Every tenant that the steps name, in the order in which they do."""
    named = (one.tenant for step in steps for one in (step.things if isinstance(step, Write) else (step,)))
    return tuple(dict.fromkeys(name for name in named if name is not None))
