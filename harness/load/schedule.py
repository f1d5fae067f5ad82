"""When requests are intended: arrays of seconds since the start, made before the first one is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from harness.errors import UsageError
from harness.load.samples import Floats

MOST = 10_000_000
"""So many requests are intended at most: each takes some forty bytes."""

Kind = Literal["constant", "poisson", "steps", "ramp", "replay"]


class Step(NamedTuple):
    """A rate, in requests a second, that is kept for so many seconds."""

    rate: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Schedule:
    """Times at which requests are intended (seconds, ascending), and for how long in all; `words` says it to people."""

    kind: Kind
    times: Floats
    seconds: float
    words: str

    def __len__(self) -> int:
        return len(self.times)

    @property
    def rate(self) -> float:
        """Requests a second, on average."""
        return len(self.times) / self.seconds


def constant(rate: float, seconds: float) -> Schedule:
    """Return requests at equal distances, the first one at 0.

    Raises:
        UsageError: the rate or the time is not above 0, or not one request is intended, or too many are.
    """
    n = _count(rate, seconds)
    return Schedule("constant", np.arange(n) / rate, seconds, f"{rate:g}/s for {seconds:g} s")


def poisson(rate: float, seconds: float, seed: int = 0) -> Schedule:
    """Return requests that come independently of each other, as those of many users do.

    Exactly rate x seconds of them, rounded, at times that are drawn evenly: so a Poisson process looks of which that
    number is known, and two seeds ask equally often.

    Raises:
        UsageError: as `constant`.
    """
    n = _count(rate, seconds)
    times = np.sort(np.random.default_rng(seed).uniform(0.0, seconds, n))
    return Schedule("poisson", times, seconds, f"{rate:g}/s on average, independent, for {seconds:g} s")


def steps(some: Sequence[Step]) -> Schedule:
    """Return one constant rate after the other.

    Raises:
        UsageError: there is no step, or one is none.
    """
    if not some:
        raise UsageError("steps without a step", hint="Write for example steps:50x10s,100x10s.")
    starts = np.cumsum([0.0, *(one.seconds for one in some)])
    parts = [constant(*one).times + start for one, start in zip(some, starts, strict=False)]
    words = ", then ".join(f"{one.rate:g}/s for {one.seconds:g} s" for one in some)
    return Schedule("steps", _bounded(np.concatenate(parts)), float(starts[-1]), words)


def ramp(first: float, last: float, seconds: float) -> Schedule:
    """Return a rate that goes evenly from `first` to `last`; the first request comes at once.

    Raises:
        UsageError: both are 0 or one is below, or the time is not above 0.
    """
    if min(first, last) < 0:
        raise UsageError("a rate is not below 0")
    n = _count((first + last) / 2, seconds)
    # so many requests have come by t: first t + (last - first) t^2 / (2 seconds); solved for t
    wanted, slope = np.arange(n, dtype=np.float64), (last - first) / seconds
    times = wanted / first if slope == 0 else _roots(wanted, first, slope)
    return Schedule("ramp", np.minimum(times, seconds), seconds, f"from {first:g}/s to {last:g}/s in {seconds:g} s")


def _roots(wanted: Floats, first: float, slope: float) -> Floats:
    under: Floats = np.sqrt(np.maximum(0.0, first * first + 2 * slope * wanted))
    whole: Floats = 2 * wanted / (first + under) if first else under / slope
    return whole


def replay(times: Iterable[float]) -> Schedule:
    """Return recorded times again, moved so that the first one is 0.

    Raises:
        UsageError: there are fewer than two, or one is no finite number, or all are the same.
    """
    recorded = np.sort(np.fromiter(times, dtype=np.float64))
    if len(recorded) < 2 or not np.isfinite(recorded).all() or recorded[0] == recorded[-1]:  # noqa: PLR2004 - a span
        raise UsageError("a replay needs at least two different times, finite numbers of seconds")
    moved = _bounded(recorded - recorded[0])
    seconds = float(moved[-1]) * len(moved) / (len(moved) - 1)
    return Schedule("replay", moved, seconds, f"{len(moved):,} recorded times in {seconds:.3g} s")


def _count(rate: float, seconds: float) -> int:
    if not (np.isfinite(rate) and rate > 0):
        raise UsageError(f"a rate is above 0, not {rate:g}", hint="Write requests a second, such as 50.")
    if not (np.isfinite(seconds) and seconds > 0):
        raise UsageError(f"a load takes more than {seconds:g} seconds")
    if rate * seconds > MOST:
        raise UsageError(f"{rate * seconds:,.0f} requests are more than one load takes: {MOST:,}")
    n = round(rate * seconds)
    if n < 1:
        raise UsageError(f"at {rate:g}/s not one request is sent in {seconds:g} s")
    return n


def _bounded(times: Floats) -> Floats:
    if len(times) > MOST:
        raise UsageError(f"{len(times):,} requests are more than one load takes: {MOST:,}")
    return times
