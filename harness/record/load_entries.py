"""What a record says of a load: three clocks, what became of the requests, and what the figures are worth."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt

from harness.record.fact import Fact, Milliseconds, Seconds, Share, Text
from harness.record.used_entries import UsedFact


class PercentileFact(Fact):
    """One percentile of `n` values, with its 95% interval; without a `value` the sample is smaller than `needed`.

    The values count as so many `independent` ones, which is what the interval was made for.
    """

    q: Annotated[float, Field(gt=0, le=100)]
    n: NonNegativeInt
    needed: NonNegativeInt
    value_ms: Milliseconds | None = None
    low_ms: Milliseconds | None = None
    high_ms: Milliseconds | None = None
    independent: NonNegativeInt | None = None

    @classmethod
    def of(
        cls,
        q: float,
        n: int,
        needed: int,
        value: float | None,
        within: tuple[float, float] | None,
        independent: int | None = None,
    ) -> Self:
        """Return what a record says of a percentile whose value and interval are seconds."""
        low, high = (None, None) if within is None else (within[0] * 1000, within[1] * 1000)
        return cls(
            q=q,
            n=n,
            needed=needed,
            value_ms=None if value is None else value * 1000,
            low_ms=low,
            high_ms=high,
            independent=independent,
        )


class ClockFact(Fact):
    """What one clock said of the answered requests of the steady state.

    `histogram` is an HdrHistogram in its compressed form, base64, in nanoseconds; histograms can be added, percentiles
    can't.
    """

    n: NonNegativeInt
    histogram: Text
    percentiles: tuple[PercentileFact, ...] = ()


class MomentFact(Fact):
    """A part of the load, `seconds` long from `start`: what was intended then, and what became of it."""

    start: Seconds
    seconds: Seconds
    intended: NonNegativeInt
    answered: NonNegativeInt
    p50_ms: Milliseconds | None = None
    p99_ms: Milliseconds | None = None
    largest_ms: Milliseconds | None = None


class JudgedFact(Fact):
    """What the oracle said of the answers that were timed.

    `answers` were compared, in `bodies` that differ; `wrong` of them have a fault. `recall` is the mean over them.
    """

    answers: NonNegativeInt
    bodies: NonNegativeInt
    wrong: NonNegativeInt
    recall: Share | None = None
    first_fault: Text = ""


class GeneratorFact(Fact):
    """What is known of whoever sent the requests, and of the machine meanwhile.

    `cpu` is processor seconds for each second, all processes of the generator together; `lateness` how long after the
    intended time requests were sent that found a free connection. `stolen` and `others` are shares of the machine's
    processors: taken by a hypervisor, and by programs that have no part in the load; None where that can't be told.
    """

    processes: NonNegativeInt = 1
    cpu: Annotated[float, Field(ge=0)]
    lateness: tuple[PercentileFact, ...] = ()
    queued: NonNegativeInt = 0
    stolen: Share | None = None
    others: Share | None = None
    loop: Text = ""


class RawFact(Fact):
    """Every request of a load: seconds since its start, and the fate as its place in `fates`; -1 means never."""

    questions: tuple[Text, ...]
    fates: tuple[Text, ...]
    question: tuple[int, ...]
    intended: tuple[float, ...]
    sent: tuple[float, ...]
    received: tuple[float, ...]
    own: tuple[float, ...]
    fate: tuple[int, ...]


class LoadEntry(Fact):
    """One load of a collection over one interface.

    `response` counts from the intended time (what a user waits), `service` from sending, `own` is what the generator
    itself took, None where it can't be told apart. They are of the requests that were answered in the steady state,
    which begins `steady_from` seconds after the start; `steady` tells whether there was one. `fates` counts all
    requests, `invalid` says why the measurement can't be trusted; the one of them that is `short` is no excuse for a
    server: the rate was not reached, or it never came to rest. `kind` is the schedule's: constant, poisson, steps,
    ramp, replay. `cold` is what the very first request took;
    `module_share` between what the inference service's part of the median is. `used` is of all requests.
    """

    type: Literal["load"] = "load"
    target: Text = ""
    scenario: Text
    collection: Text
    interface: Text
    loop: Literal["open", "closed"]
    schedule: Text
    kind: Text = ""
    rate: Annotated[float, Field(ge=0)]
    seconds: Seconds
    mix: Text
    concurrency: NonNegativeInt
    timeout: Seconds
    cold: Milliseconds | None = None
    fates: dict[str, NonNegativeInt]
    response: ClockFact | None = None
    service: ClockFact | None = None
    own: ClockFact | None = None
    steady_from: Seconds = 0.0
    steady: bool = True
    moments: tuple[MomentFact, ...] = ()
    judged: JudgedFact | None = None
    inserted: NonNegativeInt = 0
    module_share: tuple[Share, Share] | None = None
    generator: GeneratorFact
    used: UsedFact = UsedFact()
    invalid: tuple[Text, ...] = ()
    short: Text = ""
    notes: tuple[Text, ...] = ()
    raw: RawFact | None = None

    @property
    def intended(self) -> int:
        """How many requests there were."""
        return sum(self.fates.values())

    @property
    def errors(self) -> int:
        """How many requests were not answered."""
        return self.intended - self.fates.get("ok", 0)
