"""Verdicts folded into what a person wants to know: the headline, the findings, the counts of each chapter."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.errors import ExitCode, worst
from harness.model import Level, Outcome
from harness.record import Record, VerdictEntry
from harness.record.file import CODES
from harness.report import words
from harness.report.comparing import Comparison, compared

LOUD = (Outcome.VIOLATED, Outcome.INVALID, Outcome.UNDECIDED)
_BY_REASON = (Outcome.UNDECIDED, Outcome.INVALID)
"""What keeps a run from being held, the gravest first."""

QUIET = (Outcome.FIXED, Outcome.KNOWN)

_LEVELS = tuple(Level)
_EXIT = {
    ExitCode.NOTHING_RAN: "Nothing ran, so nothing is known.",
    ExitCode.NO_TARGET: "No database could be asked.",
    ExitCode.USAGE: "The run was asked for in a way that cannot be done.",
    ExitCode.INTERRUPTED: "Interrupted: this is what was found until then.",
    ExitCode.BUG: "The harness itself failed: do not trust this run.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One check with one outcome, wherever that happened; `of` is how many verdicts the check has in all.

    What left many checks undecided for one and the same reason is one finding: `check` then says how many they are.
    `at` are the targets where it was found, if several were asked.
    """

    check: str
    outcome: Outcome
    cases: tuple[VerdictEntry, ...]
    of: int
    at: tuple[str, ...] = ()

    @property
    def smallest(self) -> VerdictEntry:
        """The case with the least evidence that has any: the easiest one to understand."""
        return min(self.cases, key=lambda case: (not case.evidence, len(json.dumps(case.evidence))))


@dataclass(frozen=True, slots=True)
class Skip:
    """A reason for skipping, and all that was skipped for it; `at` are the targets, if it was not so at all of them."""

    reason: str
    cases: tuple[VerdictEntry, ...]
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tally:
    """One chapter of one scenario: how often each outcome, the findings inside, and the time it took.

    `figures` are what was measured with every image of a collection, for promises that held: (collection, figure).
    """

    scenario: str
    chapter: str
    counts: Counter[Outcome]
    findings: tuple[Finding, ...]
    seconds: float
    figures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Headline:
    """The run in three sentences. `state` is held, violated, undecided or broken."""

    state: str
    sentence: str
    tested: str
    proves: str
    exit_code: ExitCode


def where(case: VerdictEntry, targets: Sequence[str] = ()) -> str:
    """Write the place of a verdict: scenario, collection, interface; with its target if several are named."""
    parts = (case.scenario, case.collection, case.interface, case.target if targets else "")
    return words.clean(" · ".join(part for part in parts if part))


def at(targets: Sequence[str]) -> str:
    """Write where among several targets: ` at 1.19, 1.25`; nothing if there is but one."""
    return words.clean(f" at {words.listing(targets, 4)}") if targets else ""


def spread(finding: Finding) -> str:
    """Write where a finding was made: `4 of 22: photos (Cats), planted (A, B); graphql, grpc`."""
    places: dict[str, dict[str, None]] = {}
    for case in finding.cases:
        places.setdefault(case.scenario, {})[case.collection] = None
    said = [f"{scenario} ({words.listing(list(names), 4)})" for scenario, names in places.items()]
    over = dict.fromkeys(case.interface for case in finding.cases if case.interface)
    parts = [words.listing(said, 4), *([", ".join(over)] if over else [])]
    reasons = len({case.sentence for case in finding.cases}) if finding.outcome in _BY_REASON else 1
    parts += [f"for {reasons} reasons"] if reasons > 1 else []
    return words.clean(f"{len(finding.cases):,} of {finding.of:,}{at(finding.at)}: {'; '.join(parts)}")


