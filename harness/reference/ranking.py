"""Which objects a search returns, and in which order: threshold, limit, offset, autocut, sort, groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.model import Metric
from harness.reference.request import (
    Aggregation,
    Group,
    GroupBy,
    InterfaceName,
    Match,
    Near,
    Search,
    StoredObject,
    Target,
    Values,
    Vector,
)
from harness.reference.settings import Settings

Rows = NDArray[np.intp]
TOLERANCE = 1e-6
"""Observed: so much above the threshold is still accepted."""


class Ranking:
    """From distances to hits. Sources: Weaviate's documentation of the operators; `contract.md`, section 4."""

    # --- the threshold ---------------------------------------------------------------------------

    def threshold(self, near: Near, interface: InterfaceName) -> float | None:
        """The largest distance allowed; None if neither distance nor certainty was given."""
        if near.distance is not None:
            return near.distance
        if near.certainty is not None and self.certainty_given(near, interface):
            return self.distance_from_certainty(near.certainty)
        return None

    def certainty_given(self, near: Near, interface: InterfaceName) -> bool:
        """A certainty of 0 counts as not given (observed, both interfaces); a distance of 0 is a real threshold."""
        del interface
        return bool(near.certainty)

    def distance_from_certainty(self, certainty: float) -> float:
        """A certainty c is the distance 2(1 - c)."""
        return 2.0 * (1.0 - certainty)

    def certainty_from_distance(self, distance: float) -> float:
        """A distance d is the certainty 1 - d/2."""
        return 1.0 - distance / 2.0

    def accept(self, distances: Vector, threshold: float, search: Search | Aggregation) -> NDArray[np.bool_]:
        """Which distances are within the threshold: inclusive, and up to 1e-6 above it.

        A distance is a float32, and so is the threshold that it is sent back as: printed in the fewest digits it may
        read as less than it is.
        """
        del search
        with np.errstate(over="ignore"):
            inclusive: NDArray[np.bool_] = distances <= np.float32(threshold)
        return inclusive | (distances.astype(np.float64) <= threshold + TOLERANCE)

    # --- the order -------------------------------------------------------------------------------

    def candidates(self, rows: Rows, search: Search | Aggregation) -> Rows:
        """The rows of the index that are compared: all that the filter leaves, in the order of their import."""
        del search
        return rows

    def order(self, distances: Vector, search: Search | Aggregation) -> Rows:
        """Positions, smallest distance first; a tie in the order of import."""
        del search
        return np.argsort(distances, kind="stable")

    def reported(self, distance: float, metric: Metric, search: Search) -> float:
        """The distance that the user sees: the one that was compared."""
        del metric, search
        return distance

    # --- the page --------------------------------------------------------------------------------

    def limit(self, search: Search, settings: Settings, *, has_threshold: bool) -> int | None:
        """How many hits at most; None is "all".

        GraphQL without a limit returns everything within a threshold; without a threshold it has a default of its own,
        but the general one as soon as any other paging argument is there (observed). gRPC always has a limit and 0 is
        its default.
        """
        if search.interface == "grpc":
            return search.limit or settings.limit
        if search.limit is not None and search.limit >= 0:
            return search.limit
        if has_threshold:
            return None
        paged = any(argument is not None for argument in (search.limit, search.offset, search.autocut))
        return settings.limit if paged or search.interface == "rest" else settings.limit_graphql

    def page(self, ranked: Rows, offset: int, limit: int | None, search: Search) -> Rows:
        """The part of the whole ranking that is returned; the offset counts from its best hit."""
        del search
        return ranked[offset : None if limit is None else offset + limit]

    def autocut(self, distances: Sequence[float], jumps: int) -> int:
        """How many hits stay when the result is cut at the n-th jump; all if `jumps` is not positive.

        Source: documentation of autocut; the rule is observed. Distances are stretched to run from 0 to 1 and
        compared with the straight line from the first hit to the last: a jump lies before each hit that is further
        above the line than its neighbours (the last hit: than the two before it).
        """
        if jumps <= 0 or len(distances) < 2:  # noqa: PLR2004 - one hit has no jump
            return len(distances)
        values = np.asarray(distances, np.float32)
        span = values[-1] - values[0]
        if not span:
            return len(distances)
        above = (values - values[0]) / span - np.linspace(0, 1, len(values), dtype=np.float32)
        last = len(above) - 1
        neighbours = [(at, at + 1 if at < last else at - 2) for at in range(1, last + 1)]
        peaks = [at for at, other in neighbours if above[at] > above[at - 1] and above[at] > above[other]]
        return peaks[jumps - 1] if jumps <= len(peaks) else len(distances)

    def hits(self, matches: list[Match], search: Search) -> list[Match]:
        """What leaves the search: every hit once, nothing left out."""
        del search
        return matches

    def seen(self, item: StoredObject) -> StoredObject:
        """The object as a search brings it back: as it is stored."""
        return item

    def counted(self, count: int, aggregation: Aggregation) -> int:
        """The number that an aggregation reports: as many objects as were found."""
        del aggregation
        return count

    def pointed_at(self, targets: list[Target], gone: int) -> tuple[Target, ...]:
        """What a reference of a hit brings: every object that it points at and that is there, however many are gone."""
        del gone
        return tuple(targets)

    def valued(self, values: Sequence[str], most: int) -> Values:
        """What an aggregation says of a property's values: their number, and so many of the most frequent."""
        return Values(len(values), tuple(Counter(values).most_common(most)))

    # --- sort and groups -------------------------------------------------------------------------

    def sort_key(self, value: Any) -> tuple[int, Any]:
        """What one value is sorted by: nothing comes before everything; an array by its first element."""
        if isinstance(value, list):
            value = value[0] if value else None
        return (0, 0) if value is None else (1, value)

    def group_values(self, item: StoredObject, path: str) -> tuple[str, ...]:
        """The groups that an object belongs to: one for each element of an array; without a value the group ``""``."""
        value = item.properties.get(path)
        elements = value if isinstance(value, list) else [value]
        return tuple(_as_text(element) for element in elements) or ("",)

    def groups(self, matches: Sequence[Match], group_by: GroupBy, search: Search) -> tuple[Group, ...]:
        """Groups in the order of their best hit, each with its best hits."""
        del search
        found: dict[str, list[Match]] = {}
        for match in matches:
            for value in self.group_values(match.object, group_by.path[0]):
                if value not in found and len(found) >= group_by.groups:
                    continue
                members = found.setdefault(value, [])
                if len(members) < group_by.objects_per_group:
                    members.append(match)
        return tuple(
            Group(value, tuple(members), members[0].distance or 0.0, members[-1].distance or 0.0)
            for value, members in found.items()
            if members
        )


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value["beacon"]) if isinstance(value, dict) else str(value)
