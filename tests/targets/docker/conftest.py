"""Fixtures for the tests with a real Docker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from daemons import Images, Left, MakeTarget

from harness.targets.docker.daemon import connected
from harness.targets.docker.target import DockerTarget
from harness.targets.setup import Setup


@pytest.fixture(scope="session")
def docker_client() -> Iterator[Any]:
    """A connection of the tests' own."""
    with connected() as daemon:
        yield daemon.client


@pytest.fixture(scope="session")
def images(docker_client: Any) -> Images:
    """Images of named fakes."""
    return Images(docker_client)


@pytest.fixture
def left(docker_client: Any) -> Left:
    """What the test has left in Docker so far."""
    return Left(docker_client)


@pytest.fixture
def make_target(images: Images) -> MakeTarget:
    """Make a target of fakes: `weaviate` and `service` say how they behave, the rest are options."""

    def make(
        weaviate: str = "fine", service: str = "fine", *, version: str = "", patience: float = 20.0, **options: Any
    ) -> DockerTarget:
        behind = dict.fromkeys(("img2vec-neural", "multi2vec-clip"), images.fake(service))
        setup = Setup(**({"images": behind} | options))
        image = images.fake(weaviate)
        return DockerTarget(f"docker:{image}", image, version=version, setup=setup, patience=patience)

    return make
