"""What every target here has beside `open`: a sentence about what was tested, and how long its start took."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

from harness.model import Target
from harness.targets.phases import Phases


class DescribedTarget(Target, Protocol):
    """A target as `find` returns it.

    `name` is the text that finds the very same target again, for commands that repeat a run. `phases` are the seconds
    of each step of the last start. `notes` are sentences that a person should see beside the verdicts.
    """

    phases: Phases
    notes: list[str]

    def describe(self) -> str:
        """One sentence: what is tested, and what that proves; with the version once it was opened."""


@runtime_checkable
class WritesLogs(Protocol):
    """A target whose logs can go to a folder of a person's choice; None: they go when the target is closed."""

    log_folder: Path | None
