"""What a record says of surveys: the limit of a database, how it scales, and what it used meanwhile."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt

from harness.record.fact import Fact, Milliseconds, Seconds, Text
from harness.record.load_entries import PercentileFact, Share

Rate = Annotated[float, Field(gt=0)]


class UsedFact(Fact):
    """What one survey step cost: processor milliseconds for each answer, largest memory and disk in bytes.

    `database` and `service` apart; what can't be told is None. `heap` is the largest heap of a database in Go, `pauses`
    the seconds that its collections stopped it, `longest_pause` the longest of them.
    """

    database_cpu_ms: Milliseconds | None = None
    service_cpu_ms: Milliseconds | None = None
    resident: NonNegativeInt | None = None
    anonymous: NonNegativeInt | None = None
    disk: NonNegativeInt | None = None
    service_resident: NonNegativeInt | None = None
    heap: NonNegativeInt | None = None
    pauses: Seconds | None = None
    longest_pause: Seconds | None = None


class LookFact(Fact):
    """What a target used at one moment: `at` seconds since the survey began; processor seconds since its own start."""

    at: Seconds
    database_cpu: Seconds | None = None
    service_cpu: Seconds | None = None
    resident: NonNegativeInt | None = None
    anonymous: NonNegativeInt | None = None
    disk: NonNegativeInt | None = None
    service_resident: NonNegativeInt | None = None
    heap: NonNegativeInt | None = None
    paused: Seconds | None = None


class AnsweredFact(Fact):
    """What was answered in `seconds` from `start`: the median and the largest time from the intended moment."""

    start: Seconds
    seconds: Seconds
    answered: NonNegativeInt
    failed: NonNegativeInt = 0
    p50_ms: Milliseconds | None = None
    largest_ms: Milliseconds | None = None
    recall: Share | None = None


class AxisEntry(Fact):
    """Latency and what the parts of a target used, on one axis of time."""

    type: Literal["axis"] = "axis"
    target: Text = ""
    about: Text
    looks: tuple[LookFact, ...] = ()
    answered: tuple[AnsweredFact, ...] = ()
    events: tuple[tuple[Seconds, Text], ...] = ()


class LimitStepFact(Fact):
    """One rate: what became of its requests, the percentile that is promised, and what that came to."""

    rate: Rate
    seconds: Seconds
    fates: dict[str, NonNegativeInt]
    p50: PercentileFact
    promised: PercentileFact
    lateness_ms: Milliseconds
    wrong: NonNegativeInt = 0
    kept: Literal["kept", "broken", "open", "invalid"]
    why: Text = ""
    used: UsedFact = UsedFact()


class LimitEntry(Fact):
    """The largest rate that kept a promise, and the smallest above it that did not; requests a second."""

    type: Literal["limit"] = "limit"
    target: Text = ""
    scenario: Text
    collection: Text
    interface: Text
    promise: Text
    q: Annotated[float, Field(gt=0, lt=100)]
    bound_ms: Milliseconds
    kept: Rate | None = None
    broken: Rate | None = None
    steps: tuple[LimitStepFact, ...] = ()


class PowerFact(Fact):
    """A figure grows as `factor` times the size to the power of `exponent`; its 95% interval is `low` to `high`."""

    figure: Text
    factor: Annotated[float, Field(gt=0)]
    exponent: float
    low: float
    high: float
    n: NonNegativeInt


class SizeFact(Fact):
    """One size on the way: what was measured there, and what it was measured on.

    `by_image` and `by_vector` have the median of each round, in milliseconds. `import_seconds` is what storing took,
    `truth_seconds` what the exact answers did; memory and disk are what was added by this size, in bytes.
    """

    size: Text
    number: Annotated[float, Field(gt=0)] | None = None
    objects: NonNegativeInt
    dimensions: NonNegativeInt
    by_image: tuple[Milliseconds, ...] = ()
    by_vector: tuple[Milliseconds, ...] = ()
    recall: Share | None = None
    import_seconds: Seconds
    import_cpu_seconds: Seconds | None = None
    truth_seconds: Seconds
    anonymous_added: int | None = None
    disk_added: int | None = None
    used: UsedFact = UsedFact()


class ScalingEntry(Fact):
    """How a database scales along one axis, such as the number of objects."""

    type: Literal["scaling"] = "scaling"
    target: Text = ""
    axis: Text
    unit: Text
    index: Text
    metric: Text
    limit: NonNegativeInt
    sizes: tuple[SizeFact, ...] = ()
    powers: tuple[PowerFact, ...] = ()
