"""Whether two sides differ, metric by metric, and all metrics together: same, slower, faster, or open.

Slower or faster: chance does as much with at most the error `false_alarm`, and it is by at least the margin. Same: a
difference of the margin or more would show less with at most the error `missed`. Both errors are corrected for the
number of metrics (Holm). Everything else is open, with the number of rounds that would decide it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from harness.comparing.evidence import Measured, shift
from harness.comparing.series import Name
from harness.errors import UsageError
from harness.statistics import Interval
from harness.statistics.ranks import Shift, chance, holm
from harness.statistics.sequential import detectable, rounds_to_decide

FALSE_ALARM = 0.005
MISSED = 0.05


class Is(StrEnum):
    """What head is against base."""

    SAME = "same"
    SLOWER = "slower"
    FASTER = "faster"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Metric:
    """A percentile of the times, and the difference that is too small to matter: 0.02 is 2%."""

    q: float
    margin: float

    @property
    def name(self) -> str:
        """As promises write it: `p50`, `p99.9`."""
        return f"p{self.q:g}"


USUAL = (Metric(50.0, 0.03), Metric(95.0, 0.10))
"""What is judged if nobody says otherwise.

Two starts of one and the same program differ truly, by about 1% at the median (measured: where their memory lies, what
their threads do): a margin of three times that keeps them from being called different.
"""


def metrics_in(text: str) -> tuple[Metric, ...]:
    """Return the metrics of `p50:3%,p95:10%`; without a margin that of the usual ones, else 10%.

    Raises:
        UsageError: it is written otherwise, or one percentile has two margins.
    """
    usual = {one.name: one.margin for one in USUAL}
    found = []
    for part in text.split(","):
        name, _, margin = part.strip().partition(":")
        try:
            q = float(name.removeprefix("p"))
            share = float(margin.removesuffix("%")) / 100 if margin else usual.get(name, 0.1)
        except ValueError:
            q = share = -1.0
        if not (name.startswith("p") and 0 < q < 100 and 0 < share < 1):  # noqa: PLR2004 - per cent
            raise UsageError(f"{part!r} is no metric", hint="A percentile with what is too small to matter: p50:3%.")
        found.append(Metric(q, share))
    metrics = tuple(dict.fromkeys(found))
    twice = [one.name for one in metrics if [each.q for each in metrics].count(one.q) > 1]
    if twice:
        raise UsageError(f"{twice[0]} has two margins in {text!r}", hint="Name each percentile once.")
    return metrics


@dataclass(frozen=True, slots=True)
class Allowed:
    """How often a judgement of all metrics together may be wrong.

    `false_alarm`: a difference is said where there is none. `missed`: two sides are called the same that are not.
    """

    false_alarm: float = FALSE_ALARM
    missed: float = MISSED


@dataclass(frozen=True, slots=True)
class Judgement:
    """One metric of one question: `change` is head over base less one, 0.05 for 5% slower.

    `within` holds the true change with the confidence that is left when all metrics are right at once. `more` is how
    many rounds more (or what else `unit` says) would decide what is open (None: no number that anybody runs),
    `smallest` the smallest change that this run finds in 19 of 20 cases.
    """

    name: Name
    metric: Metric
    base: float
    head: float
    n: tuple[int, int]
    answer: Is
    change: float
    within: Interval
    chance: float
    more: int | None
    smallest: float
    unit: str = "rounds"


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A metric that nothing can be said of, and why."""

    name: Name
    metric: Metric
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything that can be said of some series at once."""

    judgements: tuple[Judgement, ...]
    unsaid: tuple[Unsaid, ...] = ()


def judge(series: Sequence[Measured], metrics: Sequence[Metric] = USUAL, allowed: Allowed | None = None) -> Judged:
    """Judge every metric of every series, all of them together.

    Args:
        series: what was measured.
        metrics: percentiles with their margins.
        allowed: how often it may be wrong.
    """
    allowed = allowed or Allowed()
    shifts, unsaid = _shifts(series, metrics)
    answers = _answers(shifts, allowed)
    chances = holm([chance(each.shift) for each in shifts])
    return Judged(
        tuple(
            _judgement(each, answer, by_chance, allowed, len(shifts))
            for each, answer, by_chance in zip(shifts, answers, chances, strict=True)
        ),
        unsaid,
    )


def answers(series: Sequence[Measured], metrics: Sequence[Metric] = USUAL, allowed: Allowed | None = None) -> list[Is]:
    """Return the answers of `judge` alone, without the intervals, which take longer."""
    return _answers(_shifts(series, metrics)[0], allowed or Allowed())


def decided(found: Sequence[Is]) -> bool:
    """Whether more rounds change nothing: something is slower, or nothing is open."""
    return bool(found) and (Is.SLOWER in found or Is.OPEN not in found)


class _Evidence(NamedTuple):
    series: Measured
    metric: Metric
    shift: Shift

    @property
    def margin(self) -> float:
        """The metric's margin, as a difference of logarithms."""
        return math.log1p(self.metric.margin)


def _shifts(series: Sequence[Measured], metrics: Sequence[Metric]) -> tuple[list[_Evidence], tuple[Unsaid, ...]]:
    shifts, unsaid = [], []
    for one in series:
        for metric in metrics:
            found = shift(one, metric.q)
            if isinstance(found, str):
                unsaid.append(Unsaid(one.name, metric, found))
            else:
                shifts.append(_Evidence(one, metric, found))
    return shifts, tuple(unsaid)


def _answers(shifts: Sequence[_Evidence], allowed: Allowed) -> list[Is]:
    chances = holm([chance(each.shift) for each in shifts])
    overlooked = holm([max(each.shift.below(each.margin), each.shift.above(-each.margin)) for each in shifts])
    found = []
    for each, by_chance, missed in zip(shifts, chances, overlooked, strict=True):
        estimate = each.shift.estimate
        if by_chance <= allowed.false_alarm and abs(estimate) >= each.margin:
            found.append(Is.SLOWER if estimate > 0 else Is.FASTER)
        else:
            found.append(Is.SAME if missed <= allowed.missed else Is.OPEN)
    return found


def _judgement(evidence: _Evidence, answer: Is, by_chance: float, allowed: Allowed, of: int) -> Judgement:
    series, metric, apart = evidence
    each = allowed.false_alarm / of
    within = apart.interval(1 - each)
    half, estimate = (within.high - within.low) / 2, apart.estimate
    more: int | None = 0
    if answer is Is.OPEN:
        equal = apart.interval(1 - 2 * allowed.missed / of)
        more = _more(estimate, evidence.margin, (half, (equal.high - equal.low) / 2), series.rounds)
    base, head = series.percentile(metric.q)
    return Judgement(
        name=series.name,
        metric=metric,
        base=base,
        head=head,
        n=series.n,
        answer=answer,
        change=math.expm1(estimate),
        within=Interval(math.expm1(within.low), _expm1(within.high)),
        chance=by_chance,
        more=more,
        unit=series.unit,
        smallest=_expm1(max(evidence.margin, detectable(half, each))),
    )


def _more(estimate: float, margin: float, halves: tuple[float, float], rounds: int) -> int | None:
    """How many rounds more would say that it differs, or that it does not: the fewer of the two."""
    differs = rounds_to_decide(halves[0], rounds, abs(estimate)) if abs(estimate) >= margin else None
    alike = rounds_to_decide(halves[1], rounds, margin - abs(estimate))
    found = [one for one in (differs, alike) if one is not None]
    return min(found) if found else None


def _expm1(value: float) -> float:
    return math.expm1(value) if value < 700 else math.inf  # noqa: PLR2004 - beyond that a float has no e^x
