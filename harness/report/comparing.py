"""The same checks at several targets, side by side: what each came to, and where the answer changed."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.model import Outcome
from harness.record import Record, TargetEntry, VerdictEntry
from harness.report import words

GRAVITY = (
    Outcome.VIOLATED,
    Outcome.INVALID,
    Outcome.UNDECIDED,
    Outcome.FIXED,
    Outcome.KNOWN,
    Outcome.HELD,
    Outcome.SKIPPED,
)
_NO_NEWS = (Outcome.HELD, Outcome.SKIPPED)
_CHANCE = re.compile(r"\b[A-Z]\w*_\w+|[-+]?\d[\d.,e-]*")
"""What differs between two runs of the same: names of classes at the target, and numbers."""

_Place = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """What a check came to at one target, in all its places; `outcome` is the gravest, `case` the smallest with it."""

    outcome: Outcome
    counts: Counter[Outcome]
    case: VerdictEntry

    @property
    def said(self) -> str:
        """How many of how many: `12` if all came to the same, else `4/12`."""
        n, of = self.counts[self.outcome], self.counts.total()
        return f"{n:,}" if n == of else f"{n:,}/{of:,}"

    @property
    def in_words(self) -> str:
        """All of it: `4 violated, 8 held`."""
        return ", ".join(f"{self.counts[one]:,} {words.OUTCOMES[one]}" for one in GRAVITY if self.counts[one])


@dataclass(frozen=True, slots=True)
class Row:
    """A check, or a whole chapter, at every target; a cell is None where it was not asked."""

    name: str
    cells: tuple[Cell | None, ...]
    changed: bool

    @property
    def news(self) -> bool:
        """Whether there is more to say than that it held."""
        return self.changed or any(cell is not None and cell.outcome not in _NO_NEWS for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the answers to a check: the targets that gave it, in how many of the places, and the smallest case."""

    targets: tuple[str, ...]
    outcome: Outcome
    case: VerdictEntry


@dataclass(frozen=True, slots=True)
class Change:
    """A check whose answer is not the same at all targets: in `places` of its `of` places."""

    check: str
    sides: tuple[Side, ...]
    places: int
    of: int

    @property
    def case(self) -> VerdictEntry:
        """The gravest side's."""
        return self.sides[0].case


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several targets, asked the same: chapters, each with its own row and one for each check; and what changed."""

    targets: tuple[TargetEntry, ...]
    chapters: tuple[tuple[Row, tuple[Row, ...]], ...]
    changes: tuple[Change, ...]

    @property
    def asked(self) -> tuple[TargetEntry, ...]:
        """The targets that could be opened."""
        return tuple(one for one in self.targets if not one.trouble)

    @property
    def agreed(self) -> bool:
        """Whether something was asked of more than one target, and nothing changed."""
        rows = (row for _, some in self.chapters for row in some)
        return not self.changes and any(len([cell for cell in row.cells if cell is not None]) > 1 for row in rows)

    @property
    def names(self) -> tuple[str, ...]:
        """What the targets are called."""
        return tuple(one.target for one in self.targets)


def compared(record: Record) -> Comparison | None:
    """Lay the verdicts of several targets side by side; None if there is but one."""
    if len(record.targets) < 2:  # noqa: PLR2004 - nothing beside it
        return None
    names = [one.target for one in record.targets]
    checks: dict[str, dict[str, list[VerdictEntry]]] = {}
    for case in record.verdicts:
        checks.setdefault(_chapter(case), {}).setdefault(case.check, []).append(case)
    found = {
        check: change
        for some in checks.values()
        for check, cases in some.items()
        if (change := _change(check, cases, names)) is not None
    }
    chapters = tuple(
        (
            _row(name, [case for cases in some.values() for case in cases], names, changed=bool(found.keys() & some)),
            tuple(_row(check, cases, names, changed=check in found) for check, cases in some.items()),
        )
        for name, some in checks.items()
    )
    changes = sorted(found.values(), key=lambda one: GRAVITY.index(one.sides[0].outcome))
    return Comparison(record.targets, chapters, tuple(changes))


def _row(name: str, cases: Iterable[VerdictEntry], targets: Sequence[str], *, changed: bool) -> Row:
    by_target: dict[str, list[VerdictEntry]] = {}
    for case in cases:
        by_target.setdefault(case.target, []).append(case)
    return Row(name, tuple(_cell(by_target[one]) if one in by_target else None for one in targets), changed)


def _cell(cases: Sequence[VerdictEntry]) -> Cell:
    counts = Counter(case.outcome for case in cases)
    gravest = min(counts, key=GRAVITY.index)
    return Cell(gravest, counts, _smallest([case for case in cases if case.outcome is gravest]))


def _smallest(cases: Sequence[VerdictEntry]) -> VerdictEntry:
    return min(cases, key=lambda case: (not case.evidence, len(json.dumps(case.evidence))))


def _change(check: str, cases: Sequence[VerdictEntry], targets: Sequence[str]) -> Change | None:
    places: dict[_Place, list[VerdictEntry]] = {}
    for case in cases:
        places.setdefault(_place(case), []).append(case)
    differ = [some for some in places.values() if len({_answer(case) for case in some} - {_SILENT}) > 1]
    if not differ:
        return None
    sides: dict[tuple[Outcome, str], tuple[list[str], list[VerdictEntry]]] = {}
    for target in targets:
        mine = [case for some in differ for case in some if case.target == target and _answer(case) != _SILENT]
        if mine:
            cell = _cell(mine)
            names, shown = sides.setdefault(_answer(cell.case), ([], []))
            names.append(target)
            shown.append(cell.case)
    made = [Side(tuple(names), answer[0], _smallest(shown)) for answer, (names, shown) in sides.items()]
    made.sort(key=lambda side: GRAVITY.index(side.outcome))
    return Change(check, tuple(made), len(differ), len(places))


def _chapter(case: VerdictEntry) -> str:
    return case.check.partition("/")[0]


_SILENT = (Outcome.SKIPPED, "")


def _answer(case: VerdictEntry) -> tuple[Outcome, str]:
    """What makes two verdicts alike: the outcome, and of what did not hold what is wrong, without what is chance."""
    quiet = case.outcome in (*_NO_NEWS, Outcome.KNOWN, Outcome.FIXED)
    return case.outcome, "" if quiet else _CHANCE.sub("", case.sentence)


def _place(case: VerdictEntry) -> _Place:
    question = str(case.evidence.get("question", "")) if _chapter(case) == "latency" else ""
    return case.scenario, case.check, case.collection, case.interface, question


def held(side: Side) -> list[tuple[str, str]]:
    """What there is to say of an answer that is right: what was measured."""
    measured = side.case.evidence.get("measured")
    return words.evidence({"measured": measured}) if measured is not None else []