def in_places(finding: Finding) -> str:
    """Write in how many of its places a check came to this: `, in 3 of 12 places`; nothing if it has but one."""
    if finding.of == 1:
        return ""
    several = len({case.check for case in finding.cases}) > 1
    counted = f"{len(finding.cases):,} of {finding.of:,}"
    return f", {counted} verdicts" if several else f", in {counted} places"


def measured(case: VerdictEntry) -> str:
    """Return the figure of a promise about every image, if it held; else nothing."""
    whole = case.outcome is Outcome.HELD and case.check.startswith("promise/every_image/")
    return words.clean(str(case.evidence.get("measured") or "")) if whole else ""


def chapter(case: VerdictEntry) -> str:
    """Return the chapter of a check: what stands before the slash."""
    return case.check.split("/", 1)[0]


def findings(verdicts: Iterable[VerdictEntry], outcomes: Iterable[Outcome] = LOUD) -> tuple[Finding, ...]:
    """Fold the verdicts with these outcomes, the gravest first: each check once.

    What left several checks undecided or invalid for the same reason is folded by that reason instead; deviations of
    one check that are known are told apart by what is listed.
    """
    verdicts, order = tuple(verdicts), tuple(outcomes)
    asked = Counter(case.check for case in verdicts)
    reasons: dict[str, set[str]] = {}
    for case in verdicts:
        if case.outcome in _BY_REASON:
            reasons.setdefault(case.sentence, set()).add(case.check)
    cases: dict[tuple[str, str, Outcome], list[VerdictEntry]] = {}
    for case in verdicts:
        if case.outcome in order:
            shared = case.outcome in _BY_REASON and len(reasons[case.sentence]) > 1
            listed = case.sentence if case.outcome in QUIET else ""
            cases.setdefault((case.sentence if shared else case.check, listed, case.outcome), []).append(case)
    found = []
    for (*_, outcome), some in cases.items():
        checks = list(dict.fromkeys(case.check for case in some))
        name = checks[0] if len(checks) == 1 else f"{checks[0]} and {len(checks) - 1} more"
        of = sum(asked[check] for check in checks)
        found.append(Finding(name, outcome, tuple(some), of, _targets_of(some, verdicts)))
    return tuple(
        sorted(found, key=lambda one: (order.index(one.outcome), min(_LEVELS.index(case.level) for case in one.cases)))
    )


def skips(verdicts: Iterable[VerdictEntry]) -> tuple[Skip, ...]:
    """Fold what was skipped by its reason, the commonest first."""
    verdicts = tuple(verdicts)
    cases: dict[str, list[VerdictEntry]] = {}
    for case in verdicts:
        if case.outcome is Outcome.SKIPPED:
            reason = words.clean(str(case.evidence.get("reason") or case.sentence))
            cases.setdefault(reason, []).append(case)
    asked = len({case.target for case in verdicts})
    found = (
        Skip(reason, tuple(some), names if len(names := _targets_of(some, verdicts)) < asked else ())
        for reason, some in cases.items()
    )
    return tuple(sorted(found, key=lambda it: -len(it.cases)))


def _targets_of(cases: Iterable[VerdictEntry], verdicts: Iterable[VerdictEntry]) -> tuple[str, ...]:
    """The targets of some verdicts, if there are several in all."""
    if len({case.target for case in verdicts}) < 2:  # noqa: PLR2004 - one alone needs no name
        return ()
    return tuple(dict.fromkeys(case.target for case in cases))


def tallies(verdicts: Iterable[VerdictEntry]) -> tuple[Tally, ...]:
    """Count each chapter of each scenario, in the order in which they ran."""
    cases: dict[tuple[str, str], list[VerdictEntry]] = {}
    scenarios: dict[str, None] = {}
    for case in verdicts:
        scenarios[case.scenario] = None
        cases.setdefault((case.scenario, chapter(case)), []).append(case)
    return tuple(
        Tally(
            scenario,
            name,
            Counter(case.outcome for case in some),
            findings(some, LOUD + QUIET),
            sum(case.seconds for case in some),
            tuple((words.clean(case.collection), figure) for case in some if (figure := measured(case))),
        )
        for wanted in scenarios
        for (scenario, name), some in cases.items()
        if scenario == wanted
    )


