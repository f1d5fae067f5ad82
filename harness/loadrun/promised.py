"""What a load came to, held against what is promised of it: held, violated, undecided or invalid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from harness.load.samples import Fate
from harness.load.validity import lost
from harness.loadrun.entry import Found
from harness.model import Level, Outcome, Verdict
from harness.scenario import LOAD, Promise, Scenario
from harness.scenario.promises import is_percentile
from harness.statistics import Interval, needed

Evidence = Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Promised:
    """Makes the verdicts of one load.

    Args:
        found: what it came to.
        scenario: whose promises count.
        again: the one command that measures again.
        wrong: the evidence of the first wrong answer.
    """

    found: Found
    scenario: Scenario
    again: str
    wrong: Evidence

    def verdicts(self) -> Iterator[Verdict]:
        """Yield everything that is said of the load."""
        yield self._answered()
        yield self._right()
        for promise in self.scenario.promises_about(LOAD):
            if is_percentile(promise.key):
                yield self._percentile(promise)
            elif promise.key == "recall":
                yield self._recall(promise)
            elif promise.key != "errors":
                yield self._module_share(promise)

    def _verdict(self, name: str, outcome: Outcome, sentence: str, evidence: dict[str, Any]) -> Verdict:
        reasons = self.found.validity.reasons
        if outcome is Outcome.INVALID:
            evidence = evidence | {"invalid": list(reasons)}
        return made(self.found, name, outcome, sentence, evidence, self.again, asked=len(self.found.samples))

    def _answered(self) -> Verdict:
        """Every request was answered, unless the scenario promises otherwise; says too if nothing was measured."""
        counts = self.found.samples.counts()
        errors = self.found.samples.errors
        allowed = next((float(one.value) for one in self.scenario.promises_about(LOAD) if one.key == "errors"), 0.0)
        evidence: dict[str, Any] = {fate.word.replace(" ", "_"): counts[fate] for fate in Fate} | {"allowed": allowed}
        validity = self.found.validity
        if lost(self.found.samples, validity, allowed):
            sentence = f"{errors:,} of {len(self.found.samples):,} requests had no answer"
            return self._verdict("answered", Outcome.VIOLATED, sentence, evidence)
        if validity.reasons:
            return self._verdict("answered", Outcome.INVALID, validity.reasons[0], evidence)
        return self._verdict("answered", Outcome.HELD, "The requests of the load are answered.", evidence)

    def _right(self) -> Verdict:
        """A fast wrong answer is a violation."""
        judged = self.found.judged
        if judged is None or not judged.answers:
            return self._verdict("right", Outcome.UNDECIDED, "not one answer of the load could be compared", {})
        evidence = {"compared": judged.answers, "different": judged.bodies, "wrong": judged.wrong}
        if judged.wrong:
            sentence = f"{judged.wrong:,} of {judged.answers:,} answers under load are wrong: {judged.faults[0].what}"
            return self._verdict("right", Outcome.VIOLATED, sentence, evidence | self.wrong() | judged.faults[0].facts)
        return self._verdict("right", Outcome.HELD, "The answers under load are right.", evidence)

    def _recall(self, promise: Promise) -> Verdict:
        judged, bound = self.found.judged, float(promise.value)
        recall = judged.recall if judged else None
        if judged is None or recall is None:
            return self._verdict("recall", Outcome.UNDECIDED, "not one answer of the load could be compared", {})
        evidence = {"recall": recall, "promised": bound, "compared": judged.answers}
        if recall < bound:
            sentence = f"recall under load is {recall:.4g}, promised is {promise.text}"
            return self._verdict("recall", Outcome.VIOLATED, sentence, evidence)
        return self._verdict("recall", Outcome.HELD, f"Recall under load is at least {promise.text}.", evidence)

    def _percentile(self, promise: Promise) -> Verdict:
        q, bound = float(promise.key[1:]), float(promise.value)
        found = self.found.percentile(q)
        evidence: dict[str, Any] = {"promised_ms": bound, "n": found.n}
        if found.value is None:
            sentence = f"{promise.key} needs {needed(q):,} answers of the steady state, and there were {found.n:,}"
            return self._verdict(promise.key, Outcome.UNDECIDED, sentence, evidence)
        within = found.interval and Interval(found.interval.low * 1000, found.interval.high * 1000)
        evidence |= {"measured_ms": found.value * 1000, "interval_ms": list(within) if within else None}
        value = f"{promise.key} is {found.value * 1000:.3g} ms"
        return self._bounded(promise, within, bound, value, evidence)

    def _module_share(self, promise: Promise) -> Verdict:
        share = self.found.module_share
        bound = float(promise.value)
        if share is None:
            sentence = "the inference service does not say how long its calls took: its share is not known"
            return self._verdict(promise.key, Outcome.UNDECIDED, sentence, {"promised": bound})
        value = f"the inference service's share of the median is {share.low:.2f} to {share.high:.2f}"
        return self._bounded(promise, share, bound, value, {"promised": bound, "interval": list(share)})

    def _bounded(
        self, promise: Promise, within: Interval | None, bound: float, value: str, evidence: dict[str, Any]
    ) -> Verdict:
        """Hold an interval against the largest value that is promised."""
        validity = self.found.validity
        if within is not None and within.low > bound and not validity.spoiled:
            return self._verdict(promise.key, Outcome.VIOLATED, f"{value}, promised is {promise.text}", evidence)
        if validity.reasons:
            return self._verdict(promise.key, Outcome.INVALID, validity.reasons[0], evidence)
        if within is None or within.high > bound:
            sentence = f"{promise.key} may or may not be at most {promise.text}: {value}, and its interval is wider"
            return self._verdict(promise.key, Outcome.UNDECIDED, sentence, evidence)
        return self._verdict(promise.key, Outcome.HELD, f"{promise.key} is at most {promise.text}.", evidence)


def made(
    found: Found, name: str, outcome: Outcome, sentence: str, evidence: dict[str, Any], again: str, *, asked: int = 0
) -> Verdict:
    """Return a verdict about a load."""
    place = found.place
    return Verdict(
        f"{LOAD}/{name}",
        Level.MUST,
        outcome,
        sentence,
        place.scenario,
        place.collection,
        place.interface,
        evidence,
        asked=asked,
        repeat=again,
        target=place.target,
    )
