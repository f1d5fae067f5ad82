"""The exact answer: which hits must, may and must not be there, and how exact a distance has to be.

Everything is computed in float64 from vectors that were read back from the target, so the oracle knows nothing of the
encoder and nothing of the index. It shares no code with the reference.

Error bound. A server computes in float32 in an order of its own. A sum of n terms then differs from the exact one by at
most n * u * sum(|terms|) with u = 2**-24, and, as long as rounding errors do not conspire, by no more than a few times
sqrt(n) * u * sum(|terms|) (Higham and Mary, 2019); four times is used, the worst case where that is smaller. They do
conspire where many terms are alike and one is added after the other, so that sum is computed too, and twice what it is
off is allowed if that is more. Where every partial sum fits into a float32 whatever the order (small integers, as
planted images carry), the bound is zero and a boundary is a boundary. Where squares leave the range of a float32
nothing is known and the bound is infinite.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from harness.model import Hit, Metric

Floats = NDArray[np.float64]

UNIT = 2.0**-24
"""Half a unit in the last place of 1.0 in float32: the relative error of one rounding."""

TINY = 2.0**-126
"""The smallest normal float32: what is smaller may be lost altogether."""

_SMALLEST, _LARGEST = 2.0**-80, 2.0**126
"""Between these a sum of squares is safe in float32, its terms too as far as they matter."""

_FEW = 16
"""Up to so many components the worst case is taken."""

SLACK = 1e-6
"""How far beyond a threshold a hit is still accepted (observed on real servers; neither promised nor forbidden)."""


def exact_distances(metric: Metric, query: Sequence[float], vectors: NDArray[np.float32]) -> tuple[Floats, Floats]:
    """Return the exact distances and the error bound of each.

    Args:
        metric: the distance metric of the index.
        query: n components.
        vectors: m x n, as stored.

    Returns:
        Two float64 arrays of length m: distances, and how far a float32 computation may be from each.

    Source: the distance metrics of Weaviate's vector index configuration.
    """
    stored = vectors.astype(np.float64)
    asked = np.asarray(query, dtype=np.float32).astype(np.float64)
    if stored.shape[0] == 0:
        return np.zeros(0), np.zeros(0)
    if stored.shape[1] != asked.shape[0]:
        msg = f"the query has {asked.shape[0]} components, the stored vectors have {stored.shape[1]}"
        raise ValueError(msg)
    if metric is Metric.COSINE:
        return _cosine(asked, stored)
    if metric is Metric.HAMMING:
        return (stored != asked).sum(axis=1).astype(np.float64), np.zeros(stored.shape[0])
    if metric is Metric.DOT:
        terms, sign, steps = stored * asked, -1.0, 1
    elif metric is Metric.L2:
        terms, sign, steps = (stored - asked) ** 2, 1.0, 3
    else:
        terms, sign, steps = np.abs(stored - asked), 1.0, 1
    sizes = np.abs(terms).sum(axis=1)
    bounds = _sum_error(terms) + steps * UNIT * sizes + terms.shape[1] * TINY
    bounds[sizes > _LARGEST] = np.inf
    bounds[_no_rounding(metric, asked, stored, sizes)] = 0.0
    return sign * terms.sum(axis=1), bounds


def _cosine(asked: Floats, stored: Floats) -> tuple[Floats, Floats]:
    squares, square = (stored**2).sum(axis=1), (asked**2).sum()
    lengths = np.sqrt(squares * square)
    lengths[lengths == 0.0] = 1.0  # a vector without direction is at distance 1 from all
    terms = stored * asked / lengths[:, None]
    # Both vectors are normalised in float32 first: two more sums, of relative error each halved by the root.
    relative = _sum_error(stored**2) / np.where(squares == 0.0, 1.0, squares)
    relative += _sum_error(asked[None] ** 2)[0] / (square or 1.0)
    bounds = _sum_error(terms) + (relative / 2 + 8 * UNIT) * np.abs(terms).sum(axis=1) + 2 * UNIT
    bounds[_out_of_range(squares) | _out_of_range(square)] = np.inf
    return 1.0 - terms.sum(axis=1), bounds


def _out_of_range(squares: Floats) -> NDArray[np.bool_]:
    """Which sums of squares a float32 can't hold; none of nothing is zero, and that it can."""
    outside: NDArray[np.bool_] = ((squares < _SMALLEST) & (squares != 0.0)) | (squares > _LARGEST)
    return outside


