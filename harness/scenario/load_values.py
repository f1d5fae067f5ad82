"""What a scenario says of a load on a clock, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

ScheduleKind = Literal["constant", "poisson", "steps", "ramp", "replay"]
DrawKind = Literal["uniform", "zipf", "in-turn"]

TIMEOUT = 10.0
"""Seconds that an answer may take under load."""

CONCURRENCY = 64
"""So many requests are on their way at once at most."""

LIMIT = 10
"""So many hits are asked for with each image of a collection."""


@dataclass(frozen=True, slots=True)
class Mix:
    """What is asked under load.

    `of` is `questions` (the scenario's own) or `images` (each image of the collection, `limit` or `distance` as given).
    `draw` says how often each comes: as often as the others (`uniform`, `in-turn`), or the k-th most popular one
    1 / k ** `exponent` times as often as the first (`zipf`). `unique` gives each image other bytes, the picture being
    the same. `near` is `vector` where the vectors of the images are sent in their place. `where` are properties that a
    hit must have, by name.
    """

    of: Literal["questions", "images"] = "questions"
    draw: DrawKind = "uniform"
    exponent: float = 1.0
    unique: bool = False
    near: Literal["image", "vector"] = "image"
    limit: int | None = None
    distance: float | None = None
    where: tuple[tuple[str, str | int | float | bool], ...] = ()

    @property
    def words(self) -> str:
        """What people read of it."""
        said = [f"the {self.of}, {'by popularity (zipf)' if self.draw == 'zipf' else self.draw}"]
        said += ["no image twice"] * self.unique
        said += ["their vectors in place of images"] * (self.near == "vector")
        said += [f"{name} = {value}" for name, value in self.where]
        return ", ".join(said)


@dataclass(frozen=True, slots=True)
class OpenLoad:
    """Questions on a clock: `rate` a second for `seconds`, sent when they are due whether or not others are answered.

    A `ramp` goes from `rate` to `last`, `steps` are pairs of rate and seconds, `times` are a replay's, in seconds.
    `inserts` objects are stored each second meanwhile. `raw` keeps every request in the record. `cold` has the database
    started anew before the first request.
    """

    schedule: ScheduleKind = "poisson"
    rate: float = 0.0
    last: float = 0.0
    seconds: float = 0.0
    steps: tuple[tuple[float, float], ...] = ()
    times: tuple[float, ...] = field(default=(), repr=False)
    mix: Mix = field(default_factory=Mix)
    concurrency: int = CONCURRENCY
    timeout: float = TIMEOUT
    inserts: float = 0.0
    raw: bool = False
    cold: bool = False

    @property
    def intended(self) -> int:
        """How many requests that are."""
        match self.schedule:
            case "steps":
                return sum(round(rate * seconds) for rate, seconds in self.steps)
            case "ramp":
                return round((self.rate + self.last) / 2 * self.seconds)
            case "replay":
                return len(self.times)
            case _:
                return round(self.rate * self.seconds)
