"""One inference service that knows planted vectors, and the honest reference behind which it stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from staging import planted_service, staged

from harness.reference.rules import Rules
from harness.stage import Stage


@pytest.fixture(scope="module")
def planted_url() -> Iterator[str]:
    """An inference service that answers with planted vectors and has no model."""
    with planted_service() as url:
        yield url


@pytest.fixture(scope="module")
def honest(planted_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The honest reference."""
    with staged(Rules(), planted_url, tmp_path_factory.mktemp("honest")) as opened:
        yield opened
