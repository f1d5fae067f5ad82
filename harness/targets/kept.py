"""A target that an earlier command left running, as the next one takes it: what must be alike, what it can't do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from harness.model import Needs
from harness.targets.setup import Setup

_LIMITS = ("cpus", "memory", "volumes")
_SHOWN = 12
"""So many digits of a hash tell two values apart."""


class Kept:
    """The opened target as checks get it: its log can be read; the rest belongs to the process that keeps it.

    Args:
        logs: the folder of its logs.
    """

    why_not = "it was left running, and only `nearimage down` reaches the process that keeps it"

    def __init__(self, logs: Path) -> None:
        self._folder = logs

    def logs(self) -> str:
        """What its processes have written so far; of containers nothing is there."""
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(self._folder.glob("*.log"))]
        return "".join(texts)


def identity(name: str) -> str:
    """Return what tells a target from every other on this machine: a Compose file by its whole path."""
    path = _compose_file(name)
    return name if path is None else f"{path.resolve()} {name.partition('#')[2]}"


def configuration(name: str, needs: Needs, setup: Setup) -> dict[str, Any]:
    """Return all by which two starts of one target can differ, as JSON; what `--env` says only as hashes.

    What checks will do to it (`abilities`), the versions that a scenario is for and whether a run may write change
    nothing about a start.
    """
    path = _compose_file(name)
    made: dict[str, Any] = {
        "file": sha256(path.read_bytes()).hexdigest()[:_SHOWN] if path else "",
        "modules": sorted(needs.modules),
        "settings": dict(needs.settings),
        "limits": {name: getattr(needs, name) for name in _LIMITS},
        "options": {**asdict(setup), "environment": {name: _hash(text) for name, text in setup.environment.items()}},
    }
    del made["options"]["read_only"]
    found: dict[str, Any] = json.loads(json.dumps(made))
    return found


def difference(asked: Mapping[str, Any], there: Mapping[str, Any], *, unlimited: bool) -> str:
    """Return the first way in which a running target is not what is asked for, in words; empty if it will do.

    More modules than are asked for do no harm; anything else has to be the same.

    Args:
        asked: what a start would have, see `configuration`.
        there: what the running one was started with.
        unlimited: whether it can have no limits anyway.
    """
    return next(_differences(asked, there, unlimited=unlimited), "")


def _differences(asked: Mapping[str, Any], there: Mapping[str, Any], *, unlimited: bool) -> Iterator[str]:
    if asked["file"] != there["file"]:
        yield "its Compose file has changed since"
    for module in asked["modules"]:
        if module not in there["modules"]:
            yield f"it lacks the module {module}"
    yield from _pairs(asked["settings"], there["settings"], "its setting {}")
    if not unlimited:
        yield from _pairs(asked["limits"], there["limits"], "what it has of {}")
    mine, other = asked["options"], there["options"]
    for name in sorted({*mine["environment"], *other["environment"]}):
        if mine["environment"].get(name) != other["environment"].get(name):
            yield f"--env {name} was another"
    yield from _pairs({**mine, "environment": 0}, {**other, "environment": 0}, "what it was given as {}")


def _compose_file(name: str) -> Path | None:
    kind, _, rest = name.partition(":")
    path = Path(rest.partition("#")[0])
    return path if kind == "compose" and path.is_file() else None


def _pairs(asked: Mapping[str, Any], there: Mapping[str, Any], called: str) -> Iterator[str]:
    for name in sorted({*asked, *there}):
        mine, other = asked.get(name), there.get(name)
        if mine != other:
            yield f"{called.format(name)} is {_said(other)}, asked for is {_said(mine)}"


def _said(value: Any) -> str:
    return "nothing" if value in (None, "", [], {}) else json.dumps(value)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_SHOWN]
