"""What all tests share: a test that this machine cannot run is left out, and a line says so; never silently."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import harness

_LEFT_OUT = pytest.StashKey[list[str]]()


def _missing() -> dict[str, str]:
    """What each marker lacks here: its tests are left out, and asking for them with `-m` is an error."""
    lacks = {
        "live": "" if os.environ.get("WEAVIATE_BINARY") else "WEAVIATE_BINARY names no Weaviate (tox -e live)",
        "wheel": "nearimage is not installed from a wheel (tox -e wheel)" if _in_source_tree() else "",
    }
    return {marker: reason for marker, reason in lacks.items() if reason}


def _in_source_tree() -> bool:
    return Path(harness.__file__).parents[1] == Path(__file__).parents[1]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that lack something here."""
    lines = config.stash.setdefault(_LEFT_OUT, [])
    for marker, reason in _missing().items():
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
