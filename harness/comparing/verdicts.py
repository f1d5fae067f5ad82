"""Judgements as what a record holds: a comparison with its numbers, and a verdict like any other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from harness.comparing.evidence import Measured
from harness.comparing.judging import Allowed, Is, Judged, Judgement, Unsaid
from harness.comparing.loads import Loads
from harness.comparing.parts import Part, Split, split
from harness.comparing.series import Name, Series
from harness.model import Level, Outcome, Verdict
from harness.record import ComparisonEntry, Entry, LatencyEntry, PartFact, VerdictEntry

_OUTCOMES = {
    Is.SAME: Outcome.HELD,
    Is.FASTER: Outcome.HELD,
    Is.SLOWER: Outcome.VIOLATED,
    Is.OPEN: Outcome.UNDECIDED,
}
CHECK = "compare"
_SHOWN = {"base_ms", "head_ms", "change", "low", "high", "margin"}


def entries(
    series: tuple[Measured, ...], judged: Judged, allowed: Allowed, *, base: str, head: str, repeat: str = ""
) -> Iterator[Entry]:
    """Yield what a record says of a comparison: of each metric its numbers and its verdict.

    Args:
        series: what was measured.
        judged: what that comes to.
        allowed: how often it may be wrong.
        base: what one side is called.
        head: what the other is called.
        repeat: the command that compares again.
    """
    by_name = {one.name: one for one in series}
    for one in judged.judgements:
        measured = by_name[one.name]
        parts = split(measured) if isinstance(measured, Series) else None
        doubt = measured.short if isinstance(measured, Loads) and one.answer is not Is.SLOWER else ""
        comparison = _comparison(one, parts, allowed, len(judged.judgements), (base, head))
        yield comparison
        facts = {name: _short(value) for name, value in comparison.model_dump(include=_SHOWN).items()}
        outcome = Outcome.INVALID if doubt else _OUTCOMES[one.answer]
        yield verdict(one.name, one.metric.name, outcome, doubt or comparison.sentence, facts, head, repeat)
    for unsaid in judged.unsaid:
        yield _unsaid(unsaid, head, repeat)


def times(series: Series, *, base: str, head: str) -> Iterator[LatencyEntry]:
    """Yield the times of both sides of rounds, as every record has them."""
    for target, side in ((base, series.base), (head, series.head)):
        own = None if side.service is None else tuple(one for block in side.service for one in block)
        yield LatencyEntry(
            target=target,
            scenario=series.name.scenario,
            collection=series.name.collection,
            question=series.name.question,
            interface=series.name.interface,
            milliseconds=side.milliseconds,
            service_ms=own,
            unknown=side.errors,
            mode="in turn",
            blocks=tuple(map(len, side.blocks)),
        )


def failed(name: Name, check: str, sentence: str, outcome: Outcome, target: str, repeat: str = "") -> VerdictEntry:
    """Return the verdict of a side whose times are worth nothing, because of its answers."""
    return verdict(name, check, outcome, sentence, {}, target, repeat)


def sentence(one: Judgement) -> str:
    """Return what a metric came to, in words."""
    name, low, high = one.metric.name, _percent(one.within.low), _percent(one.within.high)
    if one.answer in (Is.SLOWER, Is.FASTER):
        return f"{name} is {abs(one.change):.1%} {one.answer} (between {low} and {high})"
    if one.answer is Is.SAME:
        return f"{name} is the same: a difference of {one.metric.margin:.0%} would have shown"
    more = f"no number of {one.unit} that anybody runs would tell"
    more = more if one.more is None else f"{one.more:,} more {one.unit} would"
    return f"whether {name} differs can't be told: it is between {low} and {high}; {more}"


def _comparison(
    one: Judgement, parts: Split | None, allowed: Allowed, metrics: int, sides: tuple[str, str]
) -> ComparisonEntry:
    where = parts.sentence if parts is not None and one.answer in (Is.SLOWER, Is.FASTER) else ""
    return ComparisonEntry(
        base=sides[0],
        head=sides[1],
        scenario=one.name.scenario,
        collection=one.name.collection,
        question=one.name.question,
        interface=one.name.interface,
        metric=one.metric.name,
        margin=one.metric.margin,
        n_base=one.n[0],
        n_head=one.n[1],
        base_ms=one.base,
        head_ms=one.head,
        answer=one.answer.value,
        change=one.change,
        low=_finite(one.within.low),
        high=_finite(one.within.high),
        confidence=1 - allowed.false_alarm / metrics,
        chance=one.chance,
        more=one.more,
        smallest=_finite(one.smallest),
        sentence=f"{sentence(one)}; {where}" if where else sentence(one),
        where=where,
        parts=() if parts is None else (_part(parts.service), _part(parts.rest)),
    )


def _part(part: Part) -> PartFact:
    low, high = map(_finite, part.within)
    return PartFact(name=part.name, longer_ms=part.longer, low_ms=low, high_ms=high)


def _unsaid(unsaid: Unsaid, head: str, repeat: str) -> VerdictEntry:
    return verdict(unsaid.name, unsaid.metric.name, Outcome.SKIPPED, unsaid.reason, {}, head, repeat)


def verdict(
    name: Name, check: str, outcome: Outcome, said: str, evidence: Mapping[str, object], target: str, repeat: str
) -> VerdictEntry:
    """Return a verdict about one metric."""
    return VerdictEntry.of(
        Verdict(
            f"{CHECK}/{check}",
            Level.MUST,
            outcome,
            said,
            name.scenario,
            name.collection,
            name.interface,
            {"question": name.question, **evidence},
            repeat=repeat,
            target=target,
        )
    )


def _short(value: float | None) -> float | None:
    """A figure as people read it; all of its digits are in the comparison itself."""
    return None if value is None else float(f"{value:.4g}")


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _percent(value: float) -> str:
    """A change as people write it: `-1.0%`, `+5.2%`; without bound where there is none."""
    if value <= -1:
        return "anything faster"
    return f"{value:+.1%}" if math.isfinite(value) else "anything slower"
