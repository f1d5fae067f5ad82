"""A collection as the reference knows it: its complete class definition and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.model import Metric, Module
from harness.reference.request import Refusal


@dataclass(frozen=True, slots=True)
class VectorConfig:
    """One vector of a collection; `name` is empty for the unnamed one, `module` None where users bring vectors."""

    name: str
    module: Module | None
    settings: Mapping[str, Any]
    metric: Metric
    index: str

    @property
    def image_fields(self) -> tuple[str, ...]:
        """Names of the properties whose images are vectorized, in the order of the definition."""
        return tuple(self.settings.get("imageFields") or ())

    @property
    def text_fields(self) -> tuple[str, ...]:
        """Names of the properties whose texts are vectorized (multi2vec-clip), in the order of the definition."""
        return tuple(self.settings.get("textFields") or ()) if self.module is Module.CLIP else ()

    def weight_of(self, kind: str, field: str) -> float:
        """The weight written down for one field, 1 if there are no weights of this kind.

        Args:
            kind: `imageFields` or `textFields`.
            field: the name of the property.
        """
        weights = (self.settings.get("weights") or {}).get(kind)
        if not isinstance(weights, list):
            return 1.0
        return float(weights[list(self.settings[kind]).index(field)])


@dataclass(frozen=True)
class Collection:
    """A class: `definition` is complete, all defaults filled, as `GET /v1/schema/<class>` gives it."""

    definition: Mapping[str, Any]

    @cached_property
    def name(self) -> str:
        """The class name, first letter capital."""
        return str(self.definition["class"])

    @cached_property
    def properties(self) -> Mapping[str, str]:
        """Property name to data type (text, int[], blob, …; a class name for a reference), in definition order."""
        return {entry["name"]: entry["dataType"][0] for entry in self.definition["properties"] or ()}

    @cached_property
    def tokenizations(self) -> Mapping[str, str]:
        """Property name to tokenization, for texts."""
        return {entry["name"]: entry.get("tokenization", "") for entry in self.definition["properties"] or ()}

    @cached_property
    def vectors(self) -> Mapping[str, VectorConfig]:
        """Vector name to its configuration; a class without named vectors has one with the empty name."""
        named = self.definition.get("vectorConfig")
        if named:
            return {name: _named_vector(name, entry) for name, entry in named.items()}
        vectorizer = self.definition["vectorizer"]
        settings = (self.definition.get("moduleConfig") or {}).get(vectorizer) or {}
        return {"": _vector("", vectorizer, settings, self.definition)}

    @property
    def multi_tenant(self) -> bool:
        """Whether each object belongs to a tenant."""
        return bool(self.definition["multiTenancyConfig"]["enabled"])

    @property
    def creates_tenants(self) -> bool:
        """Whether an object of an unknown tenant brings the tenant into being."""
        return bool(self.definition["multiTenancyConfig"]["autoTenantCreation"])

    def indexes(self, what: str) -> bool:
        """Whether the inverted index has this optional part: indexNullState, indexTimestamps, indexPropertyLength."""
        return bool(self.definition["invertedIndexConfig"].get(what))

    def is_reference(self, property_name: str) -> bool:
        """Whether a property points at objects of another class."""
        return self.properties[property_name][:1].isupper()

    def require_property(self, name: str) -> None:
        """Do nothing if there is such a property.

        Raises:
            Refusal: there is none; in Weaviate's words.
        """
        if name not in self.properties:
            raise Refusal(
                f"no such prop with name '{name}' found in class '{self.name}' in the schema. Check your schema files "
                "for which properties in this class are available"
            )


def _named_vector(name: str, entry: Mapping[str, Any]) -> VectorConfig:
    vectorizer, settings = next(iter(entry["vectorizer"].items()))
    return _vector(name, vectorizer, settings or {}, entry)


def _vector(name: str, vectorizer: str, settings: Mapping[str, Any], entry: Mapping[str, Any]) -> VectorConfig:
    index = entry["vectorIndexConfig"]
    metric = Metric(index.get("distance") or Metric.COSINE)
    return VectorConfig(
        name=name,
        module=None if vectorizer == "none" else Module(vectorizer),
        settings=settings,
        metric=metric,
        index=entry["vectorIndexType"],
    )
