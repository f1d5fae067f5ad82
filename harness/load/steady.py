"""Where the warm-up ends and whether a steady state follows, from the times themselves.

The answered requests are put into batches of equal size, in the order in which they were intended; what counts is each
batch's median, so that a stall in the middle is not taken for a warm-up, and is not cut away. The second half of the
load says what is usual: its middle, and how far batches are from it. The warm-up ends where three batches in a row are
as usual. After it the load is steady unless its two halves differ by more than a tenth and more than chance explains.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from harness.load.samples import Floats, Samples
from harness.statistics.ranks import Unpaired, chance

BATCHES = 60
"""Batches that a load is cut into; fewer if they would have fewer than five requests."""

_LEAST = 5
_FEWEST = 20
_IN_A_ROW = 3
_SPREADS = 4.0
_CLOSE = 0.10
"""A batch, and a half, that is within a tenth of the usual is as usual."""

_CHANCE = 0.001
_TO_DEVIATION = 1.4826
"""The median distance from the median, times this, is a normal distribution's standard deviation."""


@dataclass(frozen=True, slots=True)
class Steady:
    """Seconds after which the load was warm, whether it was steady from then on, and a sentence about it."""

    start: float
    steady: bool
    why: str


def steady_state(samples: Samples) -> Steady:
    """Return where the steady state of a load begins, by the response of its answered requests."""
    answered = samples.where(samples.ok)
    return steady_from(answered.intended, answered.response)


def steady_from(times: Floats, values: Floats) -> Steady:
    """Return where a steady state begins in values that were taken at these times.

    Args:
        times: n seconds, ascending.
        values: n positive numbers.
    """
    batches = min(BATCHES, len(values) // _LEAST)
    if batches < _FEWEST:
        return Steady(start=0.0, steady=True, why=f"{len(values):,} answers are too few to tell a warm-up from chance")
    cuts = np.linspace(0, len(values), batches + 1).astype(int)
    medians = np.array([np.median(values[low:high]) for low, high in pairwise(cuts)])
    usual, reach = _usual(medians[batches // 2 :])
    within = np.abs(medians - usual) <= reach
    runs = np.convolve(within, np.ones(_IN_A_ROW), mode="valid") >= _IN_A_ROW
    first = int(np.argmax(runs)) if runs.any() else batches
    if first > batches // 2:
        return Steady(start=0.0, steady=False, why="no steady state was reached: the times never came to rest")
    start = 0.0 if first == 0 else float(times[cuts[first]])
    rest = medians[first:]
    early, late = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    moved = float(np.median(late) / np.median(early) - 1)
    if abs(moved) > _CLOSE and chance(Unpaired(early, late)) < _CHANCE:
        return Steady(
            start=start,
            steady=False,
            why=f"no steady state: the median moved by {moved:+.0%} from the first half to the second",
        )
    return Steady(start=start, steady=True, why=f"warm after {start:.3g} s" if start else "no warm-up is to be seen")


def _usual(medians: Floats) -> tuple[float, float]:
    usual = float(np.median(medians))
    spread = float(np.median(np.abs(medians - usual))) * _TO_DEVIATION
    return usual, max(_SPREADS * spread, _CLOSE * usual)
