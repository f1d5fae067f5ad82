"""How long each target took to be there and loaded, step by step."""

from __future__ import annotations

from dataclasses import dataclass

from harness.record import Record, TargetEntry
from harness.report import words

LOADED = "data loaded"
_LEAST = 0.05
_COLOURS = 7


def start_of(record: Record, target: TargetEntry) -> dict[str, float]:
    """Return seconds by step: those of the start-up, then the loading of every collection."""
    loading = [
        one.seconds
        for scenario in record.scenarios
        if scenario.target == target.target
        for one in scenario.collections
        if one.seconds is not None
    ]
    return {**target.phases, **({LOADED: sum(loading)} if loading else {})}


def started(record: Record, target: TargetEntry) -> str:
    """Write it as one sentence: `ready in 4.1 s: inference service 2.0 s, …; data loaded in 9.4 s`."""
    steps = start_of(record, target)
    loaded = steps.pop(LOADED, None)
    parts = []
    if steps:
        each = ", ".join(f"{name} {words.duration(seconds)}" for name, seconds in steps.items() if seconds >= _LEAST)
        parts.append(f"ready in {words.duration(sum(steps.values()))}" + (f": {each}" if len(steps) > 1 else ""))
    if loaded is not None:
        parts.append(f"data loaded in {words.duration(loaded)}")
    return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Part:
    """One step of a start on an axis of seconds: where it begins, and which colour it has."""

    name: str
    seconds: float
    at: float
    place: int


@dataclass(frozen=True, slots=True)
class Start:
    """The start of one target, to be drawn."""

    parts: tuple[Part, ...]
    said: str

    @property
    def seconds(self) -> float:
        """From the beginning to the end."""
        return sum(part.seconds for part in self.parts)


def starts(record: Record) -> dict[str, Start]:
    """Return the start of each target that has one, by the target's name; a step has the same colour in all."""
    steps = {target.target: start_of(record, target) for target in record.targets}
    names = list(dict.fromkeys(name for some in steps.values() for name in some if name != LOADED))
    places = {name: place % _COLOURS for place, name in enumerate(names)} | {LOADED: _COLOURS}
    found = {}
    for target in record.targets:
        at, parts = 0.0, []
        for name, seconds in steps[target.target].items():
            parts.append(Part(name, seconds, at, places[name]))
            at += seconds
        if at:
            found[target.target] = Start(tuple(parts), started(record, target))
    return found
