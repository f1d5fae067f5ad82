"""A drawing puts things where their numbers are."""

from __future__ import annotations

import math
import re

from hypothesis import given
from hypothesis import strategies as st

from harness import statistics
from harness.report import figures

DISTANCE = st.floats(-1e38, 1e38)


@given(st.lists(DISTANCE), st.lists(DISTANCE), st.none() | DISTANCE)
def test_everything_is_on_the_axis(reach: list[float], dots: list[float], threshold: float | None) -> None:
    """Every stroke, dot and threshold lies inside the drawing, larger distances further right."""
    axis = figures.axis(reach, [("returned", dot, "x") for dot in dots], threshold)

    if axis is None:
        assert not reach
        assert not dots
        assert threshold is None
        return
    places = [(dot, mark.x) for dot, mark in zip(dots, axis.dots, strict=True)]
    assert all(0 <= x <= 100 for _, x in places)
    assert [x for _, x in sorted(places)] == sorted(x for _, x in places)
    assert all(0 <= float(x) <= 1000 for x in re.findall(r"M(\d+)", axis.reach))
    assert bool(axis.reach) == bool(reach)
    assert axis.threshold is None or 0 <= axis.threshold.x <= 100
    assert all(0 <= tick.x <= 100 for tick in axis.ticks)


def test_the_ticks_of_an_axis_are_round_numbers() -> None:
    """Distances from 0 to 1.1 are marked each fifth."""
    axis = figures.axis([0.0, 1.1], [])

    assert axis is not None
    assert [tick.label for tick in axis.ticks] == ["0", "0.2", "0.4", "0.6", "0.8", "1"]


def test_distances_that_are_all_alike_have_an_axis() -> None:
    """One single distance stands in the middle."""
    axis = figures.axis([0.5], [("returned", 0.5, "x")])

    assert axis is not None
    assert axis.dots[0].x == 50


def test_five_hundred_strokes_are_short() -> None:
    """What could not be told apart on a screen is drawn once."""
    axis = figures.axis([0.0, *(1 + n / 1e6 for n in range(499))], [])

    assert axis is not None
    assert axis.reach.count("M") < 5


@given(st.lists(st.floats(0, 1e7), min_size=1, max_size=50), st.floats(1, 100), st.floats(1, 100))
def test_histograms_stay_inside(samples: list[float], less: float, more: float) -> None:
    """Bars, percentiles and ticks lie inside the common axis, and the tallest bar is as high as the drawing."""
    bins = statistics.histogram(samples)
    low, high = bins[0].low / less, bins[-1].high * more

    drawn = figures.histogram(bins, statistics.summary(samples), low, high)

    corners = [float(x) for x in re.findall(r"[MH]([\d.]+)", drawn.bars)]
    assert all(0 <= x <= 1000 for x in corners)
    assert drawn.bars.count("M") == sum(one.count > 0 for one in bins)
    assert "V0.0H" in drawn.bars
    assert all(0 <= mark.x <= 100 for mark in drawn.marks + drawn.ticks)
    assert drawn.ticks


def test_a_percentile_stands_where_its_time_is() -> None:
    """On an axis from 1 to 100 ms the median of 10 ms is in the middle."""
    samples = [10.0] * 30

    drawn = figures.histogram(statistics.histogram(samples), statistics.summary(samples), 1, 100)

    (median,) = drawn.marks
    assert math.isclose(median.x, 50)
    assert median.label == "p50 10.0 ms"
