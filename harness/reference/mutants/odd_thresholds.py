"""Faults in what is made of a threshold that is no number."""

from __future__ import annotations

from math import isinf, isnan

import numpy as np

from harness.reference.mutants.errors import Says
from harness.reference.mutants.registry import mutant
from harness.reference.request import InterfaceName, Near
from harness.reference.rules import Rules


def _given(near: Near) -> float:
    return next((one for one in (near.distance, near.certainty) if one is not None), 0.0)


@mutant("threshold/not-a-number")
class NanLetsAllIn(Rules):
    """NaN as a threshold lets everything in, as in Weaviate over gRPC (1.39)."""

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        return None if isnan(_given(near)) else super().threshold(near, interface)


@mutant("threshold/infinite")
class InfinityIsAHalf(Rules):
    """Infinity as a threshold is taken for a half."""

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        found = super().threshold(near, interface)
        return 0.5 if found is not None and isinf(found) else found


@mutant("threshold/null")
class NullIsZero(Rules):
    """A threshold that is null is taken for 0."""

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        found = super().threshold(near, interface)
        return 0.0 if found is None and interface == "graphql" else found


@mutant("threshold/too-large")
class TooLargeWraps(Rules):
    """A threshold that is too large for a float32 wraps round to its opposite."""

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        found = super().threshold(near, interface)
        return -found if found is not None and abs(found) > float(np.finfo(np.float32).max) else found


@mutant("threshold/as-text")
class TextForADistanceCrashes(Says):
    """A text for a distance breaks the server's code."""

    of = ("Float",)
    instead = "runtime error: invalid memory address or nil pointer dereference"
