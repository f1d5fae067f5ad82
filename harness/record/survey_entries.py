"""What a record says of surveys: the limit of a database, and how it scales."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt

from harness.record.fact import Fact, Milliseconds, Seconds, Share, Text
from harness.record.load_entries import PercentileFact
from harness.record.used_entries import UsedFact

Rate = Annotated[float, Field(gt=0)]


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
