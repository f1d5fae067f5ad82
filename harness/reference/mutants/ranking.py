"""Faults in what is found and in which order: ranking, pages, filters, texts, one interface alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.model import Metric, Module
from harness.reference.mutants.registry import mutant
from harness.reference.request import (
    Aggregation,
    InterfaceName,
    Match,
    Near,
    NearKind,
    Refusal,
    Results,
    Search,
    Vector,
)
from harness.reference.rules import Rules
from harness.reference.settings import Settings
from harness.reference.vectorizing import How

Rows = NDArray[np.intp]
Yes = NDArray[np.bool_]


def _kind(search: Search | Aggregation) -> str:
    return search.near[0].kind if search.near else ""


# --- which objects are found, and in which order --------------------------------------------------


@mutant("near-image/same-image-first")
class ImageMissesItself(Rules):
    """An image never finds itself."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return [match for match in matches if _kind(search) != "image" or abs(match.distance or 0.0) > 1e-5]


@mutant("near-image/ascending")
class UnsortedEnd(Rules):
    """The last two hits are in the wrong order."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        del search
        return [*matches[:-2], *reversed(matches[-2:])]


@mutant("near-image/ascending")
class FarthestFirst(Rules):
    """The order is by falling distance."""

    def order(self, distances: Vector, search: Search | Aggregation) -> Rows:
        del search
        return np.argsort(-distances, kind="stable")


@mutant("near-image/distances-exact")
class DistanceSlightlyOff(Rules):
    """Distances are shown a tenth of a per cent too large."""

    def reported(self, distance: float, metric: Metric, search: Search) -> float:
        del metric, search
        return distance * 1.001


@mutant("near-image/distances-exact")
class DistancesInFloat16(Rules):
    """Distances are computed in half precision."""

    def distances(self, metric: Metric, query: Vector, vectors: NDArray[np.float32]) -> Vector:
        return super().distances(metric, query, vectors).astype(np.float16).astype(np.float32)


@mutant("near-image/distances-exact")
class CosineNotNormalised(Rules):
    """Vectors are not normalised for cosine."""

    def normalised(self, vector: Vector) -> Vector:
        return vector


@mutant("near-image/distances-exact")
class DotWithoutSign(Rules):
    """The dot distance has lost its sign."""

    def dot(self, query: Vector, vectors: NDArray[np.float32]) -> Vector:
        return -super().dot(query, vectors)


@mutant("near-image/distances-exact")
class L2WithRoot(Rules):
    """The squared distance is shown with its root taken."""

    def l2(self, query: Vector, vectors: NDArray[np.float32]) -> Vector:
        return np.sqrt(super().l2(query, vectors))


@mutant("near-image/distances-exact")
class HammingAsShare(Rules):
    """The Hamming distance is a share of the components instead of their number."""

    def hamming(self, query: Vector, vectors: NDArray[np.float32]) -> Vector:
        return super().hamming(query, vectors) / np.float32(len(query))


@mutant("near-image/exact-neighbours")
class NeighbourMissing(Rules):
    """One object is never found."""

    def candidates(self, rows: Rows, search: Search | Aggregation) -> Rows:
        del search
        return np.delete(rows, 3) if len(rows) > 8 else rows


@mutant("near-image/no-duplicates")
class DuplicateAtTheEnd(Rules):
    """The last hit comes twice."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        del search
        return [*matches, *matches[-1:]]


@mutant("near-image/equals-near-vector")
class VectorSearchDiffers(Rules):
    """A search by vector leaves its best hit out."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return matches[1:] if _kind(search) == "vector" else matches


@mutant("near-image/equals-near-object")
class ObjectLeavesItselfOut(Rules):
    """A search by object leaves that object out."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return [match for match in matches if match.object.id != search.near[0].object_id]


@mutant("near-image/near-duplicates-first")
class OldestFirst(Rules):
    """Objects come in the order of their import."""

    def order(self, distances: Vector, search: Search | Aggregation) -> Rows:
        del search
        return np.arange(len(distances))


@mutant("near-image/empty-collection")
class NothingIsAnError(Rules):
    """A search that finds nothing is an error."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        del search
        if not matches:
            raise Refusal("nothing found")
        return matches


@mutant("near-image/without-image-not-found")
class ImagelessGetsAVector(Rules):
    """An object without an image gets the vector of the one before it."""

    last: Vector | None = None

    def indexed(self, new: Vector | None, old: Vector | None, how: How) -> Vector | None:
        del old, how
        self.last = self.last if new is None else new
        return self.last


@mutant("near-image/not-an-image")
class FailureIsEmpty(Rules):
    """An image that can't be vectorized gives an empty result instead of an error."""

    def failed_query(self, refusal: Refusal, search: Search) -> Results:
        del refusal, search
        return Results()


