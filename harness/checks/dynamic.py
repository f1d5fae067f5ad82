"""Chapter dynamic: an index that is flat while it is small and hnsw when it has grown answers as ever."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from harness.checks.case import Case
from harness.checks.registry import Per, check, index_is, unnamed

_DOCUMENTED = "documentation of the dynamic index"
_FEW, _THRESHOLD, _MANY = 8, 10, 32
_BEST = 5


def _switching(case: Case) -> dict[str, Any]:
    """The class, with a threshold that some of the objects stay below and all together do not."""
    changed = deepcopy(dict(case.collection.definition))
    changed["vectorIndexConfig"] = {**(changed.get("vectorIndexConfig") or {}), "threshold": _THRESHOLD}
    return changed


@check(
    "dynamic/switch-keeps-answers",
    source=f"{_DOCUMENTED}: threshold; the same question gives the same hits on every index type",
    when=(index_is("dynamic"), unnamed),
    by_name=True,
    writes=True,
    per=Per.STORE,
)
def the_switch_changes_no_answer(case: Case) -> None:
    """Below the threshold and beyond it an image has exactly its nearest, at their distances."""
    pictures = [one.picture for one in case.samples(_MANY) if one.picture is not None]
    with case.scratch(_switching(case)) as shelf:
        for some in (pictures[:_FEW], pictures[_FEW:]):
            shelf.fill(some)
            there = case.on(shelf.read())
            for picture in pictures[:2]:
                truth = there.dataset.truth(case.probe.image(case.collection, picture))
                for limit in (_BEST, there.count):
                    question = there.near(picture, limit=limit)
                    hits = there.hits(question)
                    facts = {"objects": there.count, "threshold": _THRESHOLD}
                    there.demand(question, hits, truth.faults(hits, truth.expect(limit=limit)), **facts)
                    there.demand(question, hits, truth.wrong_distances(hits), **facts)
