"""What all tests share: a test that this machine cannot run is left out, and a line says so; never silently."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import gettempdir

import pytest
from filelock import FileLock
from hypothesis import settings
from running import Place

import harness
from harness.interfaces.here import lacking
from harness.interfaces.installed import PACKAGES

pytest_plugins = ["pytester"]
collect_ignore_glob = ["*.yaml"]
"""A scenario in here is what some test works on, never one to run against whatever `--target auto` finds."""

settings.register_profile("nearimage", deadline=None)  # no test measures time
settings.load_profile("nearimage")

_HERE = Path(__file__).parent
_WITH_DOCKER = (_HERE / "targets" / "docker", _HERE / "targets" / "compose")
"""Folders of tests that see Docker where it answers; elsewhere only those with the marker do."""

_LEFT_OUT = pytest.StashKey[list[str]]()


def _missing(markers: set[str]) -> dict[str, str]:
    """What each marker lacks here: its tests are left out, and asking for them with `-m` is an error."""
    lacks = {
        "docker": _no_docker() if "docker" in markers else "",
        **{name.replace("-", "_"): lacking(name) for name in (*PACKAGES, "shell") if name.replace("-", "_") in markers},
        "live": "" if os.environ.get("WEAVIATE_BINARY") else "WEAVIATE_BINARY names no Weaviate (tox -e live)",
        "wheel": "nearimage is not installed from a wheel (tox -e wheel)" if _in_source_tree() else "",
    }
    return {marker: reason for marker, reason in lacks.items() if reason}


def _no_docker() -> str:
    """Look for Docker only where a test needs it: that takes a third of a second."""
    sys.path.insert(0, str(Path(__file__).parent / "targets" / "docker"))
    from daemons import missing

    return missing()


def _sees_docker(item: pytest.Item) -> bool:
    """Whether a test may start containers, or sweep those that crashed runs left, which it does on a whole machine."""
    return item.get_closest_marker("docker") is not None or any(map(item.path.is_relative_to, _WITH_DOCKER))


def _in_source_tree() -> bool:
    return Path(harness.__file__).parents[1] == Path(__file__).parents[1]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let one test at a time see Docker, on the whole machine: each sweeps what another has just killed.

    From all others it is hidden, for a `down` of theirs would sweep too. With their fixtures, so a fixture will not do;
    nor do groups of pytest-xdist 3.8, which come to nothing with pytest 9.2.
    """
    if not item.path.is_relative_to(_HERE):  # a scenario beside the tests, in one run with them
        return (yield)
    if _sees_docker(item):
        with FileLock(Path(gettempdir()) / "nearimage-tests-with-docker.lock"):
            return (yield)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", f"unix://{gettempdir()}/nearimage-tests-have-no-docker.sock")
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that lack something here."""
    lines = config.stash.setdefault(_LEFT_OUT, [])
    markers = {mark.name for item in items for mark in item.iter_markers()}
    for marker, reason in _missing(markers).items():
        lacking = [item for item in items if item.get_closest_marker(marker)]
        if lacking and config.option.markexpr == marker:
            raise pytest.UsageError(f"the {marker} tests were asked for, but {reason}")
        if lacking:
            config.hook.pytest_deselected(items=lacking)
            items[:] = [item for item in items if not item.get_closest_marker(marker)]
            lines.append(f"left out: {len(lacking)} {marker} tests: {reason}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was left out, and why."""
    for line in config.stash.get(_LEFT_OUT, []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one reference for the whole session, as `--target` takes it; its pictures are planted."""
    from harness.inference.serving import serve as serve_inference
    from harness.reference.server import serve

    with serve_inference() as service, serve(inference_url=service, folder=tmp_path_factory.mktemp("server")) as served:
        yield f"{served.url}?grpc={served.grpc.rpartition(':')[2]}"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A folder of its own to run the command in."""
    return Place(tmp_path)
