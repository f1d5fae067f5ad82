"""What a record says of a comparison: how it was made, the answer for each metric, what this machine is worth."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt

from harness.record.fact import Fact, Milliseconds, Seconds, Text

Share = Annotated[float, Field(ge=0, le=1)]


class PartFact(Fact):
    """How many milliseconds longer head takes in one part of a request, at the median, with its 99% interval."""

    name: Text
    longer_ms: float
    low_ms: float | None = None
    high_ms: float | None = None


class ComparisonEntry(Fact):
    """One metric of one question at two targets, or in two runs.

    `change` is head over base less one: 0.05 is 5% slower. The true one is between `low` and `high` (None: without
    bound) with a confidence that holds for all metrics of the comparison at once. `margin` is what is too small to
    matter. Where it is open, `more` rounds (of a load: seconds) would decide (None: no number that anybody runs).
    `smallest` is the smallest change that is found in 19 of 20 such runs. `where` says in which part of a request the
    difference is.
    """

    type: Literal["comparison"] = "comparison"
    base: Text
    head: Text
    scenario: Text
    collection: Text
    question: Text
    interface: Text
    metric: Text
    margin: Annotated[float, Field(gt=0)]
    n_base: NonNegativeInt
    n_head: NonNegativeInt
    base_ms: Milliseconds
    head_ms: Milliseconds
    answer: Literal["same", "slower", "faster", "open"]
    change: float
    low: float | None = None
    high: float | None = None
    confidence: Share
    chance: Share
    more: NonNegativeInt | None = None
    smallest: float | None = None
    sentence: Text
    where: Text = ""
    parts: tuple[PartFact, ...] = ()


class RoundsEntry(Fact):
    """How two targets were asked in turn.

    Of `planned` rounds `done` were asked; it was looked after `looks`. All looks together say a difference where there
    is none with at most the probability `false_alarm`, and miss one of the margin with at most `missed`. `cost`: by how
    much wider an interval at the end is than if nobody had looked before.
    """

    type: Literal["rounds"] = "rounds"
    base: Text
    head: Text
    planned: NonNegativeInt
    done: NonNegativeInt
    looks: tuple[NonNegativeInt, ...]
    false_alarm: Share
    missed: Share
    cost: float
    seconds: Seconds


class CalibrationEntry(Fact):
    """What figures that are measured on this machine are worth, as `nearimage calibrate` found out at a time.

    Shares are of 1: the largest error of a percentile of known times; how often two sides that do not differ were said
    to; how often 5% and 10% were found. `stall_p99_ms` is what p99 showed of a stall of which `stall_true_ms` was true;
    `ceiling` is how many requests a second the generator sends here.
    """

    type: Literal["calibration"] = "calibration"
    made: Text
    machine: Text
    percentile_error: dict[str, float]
    stall_true_ms: Milliseconds
    stall_p99_ms: Milliseconds
    ceiling: Annotated[float, Field(ge=0)]
    false_alarms: Share
    false_alarms_at_most: Share
    found_5: Share
    found_10: Share
    replays: NonNegativeInt
    noise: Annotated[float, Field(ge=0)]
