"""Faults in groups: which come, in which order, and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from harness.reference.mutants.registry import mutant
from harness.reference.request import Aggregation, Group, GroupBy, Match, Refusal, Search, Vector
from harness.reference.rules import Rules

Rows = NDArray[np.intp]
Yes = NDArray[np.bool_]


@mutant("group-by/order")
class FarthestGroupFirst(Rules):
    """Groups come in the order of their best hit, the farthest first."""

    def groups(self, matches: Sequence[Match], group_by: GroupBy, search: Search) -> tuple[Group, ...]:
        return super().groups(matches, group_by, search)[::-1]


@mutant("group-by/nearest-groups")
class NearestGroupLeftOut(Rules):
    """The nearest group is left out, and one more that is farther comes."""

    def groups(self, matches: Sequence[Match], group_by: GroupBy, search: Search) -> tuple[Group, ...]:
        return super().groups(matches, replace(group_by, groups=group_by.groups + 1), search)[1:]


@mutant("group-by/members")
class GroupsLoseTheirLast(Rules):
    """A group of three or more lacks its last hit."""

    def groups(self, matches: Sequence[Match], group_by: GroupBy, search: Search) -> tuple[Group, ...]:
        found = super().groups(matches, group_by, search)
        return tuple(replace(one, matches=one.matches[:-1]) if len(one.matches) > 2 else one for one in found)


@mutant("group-by/best-of-each")
class GroupsKeepTheirWorst(Rules):
    """A group has the farthest of its hits where not all have room."""

    def groups(self, matches: Sequence[Match], group_by: GroupBy, search: Search) -> tuple[Group, ...]:
        found = super().groups(matches, replace(group_by, objects_per_group=len(matches)), search)
        return tuple(replace(one, matches=one.matches[-group_by.objects_per_group :]) for one in found)


@mutant("group-by/distances")
class LargestIsSmallest(Rules):
    """A group's largest distance is said to be its smallest."""

    def groups(self, matches: Sequence[Match], group_by: GroupBy, search: Search) -> tuple[Group, ...]:
        return tuple(replace(one, largest=one.smallest) for one in super().groups(matches, group_by, search))


@mutant("group-by/distances")
class SmallestAndLargestExchanged(Rules):
    """A group's smallest and largest distance are exchanged, as in Weaviate over several shards (1.32 and 1.39)."""

    def groups(self, matches: Sequence[Match], group_by: GroupBy, search: Search) -> tuple[Group, ...]:
        found = super().groups(matches, group_by, search)
        return tuple(replace(one, smallest=one.largest, largest=one.smallest) for one in found)


@mutant("group-by/threshold")
class GroupsForgetTheThreshold(Rules):
    """With groups a distance leaves nothing out."""

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if isinstance(search, Search) and search.group_by is not None:
            return np.ones(len(distances), np.bool_)
        return super().accept(distances, threshold, search)


class WholeGroups(Rules):
    """With groups a distance judges the best hit of each, and lets all of it in; `beyond` is how far it bends."""

    beyond = 1e-6

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> Yes:
        if isinstance(search, Search) and search.group_by is not None:
            return np.ones(len(distances), np.bool_)
        return super().accept(distances, threshold, search)

    def groups(self, matches: Sequence[Match], group_by: GroupBy, search: Search) -> tuple[Group, ...]:
        found = super().groups(matches, group_by, search)
        threshold = self.threshold(search.near[0], search.interface) if search.near else None
        return tuple(one for one in found if threshold is None or one.smallest <= threshold + self.beyond)


@mutant("group-by/threshold")
class MembersBeyondTheThreshold(WholeGroups):
    """With groups a distance leaves out groups whose best hit is beyond, and of the others nothing, as in Weaviate."""


@mutant("group-by/nothing")
class NoGroupIsAnError(Rules):
    """A grouped search that finds nothing is an error."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        if search.group_by is not None and not matches:
            raise Refusal("no groups")
        return matches


@mutant("group-by/filter")
class GroupsLoseOneToTheFilter(Rules):
    """With groups a filter loses the first object that passes it."""

    def candidates(self, rows: Rows, search: Search | Aggregation) -> Rows:
        grouped = isinstance(search, Search) and search.group_by is not None
        return rows[1:] if grouped and search.where is not None and len(rows) > 1 else rows


@mutant("group-by/near-object")
class GroupedObjectLeavesItselfOut(Rules):
    """A grouped search by object leaves that object out."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return matches[1:] if search.group_by is not None and search.near[0].kind == "object" else matches


@mutant("group-by/parity")
class GrpcGroupsMissOne(Rules):
    """Over gRPC a grouped search leaves its last hit out."""

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        return matches[:-1] if search.group_by is not None and search.interface == "grpc" else matches
