"""What the parts of each target used while they were asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.record import Record, UsageEntry
from harness.report import words


@dataclass(frozen=True, slots=True)
class Used:
    """One part of a target: CPU time, resident and anonymous memory, disk; each when it was ready and at the end."""

    part: str
    cells: tuple[str, str, str, str]


def usage(record: Record) -> dict[str, list[Used]]:
    """Return what is known, by the target's name, in the order of the parts."""
    parts: dict[tuple[str, str], dict[str, UsageEntry]] = {}
    for entry in record.usage:
        parts.setdefault((entry.target, entry.part), {})[entry.at] = entry
    found: dict[str, list[Used]] = {}
    for (target, part), both in parts.items():
        cells = (
            _between(both, lambda one: one.cpu_seconds, words.duration),
            _between(both, lambda one: one.resident, words.size),
            _between(both, lambda one: one.anonymous, words.size),
            _between(both, lambda one: one.disk, words.size),
        )
        found.setdefault(target, []).append(Used(part, cells))
    return found


def _between(
    both: dict[str, UsageEntry], of: Callable[[UsageEntry], float | None], said: Callable[[float], str]
) -> str:
    values = [of(both[when]) if when in both else None for when in ("ready", "end")]
    known = ["?" if value is None else said(value) for value in values]
    return "not told" if values == [None, None] else " → ".join(known)
