"""What is wrong with a run, as far as it can be known before anything is started."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path

from harness.checks import all_checks
from harness.checks.steps import STEPS
from harness.errors import FileError, UsageError
from harness.scenario import LATENCY, LOAD, Scenario


def check_ids(scenarios: Sequence[Scenario] = ()) -> list[str]:
    """Return the ids of all checks, and of those that these scenarios add by their questions, promises and load."""
    ids = list(all_checks())
    for scenario in scenarios:
        ids += [STEPS] if scenario.steps is not None else []
        ids += [f"question/{asked.name}" for asked in scenario.questions]
        ids += [f"promise/{one.subject}/{one.key}" for one in scenario.promises if one.subject not in {LATENCY, LOAD}]
        ids += [id_ for asked in scenario.questions for id_ in scenario.latency_ids(asked)]
        ids += scenario.load_ids
    return list(dict.fromkeys(ids))


def demand_checks(globs: Sequence[str], known: Sequence[str]) -> None:
    """Make sure that each glob means a check.

    Raises:
        UsageError: if one means none; its hint has the nearest id, or the nearest chapter as a glob.
    """
    chapters = dict.fromkeys(f"{id_.partition('/')[0]}/*" for id_ in known)
    for glob in globs:
        if not any(fnmatchcase(id_, glob) for id_ in known):
            near = get_close_matches(glob, [*chapters, *([] if "*" in glob else known)], 1)
            hint = f"Did you mean {near[0]}?" if near else "`nearimage list checks` prints them."
            raise UsageError(f"no check is called {glob}", hint=hint)


def demand_writable(path: Path) -> None:
    """Make sure that a file can be written; it is there afterwards.

    Raises:
        FileError: if it can't be.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab"):
            return
    except OSError as error:
        raise FileError(
            f"can't be written ({error.strerror or error})", path=path, hint="Name another place."
        ) from error
