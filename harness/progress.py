"""What a person sees while a run goes on: which step it is at, how far, and what already failed."""

from __future__ import annotations

import os
import sys
from io import StringIO
from types import TracebackType
from typing import Any, Self, TextIO

import pytest
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from harness.sitting import Sitting
from harness.stash import SITTING

_WIDTH = 48


class Progress:
    """A pytest plugin for `nearimage run`: bars on a terminal, nothing where there is none.

    Args:
        quiet: show nothing in any case.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        console = Console(file=_screen())
        self.sitting: Sitting | None = None
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
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
        self._bars.console.file.close()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Know how much there is to do."""
        self.sitting = session.config.stash.get(SITTING, None)
        starting = "starting the database"
        if self.sitting is not None:
            self.sitting.loading = self.loading
            if self.sitting.several:
                starting = f"starting {len(self.sitting.names)} databases"
        self._bars.update(self._checks, total=len(session.items), description=starting)
        self._bars.refresh()

    @pytest.hookimpl
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Know the sitting of a session too that ended while it collected."""
        self.sitting = session.config.stash.get(SITTING, None)

    @pytest.hookimpl
    def pytest_runtest_logstart(self, nodeid: str, location: object) -> None:
        """Say which item is at work; before the first one, that is the database's start."""
        del location
        if self.sitting is not None and self.sitting.tried:
            self._at_work(nodeid)

    @pytest.hookimpl
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count."""
        if report.when == "setup":
            self._at_work(report.nodeid)
        if report.when == "call":
            self._failed += report.failed
        if report.when == "teardown":
            self._bars.advance(self._checks)

    def loading(self, name: str, done: int, total: int) -> None:
        """Show how far the loading of a collection is."""
        if name not in self._loading:
            self._loading[name] = self._bars.add_task(f"loading {name}", total=total)
            self._bars.refresh()  # seen, however soon it is over
        self._bars.update(self._loading[name], completed=done, visible=done < total)

    def _at_work(self, nodeid: str) -> None:
        name = nodeid.partition("::")[2]
        failed = f" ({self._failed} not held)" if self._failed else ""
        self._bars.update(self._checks, description=f"{name[:_WIDTH]:{_WIDTH}}{failed}")


def _screen() -> TextIO:
    """Return standard error as it is now: pytest captures it while it runs."""
    try:
        return os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding)
    except (OSError, ValueError):  # it is no file: somebody runs the command inside a program
        return StringIO()
