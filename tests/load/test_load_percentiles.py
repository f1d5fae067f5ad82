"""Percentiles under load: their intervals know that a stall is one event and not a hundred."""

from __future__ import annotations

import numpy as np

from harness.load.percentiles import effective, percentiles


def test_independent_samples_count_as_themselves() -> None:
    """Where nothing hangs together, a percentile has nearly all of its samples."""
    counts = [
        effective(values := np.random.default_rng(seed).lognormal(size=3000), np.quantile(values, 0.9), 90.0)
        for seed in range(20)
    ]
    assert np.median(counts) > 2300


def test_a_stall_counts_as_one_event() -> None:
    """A hundred slow requests in one second of twenty are no hundred witnesses for the 99th percentile."""
    values = np.random.default_rng(0).lognormal(size=2000)
    values[1000:1100] += 1000
    assert effective(values, float(np.quantile(values, 0.95)), 95.0) < 200
    found = percentiles(values, (95.0,))[0]
    assert found.value is not None
    assert found.interval is None or (found.interval.low < 100 and found.interval.high > 1000)


def test_an_interval_holds_the_true_value() -> None:
    """In 95 of 100 loads of independent requests, or a few less by chance, the true percentile is inside."""
    held = 0
    for seed in range(300):
        found = percentiles(np.random.default_rng(seed).exponential(size=1500), (95.0,))[0]
        assert found.interval is not None
        held += found.interval.low <= -np.log(0.05) <= found.interval.high
    assert held >= 280


def test_what_is_not_carried_has_no_value() -> None:
    """A percentile with fewer than ten samples beyond it is not said, and what it needs is."""
    found = percentiles(np.ones(500), (99.0,))[0]
    assert (found.value, found.needed) == (None, 1000)
