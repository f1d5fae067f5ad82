"""Where the plugin keeps its things in pytest's own objects. Light: the plugin looks here in every test run."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.options import TargetOptions

if TYPE_CHECKING:
    from harness.fleet import Start
    from harness.record import Entry
    from harness.sitting import Sitting
    from harness.station import Station

SITTING: pytest.StashKey[Sitting] = pytest.StashKey()
"""In pytest's configuration: what this process knows of its run. Absent where nothing of ours takes part."""

ENTRIES: pytest.StashKey[list[Entry]] = pytest.StashKey()
"""In an item: what it has to say for the record."""

REPORTED = "nearimage_entries"
"""The attribute of a report that carries the entries, as plain values, from a worker too."""

HANDED = "nearimage"
"""The key under which the controller of `-n` and its workers hand things to each other."""


def sitting_of(config: pytest.Config) -> Sitting:
    """Return what this process knows of its run; made when it is first asked for."""
    if SITTING not in config.stash:
        from harness.sitting import Options, Sitting

        asked = Options(
            targets=TargetOptions.of(config.option),
            checks=tuple(config.getoption("--checks")),
            interfaces=tuple(config.getoption("--interfaces").split(",")),
            require=config.getoption("--require"),
            seed=config.getoption("--seed"),
            deviations=config.getoption("--deviations"),
            strict=config.getoption("--strict-deviations"),
            load=json.loads(config.getoption("--load") or "{}"),
            load_workers=config.getoption("--load-workers"),
            load_listen=config.getoption("--load-listen"),
        )
        handed = getattr(config, "workerinput", {}).get(HANDED)
        config.stash[SITTING] = Sitting(asked, handed or None, parallel=handed is not None)
    return config.stash[SITTING]


def ask_or_skip(sitting: Sitting, target: str, start: Start) -> Station:
    """Return a start of a target, open; one that can't be opened where others can is not asked, and says why."""
    station = sitting.station(target, start)
    or_exit(sitting, lambda: sitting.open(start))
    if station.trouble is not None:
        pytest.skip(f"{target} was not asked: {station.trouble}")
    return station


def or_exit(sitting: Sitting, act: Callable[[], Any]) -> Any:
    """Do something without which nothing else can run; if it fails, stop the run with the reason and its exit code."""
    try:
        return act()
    except HarnessError as error:
        sitting.troubles.append(error)
        pytest.exit(str(error), returncode=int(error.exit_code))
