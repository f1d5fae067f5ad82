"""Faults in what goes to the inference service, and when; and in what becomes of the vectors when fields change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.reference.mutants.registry import mutant
from harness.reference.request import Draft, Refusal, Vector
from harness.reference.rules import Rules
from harness.reference.schema import VectorConfig
from harness.reference.vectorizing import Field, How


@mutant("vectorizing/fields-sent")
class EveryBlobIsSent(Rules):
    """An image in a field that is not configured is sent too."""

    def images(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        aside = properties.get("aside")
        return super().images(config, properties) + ([("aside", aside)] if isinstance(aside, str) else [])


@mutant("vectorizing/text-array-sent")
class TextArraysAreNotSent(Rules):
    """A text array is not sent at all."""

    def texts(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        plain = {name: value for name, value in properties.items() if not isinstance(value, list)}
        return super().texts(config, plain)


@mutant("vectorizing/text-array-counts")
class AnArrayCountsOnce(Rules):
    """All elements of a text array together count as much as one image."""

    def weights(self, config: VectorConfig, texts: Sequence[Field], images: Sequence[Field]) -> list[float]:
        found = super().weights(config, texts, images)
        return [weight / len(texts) for weight in found[: len(texts)]] + found[len(texts) :]


@mutant("vectorizing/empty-text")
class EmptyTextsAreLeftOut(Rules):
    """An empty text is taken for a missing one: it is not sent, and the vector is the image's alone."""

    def texts(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        return [(field, text) for field, text in super().texts(config, properties) if text]


@mutant("vectorizing/query-sent")
class QueriesAreWrapped(Rules):
    """The image of a query is sent with a line break in it."""

    def image_sent(self, image: str) -> str:
        return f"{image[:76]}\n{image[76:]}"


@mutant("vectorizing/own-vector-silent")
class OwnVectorIsMadeAnew(Rules):
    """The service is asked even for an object that brings its vector."""

    def brings_own(self, vector: Sequence[float] | Vector | None) -> bool:
        del vector
        return False


@mutant("vectorizing/same-put-silent")
class SameIsVectorizedAgain(Rules):
    """An object that is put again as it is goes to the service again."""

    def changed(self, config: VectorConfig, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
        return old == new or super().changed(config, old, new)


@mutant("vectorizing/patch-beside-silent")
class AnyChangeIsVectorized(Rules):
    """Any change of an object goes to the service."""

    def changed(self, config: VectorConfig, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
        return old != new or super().changed(config, old, new)


@mutant("vectorizing/delete-silent")
class DeletedIsVectorizedOnceMore(Rules):
    """An object goes to the service once more when it is deleted."""

    def vectorizes_deleted(self) -> bool:
        return True


@mutant("vectorizing/nothing-to-send")
class MissingImageIsSentEmpty(Rules):
    """For an image that is missing an empty one is sent."""

    def images(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        return super().images(config, properties) or [(config.image_fields[0], "")]


@mutant("vectorizing/empty-image")
class AnEmptyImageIsOnes(Rules):
    """An empty image is accepted, and has a vector of ones."""

    def is_blob(self, value: str) -> bool:
        return not value or super().is_blob(value)

    def failed_import(self, refusal: Refusal, draft: Draft) -> Vector | None:
        del refusal, draft
        return np.ones(8, np.float32)


@mutant("vectorizing/patch-one-of-two")
class PatchForgetsTheRest(Rules):
    """A PATCH leaves nothing of an object but what it names."""

    def merged(self, old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
        del old
        return super().merged({}, patch)


@mutant("vectorizing/put-without-one")
class RemovalGoesUnnoticed(Rules):
    """A field that is gone is no change, and its part of the vector stays."""

    def changed(self, config: VectorConfig, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
        there = {name: value for name, value in old.items() if name in new}
        return super().changed(config, there, {name: value for name, value in new.items() if name in there})


@mutant("vectorizing/text-weights-any-names")
class TextWeightsByTheAlphabet(Rules):
    """Weights of texts go to the fields in the alphabetical order of their names, as in Weaviate (1.39)."""

    def weights(self, config: VectorConfig, texts: Sequence[Field], images: Sequence[Field]) -> list[float]:
        found = super().weights(config, texts, images)
        order = sorted(range(len(texts)), key=lambda place: config.text_fields.index(texts[place][0]))
        return [found[place] for place in order] + found[len(texts) :]


@mutant("vectorizing/weights-of-missing")
class WeightsMoveUp(Rules):
    """Where a field is not filled, the next one gets its weight."""

    def weights(self, config: VectorConfig, texts: Sequence[Field], images: Sequence[Field]) -> list[float]:
        given = [config.weight_of("textFields", field) for field in config.text_fields]
        given += [config.weight_of("imageFields", field) for field in config.image_fields]
        return given[: len(texts) + len(images)]


class _StaysWithoutImage(Rules):
    """An object that has lost its image keeps its place in the index."""

    after: How

    def indexed(self, new: Vector | None, old: Vector | None, how: How) -> Vector | None:
        return old if how == self.after and new is None else new


@mutant("objects/patch-null")
class StaysAfterPatchOfNull(_StaysWithoutImage):
    """An object whose image was patched to null is still found by it, as in Weaviate (1.39)."""

    after: How = "patch"


@mutant("objects/put-without-image")
class StaysAfterPutWithoutImage(_StaysWithoutImage):
    """An object that was put without its image is still found by it."""

    after: How = "put"
