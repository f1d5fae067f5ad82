"""Where each check is asked of a server that is right: enough for it to be accused, in bounded time."""

from __future__ import annotations

from collections.abc import Collection as Names
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle

from harness.checks import Check, all_checks
from harness.interfaces import DEFAULT
from harness.model import Outcome, Verdict
from harness.proving.staging import verdict, verdicts
from harness.scenario import Scenario
from harness.stage import Stage

SLOW = ("Cosine", "Clip")
"""The collections of which a check is asked that restarts the server, and so takes a while."""

DETAILED = (*SLOW, "Squared")
"""The collections of which a check is asked that goes into details."""

LADDER = "Ladder"
"""The collection that is there for what needs more than a hundred objects."""

_SPARED = 4
"""Of so many details one is asked with a seed; what they ask about hardly depends on it."""


def accusations(found: Sequence[Verdict]) -> list[Verdict]:
    """Return those that are not held; what a detail has nothing to say about is no accusation."""
    return [
        one
        for one in found
        if one.outcome is not Outcome.HELD and not (one.outcome is Outcome.SKIPPED and all_checks()[one.check].by_name)
    ]


def about(scenario: Scenario, checks: Names[str] = ()) -> list[Check]:
    """Return the checks that have something to say about a scenario's pictures.

    Args:
        scenario: the planted one, or the one of photographs.
        checks: only these; none: all.
    """
    return [
        check
        for check in all_checks().values()
        if (not checks or check.id in checks) and not check.apart and any(map(check.applies, scenario.collections))
    ]


def everywhere(stage: Stage, scenario: Scenario, checks: Names[str] = ()) -> Iterator[Verdict]:
    """Yield each check on each of its collections, over each interface."""
    for check in about(scenario, checks):
        yield from verdicts(stage, only(scenario, _places(check, scenario)), check)


def in_turn(stage: Stage, scenario: Scenario, checks: Names[str] = ()) -> Iterator[Verdict]:
    """Yield each check on each of its collections, the interfaces in turn."""
    places = [
        (check, collection)
        for check in about(scenario, checks)
        for collection in scenario.collections
        if check.applies(collection) and collection.name in _places(check, scenario)
    ]
    for (check, collection), interface in zip(places, cycle(DEFAULT), strict=False):
        yield verdict(stage, scenario, check, collection, interface)


def once(
    stage: Stage, scenario: Scenario, start: int = 0, checks: Names[str] = (), *, sparing: bool = False
) -> Iterator[Verdict]:
    """Yield each check once; the collections and interfaces in turn, beginning anywhere.

    Args:
        stage: the server.
        scenario: what is loaded there.
        start: where the turns begin.
        checks: only these; none: all.
        sparing: of those that go into details only every fourth, others with each start.
    """
    for turn, check in enumerate(about(scenario, checks), start=start):
        if sparing and check.by_name and turn % _SPARED:
            continue
        places = [one for one in scenario.collections if check.applies(one) and one.name != LADDER]
        place, interface = places[turn % len(places)], DEFAULT[turn % len(DEFAULT)]
        yield verdict(stage, scenario, check, place, interface)


def only(scenario: Scenario, names: Names[str]) -> Scenario:
    """Return the scenario with these collections alone."""
    return replace(scenario, collections=tuple(one for one in scenario.collections if one.name in names))


def drawn(scenario: Scenario, seed: int) -> Scenario:
    """Return the scenario with other planted pictures, and so without the questions that name one."""
    if not seed:
        return scenario
    collections = tuple(
        replace(one, images=replace(one.images, seed=one.images.seed + seed)) for one in scenario.collections
    )
    return replace(scenario, collections=collections, questions=(), promises=())


def _places(check: Check, scenario: Scenario) -> Names[str]:
    every = [one.name for one in scenario.collections if check.applies(one)]
    few = SLOW if check.abilities else DETAILED if check.by_name else every
    return [name for name in every if name in few] or every
