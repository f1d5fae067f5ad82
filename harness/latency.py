"""One question's latency as an item of a run: measured, judged by the oracle, held against what is promised."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness.checks.case import Case
from harness.checks.promises import question_of
from harness.errors import AnswerError
from harness.load.closed_loop import Times, closed_loop
from harness.model import Inference, Level, Outcome, Question, Verdict
from harness.record import Entry, LatencyEntry, VerdictEntry
from harness.scenario import LATENCY, Asked, Collection, LoadProfile, Promise, Scenario
from harness.sitting import Sitting, unfit
from harness.statistics import carried, interval, needed, percentile

_SOURCE = "promised in the scenario"


def measure(
    sitting: Sitting,
    scenario: Scenario,
    collection: Collection,
    asked: Asked,
    interface: str,
    *,
    load: LoadProfile,
    benchmark: Any,
) -> tuple[list[Entry], Verdict | None]:
    """Ask one question over and over; return the entries and the gravest verdict that fails the item, if any does.

    pytest-benchmark's fixture does the asking, so that its groups, files and comparisons have the question too.
    """
    stage = sitting.stage()
    reason = unfit(scenario, interface, stage.endpoint) or _elsewhere(sitting, benchmark)
    if reason:
        pytest.skip(reason)
    judged = _Judged(sitting, scenario, collection, asked, interface)
    try:
        case = stage.case(sitting.dataset(scenario, collection), interface, scenario.questions_for(collection))
        question = question_of(case, asked)
        benchmark.group = f"{collection.name} {asked.name}"
        times = closed_loop(
            case.interface,
            question,
            requests=load.requests,
            warmup=load.warmup,
            repeat=_by(benchmark),
            service=_own_service(stage.endpoint.inference.get(str(collection.module))),
        )
        benchmark.extra_info.update(interface=interface, question=asked.name, errors=times.errors)
    except AnswerError as error:
        verdicts = [judged.verdict("answered", Outcome.UNDECIDED, error.what, {})]
        return [VerdictEntry.of(one) for one in verdicts], verdicts[0]
    verdicts = [
        judged.answered(times),
        judged.right(case, question, times),
        *map(judged.promised(times), _percentiles(scenario)),
    ]
    entries: list[Entry] = [*([_entry(judged, times)] if times.milliseconds else []), *map(VerdictEntry.of, verdicts)]
    grave = [one for one in verdicts if one.outcome in (Outcome.VIOLATED, Outcome.UNDECIDED, Outcome.INVALID)]
    return entries, min(grave, key=lambda one: one.outcome is not Outcome.VIOLATED, default=None)


class _Judged:
    """Makes the verdicts of one measurement."""

    def __init__(
        self, sitting: Sitting, scenario: Scenario, collection: Collection, asked: Asked, interface: str
    ) -> None:
        self.scenario, self.collection, self.asked, self.interface = scenario, collection, asked, interface
        self._again = sitting.again(scenario, f"latency/{asked.name}")

    def verdict(self, name: str, outcome: Outcome, sentence: str, evidence: dict[str, Any], asked: int = 0) -> Verdict:
        return Verdict(
            f"latency/{name}",
            Level.MUST,
            outcome,
            sentence,
            self.scenario.name,
            self.collection.name,
            self.interface,
            {"question": self.asked.name, **evidence},
            asked=asked,
            repeat=self._again,
        )

    def answered(self, times: Times) -> Verdict:
        """Every request was answered, unless the scenario promises otherwise."""
        count = len(times.milliseconds) + times.errors
        about = self.scenario.promises_about(LATENCY)
        allowed = next((float(one.value) for one in about if one.key == "errors"), 0.0)
        evidence = {"refused": times.refused, "unknown": times.unknown, "allowed": allowed}
        if times.errors > allowed or not times.milliseconds:
            sentence = f"{times.errors} of {count} requests were not answered"
            return self.verdict("answered", Outcome.VIOLATED, sentence, evidence, count)
        return self.verdict("answered", Outcome.HELD, "The requests of the measurement are answered.", evidence, count)

    def right(self, case: Case, question: Question, times: Times) -> Verdict:
        """A fast wrong answer is a violation, not a good percentile."""
        try:
            picture = self.asked.picture
            truth = case.truth_of(picture) if picture is not None else case.truth_of_text(self.asked.text or "")
        except AnswerError as error:
            return self.verdict("right", Outcome.UNDECIDED, error.what, {})
        hits = times.last.hits if times.last is not None else ()
        threshold = question.distance if question.certainty is None else 2.0 * (1.0 - question.certainty)
        faults = truth.faults(hits, truth.expect(limit=question.limit, threshold=threshold))
        if faults:
            return self.verdict(
                "right", Outcome.VIOLATED, faults[0].what, case.evidence(question, hits) | faults[0].facts
            )
        return self.verdict("right", Outcome.HELD, "The answers that were timed are the exact ones.", {}, 1)

    def promised(self, times: Times) -> Callable[[Promise], Verdict]:
        """Return what holds a promised percentile against the interval of the measured one."""

        def one(promise: Promise) -> Verdict:
            q, bound = float(promise.key[1:]), float(promise.value)
            evidence: dict[str, Any] = {"promised_ms": bound, "n": len(times.milliseconds)}
            clause = f"{promise.key} is at most {promise.text}."
            if not carried(len(times.milliseconds), q):
                sentence = f"{len(times.milliseconds)} answers do not carry {promise.key}: {needed(q)} are needed"
                return self.verdict(promise.key, Outcome.UNDECIDED, sentence, evidence)
            value, within = percentile(times.milliseconds, q), interval(times.milliseconds, q)
            evidence |= {"measured_ms": value, "interval_ms": list(within) if within else None}
            if within is None or within.low <= bound < within.high:
                sentence = f"{promise.key} may or may not be at most {promise.text}: its interval holds the promise"
                return self.verdict(promise.key, Outcome.UNDECIDED, sentence, evidence)
            if within.low > bound:
                sentence = f"{promise.key} is {value:.3g} ms, promised is {promise.text}"
                return self.verdict(promise.key, Outcome.VIOLATED, sentence, evidence)
            return self.verdict(promise.key, Outcome.HELD, clause, evidence, len(times.milliseconds))

        return one


def _percentiles(scenario: Scenario) -> list[Promise]:
    return [one for one in scenario.promises_about(LATENCY) if one.key != "errors"]


def _elsewhere(sitting: Sitting, benchmark: Any) -> str:
    if sitting.parallel:
        return "latency needs the machine to itself: run it without -n"
    return "pytest-benchmark is switched off" if benchmark.disabled else ""


def _own_service(service: Inference | None) -> Inference | None:
    return service if service is not None and service.ours else None


def _by(benchmark: Any) -> Callable[[Callable[[], None], int, int], None]:
    def repeat(ask: Callable[[], None], warmup: int, rounds: int) -> None:
        benchmark.pedantic(ask, rounds=rounds, iterations=1, warmup_rounds=warmup)

    return repeat


def _entry(judged: _Judged, times: Times) -> LatencyEntry:
    return LatencyEntry(
        scenario=judged.scenario.name,
        collection=judged.collection.name,
        question=judged.asked.name,
        interface=judged.interface,
        milliseconds=times.milliseconds,
        service_ms=times.service,
        warmup=times.warmup,
        refused=times.refused,
        unknown=times.unknown,
    )
