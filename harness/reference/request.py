"""What the reference is asked and what it answers, whichever interface asked: frozen values only.

GraphQL, gRPC and REST turn their own words into these and these into their own words; nothing here knows a wire.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float32]
InterfaceName = Literal["graphql", "grpc", "rest"]
NearKind = Literal["image", "text", "vector", "object"]

SERVER = "nearimage-reference"
"""The `Server` header of every answer: nobody shall take the reference for a Weaviate."""


class Refusal(Exception):  # noqa: N818 - a refusal is an ordinary answer, not a defect
    """The database says no; the message is what its user sees.

    Args:
        message: the words, without an interface's own wrapping.
        status: the HTTP status that a REST route gives it (400, 404, 422, 500).
    """

    def __init__(self, message: str, status: int = 422) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True)
class Near:
    """One `near…` operator as it was sent; what was not sent is None or empty.

    `image` is the text for the inference service, untouched. `certainty` 0 counts as not given over GraphQL, which
    is for `Rules` to decide: pass on what was sent. `vector` is float32 of n components.
    """

    kind: NearKind
    image: str | None = None
    concepts: tuple[str, ...] = ()
    vector: Vector | None = None
    object_id: str | None = None
    distance: float | None = None
    certainty: float | None = None
    target_vectors: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The operator's name in GraphQL: nearImage, nearText, nearVector, nearObject."""
        return "near" + self.kind.capitalize()


@dataclass(frozen=True, slots=True)
class Filter:
    """A `where` filter: `And`, `Or` and `Not` have operands, every other operator has a path and a value.

    `PointsAt` is our own: the reference at `path` points at one of these objects; the value is a tuple of ids.

    Operators by GraphQL's names: Equal, NotEqual, GreaterThan, GreaterThanEqual, LessThan, LessThanEqual, Like, IsNull,
    ContainsAny, ContainsAll, ContainsNone. `path` is one property name, or `id`, `_creationTimeUnix`,
    `_lastUpdateTimeUnix`, or `len(name)`; over a reference it has three parts: reference, class, property. A value is
    bool, int, float, str, or a tuple of these.
    """

    operator: str
    path: tuple[str, ...] = ()
    value: Any = None
    operands: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort key; `path` as in `Filter`."""

    path: tuple[str, ...]
    descending: bool = False


@dataclass(frozen=True, slots=True)
class GroupBy:
    """Group the hits by the value of one property."""

    path: tuple[str, ...]
    groups: int
    objects_per_group: int


@dataclass(frozen=True, slots=True)
class Search:
    """One `Get` (GraphQL) or `Search` (gRPC) on one collection, or one listing of objects (REST).

    Numbers are as sent: None is "not sent"; gRPC, which cannot tell, sends 0 for `limit` and `offset`. `after` is an
    object id, empty for "from the start". `others` names operators that the reference knows only in order to refuse
    them (bm25, hybrid). `certainty_asked` is True if `_additional{certainty}` (or its metadata flag) was asked for.
    """

    interface: InterfaceName
    collection: str
    near: tuple[Near, ...] = ()
    where: Filter | None = None
    limit: int | None = None
    offset: int | None = None
    autocut: int | None = None
    sort: tuple[Sort, ...] = ()
    group_by: GroupBy | None = None
    after: str | None = None
    tenant: str = ""
    consistency: str = ""
    others: tuple[str, ...] = ()
    certainty_asked: bool = False


@dataclass(frozen=True, slots=True)
class Aggregation:
    """One `Aggregate` on one collection: how many objects, perhaps by the value of one property.

    `values_of` names text properties whose values are counted, each with how many of the most frequent are told.
    """

    interface: InterfaceName
    collection: str
    near: tuple[Near, ...] = ()
    where: Filter | None = None
    object_limit: int | None = None
    group_by: tuple[str, ...] = ()
    limit: int | None = None
    tenant: str = ""
    values_of: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object as it is stored; immutable, an update stores another one.

    `vector` is the unnamed vector as it was given or made (not normalised), `vectors` the named ones. `properties`
    are JSON values: blobs are base64, dates RFC 3339 text, references lists of `{"beacon": …}`. Times are
    milliseconds since 1970.
    """

    id: str
    collection: str
    properties: Mapping[str, Any]
    vector: Vector | None = None
    vectors: Mapping[str, Vector] = field(default_factory=dict)
    tenant: str = ""
    created: int = 0
    updated: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """An object that somebody wants stored; without an `id` one is made, a vector is made unless one is given."""

    collection: str
    properties: Mapping[str, Any]
    id: str = ""
    vector: Sequence[float] | Vector | None = None
    vectors: Mapping[str, Sequence[float] | Vector] = field(default_factory=dict)
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one draft: `error` is empty if it was stored."""

    id: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """An object that a reference points at; `kinds` are the data types of its class's properties."""

    object: StoredObject
    kinds: Mapping[str, str]


class Match(NamedTuple):
    """One hit; `distance` and `certainty` are None where there was no near operator (or no certainty).

    `references` has, by property, the objects that its references point at.
    """

    object: StoredObject
    distance: float | None = None
    certainty: float | None = None
    references: Mapping[str, tuple[Target, ...]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Group:
    """One group of a `GroupBy`: its value as text, its hits best first, the best and the worst distance."""

    value: str
    matches: tuple[Match, ...]
    smallest: float
    largest: float


@dataclass(frozen=True, slots=True)
class Results:
    """The answer to a `Search`: hits best first, or, with `group_by`, groups in the order of their best hit."""

    matches: tuple[Match, ...] = ()
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one property: how many there are, and how many objects have each, the most frequent first."""

    count: int
    occurrences: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many objects have this value; `value` is None when the aggregation was not grouped."""

    count: int
    value: Any = None
    values: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deleted:
    """The answer to a delete by filter: how many matched, and each object's fate where that was asked for."""

    matches: int
    successful: int
    failed: int
    objects: tuple[Written, ...] = ()


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant and its status by Weaviate's names: ACTIVE (older: HOT) or INACTIVE (COLD)."""

    name: str
    status: str = "ACTIVE"
