"""What becomes a vector, how several become one, and when an object gets a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NoReturn

import numpy as np

from harness.model import Module
from harness.reference.request import Draft, NearKind, Refusal, Results, Search, Vector
from harness.reference.schema import VectorConfig

How = Literal["insert", "batch", "put", "patch"]
Field = tuple[str, str]
"""A property's name and the image or text in it."""


class Vectorizing:
    """From properties to vectors. Sources: documentation of the two modules; `contract.md`, sections 1 and 5."""

    # --- what is vectorized ----------------------------------------------------------------------

    def makes_vectors(self, module: Module | None, kind: NearKind) -> bool:
        """Whether a module makes vectors of what an operator brings: images both, texts multi2vec-clip alone."""
        return module is Module.CLIP or (module is not None and kind == "image")

    def image_sent(self, image: str) -> str:
        """What goes to the service for the image of a query: the text as it came, whatever it is."""
        return image

    def images(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        """The images of an object, by property name: each configured field that has one."""
        found = [(field, properties.get(field)) for field in sorted(config.image_fields)]
        return [(field, image) for field, image in found if isinstance(image, str)]

    def texts(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        """The texts of an object, by property name; a text array gives each of its elements."""
        found: list[Field] = []
        for field in sorted(config.text_fields):
            value = properties.get(field)
            found += [(field, text) for text in _elements(value) if isinstance(text, str)]
        return found

    def mean(self, vectors: Sequence[Vector]) -> Vector:
        """Several images of one object (img2vec-neural) or several concepts of one query become their mean."""
        total = np.zeros(len(vectors[0]), np.float32)
        for vector in vectors:
            total += vector
        return total / np.float32(len(vectors))

    def weighted(self, vectors: Sequence[Vector], weights: Sequence[float]) -> Vector:
        """Texts and images of one object (multi2vec-clip): the weighted sum, divided by their number (observed)."""
        total = np.zeros(len(vectors[0]), np.float32)
        for vector, weight in zip(vectors, weights, strict=True):
            total += vector * np.float32(weight)
        return total / np.float32(len(vectors))

    def weights(self, config: VectorConfig, texts: Sequence[Field], images: Sequence[Field]) -> list[float]:
        """The share of each text, then of each image: what is configured for its field over the sum of all.

        Without any weights each counts 1 and the sum is a plain mean (observed).
        """
        if not config.settings.get("weights"):
            return [1.0] * (len(texts) + len(images))
        total = sum(
            config.weight_of(kind, field)
            for kind, fields in (("textFields", config.text_fields), ("imageFields", config.image_fields))
            for field in fields
        )
        raw = [config.weight_of("textFields", field) for field, _ in texts]
        raw += [config.weight_of("imageFields", field) for field, _ in images]
        return [weight / total if total else 0.0 for weight in raw]

    # --- when ------------------------------------------------------------------------------------

    def brings_own(self, vector: Sequence[float] | Vector | None) -> bool:
        """A vector that the user supplies is used and makes no call; an empty one is none."""
        return vector is not None and len(vector) > 0

    def changed(self, config: VectorConfig, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
        """Whether an update needs a new vector: only if something that is vectorized differs."""
        fields = (*config.image_fields, *config.text_fields)
        return any(old.get(field) != new.get(field) for field in fields)

    def vectorizes_deleted(self) -> bool:
        """Whether the service is asked when an object is deleted: it is not."""
        return False

    def merged(self, old: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
        """The properties after a PATCH: what it names is replaced, null removes, the rest stays."""
        return {name: value for name, value in {**old, **patch}.items() if value is not None}

    # --- what is kept ----------------------------------------------------------------------------

    def stored(self, vector: Vector) -> Vector:
        """The vector that is kept with the object and read back: as given, not normalised."""
        return vector

    def reloaded(self, vector: Vector) -> Vector:
        """The vector after a restart: the same."""
        return vector

    def indexed(self, new: Vector | None, old: Vector | None, how: How) -> Vector | None:
        """The vector by which an object is found after a write: the new one; None takes it out of the index."""
        del old, how
        return new

    def forgets(self, object_id: str) -> bool:
        """Whether a deleted object is no longer found: always."""
        del object_id
        return True

    # --- when the service fails ------------------------------------------------------------------

    def failed_import(self, refusal: Refusal, draft: Draft) -> Vector | None:
        """An object whose image cannot be vectorized is not stored: the failure is raised."""
        del draft
        _raise(refusal)

    def told_of(self, place: int, count: int) -> int:
        """Of which of `count` objects of a stream it is told that the one at this place was not stored: of itself."""
        del count
        return place

    def failed_query(self, refusal: Refusal, search: Search) -> Results:
        """A query that cannot be vectorized is an error, never an empty or made-up result: the failure is raised."""
        del search
        _raise(refusal)


def _raise(refusal: Refusal) -> NoReturn:
    raise refusal


def _elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
