"""Faults in what the document on image search says and no other clause does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.model import Metric, Module
from harness.reference.mutants.registry import mutant
from harness.reference.request import Aggregation, InterfaceName, Near, NearKind, Refusal, Results, Search
from harness.reference.rules import Rules
from harness.reference.schema import VectorConfig
from harness.reference.settings import Settings
from harness.reference.vectorizing import Field


def _by(kind: NearKind, search: Search | Aggregation) -> bool:
    return bool(search.near) and search.near[0].kind == kind


@mutant("document/a4-a-module-is-required")
class NothingNeedsNoModule(Rules):
    """A search by image in a class without a module finds nothing instead of being refused."""

    def makes_vectors(self, module: Module | None, kind: NearKind) -> bool:
        return kind == "image" or super().makes_vectors(module, kind)

    def failed_query(self, refusal: Refusal, search: Search) -> Results:
        return Results() if "vectorize" in refusal.message else super().failed_query(refusal, search)


@mutant("document/a6-texts-are-found-by-an-image")
class TextsNeedAnImage(Rules):
    """The texts of an object count only beside an image of it."""

    def texts(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        return super().texts(config, properties) if self.images(config, properties) else []


@mutant("document/b3-module-and-address")
class StartsWithoutAnAddress(Rules):
    """A server starts whose module has no address, and fails when it is first needed."""

    def demand_addresses(self, settings: Settings) -> None:
        del settings


@mutant("document/c3-image-example")
class PropertyDescriptionsAreLost(Rules):
    """The descriptions of a new class's properties are not kept."""

    def kept_class(self, definition: dict[str, Any]) -> dict[str, Any]:
        properties = [{**one, "description": ""} for one in definition["properties"] or ()]
        return {**definition, "properties": properties or None}


@mutant("document/c4-clip-example")
class EnvelopeOfClassesCrashes(Rules):
    """Several classes in one envelope, as the older client takes them, break the server's code."""

    def refuse_class(self, refusal: Refusal, given: Mapping[str, Any]) -> None:
        if "classes" in given:
            raise Refusal("runtime error: invalid memory address or nil pointer dereference", status=500)
        super().refuse_class(refusal, given)


@mutant("document/d1-base64-finds-similar-images")
class ImagesAreFarther(Rules):
    """By an image everything is a little farther than it is: even the image itself."""

    def reported(self, distance: float, metric: Metric, search: Search) -> float:
        return super().reported(distance, metric, search) + (0.01 if _by("image", search) else 0.0)


@mutant("document/g1-example-response")
class OneIsTwo(Rules):
    """A limit of one gives two."""

    def limit(self, search: Search, settings: Settings, *, has_threshold: bool) -> int | None:
        found = super().limit(search, settings, has_threshold=has_threshold)
        return 2 if found == 1 else found


@mutant("document/j2-distance-says-how-dissimilar")
class DistanceIsLikeness(Rules):
    """The distance says how alike two images are that are not the same: the more alike, the larger."""

    def reported(self, distance: float, metric: Metric, search: Search) -> float:
        found = super().reported(distance, metric, search)
        return 1 / found if found > 1e-5 else found


@mutant("document/j3-as-the-other-operators")
class DistanceMeansNothingToAnObject(Rules):
    """A search by object takes no distance, without a word."""

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        return None if near.kind == "object" else super().threshold(near, interface)
