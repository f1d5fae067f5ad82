"""What every test of a faulty reference shares: the scenario, and one inference service that knows planted vectors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from staging import liars, planted_service

from harness.scenario import Scenario


@pytest.fixture(scope="session")
def planted_url() -> Iterator[str]:
    """One inference service that answers with planted vectors and has no model."""
    with planted_service() as url:
        yield url


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """The scenario that is small enough to put every faulty reference to it."""
    return liars()
