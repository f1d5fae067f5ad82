"""pytest in pytest: a folder with one small scenario, asked of the session's server."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

import pytest
from inner_runs import Inner


@pytest.fixture
def inner(pytester: pytest.Pytester, server: str, monkeypatch: pytest.MonkeyPatch) -> Inner:
    """A test run with one scenario in its folder; what it notes down stays in that folder."""
    monkeypatch.setenv("NEARIMAGE_STATE", str(pytester.path / "state"))
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
        monkeypatch.delenv(name)  # it is no worker of ours
    run = Inner(pytester, server)
    run.scenario()
    return run


@pytest.fixture
def python(pytester: pytest.Pytester) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Runs a Python program in that folder."""
    import sys

    def run(program: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program], cwd=pytester.path, capture_output=True, text=True, check=False, timeout=60
        )

    return run
