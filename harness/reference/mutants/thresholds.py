"""Faults in what `distance` and `certainty` mean."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.model import Metric
from harness.reference.distances import Vectors
from harness.reference.mutants.registry import mutant
from harness.reference.request import (
    Aggregation,
    InterfaceName,
    Match,
    Near,
    Search,
    Vector,
)
from harness.reference.rules import Rules

Rows = NDArray[np.intp]
Yes = NDArray[np.bool_]


# --- thresholds -----------------------------------------------------------------------------------


@mutant("threshold/inclusive")
class ExclusiveThreshold(Rules):
    """The boundary does not belong to the result."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        del search
        within: Yes = distances < np.float32(threshold)
        return within


@mutant("threshold/round-trip")
class OneStepShort(Rules):
    """The threshold is one float32 step too small."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        del search
        within: Yes = distances <= np.nextafter(np.float32(threshold), np.float32(-np.inf))
        return within


@mutant("threshold/excludes-beyond")
class GenerousThreshold(Rules):
    """Up to one per cent beyond the threshold is accepted."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        del search
        return distances <= threshold + 0.01 * abs(threshold) + 1e-5


@mutant("threshold/nesting")
class LargeThresholdLosesTheBest(Rules):
    """A large threshold loses the best hit."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        within = super().accept(distances, threshold, search)
        if within.sum() > 10:
            within[0] = False
        return within


@mutant("threshold/zero")
class ZeroIsNoThreshold(Rules):
    """A threshold of 0 counts as none."""

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        return super().threshold(near, interface) or None


@mutant("threshold/zero")
class NothingAtZero(Rules):
    """Nothing is within a threshold of 0, not even the image itself, which by cosine is a rounding away from itself."""

    def cosine(self, query: Vector, vectors: Vectors) -> Vector:
        found = super().cosine(query, vectors)
        return np.where(found < np.float32(1e-7), np.float32(2**-24), found)

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        within: Yes = super().accept(distances, threshold, search)
        return within & (threshold != 0)


@mutant("threshold/beyond-maximum")
class ThresholdBeyondTwoIsTwo(Rules):
    """A threshold beyond 2 is taken for 2, whatever the metric."""

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        found = super().threshold(near, interface)
        return None if found is None else min(found, 2.0)


@mutant("threshold/below-minimum")
class ThresholdLosesItsSign(Rules):
    """A negative threshold is taken for a positive one."""

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        found = super().threshold(near, interface)
        return None if found is None else abs(found)


@mutant("threshold/negative-for-dot")
class NegativeThresholdIsNone(Rules):
    """A negative threshold counts as none."""

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        found = super().threshold(near, interface)
        return None if found is None or found < 0 else found


@mutant("threshold/each-distance")
class ThresholdInFloat16(Rules):
    """The threshold is rounded to half precision."""

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        found = super().threshold(near, interface)
        return None if found is None else float(np.float16(found * 0.999))


@mutant("threshold/with-limit")
class LimitDropsThreshold(Rules):
    """With a small limit the threshold is forgotten."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if isinstance(search, Search) and search.limit is not None and 1 < search.limit <= 10:
            return np.ones(len(distances), np.bool_)
        return super().accept(distances, threshold, search)


@mutant("threshold/with-offset")
class OffsetDropsThreshold(Rules):
    """With an offset the threshold is forgotten."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if isinstance(search, Search) and search.offset:
            return np.ones(len(distances), np.bool_)
        return super().accept(distances, threshold, search)


@mutant("threshold/complete")
class CappedAt100(Rules):
    """No more than 100 objects are returned within a threshold."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        del search
        return matches[:100]


@mutant("threshold/complete")
class CappedAt10(Rules):
    """No more than 10 objects are returned where no limit is given."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return matches[:10] if search.limit is None or search.limit > len(matches) else matches


@mutant("threshold/ties-at-boundary")
class CappedAt1000(Rules):
    """No more than 1,000 objects are returned within a threshold."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        del search
        return matches[:1000]


@mutant("threshold/beside-duplicates")
class DuplicatesHideOthers(Rules):
    """Beside more than a hundred equal vectors an object that is alone is not found, as on Weaviate's hnsw."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        _, place, counts = np.unique(distances, return_inverse=True, return_counts=True)
        alone = counts[place] == 1
        hidden: Yes = alone & (counts.max(initial=0) > 100)
        return super().accept(distances, threshold, search) & ~hidden


@mutant("threshold/magnitudes")
class ComparedAsDoubles(Rules):
    """A threshold is no float32: a large distance, printed as less than it is, is lost, as in Weaviate (1.39)."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        del search
        within: Yes = distances.astype(np.float64) <= threshold + 1e-6
        return within


@mutant("threshold/complete-with-filter")
class CappedWithFilter(Rules):
    """With a filter no more than 50 objects are returned."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return matches[:50] if search.where is not None else matches


@mutant("threshold/drawn")
class SmallSetsLoseTheLast(Rules):
    """Of a few objects the farthest within the threshold is lost."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        within = super().accept(distances, threshold, search)
        if 1 < len(within) <= 6:
            within[int(within.sum()) - 1] = False
        return within


# --- certainty ------------------------------------------------------------------------------------


@mutant("certainty/one-minus-half")
class CertaintyOneMinusDistance(Rules):
    """Certainty is 1 - distance."""

    def certainty_from_distance(self, distance: float) -> float:
        return 1.0 - distance


@mutant("certainty/threshold-equals-distance")
class CertaintyThresholdHalved(Rules):
    """A certainty c as the threshold is the distance 1 - c."""

    def distance_from_certainty(self, certainty: float) -> float:
        return 1.0 - certainty


@mutant("certainty/round-trip")
class CertaintyThresholdTooSmall(Rules):
    """A certainty as the threshold is a little too strict."""

    def distance_from_certainty(self, certainty: float) -> float:
        return super().distance_from_certainty(certainty) - 1e-5


@mutant("certainty/other-metrics-refused")
class CertaintyOnAnyMetric(Rules):
    """A certainty is accepted on every metric."""

    def check_certainty_metric(self, metric: Metric) -> None:
        del metric


@mutant("certainty/not-with-distance")
class BothThresholdsAccepted(Rules):
    """Distance and certainty together are accepted."""

    def check_one_threshold(self, near: Near, interface: InterfaceName) -> None:
        del near, interface


@mutant("certainty/not-returned-on-other-metrics")
class CertaintyMadeUp(Rules):
    """Every hit has a certainty, whatever the metric."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        del search
        return [match._replace(certainty=1.0 - (match.distance or 0.0) / 2.0) for match in matches]
