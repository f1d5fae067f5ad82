"""Histograms of times: what is lost, which is next to nothing, and what is not."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from harness.histogram import Histogram


def draw(n: int, seed: int = 0) -> np.ndarray:
    """Times around 0.4, 3 and 150 ms."""
    rng = np.random.default_rng(seed)
    return rng.choice([0.0004, 0.003, 0.15], size=n) * rng.lognormal(0, 0.3, n)


@pytest.mark.parametrize("q", [1.0, 50.0, 95.0, 99.0, 99.9])
def test_a_percentile_is_within_a_thousandth(q: float) -> None:
    """What a histogram says differs from the sample itself by its last digit only."""
    times = draw(20_000)
    exact = np.sort(times)[int(np.ceil(q / 100 * len(times))) - 1]
    assert Histogram.of(times).percentile(q) == pytest.approx(exact, rel=1.5e-3)


def test_the_sum_of_histograms_is_the_histogram_of_all() -> None:
    """Adding loses nothing: two halves say what the whole says."""
    times = draw(5_000)
    added = Histogram.sum([Histogram.of(times[:1000]), Histogram.of(times[1000:])])
    assert added.write() == Histogram.of(times).write()
    assert len(added) == 5_000


def test_a_histogram_reads_what_it_wrote() -> None:
    """The text holds everything."""
    made = Histogram.of(draw(1_000))
    assert Histogram.read(made.write()).bars() == made.bars()


def test_what_is_no_histogram_is_refused() -> None:
    """A text that nobody wrote is an error in one sentence."""
    with pytest.raises(ValueError, match="no HdrHistogram"):
        Histogram.read("HISTFAAAAC")


def test_what_has_no_time_is_left_out() -> None:
    """Requests without an answer have NaN for a time and do not count."""
    assert len(Histogram.of(np.array([0.1, np.nan, 0.2]))) == 2


def test_bars_have_every_value_once() -> None:
    """The bars of a histogram together hold all its values, each between the edges of its bar."""
    bars = Histogram.of(np.array([0.001, 0.00101, 0.5])).bars(per_decade=10)
    assert sum(bar.n for bar in bars) == 3
    assert bars[0].low <= 0.001 < bars[0].high
    assert bars[-1].low <= 0.5 < bars[-1].high
    assert all(one.high == pytest.approx(other.low) for one, other in pairwise(bars))


def test_nothing_has_no_percentile() -> None:
    """An empty histogram says so instead of 0."""
    with pytest.raises(ValueError, match="at least one"):
        Histogram().percentile(50)


def test_counts_are_those_of_the_values() -> None:
    """Ascending, to a thousandth, and none is lost; an empty histogram has none."""
    seconds, counts = Histogram.of(np.array([0.02, 0.01, 0.02])).counts()
    assert seconds == pytest.approx([0.01, 0.02], rel=1e-3)
    assert counts.tolist() == [1, 2]
    assert [len(one) for one in Histogram().counts()] == [0, 0]
