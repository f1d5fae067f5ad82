"""What was answered in each second, as a record says it."""

from __future__ import annotations

from math import ceil

import numpy as np

from harness.load.samples import Floats, Samples
from harness.record.used_entries import AnsweredFact


def answered(samples: Samples, seconds: float, began: float, recalls: Floats | None = None) -> tuple[AnsweredFact, ...]:
    """Return what was answered in each second of a load, on the survey's axis.

    Args:
        samples: the requests of the load.
        seconds: how long its schedule is.
        began: when it began, in seconds on the axis.
        recalls: the recall of each request, NaN where there is no answer; None if nobody knows.
    """
    return tuple(_second(samples, start, began, recalls) for start in range(ceil(seconds)))


def _second(samples: Samples, start: int, began: float, recalls: Floats | None) -> AnsweredFact:
    here = (samples.intended >= start) & (samples.intended < start + 1)
    ok = here & samples.ok
    times = samples.response[ok] * 1000
    return AnsweredFact(
        start=began + start,
        seconds=1.0,
        answered=len(times),
        failed=int((here & ~samples.ok).sum()),
        p50_ms=float(np.median(times)) if len(times) else None,
        largest_ms=float(times.max()) if len(times) else None,
        recall=float(recalls[ok].mean()) if recalls is not None and len(times) else None,
    )
