"""Loads on a clock in two records: which are of the same kind, and what is known of both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from harness.comparing.series import Name
from harness.histogram import Histogram
from harness.record import LoadEntry, PercentileFact

_RATE = 0.005
"""Rates are the same if they differ by less than this share: a duration that is no whole number of requests."""

_EVEN = ("constant", "poisson")
"""Schedules of which any part is like any other: how long they were makes no difference to the times."""


@dataclass(frozen=True, slots=True)
class Loads:
    """The same load on both sides: percentiles of what users waited, from when each request was due."""

    name: Name
    base: LoadEntry
    head: LoadEntry
    unit: ClassVar[str] = "seconds of load"

    @property
    def sides(self) -> tuple[LoadEntry, LoadEntry]:
        """Base and head."""
        return self.base, self.head

    @property
    def n(self) -> tuple[int, int]:
        """How many requests of each side's steady state were answered."""
        found = [one.response.n if one.response is not None else 0 for one in self.sides]
        return found[0], found[1]

    @property
    def rounds(self) -> int:
        """What more of would decide: seconds of the load that is shorter."""
        return max(1, int(min(one.seconds for one in self.sides)))

    @property
    def known(self) -> tuple[float, ...]:
        """The percentiles of which both records say how sure they are."""
        return tuple(q for q in self._facts(self.base) if all(self.independent(one, q) for one in self.sides))

    @property
    def spoiled(self) -> str:
        """Why nothing can be said of the times: a side's measurement is worth nothing; empty if both are sound."""
        for side, one in zip(("base", "head"), self.sides, strict=True):
            reasons = [reason for reason in one.invalid if reason != one.short]
            if reasons:
                return f"{side}'s load is invalid: {reasons[0]}"
        return ""

    @property
    def short(self) -> str:
        """Why a side's times may be too good: it was too slow for the rate, or never came to rest."""
        for side, one in zip(("base", "head"), self.sides, strict=True):
            if one.short:
                return f"{side}'s load is invalid: {one.short}"
        return ""

    def percentile(self, q: float) -> tuple[float, float]:
        """Return a percentile of each side in milliseconds.

        Raises:
            ValueError: a side has no times.
        """
        found = [self.histogram(one).percentile(q) * 1000 for one in self.sides]
        return found[0], found[1]

    def histogram(self, side: LoadEntry) -> Histogram:
        """Return the times of a side."""
        return Histogram.read(side.response.histogram) if side.response is not None else Histogram()

    def independent(self, side: LoadEntry, q: float) -> int | None:
        """Return as how many independent requests a side's count, for this percentile; None if the record is silent."""
        fact = self._facts(side).get(q)
        return fact.independent if fact is not None else None

    def _facts(self, side: LoadEntry) -> dict[float, PercentileFact]:
        return {one.q: one for one in side.response.percentiles} if side.response is not None else {}


def beside(base: Sequence[LoadEntry], head: Sequence[LoadEntry], changed: set[str]) -> Iterator[Loads | str]:
    """Yield the loads that both sides have, and sentences about those that can't be compared.

    Args:
        base: one side's.
        head: the other's.
        changed: scenarios whose file is another one now: nothing is said of them here.
    """
    for other in head:
        if other.scenario in changed:
            continue
        there = [one for one in base if _place(one) == _place(other)]
        alike = [one for one in there if not differs(one, other)]
        if alike:
            yield Loads(_name(other), alike[0], other)
        elif there:
            yield f"the load of {other.collection} over {other.interface} is not compared: {differs(there[0], other)}"


def differs(base: LoadEntry, head: LoadEntry) -> str:
    """Return what makes two loads of a collection different ones; empty if they are of the same kind."""
    facts = {
        "the schedule": (_schedule(base), _schedule(head)),
        "what was asked": (base.mix, head.mix),
        "requests at once at most": (base.concurrency, head.concurrency),
        "the timeout": (f"{base.timeout:g} s", f"{head.timeout:g} s"),
        "objects stored meanwhile": (bool(base.inserted), bool(head.inserted)),
        "who sent it": (_generator(base), _generator(head)),
    }
    if base.kind == head.kind and base.kind in _EVEN and abs(base.rate - head.rate) <= _RATE * base.rate:
        del facts["the schedule"]
    found = [f"{what} was {one} and is {other}" for what, (one, other) in facts.items() if one != other]
    return "; ".join(found)


def _schedule(one: LoadEntry) -> str:
    return f"{one.kind}, {one.schedule}" if one.kind else one.schedule


def _generator(one: LoadEntry) -> str:
    return f"{one.generator.loop}, {one.generator.processes} processes"


def _place(one: LoadEntry) -> tuple[str, str, str]:
    return one.scenario, one.collection, one.interface


def _name(one: LoadEntry) -> Name:
    return Name(one.scenario, one.collection, f"under load, {one.rate:g}/s", one.interface)
