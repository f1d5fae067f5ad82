"""Faults in what is refused, and in the words of a refusal. Those of Weaviate's own say so."""

from __future__ import annotations

import numpy as np

from harness.model import Metric
from harness.reference.mutants.registry import mutant
from harness.reference.request import (
    InterfaceName,
    Match,
    Near,
    Refusal,
    Search,
)
from harness.reference.rules import Rules
from harness.reference.schema import Collection
from harness.reference.settings import Settings

_NOTHING_SAID = "invalid request"


class Says(Rules):
    """Says something else instead of a message that has these words in it."""

    of: tuple[str, ...] = ()
    instead = _NOTHING_SAID

    def words(self, message: str, interface: InterfaceName) -> str:
        del interface
        return self.instead if any(one in message for one in self.of) else message


# --- the image and the thresholds -----------------------------------------------------------------


@mutant("errors/image-empty")
class EmptyImageUnnamed(Says):
    """The refusal of an empty image does not name it."""

    of = ("'nearImage.image' needs to be defined",)


@mutant("errors/image-missing")
class MissingImageUnnamed(Says):
    """The refusal of a nearImage without an image says that something is missing, and not what."""

    of = ("found null", "'nearImage.image' needs to be defined")
    instead = "a required field is missing"


@mutant("errors/image-no-text")
class WrongTypeUnnamed(Says):
    """The refusal of a value of another type does not say which was wanted."""

    of = ("Expected type",)


@mutant("errors/two-thresholds")
class ThresholdsOfNearText(Says):
    """The refusal of two thresholds speaks of nearText where it was nearImage."""

    of = ("cannot provide",)
    instead = "'nearText' cannot provide both distance and certainty"


@mutant("errors/certainty-zero")
class CertaintyOfZeroConflicts(Rules):
    """A certainty of 0 beside a distance is a conflict."""

    def check_one_threshold(self, near: Near, interface: InterfaceName) -> None:
        if near.distance is not None and near.certainty is not None:
            raise Refusal(f"{near.name} cannot provide both distance and certainty")
        super().check_one_threshold(near, interface)


@mutant("errors/certainty-metric")
class MetricUnnamed(Rules):
    """The refusal of a certainty does not say that the metric is the cause."""

    def check_certainty_metric(self, metric: Metric) -> None:
        if metric is not Metric.COSINE:
            raise Refusal("certainty can't be computed")


@mutant("errors/distance-no-number")
class BadDistanceUnnamed(Says):
    """The refusal of a text as a distance says that an argument is wrong, and not which."""

    of = ('"Float"',)


# --- two operators --------------------------------------------------------------------------------


@mutant("errors/with-near-vector")
class VectorBesideAnImageIsLeftOut(Rules):
    """Of nearImage and nearVector the second is left out without a word."""

    def check_one_near(self, near: tuple[Near, ...]) -> None:
        if [each.kind for each in near] != ["image", "vector"]:
            super().check_one_near(near)


@mutant("errors/names-what-was-sent")
class EveryImageIsAText(Says):
    """The refusal of two operators names nearText whatever they were, as Weaviate's does (1.19 to 1.39)."""

    of = ("'nearImage' and 'nearVector'",)
    instead = "found both 'nearText' and 'nearVector' parameters which are conflicting, choose one instead"


@mutant("errors/with-near-object")
class ObjectBesideAnImageIsLeftOut(Rules):
    """Of nearImage and nearObject the second is left out without a word."""

    def check_one_near(self, near: tuple[Near, ...]) -> None:
        if [each.kind for each in near] != ["image", "object"]:
            super().check_one_near(near)


@mutant("errors/with-near-text")
class TextBesideAnImageIsLeftOut(Rules):
    """Of nearImage and nearText the second is left out without a word."""

    def check_one_near(self, near: tuple[Near, ...]) -> None:
        if {each.kind for each in near} != {"image", "text"}:
            super().check_one_near(near)


@mutant("errors/with-bm25")
class WordsBesideAnImageAreLeftOut(Rules):
    """Of nearImage and bm25 the second is left out without a word."""

    def check_one_operator(self, search: Search) -> None:
        if "bm25" not in search.others:
            super().check_one_operator(search)


@mutant("errors/with-hybrid")
class HybridBesideAnImageIsLeftOut(Rules):
    """Of nearImage and hybrid the second is left out without a word, as in Weaviate (1.19 to 1.39)."""

    def check_one_operator(self, search: Search) -> None:
        if "hybrid" not in search.others:
            super().check_one_operator(search)


@mutant("errors/with-after")
class CursorBesideAnImageIsLeftOut(Rules):
    """A cursor beside an operator is left out without a word."""

    def check_cursor(self, search: Search) -> None:
        if not search.near:
            super().check_cursor(search)


# --- pages and order ------------------------------------------------------------------------------


@mutant("errors/limit-zero")
class LimitOfZeroFindsNothing(Rules):
    """A limit of 0 is a page without any place."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return [] if search.limit == 0 else matches

    def check_page(self, offset: int, limit: int | None, settings: Settings) -> None:
        if limit:
            super().check_page(offset, limit, settings)


@mutant("errors/offset-negative")
class NegativeOffsetCrashes(Says):
    """A negative offset breaks the server's code, and its user reads how, as in Weaviate (1.19 to 1.39)."""

    of = ("invalid offset",)
    instead = "runtime error: slice bounds out of range [-1:]"


@mutant("errors/beyond-maximum")
class PageBeyondMaximumIsCut(Rules):
    """A page beyond the maximum is cut without a word."""

    def check_page(self, offset: int, limit: int | None, settings: Settings) -> None:
        super().check_page(min(offset, 1), None if limit is None else min(limit, 1), settings)


@mutant("errors/sort")
class SortIsLeftOut(Rules):
    """Sorting is left out without a word where there is an operator."""

    def check_sort(self, search: Search, collection: Collection) -> None:
        if not search.near:
            super().check_sort(search, collection)

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        near = np.argsort([match.distance or 0.0 for match in matches], kind="stable")
        return [matches[place] for place in near] if search.sort else matches


# --- names ----------------------------------------------------------------------------------------


@mutant("errors/unknown-class")
class UnknownClassUnnamed(Says):
    """The refusal of a class that does not exist does not name it."""

    of = ("could not find class", "Cannot query field")


@mutant("errors/unknown-property")
class UnknownPropertyUnnamed(Says):
    """The refusal of a property that does not exist does not name it."""

    of = ("extract properties request", "Cannot query field")
    instead = "no such property"


@mutant("errors/unknown-filter")
class UnknownFilterUnnamed(Says):
    """The refusal of a filter on a property that does not exist does not name it."""

    of = ("no such prop with name",)
    instead = "the filter can't be used"


@mutant("errors/filter-type")
class FilterTypeUnnamed(Says):
    """The refusal of a filter of another type does not say which types."""

    of = ("valueInt", "got 'int'", "expected value to be")
    instead = "the filter can't be used"


@mutant("errors/unknown-argument")
class UnknownArgumentUnnamed(Says):
    """The refusal of an argument that does not exist does not name it."""

    of = ("Unknown field",)


@mutant("errors/unknown-target")
class UnknownTargetUnnamed(Says):
    """The refusal of a named vector that does not exist does not name it."""

    of = ("nowhere",)


@mutant("errors/aggregate-unbounded")
class UnboundedCountUnnamed(Says):
    """The refusal of a count without any bound does not say what it lacks."""

    of = ("objectLimit",)
