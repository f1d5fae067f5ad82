"""What all tests share: a test that needs a real Weaviate runs where there is one, and elsewhere a line says so."""

from __future__ import annotations

import os

import pytest

_LEFT_OUT = pytest.StashKey[int]()
_BINARY = "WEAVIATE_BINARY"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the live tests where there is no Weaviate; those that were asked for by name are an error there."""
    live = [item for item in items if item.get_closest_marker("live")]
    if not live or os.environ.get(_BINARY):
        return
    if config.option.markexpr == "live":
        raise pytest.UsageError(f"the live tests were asked for, but {_BINARY} names no Weaviate to test with")
    config.hook.pytest_deselected(items=live)
    items[:] = [item for item in items if item not in live]
    config.stash[_LEFT_OUT] = len(live)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how many tests were left out, and what they need."""
    if number := config.stash.get(_LEFT_OUT, 0):
        terminalreporter.write_line(f"{number} live tests were left out: {_BINARY} names no Weaviate (tests/README.md)")
