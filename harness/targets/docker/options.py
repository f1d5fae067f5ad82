"""What a person may say of a Docker target, checked before anything is started."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from harness.errors import TargetError, UsageError
from harness.model import Module
from harness.targets.docker import images
from harness.targets.setup import HARNESS, HOST, OFFICIAL, Setup

_VOLUME = re.compile(r"(?P<source>[^:]+):(?P<path>/[^:]*)(?::(?P<mode>ro|rw))?")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


def inference_of(setup: Setup) -> str:
    """Return what stands behind the modules: `official`, `harness` or `host`.

    Raises:
        UsageError: another word, or an image for a module that there is not, or that a process cannot have.
    """
    kinds = (OFFICIAL, HARNESS, HOST)
    chosen = setup.inference or OFFICIAL
    if chosen not in kinds:
        raise UsageError(f"there is no inference service {chosen!r}", hint=f"There are: {', '.join(kinds)}.")
    for module, image in setup.images.items():
        if module not in list(Module):
            near = difflib.get_close_matches(module, list(Module), 1, 0.5)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(Module)}."
            raise UsageError(f"an image is given for {module!r}, which is no image module", hint=hint)
        images.checked(image)
    if chosen == HOST and setup.images:
        raise UsageError("with --inference host no container stands behind the modules", hint="Leave out --image.")
    return chosen


def modules_of(names: Iterable[str]) -> tuple[Module, ...]:
    """Return the modules of these names, each once.

    Raises:
        TargetError: a name is misspelt; nothing would stand behind it.
    """
    found: list[Module] = []
    for name in names:
        if name not in list(Module):
            near = difflib.get_close_matches(name, list(Module), 1, 0.5)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(Module)}."
            raise TargetError(f"there is no inference service for the module {name!r}", hint=hint)
        if name not in found:
            found.append(Module(name))
    return tuple(found)


def volumes_of(texts: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """Return volumes as Docker's library takes them: a name or a whole folder, to the path inside and the mode.

    Args:
        texts: `NAME_OR_FOLDER:/PATH[:ro]`.

    Raises:
        UsageError: one is written otherwise, its folder is not there, or it is mounted twice.
    """
    volumes: dict[str, tuple[str, str]] = {}
    for text in texts:
        match = _VOLUME.fullmatch(text)
        if match is None:
            hint = "Write NAME_OR_FOLDER:/PATH or NAME_OR_FOLDER:/PATH:ro."
            raise UsageError(f"{text!r} is no volume for a container", hint=hint)
        source = _source(match["source"], text)
        if source in volumes:
            raise UsageError(f"{match['source']} is mounted twice", hint="Mount it once, at a folder above both.")
        volumes[source] = (match["path"], match["mode"] or "rw")
    return volumes


def _source(source: str, text: str) -> str:
    """A name as it is; a folder whole, for Docker would make one that is missing, and make it root's."""
    if "/" not in source and source[0] not in ".~":
        if not _NAME.fullmatch(source):
            raise UsageError(f"{text!r} names a volume as Docker cannot", hint="Letters, digits, '_', '.' and '-'.")
        return source
    folder = Path(source).expanduser().absolute()
    if not folder.exists():
        raise UsageError(f"there is no folder {folder}, and {text!r} mounts it", hint="Make it first: mkdir -p")
    return str(folder.resolve())
