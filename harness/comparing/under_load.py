"""What the loads of two records came to beside their times: how many requests were answered, and how right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import variance

from harness.comparing.judging import Allowed, Metric
from harness.comparing.loads import Loads
from harness.comparing.verdicts import verdict
from harness.model import Outcome
from harness.record import Entry, LoadEntry, VerdictEntry
from harness.statistics.proportions import chance_of_more, exact

ERRORS = 0.005
RECALL = 0.01
"""Differences of shares that are too small to matter, unless chance can't have made them."""

_FEWEST = 5


def load_entries(
    loads: Sequence[Loads], metrics: Sequence[Metric], allowed: Allowed, *, base: str, head: str, repeat: str = ""
) -> Iterator[Entry]:
    """Yield the loads of both sides, and of each what its answers came to; of times only why there are none.

    Args:
        loads: what is compared.
        metrics: percentiles that are judged elsewhere.
        allowed: how often the verdicts about errors, or about recall, may be wrong, all loads together.
        base: what one side is called.
        head: what the other is called.
        repeat: the command that compares again.
    """
    each = Allowed(allowed.false_alarm / max(1, len(loads)), allowed.missed / max(1, len(loads)))
    for one in loads:
        for target, side in ((base, one.base), (head, one.head)):
            yield side.model_copy(update={"target": target, "raw": None})
        for metric in metrics if one.spoiled else ():
            yield verdict(one.name, metric.name, Outcome.INVALID, one.spoiled, {}, head, repeat)
        yield _errors(one, each, head, repeat)
        if (recall := _recall(one, each, head, repeat)) is not None:
            yield recall


def _errors(loads: Loads, allowed: Allowed, head: str, repeat: str) -> VerdictEntry:
    before, after = map(independent_errors, loads.sides)
    shares = [one.errors / max(1, one.intended) for one in loads.sides]
    facts: dict[str, object] = {"base": shares[0], "head": shares[1]}
    chance = chance_of_more(before, after)
    said = f"{shares[1]:.3%} of the requests had no answer, in base {shares[0]:.3%}"
    if shares[1] <= shares[0]:
        outcome = Outcome.HELD
        said = said if any(shares) else "every request of both loads was answered"
    elif chance <= allowed.false_alarm:
        outcome = Outcome.VIOLATED
    elif exact(*after, 1 - 2 * allowed.missed).high - shares[0] <= ERRORS:
        outcome = Outcome.HELD
    else:
        outcome, said = Outcome.UNDECIDED, f"{said}: chance may have done that, or not"
    return verdict(loads.name, "errors", outcome, said, {**facts, "chance": chance}, head, repeat)


def _recall(loads: Loads, allowed: Allowed, head: str, repeat: str) -> VerdictEntry | None:
    """The verdict about recall, if both sides have one; each different answer counts once, as a share between 0 and 1.

    Such shares vary no more than if each were 0 or 1, so Fisher's test is on the safe side.
    """
    before, after = (one.judged for one in loads.sides)
    if before is None or after is None or before.recall is None or after.recall is None:
        return None
    missed = [(round((1 - (one.recall or 0.0)) * one.bodies), one.bodies) for one in (before, after)]
    chance = chance_of_more(*missed)
    said = f"recall under load is {after.recall:.4g}, in base {before.recall:.4g}"
    outcome = Outcome.HELD
    if before.recall - after.recall >= RECALL:
        outcome = Outcome.VIOLATED if chance <= allowed.false_alarm else Outcome.UNDECIDED
        said += ": chance may have done that, or not" if outcome is Outcome.UNDECIDED else ""
    facts: dict[str, object] = {"base": before.recall, "head": after.recall, "chance": chance}
    return verdict(loads.name, "recall", outcome, said, facts, head, repeat)


def independent_errors(load: LoadEntry) -> tuple[int, int]:
    """Return how many requests had no answer, of how many, as if each failed by itself.

    Requests of one moment fail together. How much more the moments differ than those of independent requests would
    (the design effect of cluster sampling) says as how many they count.
    """
    n, errors = load.intended, load.errors
    parts = [(one.intended - one.answered, one.intended) for one in load.moments if one.intended]
    share = errors / n if n else 0.0
    if not 0 < share < 1 or len(parts) < _FEWEST:
        return errors, max(1, n)
    spread = variance(lost / intended for lost, intended in parts)
    effect = max(1.0, n / len(parts) * spread / (share * (1 - share)))
    count = max(1, round(n / effect))
    return round(share * count), count
