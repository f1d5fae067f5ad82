"""Numbers, names and evidence as a person reads them; nothing here knows where they are printed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from harness.model import Outcome

OUTCOMES = {
    Outcome.HELD: "held",
    Outcome.VIOLATED: "violated",
    Outcome.KNOWN: "known deviation",
    Outcome.FIXED: "fixed deviation",
    Outcome.UNDECIDED: "undecided",
    Outcome.INVALID: "invalid",
    Outcome.SKIPPED: "skipped",
}

_LONGEST = 160
_FEW = 6
_MINUTE = 60
_MIB, _GIB = 2**20, 2**30
# Controls can steer a terminal, and the marks of bidirectional text can make a line read otherwise than it is.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Replace signs that steer a terminal or reorder a line; tabs and line breaks become spaces."""
    return _UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text.replace("\t", " ").replace("\n", " "))


def number(value: float) -> str:
    """Write a distance so that float32 neighbours differ: nine digits at most, none that says nothing."""
    return f"{value:.9g}"


def milliseconds(value: float) -> str:
    """Write milliseconds with about three digits."""
    for below, digits in ((10, 2), (100, 1)):
        if value < below:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"


def between(low: float, high: float) -> str:
    """Write an interval of milliseconds."""
    return f"{milliseconds(low)}\N{EN DASH}{milliseconds(high)}"


def duration(seconds: float) -> str:
    """Write a time as `41.2 s` or `3 min 5 s`."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s"


def size(count_of_bytes: float) -> str:
    """Write bytes as `340 MiB` or `1.2 GiB`."""
    if count_of_bytes < _GIB:
        return f"{count_of_bytes / _MIB:,.0f} MiB"
    return f"{count_of_bytes / _GIB:,.1f} GiB"


def moment(when: datetime) -> str:
    """Write a moment as `14 March 2025, 09:26 UTC`."""
    utc = when.astimezone(UTC)
    return f"{utc.day} {utc:%B %Y, %H:%M} UTC"


def count(n: int, noun: str, plural: str = "") -> str:
    """Write `1 check`, `2 checks`, `1,000 checks`."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"


def listing(names: Sequence[str], most: int = _FEW) -> str:
    """Write `a, b, c`, and only so many of them before `and 4 more`."""
    if len(names) <= most + 1:  # to say "and 1 more" takes as long as to say which
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most:,} more"


def evidence(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Put each fact of some evidence into words: its name, and its value on one line that is not too long."""
    return [(clean(name.replace("_", " ")), _short(_said(value))) for name, value in facts.items()]


def is_hit(value: Any) -> bool:
    """Tell whether a fact is a returned object: a distance, and a name or an id."""
    return isinstance(value, Mapping) and "distance" in value and bool(value.get("name") or value.get("id"))


def _hit(value: Mapping[str, Any]) -> str:
    distance = value["distance"]
    at = f" at {number(distance)}" if isinstance(distance, int | float) else ""
    return clean(str(value.get("name") or value.get("id"))) + at


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "…"


def _said(value: Any, *, depth: int = 0) -> str:
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, int | float):
        return number(value) if isinstance(value, float) else str(value)
    if is_hit(value):
        return _hit(value)
    if isinstance(value, Mapping):
        said = (f"{clean(name.replace('_', ' '))} {_said(item, depth=depth + 1)}" for name, item in value.items())
        return _inside(", ".join(said) or "nothing", depth)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return _inside(_items(value, depth), depth)
    return clean(str(value)) or "(empty)"


def _items(values: Sequence[Any], depth: int) -> str:
    shown = listing([_said(value, depth=depth + 1) for value in values[: _FEW + 1]] + [""] * (len(values) - _FEW - 1))
    return shown or "nothing"


def _inside(text: str, depth: int) -> str:
    return f"({text})" if depth else text
