"""What can be said of measured numbers, and how sure that is: pure functions, with nothing assumed of distributions.

Here are percentiles, histograms and shares (`percentiles`). What compares two samples stands in modules of its own,
which need NumPy and are imported where they are used: `ranks`, `bootstrap`, `sequential`, `changes`.
"""

from harness.statistics.percentiles import (
    BEYOND,
    USUAL,
    Bin,
    Interval,
    Percentile,
    Summary,
    carried,
    histogram,
    interval,
    needed,
    percentile,
    rank,
    share,
    summary,
)

__all__ = [
    "BEYOND",
    "USUAL",
    "Bin",
    "Interval",
    "Percentile",
    "Summary",
    "carried",
    "histogram",
    "interval",
    "needed",
    "percentile",
    "rank",
    "share",
    "summary",
]
