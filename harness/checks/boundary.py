"""The boundary of a threshold, to the digit: at a figure that the server gave, one float32 step, 1e-6 and 1e-5 beside.

Two witnesses judge each answer. The oracle says which objects must and may be there, as far as rounding lets it. The
server's own figures, asked for without a threshold, say how many: there is no rounding between a distance that was
returned and the threshold that it is sent back as.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import numpy as np

from harness.checks.case import Case, Query, Violation
from harness.checks.spread import spread
from harness.model import Hit, Metric, Question
from harness.oracle import SLACK, UNIT, Expected

_FIELDS = ("id", "distance", "certainty")
_NEAR, _CLEAR = 1e-6, 1e-5
_FINE = 8.0
"""Up to so large a figure 1e-5 is many float32 steps; beyond it is taken relative to it."""

_CONVERTED = 8 * UNIT
"""How far a distance that a server computes from a certainty in float32 may be from the exact one."""

_PLACES = 3

_JUDGED_BY = "each_group_is_judged_by"
_BEST, _ANOTHER = "its best hit", "another hit than its best"


@dataclass(frozen=True, slots=True)
class Company:
    """What stands beside the threshold in a question.

    `scope` are the arguments that say what is searched (a filter, a tenant, a vector), `among` the ids that they leave,
    None for all. `page` are those that say what of it is returned; `limit` and `offset` say what that means for the
    ranking. `cut` is True if autocut may end the answer early.
    """

    scope: Mapping[str, Any] = field(default_factory=dict)
    among: Sequence[str] | None = None
    page: Mapping[str, Any] = field(default_factory=dict)
    limit: int | None = None
    offset: int = 0
    cut: bool = False


class Distance:
    """A threshold that is said as a distance: what is farther is left out."""

    name = "distance"
    tolerance = 0.0

    def figure(self, hit: Hit) -> float | None:
        """What a hit is measured by."""
        return hit.distance

    def farther(self, value: float, by: float) -> float:
        """A threshold that lets more in."""
        return value + by

    def as_distance(self, value: float) -> float:
        """The distance that a threshold means."""
        return value

    def sayable(self, value: float) -> bool:
        """Whether it can be said."""
        return isfinite(value)


class Certainty(Distance):
    """A threshold that is said as a certainty: what is less certain is left out. Cosine alone."""

    name = "certainty"
    tolerance = _CONVERTED

    def figure(self, hit: Hit) -> float | None:
        """What a hit is measured by."""
        return hit.certainty

    def farther(self, value: float, by: float) -> float:
        """A threshold that lets more in."""
        return value - by

    def as_distance(self, value: float) -> float:
        """The distance that a threshold means."""
        return 2.0 * (1.0 - value)

    def sayable(self, value: float) -> bool:
        """Whether it can be said: 0 counts as not given, and above 1 (a distance below 0 by rounding) is none."""
        return SLACK < value <= 1.0


_LARGEST = float(np.finfo(np.float32).max)
"""What is beyond is no figure that a server computed."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """The boundary of one kind of threshold, in one company, asked with one picture."""

    case: Case
    query: Query
    bound: Distance
    company: Company

    def judge(self) -> None:
        """Ask at the figures of a few hits, and closely beside them, and judge each answer.

        That groups are judged as wholes is a fault that shows nearly everywhere: it is told after all were asked, so
        that it hides no other.

        Raises:
            Violation: with the threshold, what it is beside of, and what came back.
        """
        case, bound = self.case, self.bound
        additional = _FIELDS if case.dataset.metric is Metric.COSINE else _FIELDS[:2]
        whole = case.near(self.query.picture, limit=case.count + 1, additional=additional, **self.company.scope)
        ranking = case.hits(whole)
        figures = self._figures(ranking)
        case.require(bool(figures), "nothing was found", whole, ranking)
        case.require(len(figures) == len(ranking), f"a hit has no {bound.name}", whole, ranking)
        page = {"limit": case.everything(), **self.company.page}
        wholes: dict[str, Violation] = {}
        for figure in spread(sorted(set(figures)), case.effort(_PLACES)):
            for words, value in _beside(bound, figure):
                if bound.sayable(value):
                    facts = {bound.name: value, "which_is": f"{words} {figure!r}, the {bound.name} of a hit"}
                    try:
                        self._ask(whole.but(**{**page, bound.name: value}), value, ranking, facts)
                    except Violation as violation:
                        if _JUDGED_BY not in violation.evidence:
                            raise
                        wholes.setdefault(violation.evidence[_JUDGED_BY], violation)
        for how in (_ANOTHER, _BEST):
            if how in wholes:
                raise Violation(f"{wholes[how].what}: each group is judged by {how}", wholes[how].evidence)

    def _ask(self, question: Question, value: float, ranking: Sequence[Hit], given: Mapping[str, Any]) -> None:
        case, truth, company = self.case, self.query.truth, self.company
        hits = case.hits(question)
        figures = self._figures(ranking)
        facts = {**given, **self._judged_by(question, value, ranking, hits)}
        expected = self._expected(value, len(hits) if company.cut else company.limit)
        case.demand(question, hits, truth.faults(hits, expected), **facts)
        room = len(figures) if company.limit is None else company.limit
        least, most = (min(max(0, one - company.offset), room) for one in _within(self.bound, value, figures))
        case.require(
            (min(least, 1) if company.cut else least) <= len(hits) <= most,
            "by the figures of the hits, another number of them is within the threshold",
            question,
            hits,
            at_least=least,
            at_most=most,
            **facts,
        )

    def _figures(self, hits: Iterable[Hit]) -> list[float]:
        """What hits are measured by, where that is a number."""
        return [figure for hit in hits if (figure := self.bound.figure(hit)) is not None and abs(figure) <= _LARGEST]

    def _judged_by(
        self, question: Question, value: float, ranking: Sequence[Hit], hits: Sequence[Hit]
    ) -> dict[str, str]:
        """Say which hit decides about a group, if each group is there as a whole or not at all; else nothing.

        A group may be there if its best hit is within the threshold. If one is not there whose best hit is within, it
        is another that decides, which has to be beyond.
        """
        if question.group_by is None:
            return {}
        groups: dict[str, list[Hit]] = {}
        for hit in ranking:
            stored = self.case.dataset.by_id.get(hit.id)
            groups.setdefault(str(stored and stored.properties.get(question.group_by.path)), []).append(hit)
        there = Counter(hit.id for hit in hits)
        wholes = [group for group in groups.values() if all(there[hit.id] == 1 for hit in group)]
        absent = [group for group in groups.values() if not any(there[hit.id] for hit in group)]
        known = sum(map(len, wholes)) == len(hits)
        if not known or any(self._within(value, group)[1] == 0 for group in wholes):
            return {}
        surely = [(self._within(value, group)[0], len(group)) for group in absent]
        if any(within == size for within, size in surely):
            return {}
        return {_JUDGED_BY: _ANOTHER if any(within for within, _ in surely) else _BEST}

    def _within(self, value: float, hits: Iterable[Hit]) -> tuple[int, int]:
        return _within(self.bound, value, self._figures(hits))

    def _expected(self, value: float, limit: int | None) -> Expected:
        """What the oracle expects, a distance that is computed from a certainty being a little uncertain."""
        threshold, tolerance = self.bound.as_distance(value), self.bound.tolerance
        tight, loose = (
            self.query.truth.expect(
                limit=limit, offset=self.company.offset, threshold=threshold + by, among=self.company.among
            )
            for by in (-tolerance, tolerance)
        )
        return Expected(tight.must, loose.may, tight.least, loose.most)


def _beside(bound: Distance, figure: float) -> Iterator[tuple[str, float]]:
    """Yield thresholds with their place in words: at a figure, and beside it."""
    at = np.float32(figure)
    more, less = (float(np.nextafter(at, np.float32(bound.farther(0.0, side)))) for side in (np.inf, -np.inf))
    yield "exactly", figure
    yield "one float32 step beyond", more
    yield "one float32 step short of", less
    for by in (_NEAR, _CLEAR * max(1.0, abs(figure) / _FINE)):
        yield f"{by:g} beyond", bound.farther(figure, by)
        yield f"{by:g} short of", bound.farther(figure, -by)


def _within(bound: Distance, value: float, figures: Sequence[float]) -> tuple[int, int]:
    """How many figures are surely within a threshold, and how many perhaps."""
    exact = [bound.as_distance(_in_float32(figure)) for figure in figures]
    # a figure that is sent back as it was printed means the float32 that it stands for
    threshold = bound.as_distance(_in_float32(value) if value in figures else value)
    loose = threshold + SLACK + 2 * UNIT * abs(threshold) + 2 * bound.tolerance
    return sum(one <= threshold for one in exact), sum(one <= loose for one in exact)


def _in_float32(figure: float) -> float:
    return float(np.float32(figure))
