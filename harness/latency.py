"""One question's latency as an item of a run: measured, judged by the oracle, held against what is promised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from harness.checks.case import Case
from harness.checks.promises import question_of
from harness.dataset import UnfitError
from harness.errors import AnswerError, HarnessError, UnsupportedError
from harness.fitness import lacking, unfit
from harness.load.closed_loop import Times, closed_loop
from harness.load.stages import Split
from harness.model import Inference, Level, Outcome, Question, Verdict
from harness.record import Entry, LatencyEntry, StagesEntry, VerdictEntry
from harness.scenario import LATENCY, Asked, Collection, LoadProfile, Promise, Scenario
from harness.splitting import stages
from harness.station import Station
from harness.statistics import carried, interval, needed, percentile

_GRAVITY = (
    Outcome.VIOLATED,
    Outcome.INVALID,
    Outcome.UNDECIDED,
    Outcome.HELD,
    Outcome.FIXED,
    Outcome.KNOWN,
    Outcome.SKIPPED,
)


@dataclass(frozen=True, slots=True)
class Measured:
    """Whose time is measured: a question of a scenario, on one collection of one target, over one interface.

    `wanted` says which checks were asked for.
    """

    station: Station
    scenario: Scenario
    collection: Collection
    asked: Asked
    interface: str
    wanted: Callable[[str], bool]

    def wants(self, check: str) -> bool:
        """Whether this of its verdicts was asked for, by its own id or by the question's name."""
        return self.wanted(check) or self.wanted(f"latency/{self.asked.name}")

    @property
    def load(self) -> LoadProfile:
        """How often it is asked."""
        assert self.scenario.load is not None
        return self.scenario.load


def measure(measured: Measured, benchmark: Any) -> tuple[list[Entry], Verdict]:
    """Ask one question over and over; return the entries for the record and the gravest verdict among them.

    pytest-benchmark's fixture does the asking, so that its groups, files and comparisons have the question too.
    """
    station, scenario, collection, asked = measured.station, measured.scenario, measured.collection, measured.asked
    stage = station.stage()
    reason = unfit(scenario, measured.interface, stage.endpoint) or lacking(collection, stage.endpoint)
    if reason or benchmark.disabled:
        verdict = elsewhere(measured, reason or "pytest-benchmark is switched off")
        _leave(benchmark)
        return [VerdictEntry.of(verdict)], verdict
    judged = _Judged(measured)
    try:
        case = stage.case(station.dataset(scenario, collection), measured.interface, scenario.questions_for(collection))
        question = question_of(case, asked)
        benchmark.group = f"{collection.name} {asked.name}"
        times = closed_loop(
            case.interface,
            question,
            requests=measured.load.requests,
            warmup=measured.load.warmup,
            repeat=_by(benchmark),
            service=_own_service(stage.endpoint.inference.get(str(collection.module))),
        )
        benchmark.extra_info.update(
            interface=measured.interface, question=asked.name, target=station.name, errors=times.errors
        )
        verdicts = [
            verdict
            for verdict in (
                judged.answered(times),
                judged.right(case, question, times),
                *map(judged.promised(times), _percentiles(scenario)),
            )
            if measured.wants(verdict.check)
        ]
    except (UnfitError, UnsupportedError) as error:
        _leave(benchmark)
        verdict = elsewhere(measured, f"{error.what}. {error.hint}".strip())
        return [VerdictEntry.of(verdict)], verdict
    except HarnessError as error:
        _leave(benchmark)
        station.listen()
        verdict = judged.verdict("answered", Outcome.UNDECIDED, str(error), {})
        return [VerdictEntry.of(verdict)], verdict
    entries: list[Entry] = [*([_entry(measured, times)] if times.milliseconds else []), *map(VerdictEntry.of, verdicts)]
    entries += _stages(measured, case, question)
    return entries, min(verdicts, key=lambda one: _GRAVITY.index(one.outcome))


def elsewhere(measured: Measured, reason: str) -> Verdict:
    """Return the verdict of a measurement that can't be made here."""
    return _Judged(measured).verdict("answered", Outcome.SKIPPED, reason, {})


class _Judged:
    """Makes the verdicts of one measurement."""

    def __init__(self, measured: Measured) -> None:
        self.scenario, self.asked = measured.scenario, measured.asked
        self._measured = measured
        self._again = measured.station.again(measured.scenario, f"latency/{measured.asked.name}")

    def verdict(self, name: str, outcome: Outcome, sentence: str, evidence: dict[str, Any], asked: int = 0) -> Verdict:
        return Verdict(
            f"latency/{name}",
            Level.MUST,
            outcome,
            sentence,
            self.scenario.name,
            self._measured.collection.name,
            self._measured.interface,
            {"question": self.asked.name, **evidence},
            asked=asked,
            repeat=self._again,
            target=self._measured.station.name,
        )

    def answered(self, times: Times) -> Verdict:
        """Every request was answered, unless the scenario promises otherwise."""
        count = len(times.milliseconds) + times.errors
        about = self.scenario.promises_about(LATENCY)
        allowed = next((float(one.value) for one in about if one.key == "errors"), 0.0)
        evidence = {"refused": times.refused, "unknown": times.unknown, "allowed": allowed}
        if times.errors > allowed or not times.milliseconds:
            sentence = f"{times.errors} of {count} requests had no answer"
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
                sentence = f"{promise.key} needs {needed(q):,} answers, and there were {len(times.milliseconds):,}"
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


def _own_service(service: Inference | None) -> Inference | None:
    return service if service is not None and service.ours else None


def _leave(benchmark: Any) -> None:
    """Keep pytest-benchmark from failing an item, whose verdict is known, because nothing was measured in it."""
    benchmark._mode = benchmark._mode or "left"  # noqa: SLF001 - it has no other door


def _by(benchmark: Any) -> Callable[[Callable[[], None], int, int], None]:
    def repeat(ask: Callable[[], None], warmup: int, rounds: int) -> None:
        benchmark.pedantic(ask, rounds=rounds, iterations=1, warmup_rounds=warmup)

    return repeat


def _stages(measured: Measured, case: Case, question: Question) -> list[Entry]:
    """Where the time goes, which GraphQL alone is asked about, and only where the inference service tells."""
    service = _own_service(case.endpoint.inference.get(str(measured.collection.module)))
    if service is None or measured.interface != "graphql":
        return []
    found = stages(case, measured.asked, question, service, requests=measured.load.requests)
    return [_stages_entry(measured, found)] if found is not None else []


def _stages_entry(measured: Measured, found: Split) -> StagesEntry:
    return StagesEntry(
        target=measured.station.name,
        scenario=measured.scenario.name,
        collection=measured.collection.name,
        question=measured.asked.name,
        interface=measured.interface,
        image=tuple(found.image),
        vector=tuple(found.vector),
        null=tuple(found.null),
        waited=tuple(found.waited),
        computed=tuple(found.computed),
        encode=found.encode,
        decode=found.decode,
    )


def _entry(measured: Measured, times: Times) -> LatencyEntry:
    return LatencyEntry(
        target=measured.station.name,
        scenario=measured.scenario.name,
        collection=measured.collection.name,
        question=measured.asked.name,
        interface=measured.interface,
        milliseconds=times.milliseconds,
        service_ms=times.service,
        warmup=times.warmup,
        refused=times.refused,
        unknown=times.unknown,
    )
