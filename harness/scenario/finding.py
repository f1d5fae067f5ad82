"""Which files are scenarios: those named, those in the folders named, and those that come with the harness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import FileError
from harness.scenario.mistakes import nearest
from harness.scenario.reading import is_scenario

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SUFFIXES = frozenset({".yaml", ".yml"})
SMOKE = "smoke"
"""The shipped scenario that has a little of everything."""

_USUAL = frozenset({"photos-img2vec", "photos-clip", "completeness", "thresholds"})
"""The shipped scenarios that a run takes when none is named: within a minute, the main clauses of the contract."""

_LOAD = "load"
"""The shipped scenario that measures and needs the machine to itself: no clause of the contract, run by its name."""

_FIRST = {"photos-img2vec": 0, "photos-clip": 1}


def shipped_scenarios() -> dict[str, Path]:
    """The scenarios that come with the harness, by name (`photos-img2vec`): photographs first, for whoever looks on."""
    from harness import images

    found = sorted(images.shipped_folder("scenarios").glob("*.yaml"))
    return {path.stem: path for path in sorted(found, key=lambda path: (_FIRST.get(path.stem, len(_FIRST)), path.stem))}


def usual_scenarios() -> dict[str, Path]:
    """The shipped scenarios that a run takes when none is named.

    The others say in detail what these say in general, need a server of their own, or do something to it.
    """
    return {name: path for name, path in shipped_scenarios().items() if name in _USUAL}


def every_scenario() -> dict[str, Path]:
    """The shipped scenarios that make up the full contract: all but a little of each, and the load."""
    return {name: path for name, path in shipped_scenarios().items() if name not in {SMOKE, _LOAD}}


def find_scenarios(paths: Iterable[Path]) -> list[Path]:
    """The scenario files that these paths mean, each once, in the order given.

    A file must be a scenario; a folder stands for all scenarios below it, sorted, and other YAML there is left
    alone; the bare name of a shipped scenario stands for it where no file has that name.

    Raises:
        FileError: a path means nothing, or a file is no scenario.
    """
    found: dict[Path, Path] = {}
    for path in paths:
        for meant in _meant(path):
            found.setdefault(meant.resolve(), meant)
    return list(found.values())


def _meant(path: Path) -> list[Path]:
    if path.is_dir():
        below = sorted(entry for entry in path.rglob("*") if entry.suffix in _SUFFIXES)
        return [entry for entry in below if is_scenario(entry)]
    if path.exists():
        if is_scenario(path):
            return [path]
        raise FileError(
            "this is no scenario: it has no `nearimage:` key", path=path, hint="write `nearimage: 1` at its top"
        )
    shipped = shipped_scenarios()
    if str(path) in shipped:
        return [shipped[str(path)]]
    beside = (
        (entry.name for entry in path.parent.iterdir() if entry.suffix in _SUFFIXES) if path.parent.is_dir() else ()
    )
    raise FileError("there is no such scenario", path=path, hint=nearest(path.name, [*shipped, *beside]))
