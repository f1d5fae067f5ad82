"""Whether a load measured the server, or its own generator, or a machine that was busy with something else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.load.disturbance import Disturbance
from harness.load.samples import Fate, Floats, Samples

LATE = 0.0005
"""Seconds that a request may always be late: the best that can be done without spinning on a processor."""

LATE_SHARE = 0.10
"""Beyond that, lateness is at most this share of the response at the same percentile."""

CPU = 0.90
"""A generator that is busy for a larger share of the time sends when it can, not when it should."""

OTHERS = 0.10
STOLEN = 0.02
"""Shares of the machine's processors that other programs and a hypervisor may take."""

REACHED = 0.99
"""Share of the requests that must have been sent when the schedule is over (and a hundredth of its time has passed)."""

_NOTICED = (50.0, 99.0)


@dataclass(frozen=True, slots=True)
class Validity:
    """`spoiled` are reasons why nothing can be said; `short` says that the rate was not reached, or is empty.

    A server that is too slow for the rate does not spoil the measurement: no promise about times is held then, but one
    that is broken is broken.
    """

    spoiled: tuple[str, ...]
    short: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Everything for which the measurement is invalid."""
        return (*self.spoiled, *([self.short] if self.short else []))


def validity(samples: Samples, seconds: float, disturbance: Disturbance, *, lanes: int) -> Validity:
    """Judge an open loop.

    Args:
        samples: all of its requests.
        seconds: how long the schedule is.
        disturbance: what else the machine did.
        lanes: how many requests could be on their way at once.
    """
    spoiled = [*_busy(disturbance), *_late(samples)]  # a busy machine makes the generator late too
    sent = samples.sent <= seconds * (2 - REACHED) + LATE
    reached = float(sent.mean()) if len(samples) else 0.0
    short = ""
    if reached < REACHED:
        n, wanted = int(sent.sum()), len(samples)
        short = f"the rate was not reached: {n:,} of {wanted:,} requests were sent in the time, {lanes} at once at most"
    return Validity(tuple(spoiled), short)


def lost(samples: Samples, found: Validity, allowed: float = 0.0) -> bool:
    """Return whether more requests had no answer than are allowed, and it was the server.

    What it refuses or breaks off, it says itself; that nothing came in time may be anybody's doing if the measurement
    is spoiled.
    """
    counts = samples.counts()
    said = counts[Fate.REFUSED] + counts[Fate.BROKEN]
    return samples.errors > allowed and (said > allowed or not found.spoiled)


def _late(samples: Samples) -> list[str]:
    """The generator was late although a connection was free."""
    free = samples.where(~samples.queued & (samples.fate != Fate.NOT_SENT))
    answered = free.response[free.ok]
    if not len(free) or not len(answered):
        return []
    for q in _NOTICED:
        late, response = _at(free.lateness, q), _at(answered, q)
        if late > max(LATE, LATE_SHARE * response):
            milliseconds = f"{late * 1000:,.1f}"
            return [f"the generator was the bottleneck: {milliseconds} ms late at p{q:g}, connections being free"]
    return []


def _busy(disturbance: Disturbance) -> list[str]:
    found = []
    if disturbance.stolen is not None and disturbance.stolen > STOLEN:
        found.append(f"the machine was disturbed: its hypervisor took {disturbance.stolen:.0%} of it")
    if disturbance.others is not None and disturbance.others > OTHERS:
        found.append(f"the machine was disturbed: other programs took {disturbance.others:.0%} of it")
    if disturbance.slept:
        found.append(f"the machine was suspended for {disturbance.slept:.3g} s")
    if disturbance.own > CPU:
        found.append(f"the generator was the bottleneck: it was busy for {disturbance.own:.0%} of the time")
    return found


def _at(values: Floats, q: float) -> float:
    return float(np.quantile(values, q / 100, method="inverted_cdf"))
