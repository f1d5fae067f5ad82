"""What a scenario says of the machine that its database gets: memory as a number, volumes that harm nobody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.scenario.mistakes import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.errors import FileError
    from harness.scenario.reading import Document, Loc

_SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMG])(?:i?B)?", re.IGNORECASE)
_UNITS = {"k": 2**10, "m": 2**20, "g": 2**30}
_LEAST_MEMORY = 2**20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_FORM = "`NAME_OR_FOLDER:/PATH` or `NAME_OR_FOLDER:/PATH:ro`"


def memory(document: Document, text: str) -> int:
    """Return a size as bytes, 0 for none; the units are those of Docker, 1,024 of each in the next.

    Raises:
        FileError: it is no size, or less than a mebibyte.
    """
    if not text:
        return 0
    found = _SIZE.fullmatch(text.strip())
    size = int(float(found[1]) * _UNITS[found[2].lower()]) if found else 0
    if size < _LEAST_MEMORY:
        what = f"`needs.memory` is {text!r}, which is no size of a memory"
        raise document.error(("needs", "memory"), what, hint="write for example 512MiB or 2GiB")
    return size


def volumes(document: Document, texts: Iterable[str]) -> tuple[str, ...]:
    """Return the volumes with whole paths.

    A scenario may come from anybody, so it shows the database nothing of this machine but what lies beside it.

    Raises:
        FileError: one is not written as a volume, or is a folder that is not there or outside the scenario's own.
    """
    return tuple(_volume(document, ("needs", "volumes", place), text) for place, text in enumerate(texts))


def _volume(document: Document, loc: Loc, text: str) -> str:
    what, _, rest = text.partition(":")
    path, _, mode = rest.partition(":")
    if not what or not path.startswith("/") or mode not in {"", "ro"} or rest.endswith(":"):
        raise document.error(loc, f"{text!r} is no volume", hint=f"write {_FORM}")
    if "/" not in what and what not in {".", ".."} and _NAME.fullmatch(what):
        return text  # the name of a volume
    around = document.path.parent.resolve()
    folder = (around / what).resolve()
    if what.startswith(("/", "~")) or not folder.is_relative_to(around):
        raise _outside(document, loc, what)
    if not folder.is_dir():
        there = [f"./{entry.name}" for entry in around.iterdir() if entry.is_dir()]
        raise document.error(loc, f"there is no folder {what} beside this file", hint=nearest(what, there))
    return f"{folder}:{rest}"


def _outside(document: Document, loc: Loc, what: str) -> FileError:
    return document.error(
        loc,
        f"the volume {what} lies outside the scenario's folder",
        hint="copy the folder beside this file, or mount it yourself with --volume",
    )
