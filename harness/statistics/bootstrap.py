"""Intervals of percentiles by drawing whole blocks again: what belongs together stays together (Künsch 1989)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from harness.statistics.percentiles import Interval, rank

DRAWS = 1_000
"""So often are the blocks drawn."""

_AT_ONCE = 2_000_000
"""So many weights are in memory at once."""

Blocks = Sequence[Sequence[float] | NDArray[np.float64]]


def percentile(blocks: Blocks, q: float, confidence: float = 0.95, *, seed: int = 0) -> Interval:
    """Return where the `q`-th percentile of all samples lies, with blocks drawn again as they are.

    Args:
        blocks: samples that belong together: a round each.
        q: the percentile, in (0, 100].
        confidence: of the interval.
        seed: of the draws; the same gives the same interval.

    Raises:
        ValueError: there are fewer than two blocks, or no samples.
    """
    drawn = _Drawn(blocks, q)
    return _middle(
        np.concatenate([drawn.by(weights) for weights in _weights(len(blocks), drawn.size, seed)]), confidence
    )


def ratio(base: Blocks, head: Blocks, q: float, confidence: float = 0.95, *, seed: int = 0) -> Interval:
    """Return where head's `q`-th percentile over base's lies; of rounds both sides are drawn together.

    Args:
        base: a block for each round.
        head: the same of the other side; as many rounds.
        q: the percentile, in (0, 100].
        confidence: of the interval.
        seed: of the draws.

    Raises:
        ValueError: the sides differ in their rounds, there are fewer than two, or there are no samples.
    """
    if len(base) != len(head):
        raise ValueError(f"{len(base)} rounds of one side and {len(head)} of the other")
    below, above = _Drawn(base, q), _Drawn(head, q)
    ratios = [
        above.by(weights) / below.by(weights) for weights in _weights(len(base), max(below.size, above.size), seed)
    ]
    return _middle(np.concatenate(ratios), confidence)


class _Drawn:
    """One side's samples in order, each with the number of its block."""

    def __init__(self, blocks: Blocks, q: float) -> None:
        if len(blocks) < 2:  # noqa: PLR2004 - one block drawn again is the same
            raise ValueError("an interval by blocks needs two of them")
        samples = np.concatenate([np.asarray(block, np.float64) for block in blocks])
        if not samples.size:
            raise ValueError("there are no samples")
        rank(samples.size, q)
        order = np.argsort(samples, kind="stable")
        self._sorted = samples[order]
        self._block = np.repeat(np.arange(len(blocks)), [len(block) for block in blocks])[order]
        self._q = q
        self.size = int(samples.size)

    def by(self, weights: NDArray[np.int64]) -> NDArray[np.float64]:
        """The percentile with each block so many times; NaN where nothing was drawn."""
        reached = np.cumsum(weights[:, self._block], axis=1)
        place = np.ceil(reached[:, -1:] * self._q / 100 - 1e-9)
        found = self._sorted[np.argmax(reached >= np.maximum(place, 1), axis=1)]
        return np.where(reached[:, -1] > 0, found, math.nan)


def _weights(blocks: int, samples: int, seed: int) -> list[NDArray[np.int64]]:
    """How often each block is drawn, in portions that fit into memory."""
    drawn = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), DRAWS)
    return np.array_split(drawn, max(1, math.ceil(DRAWS * samples / _AT_ONCE)))


def _middle(values: NDArray[np.float64], confidence: float) -> Interval:
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence is between 0 and 1, not {confidence}")
    low, high = np.nanquantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high))


class Resampled:
    """The shift of a percentile between two samples that have nothing in common, by drawing each side's blocks again.

    For runs that were not interleaved, where nothing may be exchanged. Not exact, and blind to what differs from run to
    run: whoever uses it allows for that. See `ranks.Shift`.

    Args:
        base: blocks of one side, at least two.
        head: blocks of the other.
        q: the percentile, in (0, 100].
        seed: of the draws.

    Raises:
        ValueError: a side has fewer than two blocks, or no samples.
    """

    def __init__(self, base: Blocks, head: Blocks, q: float, *, seed: int = 0) -> None:
        self._draws = np.sort(_all_draws(head, q, seed + 1) - _all_draws(base, q, seed))
        whole = [np.concatenate([np.asarray(block, np.float64) for block in side]) for side in (base, head)]
        places = [rank(side.size, q) - 1 for side in whole]
        low, high = (np.partition(side, place)[place] for side, place in zip(whole, places, strict=True))
        self.estimate = float(high - low)

    def above(self, shift: float) -> float:
        """See `ranks.Shift.above`: how many draws are at most the shift."""
        return float(np.searchsorted(self._draws, shift, "right") + 1) / (self._draws.size + 1)

    def below(self, shift: float) -> float:
        """See `ranks.Shift.below`."""
        return float(self._draws.size - np.searchsorted(self._draws, shift, "left") + 1) / (self._draws.size + 1)

    def interval(self, confidence: float) -> Interval:
        """Return what the middle of the draws lies between."""
        return _middle(self._draws, confidence)


def _all_draws(blocks: Blocks, q: float, seed: int) -> NDArray[np.float64]:
    drawn = _Drawn(blocks, q)
    return np.concatenate([drawn.by(weights) for weights in _weights(len(blocks), drawn.size, seed)])
