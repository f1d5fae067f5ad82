"""A planted inference service, engines over it, and one served reference for a module."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from planted_service import PlantedService, planted_service
from reference_bench import Bench

from harness.reference.engine import Engine
from harness.reference.rules import Rules
from harness.reference.server import Served, serve
from harness.reference.settings import Settings

_NUMBERS = itertools.count(1)


@pytest.fixture
def service() -> Iterator[PlantedService]:
    """A planted service of this test's own."""
    with planted_service() as running:
        yield running


@pytest.fixture
def open_engine(service: PlantedService, tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Opens engines on this test's folder, and closes them."""
    opened: list[Engine] = []

    def opener(rules: Rules | None = None, environment: Mapping[str, str] | None = None) -> Bench:
        settings = Settings.from_environment(environment or {})
        opened.append(Engine(tmp_path / "data", service.url, rules, settings))
        return Bench(opened[-1])

    yield opener
    for engine in opened:
        engine.close()


@pytest.fixture
def bench(open_engine: Callable[..., Bench]) -> Bench:
    """An engine with a class `Photo` (img2vec, cosine) and nothing in it."""
    ready = open_engine()
    ready.create()
    return ready


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, PlantedService]]:
    """One reference on loopback, with its service, for all tests of a module."""
    with (
        planted_service() as running,
        serve(inference_url=running.url, folder=tmp_path_factory.mktemp("reference")) as reference,
    ):
        yield reference, running


@pytest.fixture
def http(served: tuple[Served, PlantedService]) -> Iterator[httpx.Client]:
    """A client of the module's reference."""
    with httpx.Client(base_url=served[0].url) as client:
        yield client


@pytest.fixture
def fresh() -> str:
    """A class name that no other test has."""
    return f"Photo{next(_NUMBERS)}"