def headline(record: Record) -> Headline:
    """Say what the run came to, what was tested, and what that proves."""
    code = record.exit_code
    state = {ExitCode.HELD: "held", ExitCode.VIOLATED: "violated", ExitCode.UNDECIDED: "undecided"}.get(code, "broken")
    sentence = _unopened(record) or _EXIT.get(code) or _came_to(record, code)
    if record.truncated:
        sentence += " The record has no end: the run was cut off, or is still going on."
    return Headline(state, sentence, *_target(record), code)


def _came_to(record: Record, code: ExitCode) -> str:
    verdicts = record.verdicts
    checks = {case.check for case in verdicts if case.outcome is not Outcome.SKIPPED}
    loud = {outcome: {case.check for case in verdicts if case.outcome is outcome} for outcome in LOUD}
    said = [_are(len(loud[outcome]), outcome) for outcome in LOUD if loud[outcome]]
    if not said and code is not ExitCode.HELD:
        return f"The run ended as {code.name.lower()}, although no check did."
    comparison = compared(record)
    changed = len(comparison.changes) if comparison else 0
    if not said:
        known = len({case.check for case in verdicts if case.outcome is Outcome.KNOWN})
        deviate = f", {words.count(known, 'of them deviates', 'of them deviate')} as is known" if known else ""
        held = "Nothing new" if known else "Everything held"
        return f"{held}: {words.count(len(checks), 'check')}{_everywhere(comparison)}{deviate}."
    said += [f"{changed:,} {'is' if changed == 1 else 'are'} not answered alike everywhere"] if changed else []
    *first, last = said
    came_to = f"{', '.join(first)} and {last}" if first else last
    return f"Of {words.count(len(checks), 'check')}, {came_to}."


def _everywhere(comparison: Comparison | None) -> str:
    n = len(comparison.asked) if comparison else 1
    return f" at {n} targets" if n > 1 else ""


def _unopened(record: Record) -> str:
    """What is said first where some of several targets could be asked and others not even opened."""
    failed = [target for target in record.targets if target.trouble]
    if not failed or not record.verdicts or record.exit_code is not ExitCode.NO_TARGET:
        return ""
    came_to = _came_to(record, worst(CODES[case.outcome] for case in record.verdicts if case.outcome in CODES))
    return f"{len(failed)} of {len(record.targets)} targets could not be opened. {came_to}"


def _are(n: int, outcome: Outcome) -> str:
    return f"{n:,} {'is' if n == 1 else 'are'} {outcome}"


def _target(record: Record) -> tuple[str, str]:
    target = record.target
    if target is not None and len(record.targets) > 1:
        return _several(record)
    if target is None:
        return "No database was tested.", "That proves nothing about any Weaviate."
    said = words.clean(target.description).strip().rstrip(".")
    tested = f"{said[:1].upper()}{said[1:]}."
    if target.weaviate:
        return tested, "What it shows holds for this server, with these images and settings."
    return tested, "That shows that the harness works here, and proves nothing about any Weaviate."


def _several(record: Record) -> tuple[str, str]:
    asked = [target for target in record.targets if not target.trouble]
    alone = len(asked) == 1
    tested = "1 target was asked." if alone else f"{len(asked)} targets were asked the same, side by side."
    real = [target.version for target in asked if target.weaviate]
    versions = ", ".join(dict.fromkeys(real))
    if len(real) == len(asked):
        these = "this server" if alone else "these servers"
        return tested, f"What it shows holds for {these}: Weaviate {versions}."
    if versions:
        return tested, f"A Weaviate was tested in version {versions}; the rest is our own stand-in."
    return tested, "No Weaviate was tested: that shows that the harness works here."
