"""Faults of a threshold that show only in company: with a limit, an offset, a filter, for a tenant and so on."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.reference.mutants.groups import WholeGroups
from harness.reference.mutants.registry import mutant
from harness.reference.request import Aggregation, Search, Vector
from harness.reference.rules import Rules

Yes = NDArray[np.bool_]


class _InCompany(Rules):
    """Cuts wrongly where a threshold of one kind is not alone."""

    said: Literal["distance", "certainty"] = "distance"

    def beside(self, search: Search) -> bool:
        """Whether that stands beside it which brings the fault to light."""
        raise NotImplementedError

    def wrongly(self, distances: Vector, threshold: float) -> Yes:
        """What is taken to be within it; by default the boundary is one float32 step short."""
        within: Yes = distances <= np.nextafter(np.float32(threshold), np.float32(-np.inf))
        return within

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        said = "certainty" if search.near[0].certainty else "distance"
        if isinstance(search, Search) and said == self.said and self.beside(search):
            return self.wrongly(distances, threshold)
        return super().accept(distances, threshold, search)


class _Forgotten(_InCompany):
    """Forgets the threshold."""

    def wrongly(self, distances: Vector, threshold: float) -> Yes:
        del threshold
        return np.ones(len(distances), np.bool_)


class _ABitFar(_InCompany):
    """Lets in what is up to 2e-5 beyond."""

    def wrongly(self, distances: Vector, threshold: float) -> Yes:
        return distances.astype(np.float64) <= threshold + 2e-5


# --- said as a distance ---------------------------------------------------------------------------


@mutant("threshold/boundary")
class DistanceABitFar(_ABitFar):
    """What is up to 2e-5 beyond a distance is let in."""

    def beside(self, search: Search) -> bool:
        del search
        return True


@mutant("threshold/boundary-with-limit")
class LimitOneStepShort(_InCompany):
    """With a limit a distance is one float32 step short."""

    def beside(self, search: Search) -> bool:
        return bool(search.limit)


@mutant("threshold/boundary-with-offset")
class OffsetOneStepShort(_InCompany):
    """With an offset a distance is one float32 step short."""

    def beside(self, search: Search) -> bool:
        return bool(search.offset)


@mutant("threshold/boundary-with-autocut")
class AutocutForgetsDistance(_Forgotten):
    """With autocut a distance is forgotten."""

    def beside(self, search: Search) -> bool:
        return bool(search.autocut)


@mutant("threshold/boundary-with-filter")
class FilterOneStepShort(_InCompany):
    """With a filter a distance is one float32 step short."""

    def beside(self, search: Search) -> bool:
        return search.where is not None


@mutant("threshold/boundary-with-groups")
class GroupsForgetDistance(_Forgotten):
    """In groups a distance is forgotten."""

    def beside(self, search: Search) -> bool:
        return search.group_by is not None


@mutant("threshold/boundary-with-groups")
class GroupsByTheirBest(WholeGroups):
    """In groups a distance judges the best hit alone, as in Weaviate (seen in 1.25, 1.32 and 1.39)."""


@mutant("threshold/boundary-with-sort")
class SortForgetsDistance(_Forgotten):
    """Where hits are sorted by a property, a distance is forgotten."""

    def beside(self, search: Search) -> bool:
        return bool(search.sort)


@mutant("threshold/boundary-with-tenant")
class TenantABitFar(_ABitFar):
    """For a tenant what is up to 2e-5 beyond a distance is let in."""

    def beside(self, search: Search) -> bool:
        return bool(search.tenant)


@mutant("threshold/boundary-with-filter-and-page")
class FilteredPageOneStepShort(_InCompany):
    """With a filter and an offset together a distance is one float32 step short."""

    def beside(self, search: Search) -> bool:
        return search.where is not None and bool(search.offset)


@mutant("threshold/boundary-with-filter-and-groups")
class FilteredGroupsForgetDistance(_Forgotten):
    """In groups of what a filter leaves a distance is forgotten."""

    def beside(self, search: Search) -> bool:
        return search.where is not None and search.group_by is not None


@mutant("threshold/boundary-with-filter-and-tenant")
class FilteredTenantABitFar(_ABitFar):
    """For a tenant, with a filter, what is up to 2e-5 beyond a distance is let in."""

    def beside(self, search: Search) -> bool:
        return search.where is not None and bool(search.tenant)


@mutant("threshold/boundary-with-named-vector")
class NamedVectorForgetsDistance(_Forgotten):
    """By a named vector a distance is forgotten."""

    def beside(self, search: Search) -> bool:
        return bool(search.near[0].target_vectors)


# --- said as a certainty --------------------------------------------------------------------------


@mutant("certainty/boundary")
class CertaintyOneStepShort(_InCompany):
    """A certainty is one float32 step too strict."""

    said = "certainty"

    def beside(self, search: Search) -> bool:
        del search
        return True


@mutant("certainty/boundary-with-limit")
class LimitForgetsCertainty(_Forgotten):
    """With a limit a certainty is forgotten."""

    said = "certainty"

    def beside(self, search: Search) -> bool:
        return bool(search.limit)


@mutant("certainty/boundary-with-offset")
class OffsetABitFar(_ABitFar):
    """With an offset what is up to 2e-5 beyond a certainty's distance is let in."""

    said = "certainty"

    def beside(self, search: Search) -> bool:
        return bool(search.offset)


@mutant("certainty/boundary-with-autocut")
class AutocutForgetsCertainty(_Forgotten):
    """With autocut a certainty is forgotten."""

    said = "certainty"

    def beside(self, search: Search) -> bool:
        return bool(search.autocut)


@mutant("certainty/boundary-with-filter")
class FilterForgetsCertainty(_Forgotten):
    """With a filter a certainty is forgotten."""

    said = "certainty"

    def beside(self, search: Search) -> bool:
        return search.where is not None


@mutant("certainty/boundary-with-groups")
class GroupsABitFar(_ABitFar):
    """In groups what is up to 2e-5 beyond a certainty's distance is let in."""

    said = "certainty"

    def beside(self, search: Search) -> bool:
        return search.group_by is not None


@mutant("certainty/boundary-with-sort")
class SortOneStepShort(_InCompany):
    """Where hits are sorted by a property, a certainty is one float32 step too strict."""

    said = "certainty"

    def beside(self, search: Search) -> bool:
        return bool(search.sort)


@mutant("certainty/boundary-with-tenant")
class TenantOneStepShort(_InCompany):
    """For a tenant a certainty is one float32 step too strict."""

    said = "certainty"

    def beside(self, search: Search) -> bool:
        return bool(search.tenant)


@mutant("certainty/boundary-with-named-vector")
class NamedVectorOneStepShort(_InCompany):
    """By a named vector a certainty is one float32 step too strict."""

    said = "certainty"

    def beside(self, search: Search) -> bool:
        return bool(search.near[0].target_vectors)
