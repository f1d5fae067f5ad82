"""`nearimage limit`: the largest rate at which a scenario's questions keep a promise about a percentile."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from pathlib import Path
from time import perf_counter

import numpy as np

from harness.checks.case import Case
from harness.checks.promises import question_of
from harness.errors import UsageError
from harness.fleet.starts import Start, needs_of
from harness.load import disturbance
from harness.load.answers import Answers, Expectation, Judged, judged
from harness.load.http_lanes import GraphQLWire
from harness.load.mix import order
from harness.load.percentiles import percentiles
from harness.load.runner import CONCURRENCY, run_closed, run_open
from harness.load.samples import Samples
from harness.load.saturation import LEAST, Kept, Limit, search
from harness.load.schedule import poisson
from harness.load.validity import Validity, lost, validity
from harness.model import Needs, Outcome
from harness.options import TargetOptions
from harness.record import AxisEntry, LimitEntry, LimitStepFact, PercentileFact
from harness.record.used_entries import AnsweredFact
from harness.scenario import Asked, Scenario
from harness.statistics import needed
from harness.surveying.site import Say, Site, survey
from harness.watching.answered import answered
from harness.watching.looking import METRICS, Watch, looking
from harness.watching.used import looks, used

_PROMISE = re.compile(r"p(?P<q>[0-9]+(?:\.[0-9]+)?):(?P<bound>[0-9]+(?:\.[0-9]+)?) ?(?P<unit>ms|s)")
_WARM = 20
_SPARE = 1.02


@dataclass(frozen=True, slots=True)
class Promised:
    """A percentile and the milliseconds that it may take."""

    q: float
    bound: float

    def __str__(self) -> str:
        return f"p{self.q:g} at most {self.bound:g} ms, no errors"


@dataclass(frozen=True, slots=True)
class LimitOptions:
    """What `nearimage limit` was asked for; `at_least` is a rate that has to be kept, 0 for none."""

    scenario: Scenario
    promised: Promised
    targets: TargetOptions = field(default_factory=TargetOptions)
    first: float = 10.0
    most: float = 2000.0
    seconds: float = 5.0
    longest: float = 120.0
    at_least: float = 0.0
    out: Path = field(default_factory=lambda: Path("nearimage-out"))


def promised_in(text: str) -> Promised:
    """Return the promise of `p99:200ms`.

    Raises:
        UsageError: it is written otherwise, or no sample carries such a percentile.
    """
    found = _PROMISE.fullmatch(text.strip())
    if found is None or not 0 < float(found["q"]) < 100 or float(found["bound"]) <= 0:  # noqa: PLR2004 - per cent
        raise UsageError(f"{text!r} is no promise", hint="Write a percentile and a time: --promise p99:200ms.")
    return Promised(float(found["q"]), float(found["bound"]) * (1000 if found["unit"] == "s" else 1))


def limit(options: LimitOptions, say: Say) -> Path:
    """Search for the limit and return the record of it.

    Raises:
        UsageError: the first rate is so low that the percentile can't be said in the longest time allowed.
        HarnessError: the target could not be opened, loaded or asked.
    """
    _demand_enough(options)
    _say_how_long(options, say)
    written: list[Path] = []
    with survey(options.targets, _needs(options.scenario), options.out, written.append, say, writes=False) as site:
        collection = options.scenario.collections[0]
        questions = options.scenario.questions_for(collection)
        case = site.station.stage().case(site.station.dataset(options.scenario, collection), "graphql", questions)
        asked = [one for one in questions if one.picture is not None]
        if not asked:
            raise UsageError(f"{options.scenario.name} has no question by image", hint="Name another scenario.")
        rates = _Rates(options, site, case, asked, say)
        if rates.at_rest.wrong:
            wrong = f"{rates.at_rest.wrong} of {rates.at_rest.answers} answers are not the exact ones, at rest already"
            site.judge("limit/right", Outcome.VIOLATED, wrong, options.scenario.name)
            return written[0]
        with looking(site.target) as watch:
            found = search(rates.measure, first=options.first, most=options.most, least=_least(options))
        _tell(options, site, found, rates, watch)
    return written[0]


def _needs(scenario: Scenario) -> Needs:
    needs = needs_of([scenario], Start.of(scenario))
    return replace(needs, settings={**needs.settings, **METRICS})


def _demand_enough(options: LimitOptions) -> None:
    least = needed(options.promised.q)
    seconds = _seconds(options, options.first)
    if seconds > options.longest:
        what = f"p{options.promised.q:g} needs {least:,} answers: at {options.first:g}/s that is {seconds:,.0f} s"
        enough = ceil(options.first * seconds / options.longest)
        hint = (
            f"Begin with {enough}/s (--first), let each rate take longer (--longest {ceil(seconds)}), or promise less."
        )
        raise UsageError(what, hint=hint)


def _least(options: LimitOptions) -> float:
    """The lowest rate whose percentile can be said in the longest time that a rate may take."""
    return min(options.first, max(LEAST, needed(options.promised.q) * _SPARE / options.longest))


def _say_how_long(options: LimitOptions, say: Say) -> None:
    first, q = options.first, options.promised.q
    steps = ", ".join(f"{_seconds(options, rate):,.0f} s at {rate:g}/s" for rate in (first, 2 * first, 4 * first))
    say(f"p{q:g} needs {needed(q):,} answers at each rate: {steps}; and more where answers hang together")


def _seconds(options: LimitOptions, rate: float) -> float:
    """For how long a rate is asked at least: until its percentile can be said, and a little, for the draw is random."""
    return max(options.seconds, needed(options.promised.q) * _SPARE / rate)


class _Rates:
    """Asks at one rate after another."""

    def __init__(self, options: LimitOptions, site: Site, case: Case, asked: Sequence[Asked], say: Say) -> None:
        self._options, self._site, self._case, self._say = options, site, case, say
        self._wire = GraphQLWire(case.endpoint)
        self._expected = [
            Expectation(question_of(case, one), case.truth_of(one.picture)) for one in asked if one.picture is not None
        ]
        self._encoded = [self._wire.encode(one.question) for one in self._expected]
        self.moments: list[AnsweredFact] = []
        self._seed = 0
        run_closed(self._wire, self._encoded, order("in-turn", _WARM, len(asked)))
        answers = Answers()
        run_closed(self._wire, self._encoded, order("in-turn", len(asked), len(asked)), heard=answers)
        self.at_rest = self._judged(answers)

    def measure(self, rate: float) -> LimitStepFact:
        """Ask at a rate, long enough for the percentile, and say what that came to."""
        options, promised = self._options, self._options.promised
        seconds = _seconds(options, rate)
        self._seed += 1
        schedule = poisson(rate, seconds, self._seed)
        which = order("in-turn", len(schedule), len(self._encoded))
        answers = Answers()
        began = perf_counter() - self._site.began
        ports = disturbance.ports_of(self._case.endpoint)
        with disturbance.watching(ports) as disturbed, looking(self._site.target) as watch:
            samples = run_open(self._wire, self._encoded, schedule.times, which, heard=answers)
        self.moments += answered(samples, seconds, began)
        found = validity(samples, seconds, disturbed, lanes=CONCURRENCY)
        step = self._step(rate, seconds, samples, self._judged(answers).wrong, found, watch)
        said = "none" if step.promised.value_ms is None else f"{step.promised.value_ms:.1f} ms"
        self._say(f"{rate:.4g}/s: p{promised.q:g} {said}: {step.kept}{f' ({step.why})' if step.why else ''}")
        return step

    def _step(
        self, rate: float, seconds: float, samples: Samples, wrong: int, found: Validity, watch: Watch
    ) -> LimitStepFact:
        q, bound = self._options.promised.q, self._options.promised.bound
        times = samples.response[samples.ok]
        late = np.nan_to_num(samples.lateness[~samples.queued & ~np.isnan(samples.sent)] * 1000)
        lateness = float(np.percentile(late, 99)) if len(late) else 0.0
        median, promised = (PercentileFact.of(*one) for one in percentiles(times, (50.0, q)))
        kept, why = came_to(promised, bound, samples, wrong, found)
        if kept is Kept.OPEN and not found.short and (enough := would_take(promised, bound, seconds)):
            why += f"; {enough:,.0f} s at this rate might tell (--seconds {enough:.0f} --longest {enough:.0f})"
        return LimitStepFact(
            rate=rate,
            seconds=seconds,
            fates={fate.word: count for fate, count in samples.counts().items()},
            p50=median,
            promised=promised,
            lateness_ms=max(0.0, lateness),
            wrong=wrong,
            kept=kept.value,
            why=why,
            used=used(watch, len(times)),
        )

    def _judged(self, answers: Answers) -> Judged:
        """What the oracle says of every different answer."""
        return judged(answers, lambda place: self._expected[place], self._wire.decoded)


def came_to(promised: PercentileFact, bound: float, samples: Samples, wrong: int, found: Validity) -> tuple[Kept, str]:
    """Return what a rate came to, and why if it was not kept.

    A server too slow for the rate can break the promise there, and can't keep it; wrong answers are wrong whatever the
    machine did.

    Args:
        promised: the percentile, with its interval.
        bound: the milliseconds that it may take.
        samples: all requests.
        wrong: how many of the answers are.
        found: whether the measurement can be trusted.
    """
    kept, why = Kept.OPEN, "its interval holds the promise"
    if wrong:
        kept, why = Kept.BROKEN, f"{wrong} of the answers that were compared are wrong"
    elif lost(samples, found):
        counts = ", ".join(f"{count} {fate.word}" for fate, count in samples.counts().items() if count and fate)
        kept, why = Kept.BROKEN, f"not all were answered: {counts}"
    elif found.spoiled:
        kept, why = Kept.INVALID, found.spoiled[0]
    elif promised.low_ms is None or promised.high_ms is None:
        why = f"p{promised.q:g} needs {promised.needed:,} answers, there were {promised.n:,}"
        if promised.value_ms is not None:
            why += f", which hang together: they count as {promised.independent:,}, too few for an interval"
    elif promised.low_ms > bound:
        kept, why = Kept.BROKEN, ""
    elif found.short:
        why = found.short
    elif promised.high_ms <= bound:
        kept, why = Kept.KEPT, ""
    return kept, why


def would_take(promised: PercentileFact, bound: float, seconds: float) -> float | None:
    """Return for how many seconds a rate has to be asked until it can be told, as far as what was seen goes.

    Answers that hang together count for fewer, so it takes as many times more until there are enough of them. An
    interval gets narrower with the root of their number, until it leaves out what is promised.

    Args:
        promised: the percentile, with its interval if there is one.
        bound: the milliseconds that it may take.
        seconds: for how long the rate was asked.

    Returns:
        The seconds, in full tens; None where nothing was seen, and where an interval is on one side already.
    """
    if promised.value_ms is None or not promised.independent:
        return None
    if promised.low_ms is None or promised.high_ms is None:
        factor = promised.needed / promised.independent
    elif promised.low_ms <= bound < promised.high_ms and promised.value_ms != bound:
        edge = promised.high_ms if promised.value_ms < bound else promised.low_ms
        factor = ((edge - promised.value_ms) / (bound - promised.value_ms)) ** 2
    else:
        return None
    return ceil(max(1.0, factor) * seconds / 10) * 10.0


def _tell(options: LimitOptions, site: Site, found: Limit[LimitStepFact], rates: _Rates, watch: Watch) -> None:
    name = options.scenario.name
    site.write(
        LimitEntry(
            target=site.station.name,
            scenario=name,
            collection=options.scenario.collections[0].name,
            interface="graphql",
            promise=str(options.promised),
            q=options.promised.q,
            bound_ms=options.promised.bound,
            kept=found.kept,
            broken=found.broken,
            steps=tuple(step for _, step in found.steps),
        )
    )
    site.write(
        AxisEntry(
            target=site.station.name,
            about=f"{name}, at one rate after another",
            looks=looks(watch, site.began),
            answered=tuple(rates.moments),
        )
    )
    outcome, sentence = _outcome(options, found)
    site.judge("limit/rate", outcome, sentence, name, kept_per_second=found.kept, not_kept_per_second=found.broken)


def _outcome(options: LimitOptions, found: Limit[LimitStepFact]) -> tuple[Outcome, str]:
    wanted = options.at_least
    if wanted and found.kept is not None and found.kept >= wanted:
        return Outcome.HELD, f"At {wanted:g} questions a second {options.promised}."
    if wanted and found.broken is not None and found.broken <= wanted and _surely(found):
        return Outcome.VIOLATED, f"{options.promised} is kept up to {found.kept or 0:.3g}/s, promised is {wanted:g}/s"
    if found.kept is None and all(step.kept == "invalid" for _, step in found.steps):
        return Outcome.INVALID, f"nothing could be measured here: {found.steps[-1][1].why}"
    if wanted or found.kept is None:
        what = f"no rate was shown to keep {options.promised}, or not the one that is promised"
        if found.kept is None and (least := _least(options)) > LEAST:
            what += f"; below {least:.3g}/s p{options.promised.q:g} takes longer than {options.longest:g} s (--longest)"
        return Outcome.UNDECIDED, what
    return Outcome.HELD, f"A rate at which {options.promised} was found."


def _surely(found: Limit[LimitStepFact]) -> bool:
    return any(rate == found.broken and step.kept == "broken" for rate, step in found.steps)
