"""What can go wrong, said for people, and the exit code that each kind of trouble has.

An error holds facts (what, where, what to do) and becomes text only when it is printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """Exit codes of the command `nearimage`; one run has exactly one, chosen by `worst`."""

    HELD = 0
    VIOLATED = 1
    USAGE = 2
    UNDECIDED = 3
    NO_TARGET = 4
    NOTHING_RAN = 5
    BUG = 70
    INTERRUPTED = 130


_PRECEDENCE = (
    ExitCode.BUG,
    ExitCode.USAGE,
    ExitCode.NO_TARGET,
    ExitCode.INTERRUPTED,
    ExitCode.VIOLATED,
    ExitCode.UNDECIDED,
    ExitCode.NOTHING_RAN,
    ExitCode.HELD,
)


def worst(codes: Iterable[ExitCode]) -> ExitCode:
    """Return the code that a run with all of these ends with; no code at all means nothing ran."""
    seen = set(codes)
    return next((code for code in _PRECEDENCE if code in seen), ExitCode.NOTHING_RAN)


class HarnessError(Exception):
    """Trouble that a person can act on: printed as sentences, never as a traceback.

    Args:
        what: what was wrong, one sentence without a full stop.
        hint: what to do about it, one sentence; empty if there is nothing to say.
        log: the last lines of a log that shows the cause; empty if there is none.
    """

    exit_code = ExitCode.BUG

    def __init__(self, what: str, *, hint: str = "", log: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.log = log

    def __str__(self) -> str:
        parts = [self.what]
        if self.log:
            parts.append("its last words:\n" + "\n".join("    " + line for line in self.log.splitlines()))
        if self.hint:
            parts.append(self.hint)
        return "\n".join(parts)


class UsageError(HarnessError):
    """The command line, an option or an environment variable is wrong (exit 2)."""

    exit_code = ExitCode.USAGE


class UnsupportedError(UsageError):
    """This cannot be asked over this interface, or the interface is not there: a check is skipped, never judged."""


class FileError(UsageError):
    """A file that a person wrote is wrong (exit 2): says the file and, where known, the line.

    Args:
        path: the file.
        line: the line, counted from 1; None if the whole file is meant.
    """

    def __init__(self, what: str, *, path: Path, line: int | None = None, hint: str = "") -> None:
        super().__init__(what, hint=hint)
        self.path = path
        self.line = line

    def __str__(self) -> str:
        where = f"{self.path}:{self.line}" if self.line is not None else str(self.path)
        return f"{where}: {super().__str__()}"


class TargetError(HarnessError):
    """There is no database to ask: not found, not reachable, refused, or died (exit 4)."""

    exit_code = ExitCode.NO_TARGET


class AnswerError(HarnessError):
    """A database that answered before gave something that is no answer where one was needed (exit 3)."""

    exit_code = ExitCode.UNDECIDED