def _sum_error(terms: Floats) -> Floats:
    """How far the float32 sum of each row may be from the exact one."""
    likely: Floats = _roundings(terms.shape[1]) * UNIT * np.abs(terms).sum(axis=1)
    if terms.shape[1] <= _FEW:
        return likely  # the worst case already
    with np.errstate(over="ignore", invalid="ignore"):
        one_by_one = np.add.accumulate(terms.astype(np.float32), axis=1)[:, -1].astype(np.float64)
        off = np.abs(one_by_one - terms.sum(axis=1))
    found: Floats = np.maximum(likely, 2 * np.where(np.isfinite(off), off, np.inf))
    return found


def _roundings(components: int) -> float:
    return min(float(components), 4.0 * sqrt(components))


def _grain(values: Floats) -> float:
    """The largest power of two that divides every value."""
    mantissas, exponents = np.frexp(values[values != 0.0])
    if mantissas.size == 0:
        return 1.0
    whole = np.abs(mantissas * 2.0**53).astype(np.int64)
    lowest = (whole & -whole).astype(np.float64)
    return float(2.0 ** np.min(np.log2(lowest) - 53 + exponents))


def _no_rounding(metric: Metric, asked: Floats, stored: Floats, sizes: Floats) -> NDArray[np.bool_]:
    """Where every partial sum is a float32 exactly, in any order and with fused operations too."""
    grain = min(_grain(asked), _grain(stored))
    if metric in (Metric.DOT, Metric.L2):
        grain = grain * grain
    fits: NDArray[np.bool_] = (sizes <= grain * 2.0**24) & (grain >= TINY) & (sizes <= _LARGEST)
    return fits


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer has to be: ids that must and that may be there, and how many hits there can be."""

    must: frozenset[str]
    may: frozenset[str]
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which an answer is wrong: a sentence and the facts behind it."""

    what: str
    facts: dict[str, object]