@mutant("near-image/image-required")
class UnhelpfulRefusal(Rules):
    """A missing image is refused without saying what is missing."""

    def check_image(self, near: Near) -> None:
        if near.kind == "image" and not near.image:
            raise Refusal("bad request")


@mutant("near-text/unknown-without-text-encoder")
class TextOnImagesIsEmpty(Rules):
    """A text search that the module does not know gives an empty result."""

    def makes_vectors(self, module: Module | None, kind: NearKind) -> bool:
        return kind == "text" or super().makes_vectors(module, kind)

    def failed_query(self, refusal: Refusal, search: Search) -> Results:
        return Results() if _kind(search) == "text" else super().failed_query(refusal, search)


# --- pages ----------------------------------------------------------------------------------------


@mutant("paging/limit-is-prefix")
class LimitOneShort(Rules):
    """A limit gives one hit less."""

    def limit(self, search: Search, settings: Settings, *, has_threshold: bool) -> int | None:
        found = super().limit(search, settings, has_threshold=has_threshold)
        return found - 1 if search.near and found is not None and found > 1 else found


@mutant("paging/offset-joins")
class OffsetOneFurther(Rules):
    """The second page leaves one hit out."""

    def page(self, ranked: Rows, offset: int, limit: int | None, search: Search) -> Rows:
        return super().page(ranked, offset + 1 if offset else 0, limit, search)


@mutant("paging/offset-joins")
class SecondPageRepeats(Rules):
    """The second page begins with the last hit of the first."""

    def page(self, ranked: Rows, offset: int, limit: int | None, search: Search) -> Rows:
        return super().page(ranked, max(0, offset - 1), limit, search)


@mutant("paging/beyond-the-end")
class PagesWrapAround(Rules):
    """A page behind the end begins again at the start."""

    def page(self, ranked: Rows, offset: int, limit: int | None, search: Search) -> Rows:
        return super().page(ranked, 0 if offset >= len(ranked) else offset, limit, search)


# --- filters --------------------------------------------------------------------------------------


@mutant("filter/removes-only")
class FilterLosesOne(Rules):
    """With a filter one object that passes it is not found."""

    def candidates(self, rows: Rows, search: Search | Aggregation) -> Rows:
        return rows[1:] if search.where is not None and len(rows) > 1 else rows


@mutant("filter/with-threshold")
class FilterDropsThreshold(Rules):
    """With a filter the threshold is forgotten."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if search.where is not None:
            return np.ones(len(distances), np.bool_)
        return super().accept(distances, threshold, search)


@mutant("filter/pages")
class FilteredPagesShift(Rules):
    """With a filter the second page leaves one hit out."""

    def page(self, ranked: Rows, offset: int, limit: int | None, search: Search) -> Rows:
        shift = 1 if offset and search.where is not None else 0
        return super().page(ranked, offset + shift, limit, search)


# --- texts ----------------------------------------------------------------------------------------


@mutant("near-text/exact-neighbours")
class TextMissesTheSecond(Rules):
    """A text search leaves its second hit out."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return [*matches[:1], *matches[2:]] if _kind(search) == "text" else matches


@mutant("near-text/threshold")
class TextThresholdForgotten(Rules):
    """A text search forgets its threshold."""

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        return None if near.kind == "text" else super().threshold(near, interface)


@mutant("near-text/equals-near-vector")
class TextBackwards(Rules):
    """A text search returns its hits in reverse."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return matches[::-1] if _kind(search) == "text" else matches


@mutant("near-text/without-concepts")
class NoConceptsIsEmpty(Rules):
    """A text search without concepts gives an empty result."""

    def failed_query(self, refusal: Refusal, search: Search) -> Results:
        none = _kind(search) == "text" and not search.near[0].concepts
        return Results() if none else super().failed_query(refusal, search)


# --- one interface alone --------------------------------------------------------------------------


@mutant("near-image/exact-neighbours")
class GrpcMissesOne(Rules):
    """Over gRPC one neighbour is missing."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return [*matches[:1], *matches[2:]] if search.interface == "grpc" else matches


@mutant("parity/answers")
class GrpcOneStepFarther(Rules):
    """Over gRPC each distance is one float32 step larger than over GraphQL."""

    def reported(self, distance: float, metric: Metric, search: Search) -> float:
        del metric
        return float(np.nextafter(np.float32(distance), np.float32(np.inf))) if search.interface == "grpc" else distance


@mutant("parity/errors")
class GrpcTakesTwoThresholds(Rules):
    """Over gRPC a distance and a certainty together are no mistake."""

    def check_one_threshold(self, near: Near, interface: InterfaceName) -> None:
        if interface != "grpc":
            super().check_one_threshold(near, interface)
