"""The honest reference with planted pictures, served in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from staging import liars, planted_service, staged

from harness.reference.rules import Rules
from harness.scenario import Collection, Scenario
from harness.stage import Stage


@pytest.fixture(scope="module")
def planted_url() -> Iterator[str]:
    """An inference service that answers with planted vectors and has no model."""
    with planted_service() as url:
        yield url


@pytest.fixture(scope="module")
def stage(planted_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The honest reference; what a test needs is loaded when it is asked for."""
    with staged(Rules(), planted_url, tmp_path_factory.mktemp("honest")) as opened:
        yield opened


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """A few planted pictures in each metric, a few of CLIP's, and a ladder of 150."""
    return liars()


@pytest.fixture
def squared(scenario: Scenario) -> Collection:
    """The collection by squared distance, where all distances are exact."""
    return next(one for one in scenario.collections if one.name == "Squared")
