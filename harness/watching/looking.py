"""What database and inference service use while they are asked, moment by moment, on the clock of the load."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter

from harness.abilities import CanShowMetrics, CanShowStatistics, Usage
from harness.errors import HarnessError

METRICS = {"PROMETHEUS_MONITORING_ENABLED": "true"}
"""What a database is started with, so that it tells of its memory."""

EVERY = 0.5
"""Seconds between two looks."""

_LINE = re.compile(
    r'^(?P<name>go_[a-z_]+)(?:\{quantile="(?P<quantile>[0-9.]+)"\})? (?P<value>[0-9.eE+-]+)$', re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Go:
    """What a database written in Go says of its memory: heap in bytes, collections so far, their pauses in seconds."""

    heap: int
    collections: int
    paused: float
    longest: float


@dataclass(frozen=True, slots=True)
class Moment:
    """One look, `at` seconds of `time.perf_counter`; `go` is None where nobody tells."""

    at: float
    usages: tuple[Usage, ...]
    go: Go | None


@dataclass
class Watch:
    """What was seen from the beginning of the block to its end, in order."""

    moments: list[Moment] = field(default_factory=list)

    def cpu(self, part: str) -> float | None:
        """Processor seconds that `database` or `inference` used between the first look and the last."""
        if not self.moments:
            return None
        first, last = (
            [one.cpu_seconds for one in of_part(moment, part)] for moment in (self.moments[0], self.moments[-1])
        )
        return sum(last) - sum(first) if first else None

    def most(self, part: str, what: str) -> int | None:
        """The largest `resident`, `anonymous` or `disk` of `database` or `inference`, in bytes; nodes together."""
        sums = [[getattr(usage, what) for usage in of_part(moment, part)] for moment in self.moments]
        return max((sum(values) for values in sums if values and None not in values), default=None)

    def added(self, what: str) -> int | None:
        """By how much `anonymous` or `disk` of the database is more at the last look than at the first, in bytes."""
        if not self.moments:
            return None
        ends = [[getattr(one, what) for one in of_part(self.moments[place], "database")] for place in (0, -1)]
        if any(None in values or not values for values in ends):
            return None
        return int(sum(ends[1]) - sum(ends[0]))


def of_part(moment: Moment, part: str) -> list[Usage]:
    """The usages of `database` or `inference` at one moment, those of all nodes or modules."""
    return [usage for usage in moment.usages if usage.part.split()[0] == part]


def go_of(text: str) -> Go | None:
    """Return what metrics in Prometheus's text format say of Go's memory; None if they don't."""
    found = {(one["name"], one["quantile"]): float(one["value"]) for one in _LINE.finditer(text)}
    try:
        return Go(
            heap=int(found["go_memstats_heap_alloc_bytes", None]),
            collections=int(found["go_gc_duration_seconds_count", None]),
            paused=found["go_gc_duration_seconds_sum", None],
            longest=found["go_gc_duration_seconds", "1"],
        )
    except KeyError:
        return None


@contextmanager
def looking(target: object, every: float = EVERY) -> Iterator[Watch]:
    """Look at a target's parts now, again and again, and at the end of the block; a target that shows nothing has none.

    Args:
        target: the opened target.
        every: seconds between two looks.
    """
    watch = Watch()
    over = threading.Event()

    def look() -> None:
        moment = _seen(target)
        if moment is not None:
            watch.moments.append(moment)

    def go_on() -> None:
        while not over.wait(every):
            look()

    look()
    thread = threading.Thread(target=go_on, name="nearimage-watch", daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        over.set()
        thread.join()
        look()


def _seen(target: object) -> Moment | None:
    try:
        usages = target.statistics() if isinstance(target, CanShowStatistics) else ()
        go = go_of(target.metrics()) if isinstance(target, CanShowMetrics) else None
    except (HarnessError, OSError):
        return None
    return Moment(perf_counter(), usages, go) if usages or go is not None else None
