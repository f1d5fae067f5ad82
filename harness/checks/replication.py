"""Chapter replication: a class with a copy on each of three nodes, in a cluster that is started for these checks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from harness.checks.case import Case, Skipped
from harness.checks.registry import check
from harness.dataset import Dataset
from harness.interfaces import DEFAULT, connect
from harness.model import Endpoint

_NODES = 3
_LEVELS = ("ONE", "QUORUM", "ALL")
_OBJECTS = 12
_BEST = 5
_DOCUMENTED = "documentation of replication: consistency levels"


@contextmanager
def _replicated(case: Case) -> Iterator[tuple[tuple[Endpoint, ...], Dataset]]:
    """A few objects that were stored on every node of a cluster, through the first one."""
    if case.interface.name not in DEFAULT:
        raise Skipped("consistency levels are asked for over GraphQL and gRPC")
    nodes = case.cluster(_NODES)
    definition: dict[str, Any] = {**case.collection.definition, "replicationConfig": {"factor": _NODES}}
    with case.scratch(definition, nodes[0]) as shelf:
        pictures = [one.picture for one in case.samples(_OBJECTS) if one.picture is not None]
        shelf.fill(pictures, consistency="ALL")
        yield nodes, shelf.read()


def _demand_exact(there: Case, **facts: Any) -> None:
    """The nearest, and all within a distance, have to be the exact ones, at each consistency level."""
    for stored in there.samples(2):
        assert stored.picture is not None
        assert stored.vector is not None
        truth = there.dataset.truth(stored.vector)
        far = truth.distinct_distances()[:_BEST][-1]
        for level in _LEVELS:
            for threshold in (None, far):
                limit = _BEST if threshold is None else there.count
                question = there.near(stored.picture, limit=limit, distance=threshold, consistency=level)
                hits = there.hits(question)
                expected = truth.expect(limit=limit, threshold=threshold)
                there.demand(question, hits, truth.faults(hits, expected), **facts)
                there.demand(question, hits, truth.wrong_distances(hits), **facts)


@check(
    "replication/levels-agree",
    source=_DOCUMENTED,
    writes=True,
    by_name=True,
    abilities=("cluster",),
)
def every_level_has_the_same_answer(case: Case) -> None:
    """With a copy on each of three nodes ONE, QUORUM and ALL give the exact answer, once all nodes have the objects."""
    with _replicated(case) as (nodes, dataset), closing(connect(case.interface.name, nodes[0])) as interface:
        _demand_exact(case.on(dataset, interface))


@check(
    "replication/each-node-answers",
    source="documentation of replication: a write at ALL is acknowledged by every node",
    writes=True,
    by_name=True,
    abilities=("cluster",),
)
def every_node_answers_what_was_written_at_all(case: Case) -> None:
    """What was stored at ALL through one node is found exactly, at its distance, when another node is asked."""
    with _replicated(case) as (nodes, dataset):
        for place, node in enumerate(nodes):
            with closing(connect(case.interface.name, node)) as interface:
                _demand_exact(case.on(dataset, interface), node=place)
