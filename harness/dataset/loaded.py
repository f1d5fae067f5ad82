"""What stands in a collection of the target, with the vectors that were read back from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.images import Picture
from harness.interfaces.rest import Object
from harness.model import Endpoint, Metric
from harness.oracle import Truth
from harness.scenario import Collection

_TRUTHS = 8
"""So many are kept: most checks ask with the same few pictures."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One object: the picture it was made from, what is kept of it, and its vector (None if it has none)."""

    id: str
    picture: Picture | None
    properties: Mapping[str, Any]
    vector: tuple[float, ...] | None


@dataclass(frozen=True)
class Dataset:
    """A scenario's collection as it stands in the target.

    `class_name` is its name there. `stored` is every object, in the order in which it went in. `tenant` is whose they
    are, None in a class without tenants.
    """

    collection: Collection
    class_name: str
    endpoint: Endpoint
    stored: tuple[Stored, ...]
    tenant: str | None = None

    @property
    def metric(self) -> Metric:
        """The distance metric of its index."""
        return self.collection.metric

    @cached_property
    def with_vector(self) -> tuple[Stored, ...]:
        """The objects that have a vector."""
        return tuple(one for one in self.stored if one.vector is not None)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Ids of the objects that have a vector: the rows of `vectors`."""
        return tuple(one.id for one in self.with_vector)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """The vectors read back, m x n."""
        return matrix([one.vector for one in self.with_vector if one.vector is not None])

    @cached_property
    def by_id(self) -> dict[str, Stored]:
        """Objects by id."""
        return {one.id: one for one in self.stored}

    @cached_property
    def pictured(self) -> tuple[Stored, ...]:
        """The objects that have a picture and a vector: those that can be asked for by image."""
        return tuple(one for one in self.with_vector if one.picture is not None)

    def picture(self, name: str) -> Picture:
        """Return the picture of that name.

        Raises:
            FileError: if the collection has none; its hint has the nearest names.
        """
        return self.collection.images.load().by_name(name)

    def truth(self, query: Sequence[float]) -> Truth:
        """Return the exact distances of all objects from this vector; those asked for last are not computed again."""
        vector = tuple(query)
        found = self._truths.pop(vector, None) or Truth(self.metric, vector, self.ids, self.vectors)
        self._truths[vector] = found
        if len(self._truths) > _TRUTHS:
            del self._truths[next(iter(self._truths))]
        return found

    @cached_property
    def _truths(self) -> dict[tuple[float, ...], Truth]:
        return {}

    def identical(self, one: Stored) -> frozenset[str]:
        """Ids of the objects whose vector is exactly this one's, itself among them."""
        same = (self.vectors == np.asarray(one.vector, dtype=np.float32)).all(axis=1)
        return frozenset(id_ for id_, yes in zip(self.ids, same, strict=True) if yes)


def matrix(vectors: Iterable[Sequence[float]]) -> NDArray[np.float32]:
    """Return vectors as rows; no vectors give a 0 x 0 matrix.

    Raises:
        ValueError: if they differ in length.
    """
    rows = [np.asarray(vector, dtype=np.float32) for vector in vectors]
    return np.stack(rows) if rows else np.zeros((0, 0), dtype=np.float32)


def vector_of(found: Object, collection: Collection) -> tuple[float, ...] | None:
    """Return the vector of an object that the collection's image module made; None if it has none."""
    vector = found.vectors.get(collection.vector_name) if collection.vector_name else found.vector
    return tuple(vector) if vector else None


def facts(picture: Picture, number: int) -> dict[str, Any]:
    """Return what a scenario may keep of a picture, by the names that `keep` knows."""
    return {
        "label": picture.label,
        "caption": picture.caption,
        "subject": picture.subject,
        "name": picture.name,
        "view": picture.view,
        "number": number,
        "breed": picture.label,  # what the document calls it
    }
