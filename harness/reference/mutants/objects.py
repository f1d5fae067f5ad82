"""Faults in what changes do, and in which vector an object gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.model import Module
from harness.reference.mutants.registry import mutant
from harness.reference.request import (
    Match,
    Refusal,
    Search,
    Vector,
)
from harness.reference.rules import Rules
from harness.reference.schema import VectorConfig
from harness.reference.vectorizing import Field, How

Rows = NDArray[np.intp]
Yes = NDArray[np.bool_]


# --- objects that change --------------------------------------------------------------------------


@mutant("objects/delete-removes")
class DeletedIsFound(Rules):
    """A deleted object is still found."""

    def forgets(self, object_id: str) -> bool:
        del object_id
        return False


@mutant("objects/delete-removes")
class DeletedTakesAPlace(Rules):
    """A deleted object is left out only after the limit was applied."""

    def __init__(self) -> None:
        self._gone: set[str] = set()

    def forgets(self, object_id: str) -> bool:
        self._gone.add(object_id)
        return False

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        del search
        return [match for match in matches if match.object.id not in self._gone]


class _Stale(Rules):
    """The old vector stays after one kind of write."""

    after: How

    def indexed(self, new: Vector | None, old: Vector | None, how: How) -> Vector | None:
        return old if how == self.after and old is not None else new


@mutant("objects/replace-moves")
class StaleAfterPut(_Stale):
    """An object keeps its old vector after PUT."""

    after: How = "put"


@mutant("objects/patch-moves")
class StaleAfterPatch(_Stale):
    """An object keeps its old vector after PATCH."""

    after: How = "patch"


@mutant("objects/reimport-moves")
class StaleAfterReimport(_Stale):
    """An object keeps its old vector when it is stored again."""

    after: How = "batch"


@mutant("objects/patch-keeps")
class PatchLosesVector(Rules):
    """A change beside the image takes the object out of the index."""

    def indexed(self, new: Vector | None, old: Vector | None, how: How) -> Vector | None:
        return None if how == "patch" and new is not None and (old is None or np.array_equal(new, old)) else new


@mutant("objects/reimport-is-one")
class ReimportLoses(Rules):
    """An object that is stored again is not found any more."""

    def indexed(self, new: Vector | None, old: Vector | None, how: How) -> Vector | None:
        return None if how == "batch" and old is not None else new


@mutant("objects/delete-and-return")
class DeletedStaysGone(Rules):
    """An object that was deleted is not found when it is stored again."""

    def __init__(self) -> None:
        self._gone: set[str] = set()

    def forgets(self, object_id: str) -> bool:
        self._gone.add(object_id)
        return True

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        del search
        return [match for match in matches if match.object.id not in self._gone]


# --- vectors --------------------------------------------------------------------------------------


@mutant("vector/every-image")
class SomeImagesForgotten(Rules):
    """Some images get no vector, and nobody is told."""

    def images(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        number = properties.get("number")
        return [] if isinstance(number, int) and number % 7 == 6 else super().images(config, properties)


@mutant("vector/from-the-service")
class StoredInAByte(Rules):
    """Vectors are stored with one byte a component."""

    def stored(self, vector: Vector) -> Vector:
        step = np.abs(vector).max() / np.float32(127)
        return np.round(vector / step) * step if step else vector


@mutant("vector/several-images")
class SecondImageIgnored(Rules):
    """Of several images only the first counts."""

    def images(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        return super().images(config, properties)[:1]


@mutant("vector/missing-second-image")
class MissingImageCounts(Rules):
    """An image field that is not filled counts as an image of nothing."""

    def mean(self, vectors: Sequence[Vector]) -> Vector:
        return super().mean([*vectors, np.zeros_like(vectors[0])]) if len(vectors) == 1 else super().mean(vectors)


@mutant("vector/weights")
class WeightsIgnored(Rules):
    """The weights of fields are ignored."""

    def weights(self, config: VectorConfig, texts: Sequence[Field], images: Sequence[Field]) -> list[float]:
        del config
        return [1.0 / (len(texts) + len(images))] * (len(texts) + len(images))


@mutant("vector/weights")
class WeightsSwapped(Rules):
    """The weights of texts and images are swapped."""

    def weights(self, config: VectorConfig, texts: Sequence[Field], images: Sequence[Field]) -> list[float]:
        return super().weights(config, texts, images)[::-1]


@mutant("vector/no-weights")
class TextCountsDouble(Rules):
    """A text counts twice as much as an image."""

    def weights(self, config: VectorConfig, texts: Sequence[Field], images: Sequence[Field]) -> list[float]:
        found = super().weights(config, texts, images)
        return [weight * (2 if place < len(texts) else 1) for place, weight in enumerate(found)]


@mutant("vector/own-vector")
class OwnVectorIgnored(Rules):
    """A vector that the user supplies is ignored."""

    def brings_own(self, vector: Sequence[float] | Vector | None) -> bool:
        del vector
        return False


@mutant("vector/weights-any-names")
class WeightsByTheAlphabet(Rules):
    """Weights go to the fields in the alphabetical order of their names."""

    def weights(self, config: VectorConfig, texts: Sequence[Field], images: Sequence[Field]) -> list[float]:
        given = [config.weight_of("textFields", field) for field in config.text_fields]
        given += [config.weight_of("imageFields", field) for field in config.image_fields]
        total = sum(given)
        return [weight / total for weight in given[: len(texts) + len(images)]]


@mutant("objects/without-image-stored")
class ImagelessRefused(Rules):
    """An object without an image is not stored."""

    def images(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        found = super().images(config, properties)
        if not found and config.module is Module.IMG2VEC:
            raise Refusal("an object without a vector can't be stored")
        return found
