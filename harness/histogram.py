"""Times in an HdrHistogram: of one size whatever goes in, added without loss, read by other programs too.

Each value is kept to a thousandth of itself, from 64 ns to an hour. As a text it is HdrHistogram's own compressed form,
version 2, in base64; the unit there is the nanosecond.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_LOWEST, _HIGHEST, _DIGITS = 100, 3600 * 10**9, 3
_NANO = 1e9
_AT_ONCE = 1_000_000


class Bar(NamedTuple):
    """`n` values that are at least `low` and below `high`, in seconds."""

    low: float
    high: float
    n: int


class Histogram:
    """Counts of times; `record` and `add` change it."""

    def __init__(self) -> None:
        from hdrh.histogram import HdrHistogram

        self._counts: Any = HdrHistogram(_LOWEST, _HIGHEST, _DIGITS)

    @classmethod
    def of(cls, seconds: NDArray[np.float64]) -> Histogram:
        """Return the histogram of some times; those that are NaN are left out."""
        made = cls()
        made.record(seconds)
        return made

    @classmethod
    def read(cls, text: str) -> Histogram:
        """Return the histogram that was written as this text.

        Raises:
            ValueError: it is none.
        """
        made = cls()
        try:
            made._counts.decode_and_add(text.encode())
        except Exception as error:
            raise ValueError(f"no HdrHistogram: {error or type(error).__name__}") from error
        return made

    @classmethod
    def sum(cls, parts: Iterable[Histogram]) -> Histogram:
        """Return the histogram of all the values of others."""
        made = cls()
        for part in parts:
            made._counts.add(part._counts)  # noqa: SLF001 - its own
        return made

    def record(self, seconds: NDArray[np.float64]) -> None:
        """Count more times; NaN is left out, what is below 0 or above an hour counts as that."""
        for start in range(0, len(seconds), _AT_ONCE):
            some = seconds[start : start + _AT_ONCE]
            nanoseconds = np.clip(np.rint(some[np.isfinite(some)] * _NANO), 0, _HIGHEST).astype(np.int64)
            for value, count in zip(*np.unique(_coarse(nanoseconds), return_counts=True), strict=True):
                self._counts.record_value(int(value), int(count))

    def __len__(self) -> int:
        return int(self._counts.total_count)

    def percentile(self, q: float) -> float:
        """Return the time in seconds that q per cent of the values do not exceed, 0 < q <= 100.

        Raises:
            ValueError: nothing was counted.
        """
        if not len(self):
            raise ValueError("a percentile needs at least one value")
        return float(self._counts.get_value_at_percentile(q)) / _NANO

    def counts(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the times that were counted, in seconds, ascending, and how often each was."""
        found = [
            (item.value_iterated_to / _NANO, item.count_at_value_iterated_to)
            for item in self._counts.get_recorded_iterator()
        ]
        times, counts = zip(*found, strict=True) if found else ((), ())
        return np.array(times, np.float64), np.array(counts, np.int64)

    def write(self) -> str:
        """Return it as a text."""
        return bytes(self._counts.encode()).decode("ascii")

    def bars(self, per_decade: int = 40) -> tuple[Bar, ...]:
        """Return the counts on a logarithmic axis, with edges at 10^(k / per_decade) seconds for whole k.

        The empty bars between the first and the last are there.
        """
        found: dict[int, int] = {}
        for item in self._counts.get_recorded_iterator():
            middle = max(1, item.value_iterated_to) / _NANO
            place = int(np.floor(np.log10(middle) * per_decade))
            found[place] = found.get(place, 0) + int(item.count_at_value_iterated_to)
        if not found:
            return ()
        edge = [10.0 ** (place / per_decade) for place in range(min(found), max(found) + 2)]
        places = range(min(found), max(found) + 1)
        return tuple(Bar(edge[i], edge[i + 1], found.get(place, 0)) for i, place in enumerate(places))


def _coarse(nanoseconds: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cut values to the twelve bits that the histogram keeps of them, so that few are different."""
    size = np.frexp(nanoseconds.astype(np.float64))[1]
    drop = np.maximum(size - 12, 6).astype(np.int64)
    coarse: NDArray[np.int64] = (nanoseconds >> drop) << drop
    return coarse
