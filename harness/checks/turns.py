"""Where a check is asked: of which collections of a scenario, and over which of a run's interfaces."""

from __future__ import annotations

from harness.checks.registry import Check, Per
from harness.model import Metric
from harness.scenario import Collection, Scenario


def has_turn(check: Check, scenario: Scenario, collection: Collection, *, first: bool) -> bool:
    """Whether a scenario asks a check of one of its collections over an interface.

    What is asked per module has its turn on each collection that has the module; on which of them it is asked is for
    whoever knows all of a run's scenarios.

    Args:
        check: the check.
        scenario: which checks it lists, and what may be done to its server.
        collection: one of its own.
        first: whether the interface is the first of the run.
    """
    return (
        check.named_by(scenario.checks)
        and scenario.wants(check.id)
        and check.allowed(scenario.needs.abilities)
        and check.applies(collection)
        and due(check, scenario, collection, first=first)
    )


def due(check: Check, scenario: Scenario, collection: Collection, *, first: bool) -> bool:
    """Whether a check that applies to a collection is asked anew for it and for an interface, by its `per`."""
    if check.per in (Per.COLLECTION, Per.MODULE):
        return first
    if check.per is Per.STORE:
        alike = [one for one in scenario.collections if one.store == collection.store and check.applies(one)]
        # cosine changes vectors when they are stored: more can go wrong there
        return next((one for one in alike if one.metric is Metric.COSINE), alike[0]) is collection
    return True
