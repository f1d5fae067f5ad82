"""Chapter autocut: where a ranking is cut that has jumps.

The rule is not documented beyond “the n-th jump”; it is written down here as it was observed. Distances are stretched
to run from 0 to 1 and held against the straight line from the first hit to the last: a jump lies before each hit that
is farther above that line than both of its neighbours; before the last hit, if it is farther above than the two before.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from harness.checks.case import Case
from harness.checks.rankings import different
from harness.checks.registry import check
from harness.model import Level, Question

_CUT = "autocut n leaves the hits before the n-th jump"
_LIMITS = (5, 12, 50)
_JUMPS = (1, 2, 3)

clause = partial(check, by_name=True, versions=">=1.20")
"""Registers a clause about autocut."""


def jumps(distances: Sequence[float]) -> list[int]:
    """Places of the hits before which a ranking jumps, in their order; the rule is that of this module.

    Args:
        distances: n of them, ascending, as a server gives them: it computes in float32.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what is no float32 makes no jump
        values = np.asarray(distances).astype(np.float32)
        last = len(values) - 1
        if last < 1 or values[last] == values[0]:
            return []
        steps = np.float32(1.0) / np.float32(last) * np.arange(last + 1, dtype=np.float32)
        above = (values - values[0]) / (values[last] - values[0]) - steps
    found = [place for place in range(1, last) if above[place] > above[place - 1] and above[place] > above[place + 1]]
    if last > 1 and above[last] > above[last - 1] and above[last] > above[last - 2]:
        found.append(last)
    return found


def _questions(case: Case) -> list[Question]:
    return [case.near(query.picture, limit=min(limit, case.count)) for query in case.queries for limit in _LIMITS]


@clause("autocut/beginning", source="autocut cuts a result: what stays is its beginning")
def what_stays_is_the_beginning(case: Case) -> None:
    """With autocut the hits are a beginning of those without it, at least one if there was one."""
    for question in _questions(case):
        whole = case.hits(question)
        for count in _JUMPS:
            cut = question.but(autocut=count)
            hits = case.hits(cut)
            case.require(len(hits) <= len(whole), "more hits than without autocut", cut, hits, without=len(whole))
            case.require(bool(hits) or not whole, "nothing is left", cut, hits, without=len(whole))
            case.demand(cut, hits, different(hits, whole), compared_with="without autocut")


@clause("autocut/nesting", level=Level.SHOULD, source=f"{_CUT}: a later jump leaves no less")
def a_later_jump_leaves_no_less(case: Case) -> None:
    """A larger autocut leaves at least as many hits."""
    for question in _questions(case):
        before = 0
        for count in _JUMPS:
            hits = case.hits(question.but(autocut=count))
            case.require(len(hits) >= before, "a larger autocut lost hits", question.but(autocut=count), hits)
            before = len(hits)


@clause(
    "autocut/rule", level=Level.OBSERVED, source=f"{_CUT}: a jump is farther above the straight line than beside it"
)
def it_cuts_at_the_jumps(case: Case) -> None:
    """It cuts at the n-th jump by the rule that is written down, and nowhere if there are fewer."""
    for question in _questions(case):
        whole = case.hits(question)
        places = jumps([hit.distance or 0.0 for hit in whole])
        for count in _JUMPS:
            cut = question.but(autocut=count)
            hits = case.hits(cut)
            expected = places[count - 1] if count <= len(places) else len(whole)
            case.require(
                len(hits) == expected, "it cuts at another place", cut, hits, expected=expected, jumps=places[:5]
            )
