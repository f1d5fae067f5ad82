"""pytest in pytest: the test run of somebody who has the plugin installed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from running import TINY

import harness.items
import harness.report.terminal
import harness.session_record  # noqa: F401 - a run in this process forgets what it imported itself
from harness.checks import all_checks

all_checks()
httpx.Client().close()


@dataclass
class Inner:
    """A test run of somebody who has the plugin installed."""

    pytester: pytest.Pytester
    server: str

    def scenario(self, text: str = TINY, name: str = "tiny.yaml") -> Path:
        """Write a scenario into their folder."""
        path = self.pytester.path / name
        path.write_text(text)
        return path

    def run(self, *arguments: str) -> pytest.RunResult:
        """Run pytest against the server, in this process."""
        return self.pytester.runpytest_inprocess("--target", self.server, *arguments)

    def run_apart(self, *arguments: str) -> pytest.RunResult:
        """Run pytest against the server, in a process of its own."""
        return self.pytester.runpytest_subprocess("--target", self.server, *arguments, timeout=300)

    def names(self, *arguments: str) -> list[str]:
        """The items that are collected, without running them."""
        result = self.run("--collect-only", "-q", *arguments)
        return [line for line in result.outlines if "::" in line]
