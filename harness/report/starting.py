"""How long each target took to be there and loaded, step by step."""

from __future__ import annotations

from harness.record import Record, TargetEntry
from harness.report import words

LOADED = "data loaded"
_LEAST = 0.05


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
