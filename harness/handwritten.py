"""Fixtures for tests that a person writes: the database, a collection in it, and a question about an image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError, UsageError
from harness.stash import ask_or_skip, sitting_of

if TYPE_CHECKING:
    from weaviate import WeaviateClient

    from harness.checks.asserting import Asserting
    from harness.dataset import Dataset
    from harness.model import Answer, Endpoint
    from harness.scenario import Scenario
    from harness.station import Station

_PATIENCE = 30.0
"""Seconds after which the client of a test gives up."""


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

    interface = _station(request, nearimage_target).stage().interface("graphql")
    return lambda image, **arguments: ask_near_image(interface, collection, image, arguments)


@pytest.fixture
def assert_near(request: pytest.FixtureRequest, nearimage_target: str, collection: Dataset) -> Callable[..., Answer]:
    """Assert what is nearest: `assert_near("chelsea.jpg", ["cat", "cat"])`; see `harness.checks.asserting`."""
    return _asserting(request, nearimage_target, collection).near


@pytest.fixture
def assert_within(request: pytest.FixtureRequest, nearimage_target: str, collection: Dataset) -> Callable[..., Answer]:
    """Assert what is within a distance: `assert_within("chelsea.jpg", 0.2, ["chelsea"])`."""
    return _asserting(request, nearimage_target, collection).within


@pytest.fixture
def weaviate_client(endpoint: Endpoint) -> Iterator[WeaviateClient]:
    """The official Python client, connected to the database; with an old server, or one without gRPC, a test skips."""
    import weaviate
    from weaviate.exceptions import WeaviateBaseError

    from harness.errors import UnsupportedError
    from harness.interfaces.python_words import settings

    try:
        client = weaviate.WeaviateClient(**settings(endpoint, _PATIENCE))
        client.connect()
    except (UnsupportedError, WeaviateBaseError) as error:
        pytest.skip(f"the Python client does not connect to this server: {error}")
    try:
        yield client
    finally:
        client.close()


def _station(request: pytest.FixtureRequest, target: str) -> Station:
    """Where the scenario of a test is loaded."""
    from harness.fleet import Start

    return ask_or_skip(sitting_of(request.config), target, Start.of(_named_by(request.node)))


def _asserting(request: pytest.FixtureRequest, target: str, collection: Dataset) -> Asserting:
    """What asserts, of the collection and over GraphQL."""
    from harness.checks.asserting import Asserting

    return Asserting(_station(request, target).stage().interface("graphql"), collection)


def _named_by(item: pytest.Item) -> Scenario:
    """Return the scenario that a hand-written test names.

    Raises:
        UsageError: if there is no such scenario, or the marker names none.
    """
    from harness.scenario import find_scenarios, load_scenario

    marker = item.get_closest_marker("scenario")
    name = marker.args[0] if marker and len(marker.args) == 1 else "" if marker else "photos-img2vec"
    if not isinstance(name, str):
        name = ""
    beside = item.path.parent / name
    elsewhere = name and not Path(name).exists() and beside.is_file()
    found = find_scenarios([beside if elsewhere else Path(name)]) if name else []
    if not found:
        hint = 'Write its file or its name: @pytest.mark.scenario("photos-img2vec").'
        raise UsageError(f"the marker `scenario` of {item.name} names no scenario", hint=hint)
    return load_scenario(found[0])
