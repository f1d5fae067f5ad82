"""What a record says of what a database and the service behind it used, on one axis of time with the latency."""

from __future__ import annotations

from typing import Literal

from pydantic import NonNegativeInt

from harness.record.fact import Fact, Milliseconds, Seconds, Share, Text


class UsedFact(Fact):
    """What a load or a step of a survey cost: processor milliseconds for each answer, largest memory and disk in bytes.

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
    """What a target used at one moment: `at` seconds since the axis begins; processor seconds since its own start."""

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
