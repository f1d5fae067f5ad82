"""Fixtures for the tests of Compose files: the fakes of the tests of Docker, and files that start them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "docker"))

from composing import MakeTarget, write_file
from daemons import Images, Left

from harness.errors import TargetError
from harness.targets.compose.program import Compose, find_compose
from harness.targets.compose.source import source
from harness.targets.compose.target import ComposeTarget
from harness.targets.docker.daemon import connected
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


@pytest.fixture(scope="session")
def compose() -> Compose:
    """Compose, in whichever spelling this machine has."""
    try:
        return find_compose()
    except TargetError as error:
        pytest.skip(error.what)


@pytest.fixture
def make_file(images: Images, tmp_path: Path) -> Callable[..., Path]:
    """Write a Compose file of fakes: `weaviate` and `service` say how they behave."""
    return partial(write_file, images, tmp_path / "file.yaml")


@pytest.fixture
def make_target(make_file: Callable[..., Path], compose: Compose) -> MakeTarget:  # noqa: ARG001 (without it, none)
    """Make a target of fakes: `path` or how they behave, and options."""

    def make(*how: str, path: Path | None = None, patience: float = 30.0, **options: Any) -> ComposeTarget:
        return ComposeTarget(source(str(path or make_file(*how))), setup=Setup(**options), patience=patience)

    return make
