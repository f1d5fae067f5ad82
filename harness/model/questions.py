"""What a database is asked: values in Weaviate's own terms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class NearImage:
    """Like this image; `image` is the text that is sent, base64 unless a check wants it wrong."""

    image: str


@dataclass(frozen=True, slots=True)
class NearVector:
    """Like this vector, n float32 components."""

    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NearObject:
    """Like the stored object with this id (UUID)."""

    id: str


@dataclass(frozen=True, slots=True)
class NearText:
    """Like these texts; only modules with a text encoder know it."""

    concepts: tuple[str, ...]


Near = NearImage | NearVector | NearObject | NearText


@dataclass(frozen=True, slots=True)
class Where:
    """A filter in Weaviate's own terms.

    A leaf has `path` and `value` (bool, int, float or str: the Python type chooses valueBoolean, valueInt,
    valueNumber or valueText); `And` and `Or` have `operands` and nothing else. A path over a cross reference has three
    parts: the reference's property, the class that it points at, and a property of that class.
    """

    operator: str
    path: tuple[str, ...] = ()
    value: bool | int | float | str | None = None
    operands: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort:
    """Sort by one property."""

    path: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class GroupBy:
    """Gather the hits by the value of one property: at most so many groups, each with at most so many objects."""

    path: str
    groups: int
    objects_per_group: int


@dataclass(frozen=True, slots=True)
class Reference:
    """A cross reference that is to be followed: its property, the class it points at, and what comes back of it."""

    path: str
    collection: str
    properties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One search, in Weaviate's own terms; `None` or an empty tuple means that the argument is not sent.

    `additional` names the fields of `_additional` (GraphQL) or of the metadata request (gRPC) that are asked for,
    among id, distance, certainty, vector; `vectors` names the named vectors to bring back. With `group_by` the answer
    has groups, whose hits know only id, distance and vector. `consistency` is ONE, QUORUM or ALL: how many of the nodes
    that have a copy must agree.
    """

    collection: str
    near: Near
    distance: float | None = None
    certainty: float | None = None
    limit: int | None = None
    offset: int | None = None
    autocut: int | None = None
    where: Where | None = None
    sort: tuple[Sort, ...] = ()
    target_vectors: tuple[str, ...] = ()
    group_by: GroupBy | None = None
    tenant: str | None = None
    consistency: str | None = None
    properties: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    additional: tuple[str, ...] = ("id", "distance")
    vectors: tuple[str, ...] = ()

    def but(self, **changes: Any) -> Self:
        """The same question with these fields changed."""
        return replace(self, **changes)

    def counted(self, *, object_limit: int | None = None, values_of: str = "") -> Aggregation:
        """How many objects this finds: the same operator, thresholds, filter, named vector and tenant."""
        return Aggregation(
            self.collection,
            self.near,
            distance=self.distance,
            certainty=self.certainty,
            object_limit=object_limit,
            where=self.where,
            target_vectors=self.target_vectors,
            tenant=self.tenant,
            values_of=values_of,
        )


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One `Aggregate` of what a search finds: how many objects, and the values of one text property.

    `object_limit` is how many of the nearest are counted at most. `values_of` names the property; empty for none.
    """

    collection: str
    near: Near
    distance: float | None = None
    certainty: float | None = None
    object_limit: int | None = None
    where: Where | None = None
    target_vectors: tuple[str, ...] = ()
    tenant: str | None = None
    values_of: str = ""
