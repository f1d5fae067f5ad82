"""Faults in which classes are refused, in what can be changed of one, and in the words of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.reference.mutants.errors import Says
from harness.reference.mutants.registry import mutant
from harness.reference.request import Draft, Refusal, Vector
from harness.reference.rules import Rules
from harness.reference.schema import VectorConfig
from harness.reference.vectorizing import Field


class Admits(Rules):
    """Accepts a class that has something wrong, if the refusal would have had these words in it."""

    of: tuple[str, ...] = ()

    def refuse_class(self, refusal: Refusal, given: Mapping[str, Any]) -> None:
        if not any(one in refusal.message for one in self.of):
            super().refuse_class(refusal, given)


class Changes(Rules):
    """Accepts a change of a class, if the refusal would have had these words in it."""

    of: tuple[str, ...] = ()

    def refuse_change(self, refusal: Refusal, new: Mapping[str, Any]) -> None:
        if not any(one in refusal.message for one in self.of):
            super().refuse_change(refusal, new)


# --- which classes are refused --------------------------------------------------------------------


@mutant("configuration/fields-no-list")
class TextForAListOfFields(Admits):
    """A class whose imageFields are a text is accepted."""

    of = ("must be an array",)


@mutant("configuration/fields-empty")
class EmptyListOfFields(Admits):
    """A class whose list of imageFields is empty is accepted."""

    of = ("must contain at least one image field",)


@mutant("configuration/field-no-text")
class NumberForAField(Admits):
    """A class with a number among its imageFields is accepted."""

    of = ("imageField must be a string",)


@mutant("configuration/field-empty")
class EmptyFieldUnnamed(Says):
    """The refusal of an empty name among imageFields does not say where it is."""

    of = ("imageField values cannot be empty",)
    instead = "a value cannot be empty"


@mutant("configuration/fields-missing")
class NoImageFields(Admits):
    """A class of img2vec-neural without imageFields is accepted."""

    of = ("imageFields not present",)


@mutant("configuration/weights-count")
class TooManyWeights(Admits):
    """A class with more weights than image fields is accepted."""

    of = ("does not equal number of",)


@mutant("configuration/weight-no-number")
class HeavyWeights(Admits):
    """A class with a text as a weight is accepted."""

    of = ("strconv.ParseFloat",)


@mutant("configuration/vectorizer-unknown")
class UnknownVectorizerUnnamed(Says):
    """The refusal of a vectorizer that is no module does not name it."""

    of = ("vectorizer: no module with name",)
    instead = "vectorizer: no such module"


@mutant("configuration/two-modules")
class TwoModules(Admits):
    """A class whose moduleConfig has two vectorizers is accepted."""

    of = ("multiple vectorizers configured",)


@mutant("configuration/named-and-not")
class NamedAndNot(Admits):
    """A class with a vectorizer of its own and named vectors is accepted."""

    of = ("both a class level vector index and named vectors",)


@mutant("configuration/named-unknown")
class UnknownNamedVectorizerUnnamed(Says):
    """The refusal of a named vector whose vectorizer is no module does not name it."""

    of = ("target vector", "no module with name")
    instead = "vectorizer: no such module"


@mutant("configuration/named-two")
class TwoOfANamedVector(Admits):
    """A named vector with two vectorizers is accepted, and the first counts."""

    of = ("must consist only 1 configuration",)


@mutant("configuration/named-text")
class TextForAVectorizer(Says):
    """The refusal of a text for the vectorizer of a named vector does not say what is wanted."""

    of = ("must be an object",)


@mutant("configuration/named-fields-empty")
class EmptyListOfANamedVector(Admits):
    """A named vector whose list of imageFields is empty is accepted."""

    of = ("must contain at least one image field",)


@mutant("configuration/metric-unknown")
class UnknownMetricUnnamed(Says):
    """The refusal of a metric that does not exist does not name it."""

    of = ("unrecognized distance metric",)


@mutant("configuration/index-unknown")
class UnknownIndexUnnamed(Says):
    """The refusal of an index that does not exist does not name it."""

    of = ("unsupported vectorIndexType",)


@mutant("configuration/type-unknown")
class UnknownDataType(Admits):
    """A class with a property of a data type that does not exist is accepted."""

    of = ("invalid dataType",)


@mutant("configuration/property-name")
class SpaceInAName(Says):
    """The refusal of a property with a space in its name does not name it."""

    of = ("is not a valid property name",)


@mutant("configuration/property-twice")
class PropertyTwice(Admits):
    """A class with two properties of one name is accepted."""

    of = ("provided multiple times",)


@mutant("configuration/refused-is-gone")
class RefusedClassStays(Rules):
    """A class that is refused for its imageFields is in the schema all the same."""

    def stays_refused(self, refusal: Refusal) -> bool:
        return "must contain at least one image field" in refusal.message


# --- what can't be changed ------------------------------------------------------------------------


@mutant("configuration/change-fields")
class FieldsCanBeChanged(Changes):
    """The imageFields of a class that is there can be changed."""

    of = ("can only update generative and reranker",)


@mutant("configuration/change-metric")
class MetricCanBeChanged(Changes):
    """The distance metric of a class that is there can be changed."""

    of = ("distance is immutable",)


@mutant("configuration/change-vectorizer")
class VectorizerUnnamed(Says):
    """The refusal of another vectorizer says that something is immutable, and not what."""

    of = ("vectorizer is immutable",)
    instead = "immutable"


@mutant("configuration/change-index")
class IndexUnnamed(Says):
    """The refusal of another kind of index says that something is immutable, and not what."""

    of = ("vector index type is immutable",)
    instead = "immutable"


@mutant("configuration/change-type")
class TypeCanBeChanged(Changes):
    """The data type of a property can be changed."""

    of = ("property fields other than description",)


@mutant("configuration/change-tenancy")
class TenantsCanBeSwitchedOn(Says):
    """The refusal to switch tenants on for a class that is there does not speak of them."""

    of = ("multi-tenancy",)


@mutant("configuration/refused-change-undone")
class RefusedChangeStays(Rules):
    """A change is refused and stays all the same, as in Weaviate (seen in 1.32 and 1.39)."""

    def after_refused_change(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**old, "moduleConfig": new.get("moduleConfig")}


# --- what is accepted and can't work --------------------------------------------------------------


@mutant("configuration/field-nowhere")
class NoImageCrashes(Rules):
    """An object of a class whose image field does not exist breaks the server's code."""

    def images(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        if "picture" in config.image_fields:
            raise Refusal("runtime error: index out of range [0] with length 0", status=500)
        return super().images(config, properties)


@mutant("configuration/field-is-text")
class TextsAreNoImages(Rules):
    """An object whose image is a text is stored, and its text is forgotten."""

    def failed_import(self, refusal: Refusal, draft: Draft) -> Vector | None:
        del refusal, draft
        return None


@mutant("configuration/no-settings")
class AnyFieldOfAModule(Rules):
    """A class that says nothing to its module takes each of its properties for an image."""

    def images(self, config: VectorConfig, properties: Mapping[str, Any]) -> list[Field]:
        if config.settings:
            return super().images(config, properties)
        return [(name, value) for name, value in properties.items() if isinstance(value, str)]


@mutant("configuration/weights-zero")
class WeightsOfZeroCrash(Rules):
    """Weights of 0 break the server's code when an object is stored, as in Weaviate (1.19 to 1.39)."""

    def weighted(self, vectors: Sequence[Vector], weights: Sequence[float]) -> Vector:
        if not np.any(weights):
            raise Refusal("runtime error: invalid memory address or nil pointer dereference", status=500)
        return super().weighted(vectors, weights)
