"""What a person sees while a run goes on: which step it is at, how far, and what already failed."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from harness.errors import HarnessError
from harness.sitting import SITTING

_LINES = "nearimage_entries"


class Progress:
    """A pytest plugin for `nearimage run`: bars on a terminal, nothing where there is none.

    Args:
        quiet: show nothing in any case.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        console = Console(stderr=True)
        self.troubles: list[HarnessError] = []
        self.bugs: list[str] = []
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._checks = self._bars.add_task("collecting", total=None)
        self._loading: dict[str, Any] = {}
        self._failed = 0

    def __enter__(self) -> Self:
        """Show the bars."""
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bars away."""
        self._bars.stop()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know how much there is to do."""
        self._bars.update(self._checks, total=len(session.items), description="starting the database")
        sitting = session.config.stash.get(SITTING, None)
        if sitting is not None:
            sitting.loading = self.loading

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A scenario was read before; if it can't be collected now, that is our mistake."""
        if report.failed:
            self.bugs.append(str(report.longrepr))

    @pytest.hookimpl
    def pytest_runtest_logstart(self, nodeid: str, location: object) -> None:
        """Say which item is at work."""
        del location
        name = nodeid.partition("::")[2]
        self._bars.update(self._checks, description=name[:60] + (f" ({self._failed} not held)" if self._failed else ""))

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count, and keep what was no verdict: that is a bug of ours."""
        if report.when == "call":
            self._failed += report.failed
        if report.when == "teardown":
            self._bars.advance(self._checks)
        if report.failed and not getattr(report, _LINES, None):
            self.bugs.append(f"{report.nodeid}\n{report.longreprtext}")

    @pytest.hookimpl
    def pytest_internalerror(self, excrepr: object) -> None:
        """Keep a failure of the machinery itself."""
        self.bugs.append(str(excrepr))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Keep what stopped the run."""
        sitting = session.config.stash.get(SITTING, None)
        if sitting is not None:
            self.troubles += sitting.troubles

    def loading(self, name: str, done: int, total: int) -> None:
        """Show how far the loading of a collection is."""
        if name not in self._loading:
            self._loading[name] = self._bars.add_task(f"loading {name}", total=total)
        self._bars.update(self._loading[name], completed=done, visible=done < total)
