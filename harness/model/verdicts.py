"""What a check came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How much a clause is worth: documented, follows from what is documented, or only seen."""

    MUST = "must"
    SHOULD = "should"
    OBSERVED = "observed"


class Outcome(StrEnum):
    """What a check came to."""

    HELD = "held"
    VIOLATED = "violated"
    KNOWN = "known"
    FIXED = "fixed"
    UNDECIDED = "undecided"
    INVALID = "invalid"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check on one collection over one interface: what it came to, in a sentence, with the evidence.

    `evidence` is JSON: facts by name, floats finite. `repeat` is one command that asks again. `target` is what the
    target is called in a run that may have several. `heading` is the one that the check stands under, if any.
    """

    check: str
    level: Level
    outcome: Outcome
    sentence: str
    scenario: str
    collection: str
    interface: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    asked: int = 0
    seconds: float = 0.0
    repeat: str = ""
    target: str = ""
    heading: str = ""
