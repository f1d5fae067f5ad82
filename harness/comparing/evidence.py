"""What two sides' times say of one percentile, as a shift of logarithms, so that a shift is a ratio.

Two kinds of measurement can be judged: blocks of requests (`Series`) and loads on a clock, of which a record has
histograms (`Loads`). The one is exact by ranks or draws blocks again; the other knows as how many independent requests
those of the histogram count.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from harness.comparing.loads import Loads
from harness.comparing.series import Block, Series
from harness.histogram import Histogram
from harness.statistics import carried, needed
from harness.statistics.bootstrap import Resampled
from harness.statistics.counted import Counted, Counts
from harness.statistics.ranks import Exceeding, Paired, Shift, Unpaired

Measured = Series | Loads
"""What was measured of one question, or of one load, on both sides."""

_MEDIAN = 50.0
_UNSURE = 0.47
"""1 - (3.02 / 4.15)²: normal over Student's t with nine degrees of freedom, at an error of 0.25% on both sides."""

_LEAST_MS = 1e-6


def shift(measured: Measured, q: float) -> Shift | str:
    """Return the evidence about a percentile, or a sentence why there is none."""
    return _of_loads(measured, q) if isinstance(measured, Loads) else _of_series(measured, q)


def _of_series(series: Series, q: float) -> Shift | str:
    base, head = _logarithms(series.base.blocks), _logarithms(series.head.blocks)
    if series.paired:
        both = [(one, other) for one, other in zip(base, head, strict=True) if one.size and other.size]
        base, head = [one for one, _ in both], [other for _, other in both]
    else:
        base, head = [one for one in base if one.size], [one for one in head if one.size]
    fewest = min(sum(map(len, base)), sum(map(len, head)))
    if not carried(fewest, q):
        return _too_few(q, fewest)
    if q == _MEDIAN:
        medians = [np.array([np.median(block) for block in side]) for side in (base, head)]
        return Paired(medians[1] - medians[0]) if series.paired else Unpaired(*medians)
    if series.paired:
        return Exceeding(base, head, q)
    if min(len(base), len(head)) < 2:  # noqa: PLR2004 - one block drawn again is the same
        return f"p{q:g} needs at least two blocks of each side"
    return Resampled(base, head, q)


def _of_loads(loads: Loads, q: float) -> Shift | str:
    if not carried(min(loads.n), q):
        return _too_few(q, min(loads.n))
    counts = [loads.independent(side, q) for side in loads.sides]
    if None in counts:
        known = ", ".join(f"p{one:g}" for one in loads.known)
        return f"how sure p{q:g} of a load is, is not in both records" + (f", but of {known} it is" if known else "")
    base, head = (_counted(side.response.histogram) for side in loads.sides if side.response is not None)
    sure = [_surely(count or 1, n) for count, n in zip(counts, loads.n, strict=True)]
    return Counted(base, head, q, (sure[0], sure[1]))


def _surely(independent: int, n: int) -> int:
    """As how many independent requests those of a load surely count.

    How much more blocks differ than independent requests would is itself found from ten of them. That makes intervals
    wider as Student's t with nine degrees of freedom is wider than the normal, the more so the more hangs together.
    """
    return max(1, round(independent * (1 - _UNSURE * (1 - min(1.0, independent / n)))))


@lru_cache(maxsize=16)
def _counted(histogram: str) -> Counts:
    """The logarithms of the milliseconds of a histogram, and how often each was counted."""
    seconds, times = Histogram.read(histogram).counts()
    return np.log(np.maximum(seconds * 1000, _LEAST_MS)), times


def _too_few(q: float, n: int) -> str:
    return f"p{q:g} needs {needed(q):,} answers of each side, and there were {n:,}"


def _logarithms(blocks: Sequence[Block]) -> list[NDArray[np.float64]]:
    return [np.log(np.maximum(np.asarray(block, np.float64), _LEAST_MS)) for block in blocks]
