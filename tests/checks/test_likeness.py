"""Vectors that are the same although a server gave them back in another form."""

from __future__ import annotations

from harness.checks.likeness import alike
from harness.model import Metric


def test_for_cosine_the_direction_counts() -> None:
    """A vector that was given back normalised is the same for cosine, and for no other metric."""
    assert alike((0.6, 0.8), (3.0, 4.0), Metric.COSINE)
    assert not alike((0.6, 0.8), (3.0, 4.0), Metric.L2)


def test_rounding_is_allowed_and_another_vector_is_not() -> None:
    """A last digit may differ, a component or their number may not."""
    assert alike((3.0, 4.000001), (3.0, 4.0), Metric.L2)
    assert not alike((3.0, 4.1), (3.0, 4.0), Metric.L2)
    assert not alike((3.0, 4.0, 0.0), (3.0, 4.0), Metric.COSINE)
    assert not alike((), (3.0, 4.0), Metric.COSINE)