class Truth:
    """The exact distances of all stored vectors from one query vector.

    Args:
        metric: the distance metric of the index.
        query: n components, float32 values.
        ids: m object ids.
        vectors: m x n, float32.
    """

    def __init__(
        self, metric: Metric, query: Sequence[float], ids: Sequence[str], vectors: NDArray[np.float32]
    ) -> None:
        self.metric = metric
        self.query = tuple(query)
        self.ids = tuple(ids)
        self.distances, self.bounds = exact_distances(metric, query, vectors)
        self._place = {id_: place for place, id_ in enumerate(self.ids)}

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, id_: str) -> bool:
        return id_ in self._place

    def distance(self, id_: str) -> float:
        """Return the exact distance of one object; KeyError if it has no vector."""
        return float(self.distances[self._place[id_]])

    def bound(self, id_: str) -> float:
        """Return how far a server's float32 distance of one object may be from the exact one."""
        return float(self.bounds[self._place[id_]])

    def apart(self, ids: Iterable[str]) -> float:
        """Return how far two float32 distances of one of these objects may be from each other; 0 if all are exact."""
        known = [self._place[id_] for id_ in ids if id_ in self._place]
        errors = [self.bounds[one] + UNIT * abs(self.distances[one]) for one in known if self.bounds[one] > 0.0]
        return 2 * float(max(errors, default=0.0))

    def ranking(self) -> list[str]:
        """Object ids, nearest first; within a tie in the order they were given."""
        return [self.ids[i] for i in np.argsort(self.distances, kind="stable")]

    def distinct_distances(self) -> list[float]:
        """Each distance once, ascending, as float64; equal within the bound counts as once."""
        distinct: list[float] = []
        for place in np.argsort(self.distances, kind="stable"):
            distance, bound = float(self.distances[place]), float(self.bounds[place])
            if not distinct or distance - distinct[-1] > 2 * bound:
                distinct.append(distance)
        return distinct

    def expect(
        self,
        *,
        limit: int | None = None,
        offset: int = 0,
        threshold: float | None = None,
        among: Iterable[str] | None = None,
    ) -> Expected:
        """Return what a search has to answer.

        Args:
            limit: the best so many; None for all.
            offset: so many of the best are passed over first.
            threshold: the largest distance allowed, inclusive; None for any.
            among: ids that a filter leaves; None for all.

        Source: a filter first, then the ranking; offset counts over the whole ranking; of the best `limit` those within
        the threshold. At most the threshold must be there, more than 1e-6 (and rounding) beyond must not.
        """
        places = self._places(among)
        low = self.distances[places] - self.bounds[places]
        high = self.distances[places] + self.bounds[places]
        count = len(places)
        end = count if limit is None else offset + limit
        surely_before = np.searchsorted(np.sort(high), low, side="left")
        perhaps_before = np.searchsorted(np.sort(low), high, side="right") - 1
        must = (surely_before >= offset) & (perhaps_before < end)
        may = (surely_before < end) & (perhaps_before >= offset)
        room = max(0, min(end, count) - offset)
        least = most = room
        if threshold is not None:
            with np.errstate(over="ignore"):
                rounding = abs(float(np.float32(threshold)) - threshold)
            inside = high <= threshold - rounding
            reach = low <= threshold + SLACK + rounding + UNIT * abs(threshold)
            must &= inside
            may &= reach
            least = max(0, min(int(inside.sum()) - offset, room))
            most = max(0, min(int(reach.sum()) - offset, room))
        ids = [self.ids[place] for place in places]
        return Expected(
            must=frozenset(id_ for id_, yes in zip(ids, must, strict=True) if yes),
            may=frozenset(id_ for id_, yes in zip(ids, may, strict=True) if yes),
            least=least,
            most=most,
        )

    def _places(self, among: Iterable[str] | None) -> NDArray[np.int64]:
        if among is None:
            return np.arange(len(self.ids))
        return np.array(sorted(self._place[id_] for id_ in set(among) if id_ in self._place), dtype=np.int64)

    def faults(self, hits: Sequence[Hit], expected: Expected) -> list[Fault]:
        """Return each way in which these hits are not what was expected; an empty list if they are."""
        ids = [hit.id for hit in hits]
        found = repeated(ids)
        missing = sorted(expected.must - set(ids), key=self.distance)
        if missing:
            found.append(
                Fault(
                    "a neighbour is missing",
                    {"missing": [self._named(id_) for id_ in missing[:5]], "missing_count": len(missing)},
                )
            )
        extra = [id_ for id_ in dict.fromkeys(ids) if id_ not in expected.may]
        if extra:
            found.append(
                Fault(
                    "a hit does not belong there",
                    {"extra": [self._named(id_) for id_ in extra[:5]], "extra_count": len(extra)},
                )
            )
        if not found and not expected.least <= len(ids) <= expected.most:
            found.append(
                Fault(
                    "the number of hits is wrong",
                    {"returned": len(ids), "at_least": expected.least, "at_most": expected.most},
                )
            )
        return found

    def wrong_distances(self, hits: Sequence[Hit]) -> list[Fault]:
        """Return the hits whose distance differs from the exact one by more than rounding explains."""
        faults = []
        for hit in hits:
            if hit.distance is None or hit.id not in self._place:
                continue
            exact, bound = self.distance(hit.id), self.bound(hit.id)
            # what is printed is a float32: one more rounding of the result itself
            if not abs(hit.distance - exact) <= bound + UNIT * abs(exact):
                faults.append(
                    Fault(
                        "a distance is wrong",
                        {
                            "id": hit.id,
                            "returned": hit.distance,
                            "exact": exact,
                            "allowed_error": bound + UNIT * abs(exact),
                        },
                    )
                )
        return faults

    def recall(self, ids: Sequence[str], limit: int) -> float:
        """Return the share of the best `limit` that is there, by distance, so that any of a tie counts.

        Returns:
            A number from 0 to 1; 1 if there is nothing to find.
        """
        wanted = min(limit, len(self.ids))
        if wanted == 0:
            return 1.0
        edge = float(np.partition(self.distances + self.bounds, wanted - 1)[wanted - 1])
        good = {id_ for id_ in ids[:limit] if id_ in self._place and self.distance(id_) - self.bound(id_) <= edge}
        return min(1.0, len(good) / wanted)

    def _named(self, id_: str) -> dict[str, object]:
        if id_ not in self._place:
            return {"id": id_, "exact": None, "note": "no object with a vector has this id"}
        return {"id": id_, "exact": self.distance(id_)}


def repeated(ids: Sequence[str]) -> list[Fault]:
    """Return a fault if an object was returned more than once."""
    twice = [id_ for id_, times in Counter(ids).items() if times > 1]
    return [Fault("an object was returned more than once", {"repeated": twice[:5]})] if twice else []


def descents(hits: Sequence[Hit]) -> list[Fault]:
    """Return the places where a distance is smaller than the one before it."""
    faults = []
    for place, (before, after) in enumerate(pairwise(hits), start=1):
        if before.distance is not None and after.distance is not None and after.distance < before.distance:
            facts = {"place": place, "before": before.distance, "after": after.distance}
            faults.append(Fault("the order is not ascending", dict(facts)))
    return faults
