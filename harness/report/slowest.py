"""Which checks took the most time: where to look first if a run takes too long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.record import VerdictEntry

MOST = 10
_LEAST = 0.5
"""A check that took less than so many seconds in all is not slow."""


@dataclass(frozen=True, slots=True)
class Slow:
    """A check: how long it took in all, seconds, in how many places, and the slowest of these."""

    check: str
    seconds: float
    places: int
    worst: VerdictEntry

    @property
    def where(self) -> str:
        """The slowest place, in words."""
        return f"{self.worst.collection} over {self.worst.interface}"


def slowest(verdicts: Iterable[VerdictEntry]) -> list[Slow]:
    """Return the ten checks that took longest over all the places where they were asked, the slowest first."""
    asked: dict[str, list[VerdictEntry]] = {}
    for one in verdicts:
        asked.setdefault(one.check, []).append(one)
    found = [
        Slow(check, sum(one.seconds for one in some), len(some), max(some, key=lambda one: one.seconds))
        for check, some in asked.items()
    ]
    slow = [one for one in found if one.seconds >= _LEAST]
    return sorted(slow, key=lambda one: (-one.seconds, one.check))[:MOST]
