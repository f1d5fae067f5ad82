"""Chapter dynamic: an index that is flat while it is small and hnsw when it has grown answers as ever."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from harness.checks.case import Case
from harness.checks.registry import check, index_is, unnamed
from harness.dataset import Dataset
from harness.images import Picture

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
)
def the_switch_changes_no_answer(case: Case) -> None:
    """Below the threshold and beyond it an image has exactly its nearest, at their distances."""
    for make in (_below, _beyond):
        there = case.on(case.standing(make))
        for picture in _pictures(case)[:2]:
            truth = there.dataset.truth(case.probe.image(case.collection, picture))
            for limit in (_BEST, there.count):
                question = there.near(picture, limit=limit)
                hits = there.hits(question)
                facts = {"objects": there.count, "threshold": _THRESHOLD}
                there.demand(question, hits, truth.faults(hits, truth.expect(limit=limit)), **facts)
                there.demand(question, hits, truth.wrong_distances(hits), **facts)


@contextmanager
def _below(case: Case) -> Iterator[Dataset]:
    """Fewer objects than the threshold."""
    with case.scratch(_switching(case)) as shelf:
        shelf.fill(_pictures(case)[:_FEW])
        yield shelf.read()


@contextmanager
def _beyond(case: Case) -> Iterator[Dataset]:
    """More objects than the threshold, of which some were indexed before it was reached."""
    with case.scratch(_switching(case)) as shelf:
        shelf.fill(_pictures(case)[:_FEW])
        shelf.read()
        shelf.fill(_pictures(case)[_FEW:])
        yield shelf.read()


def _pictures(case: Case) -> list[Picture]:
    return [one.picture for one in case.samples(_MANY) if one.picture is not None]
