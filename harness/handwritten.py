"""Fixtures for tests that a person writes: the database, a collection in it, and a question about an image."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError, UsageError
from harness.stash import ask_or_skip, sitting_of

if TYPE_CHECKING:
    from harness.dataset import Dataset
    from harness.model import Answer, Endpoint
    from harness.scenario import Scenario


@pytest.fixture(scope="session")
def nearimage_target(request: pytest.FixtureRequest) -> str:
    """What the target is called that a test asks."""
    named = getattr(request, "param", "")
    return str(named or sitting_of(request.config).names[0])


@pytest.fixture(scope="session")
def endpoint(request: pytest.FixtureRequest, nearimage_target: str) -> Endpoint:
    """The database that `--target` names, started when the first test asks for it."""
    from harness.fleet import Start

    sitting = sitting_of(request.config)
    known = {scenario.path for scenario in sitting.scenarios}
    for item in request.session.items:
        if collection.__name__ in getattr(item, "fixturenames", ()):
            with suppress(UsageError):  # that test itself says so
                scenario = _named_by(item)
                sitting.scenarios += [scenario] * (scenario.path not in known)
                known.add(scenario.path)
    starts = list(dict.fromkeys(map(Start.of, sitting.scenarios)))
    usual = Start() if Start() in starts else next(iter(starts), Start())
    found = ask_or_skip(sitting, nearimage_target, usual).endpoint
    assert found is not None
    return found


@pytest.fixture
def collection(request: pytest.FixtureRequest, nearimage_target: str) -> Dataset:
    """A scenario's first collection, loaded once for the whole run: `@pytest.mark.scenario("photos-img2vec")`.

    Without the marker it is that of the shipped scenario photos-img2vec. What is wrong with it fails this test alone.
    """
    from harness.fleet import Start

    try:
        scenario = _named_by(request.node)
        request.getfixturevalue(endpoint.__name__)  # not before: for a scenario that is none, nothing is started
        station = ask_or_skip(sitting_of(request.config), nearimage_target, Start.of(scenario))
        return station.dataset(scenario, scenario.collections[0])
    except HarnessError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def near_image(request: pytest.FixtureRequest, nearimage_target: str, collection: Dataset) -> Callable[..., Answer]:
    """Ask `nearImage` of the collection over GraphQL: `near_image("chelsea.jpg", limit=5)` returns an `Answer`.

    The image is the name of a picture of the collection, or a path; other arguments are `harness.model.Question`'s.
    """
    from harness.checks.asking import ask_near_image
    from harness.fleet import Start

    station = ask_or_skip(sitting_of(request.config), nearimage_target, Start.of(_named_by(request.node)))
    interface = station.stage().interface("graphql")
    return lambda image, **arguments: ask_near_image(interface, collection, image, arguments)


def _named_by(item: pytest.Item) -> Scenario:
    """Return the scenario that a hand-written test names.

    Raises:
        UsageError: if there is no such scenario, or the marker names none.
    """
    from harness.scenario import find_scenarios, load_scenario

    marker = item.get_closest_marker("scenario")
    name = marker.args[0] if marker and len(marker.args) == 1 else "" if marker else "photos-img2vec"
    found = find_scenarios([Path(name)]) if name and isinstance(name, str) else []
    if not found:
        hint = 'Write its file or its name: @pytest.mark.scenario("photos-img2vec").'
        raise UsageError(f"the marker `scenario` of {item.name} names no scenario", hint=hint)
    return load_scenario(found[0])
