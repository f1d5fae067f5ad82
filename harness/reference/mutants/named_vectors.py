"""Faults of classes with named vectors: one taken for another, or not the one that was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.reference.mutants.registry import mutant
from harness.reference.request import Aggregation, Match, Near, NearKind, Refusal, Search, StoredObject, Vector
from harness.reference.rules import Rules
from harness.reference.schema import Collection, VectorConfig
from harness.reference.vectorizing import Field

Yes = NDArray[np.bool_]


def _by(search: Search, kind: NearKind) -> bool:
    """Whether this is a search of this kind by a named vector that was chosen."""
    return search.near[0].kind == kind and bool(search.near[0].target_vectors)


@mutant("named-vectors/own-field")
class FirstNamedVectorAlways(Rules):
    """Whichever named vector is chosen, the first one of the class is searched."""

    def target(self, collection: Collection, near: Near) -> str:
        super().target(collection, near)
        return next(iter(collection.vectors))


@mutant("named-vectors/own-field")
class AllNamedVectorsOfOneField(Rules):
    """Every named vector is made of the first image of an object."""

    def images(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        found = super().images(config, properties)
        first = [(name, value) for name, value in sorted(properties.items()) if name in {"front", "back"}]
        return first[:1] if found and first else found


@mutant("named-vectors/two-modules")
class NamedVectorsKnowNoTexts(Rules):
    """Of a named vector the texts count for nothing, as if its module knew images alone."""

    def texts(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        return [] if config.name else super().texts(config, properties)


@mutant("named-vectors/threshold")
class NamedVectorForgetsThreshold(Rules):
    """A distance by a named vector leaves nothing out."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if search.near[0].target_vectors:
            return np.ones(len(distances), np.bool_)
        return super().accept(distances, threshold, search)


@mutant("named-vectors/read-back")
class NamedVectorsSwappedInAnswers(Rules):
    """A hit shows its named vectors under each other's names."""

    def seen(self, item: StoredObject) -> StoredObject:
        names = list(item.vectors)
        return replace(item, vectors=dict(zip(names, reversed(list(item.vectors.values())), strict=True)))


@mutant("named-vectors/missing-image")
class AnyImageForANamedVector(Rules):
    """A named vector whose image is missing is made of another one."""

    def images(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        found = super().images(config, properties)
        any_other = [(name, value) for name, value in properties.items() if isinstance(value, str)]
        return found or any_other if config.name else found


@mutant("named-vectors/near-object")
class NamedVectorsObjectLeavesItselfOut(Rules):
    """A search by object and a named vector leaves that object out."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return matches[1:] if _by(search, "object") else matches


@mutant("named-vectors/near-vector")
class NamedVectorsVectorMissesOne(Rules):
    """A search by vector and a named vector leaves its best hit out."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return matches[1:] if _by(search, "vector") else matches


@mutant("named-vectors/counted")
class NamedVectorCountsOneMore(Rules):
    """An aggregation by a named vector counts one object too many."""

    def counted(self, count: int, aggregation: Aggregation) -> int:
        return count + 1 if aggregation.near and aggregation.near[0].target_vectors else count


@mutant("named-vectors/only-one")
class OnlyNamedVectorMustBeChosen(Rules):
    """A named vector has to be chosen even where there is only one."""

    def target(self, collection: Collection, near: Near) -> str:
        if "" not in collection.vectors and not near.target_vectors:
            raise Refusal("please specify a target vector")
        return super().target(collection, near)
