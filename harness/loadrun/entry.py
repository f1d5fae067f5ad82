"""What a load came to, as an entry of the record."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from harness.histogram import Histogram
from harness.load.answers import Judged
from harness.load.disturbance import Disturbance
from harness.load.percentiles import SAID, percentiles
from harness.load.samples import Fate, Floats, Samples
from harness.load.schedule import Schedule
from harness.load.steady import Steady
from harness.load.validity import Validity
from harness.record import (
    AxisEntry,
    ClockFact,
    GeneratorFact,
    JudgedFact,
    LoadEntry,
    MomentFact,
    PercentileFact,
    RawFact,
)
from harness.statistics import Interval, Percentile, carried
from harness.watching.answered import answered
from harness.watching.looking import Watch
from harness.watching.used import looks, used

_MOMENTS = 40
_RAW_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Place:
    """What was put under load."""

    target: str
    scenario: str
    collection: str
    interface: str


@dataclass(frozen=True)
class Found:
    """Everything that a load came to, before it is written down; `steady` rows are those that percentiles are of.

    `watch` is what the target used meanwhile; the load `began` at this moment of `time.perf_counter`.
    """

    place: Place
    schedule: Schedule
    samples: Samples
    steady: Steady
    validity: Validity
    disturbance: Disturbance
    names: tuple[str, ...]
    mix: str
    concurrency: int
    timeout: float
    judged: Judged | None = None
    watch: Watch = field(default_factory=Watch)
    began: float = 0.0
    inserted: int = 0
    cold: float | None = None
    module_share: Interval | None = None
    processes: int = 1
    generator: str = ""
    notes: tuple[str, ...] = ()

    @property
    def warm(self) -> Samples:
        """The requests of the steady state."""
        return self.samples.between(self.steady.start)

    def percentile(self, q: float) -> Percentile:
        """Return a percentile of the response of the steady state, in seconds."""
        warm = self.warm
        return percentiles(warm.response[warm.ok], (q,))[0]


def load_entry(found: Found, *, raw: bool = False) -> LoadEntry:
    """Write a load down.

    Args:
        found: the load.
        raw: with every request.
    """
    samples, warm, place = found.samples, found.warm, found.place
    ok = warm.ok
    free = samples.lateness[~samples.queued & ~np.isnan(samples.sent)]
    disturbance = found.disturbance
    return LoadEntry(
        target=place.target,
        scenario=place.scenario,
        collection=place.collection,
        interface=place.interface,
        loop="open",
        schedule=found.schedule.words,
        kind=found.schedule.kind,
        rate=found.schedule.rate,
        seconds=found.schedule.seconds,
        mix=found.mix,
        concurrency=found.concurrency,
        timeout=found.timeout,
        cold=None if found.cold is None else found.cold * 1000,
        fates={fate.word: count for fate, count in samples.counts().items()},
        response=clock_fact(warm.response[ok]),
        service=clock_fact(warm.service[ok]),
        own=clock_fact(warm.own[ok]),
        steady_from=found.steady.start,
        steady=found.steady.steady,
        moments=tuple(_moments(samples, found.schedule.seconds)),
        judged=_judged_fact(found.judged),
        inserted=found.inserted,
        module_share=found.module_share,
        generator=GeneratorFact(
            processes=found.processes,
            cpu=disturbance.own,
            lateness=percentile_facts(free, (50.0, 99.0)),
            queued=int(samples.queued.sum()),
            stolen=disturbance.stolen,
            others=disturbance.others,
            loop=found.generator,
        ),
        used=used(found.watch, int(samples.ok.sum())),
        invalid=found.validity.reasons,
        short=found.validity.short,
        notes=(found.steady.why, *found.notes),
        raw=_raw(found) if raw else None,
    )


def axis_entry(found: Found) -> AxisEntry | None:
    """Write down what the target used, on one axis with the latency; None if it does not tell."""
    place = found.place
    if not found.watch.moments:
        return None
    return AxisEntry(
        target=place.target,
        about=f"{place.scenario}: {place.collection} over {place.interface}",
        looks=looks(found.watch, found.began),
        answered=answered(found.samples, found.schedule.seconds, 0.0),
    )


def clock_fact(seconds: Floats) -> ClockFact | None:
    """Return what a clock said, its times in seconds; None if it said nothing."""
    if not len(seconds) or np.isnan(seconds).any():
        return None
    return ClockFact(
        n=len(seconds), histogram=Histogram.of(seconds).write(), percentiles=percentile_facts(seconds, SAID)
    )


def percentile_facts(seconds: Floats, which: tuple[float, ...]) -> tuple[PercentileFact, ...]:
    """Return percentiles of times in seconds, as milliseconds."""
    return tuple(PercentileFact.of(*one) for one in percentiles(seconds, which))


def _moments(samples: Samples, seconds: float) -> list[MomentFact]:
    edges = np.linspace(0.0, seconds, _MOMENTS + 1)
    return [_moment(samples.between(low, high), low, high - low) for low, high in pairwise(edges)]


def _moment(some: Samples, start: float, seconds: float) -> MomentFact:
    times = np.sort(some.response[some.ok]) * 1000
    n = len(times)
    return MomentFact(
        start=start,
        seconds=seconds,
        intended=len(some),
        answered=n,
        p50_ms=float(np.median(times)) if n else None,
        p99_ms=float(times[int(np.ceil(0.99 * n)) - 1]) if carried(n, 99.0) else None,
        largest_ms=float(times[-1]) if n else None,
    )


def _judged_fact(judged: Judged | None) -> JudgedFact | None:
    if judged is None:
        return None
    return JudgedFact(
        answers=judged.answers,
        bodies=judged.bodies,
        wrong=judged.wrong,
        recall=judged.recall,
        first_fault=judged.faults[0].what if judged.faults else "",
    )


def _raw(found: Found) -> RawFact:
    samples = found.samples
    return RawFact(
        questions=found.names,
        fates=tuple(fate.word for fate in Fate),
        question=tuple(samples.question.tolist()),
        intended=_column(samples.intended),
        sent=_column(samples.sent),
        received=_column(samples.received),
        own=_column(samples.own),
        fate=tuple(samples.fate.tolist()),
    )


def _column(values: Floats) -> tuple[float, ...]:
    return tuple(np.round(np.nan_to_num(values, nan=-1.0), _RAW_DIGITS).tolist())
