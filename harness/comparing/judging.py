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
from statistics import median

import numpy as np

from harness.comparing.series import Block, Name, Series
from harness.statistics import Interval, carried, needed, percentile
from harness.statistics.bootstrap import Resampled
from harness.statistics.ranks import Exceeding, Paired, Shift, Unpaired, holm
from harness.statistics.sequential import detectable, rounds_to_decide

FALSE_ALARM = 0.005
MISSED = 0.05
_MEDIAN = 50.0
_LEAST_MS = 1e-6


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


USUAL = (Metric(50.0, 0.02), Metric(95.0, 0.10))


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
    many rounds more would decide what is open (None: no number that anybody runs), `smallest` the smallest change that
    this run finds in 19 of 20 cases.
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

    @property
    def decided(self) -> bool:
        """Whether more rounds change nothing: something is slower, or nothing is open."""
        answers = {one.answer for one in self.judgements}
        return bool(answers) and (Is.SLOWER in answers or Is.OPEN not in answers)


def judge(series: Sequence[Series], metrics: Sequence[Metric] = USUAL, allowed: Allowed | None = None) -> Judged:
    """Judge every metric of every series, all of them together.

    Args:
        series: what was measured.
        metrics: percentiles with their margins.
        allowed: how often it may be wrong.
    """
    allowed = allowed or Allowed()
    shifts: list[tuple[Series, Metric, Shift]] = []
    unsaid: list[Unsaid] = []
    for one in series:
        for metric in metrics:
            found = _shift(one, metric)
            if isinstance(found, str):
                unsaid.append(Unsaid(one.name, metric, found))
            else:
                shifts.append((one, metric, found))
    chances = holm([min(1.0, 2 * min(shift.above(0.0), shift.below(0.0))) for _, _, shift in shifts])
    overlooked = holm(
        [max(shift.below(math.log1p(m.margin)), shift.above(-math.log1p(m.margin))) for _, m, shift in shifts]
    )
    return Judged(
        tuple(
            _judgement(one, metric, shift, (chance, missed), allowed, len(shifts))
            for (one, metric, shift), chance, missed in zip(shifts, chances, overlooked, strict=True)
        ),
        tuple(unsaid),
    )


def _shift(series: Series, metric: Metric) -> Shift | str:
    """The evidence about a metric, on logarithms, so that a shift is a ratio; or why there is none."""
    base, head = _logarithms(series.base.blocks), _logarithms(series.head.blocks)
    if series.paired:
        both = [(one, other) for one, other in zip(base, head, strict=True) if one and other]
        base, head = [one for one, _ in both], [other for _, other in both]
    else:
        base, head = [one for one in base if one], [one for one in head if one]
    fewest = min(sum(map(len, base)), sum(map(len, head)))
    if not carried(fewest, metric.q):
        return f"{metric.name} needs {needed(metric.q):,} answers of each side, and there were {fewest:,}"
    if metric.q == _MEDIAN:
        medians = [np.array([median(block) for block in side]) for side in (base, head)]
        return Paired(medians[1] - medians[0]) if series.paired else Unpaired(*medians)
    if series.paired:
        return Exceeding(base, head, metric.q)
    if min(len(base), len(head)) < 2:  # noqa: PLR2004 - one block drawn again is the same
        return f"{metric.name} needs at least two blocks of each side"
    return Resampled(base, head, metric.q)


def _logarithms(blocks: Sequence[Block]) -> list[list[float]]:
    return [[math.log(max(one, _LEAST_MS)) for one in block] for block in blocks]


def _judgement(
    series: Series, metric: Metric, shift: Shift, errors: tuple[float, float], allowed: Allowed, of: int
) -> Judgement:
    chance, missed = errors
    margin = math.log1p(metric.margin)
    each = allowed.false_alarm / of
    within = shift.interval(1 - each)
    estimate = shift.estimate
    answer = Is.OPEN
    if chance <= allowed.false_alarm and abs(estimate) >= margin:
        answer = Is.SLOWER if estimate > 0 else Is.FASTER
    elif missed <= allowed.missed:
        answer = Is.SAME
    half = (within.high - within.low) / 2
    more: int | None = 0
    if answer is Is.OPEN:
        equal = shift.interval(1 - 2 * allowed.missed / of)
        more = _more(estimate, margin, (half, (equal.high - equal.low) / 2), series.rounds)
    return Judgement(
        name=series.name,
        metric=metric,
        base=percentile(series.base.milliseconds, metric.q),
        head=percentile(series.head.milliseconds, metric.q),
        n=(series.base.n, series.head.n),
        answer=answer,
        change=math.expm1(estimate),
        within=Interval(math.expm1(within.low), _expm1(within.high)),
        chance=chance,
        more=more,
        smallest=_expm1(max(margin, detectable(half, each))),
    )


def _more(estimate: float, margin: float, halves: tuple[float, float], rounds: int) -> int | None:
    """How many rounds more would say that it differs, or that it does not: the fewer of the two."""
    differs = rounds_to_decide(halves[0], rounds, abs(estimate)) if abs(estimate) >= margin else None
    alike = rounds_to_decide(halves[1], rounds, margin - abs(estimate))
    found = [one for one in (differs, alike) if one is not None]
    return min(found) if found else None


def _expm1(value: float) -> float:
    return math.expm1(value) if value < 700 else math.inf  # noqa: PLR2004 - beyond that a float has no e^x
