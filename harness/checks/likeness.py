"""Whether a vector that was read back is the one that was made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.model import Metric

_SAME = 1e-5
"""Relative difference up to which two float32 forms of one vector are the same."""

_NOTHING = 1e-30


def alike(got: Sequence[float], made: Sequence[float], metric: Metric) -> bool:
    """Return whether two vectors are the same.

    Args:
        got: m components, as read back.
        made: n components.
        metric: for cosine the directions count alone, for some versions give such vectors back normalised.
    """
    left, right = np.asarray(got, dtype=np.float64), np.asarray(made, dtype=np.float64)
    if left.shape != right.shape:
        return False
    if metric is Metric.COSINE:
        left, right = (one / max(float(np.linalg.norm(one)), _NOTHING) for one in (left, right))
    return float(np.linalg.norm(left - right)) <= _SAME * max(float(np.linalg.norm(right)), _NOTHING)
