"""What stands behind the options of a target, as values: sizes, devices, variables, volumes, images."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from harness.errors import UsageError
from harness.model import Module
from harness.targets.setup import HARNESS, HOST, OFFICIAL

WHOSE = (OFFICIAL, HARNESS, HOST)
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
DEVICE = re.compile(r"cpu|(?:gpu|cuda)(?::(\d+))?")
SIZE = re.compile(r"(\d+(?:\.\d+)?) ?([KMG])(i?[Bb])?", re.IGNORECASE)
VOLUME = re.compile(r"(?P<what>[^:]+):(?P<path>/[^:]*)(?::(?P<how>ro|rw))?")
_UNITS = {"k": 10, "m": 20, "g": 30}
_MOST_CPUS = 4096
_SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL", re.IGNORECASE)


def whose(text: str) -> str:
    """Return who answers the image modules.

    Raises:
        UsageError: nobody is called so.
    """
    if text in ("", *WHOSE):
        return text
    near = get_close_matches(text, WHOSE, 1, 0.5)
    what = f"--inference is official, harness or host, not {text!r}"
    says = "Official: the images of Weaviate's documentation; harness: ours, as a container; host: ours, as a process."
    raise UsageError(what, hint=f"Did you mean {near[0]}?" if near else says)


def images(pairs: Mapping[str, str]) -> dict[str, str]:
    """Return the images by module.

    Raises:
        UsageError: a module is not known, or an image is empty.
    """
    for module, image in pairs.items():
        if module not in list(Module):
            near = get_close_matches(module, list(Module), 1, 0.3)
            hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(Module)}."
            raise UsageError(f"--image is for a module, and none is called {module!r}", hint=hint)
        if not image or any(sign.isspace() for sign in image):
            raise UsageError(f"--image {module}={image} names no image", hint="Write NAME:TAG.")
    return dict(pairs)


def gpu(text: str) -> int | None:
    """Return the number of a GPU; None for the CPU.

    Raises:
        UsageError: it is neither.
    """
    found = DEVICE.fullmatch(text.lower())
    if text and found is None:
        raise UsageError(f"--device is cpu, gpu or gpu:NUMBER, not {text!r}", hint="The first GPU is gpu:0, or gpu.")
    return None if found is None or found[0] == "cpu" else int(found[1] or 0)


def cpus(text: str) -> float:
    """Return a number of processors; 0 for no limit.

    Raises:
        UsageError: it is none.
    """
    if not text:
        return 0.0
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= _MOST_CPUS:
        raise UsageError(f"--cpus is a number of processors above 0, not {text!r}", hint="Such as 2, or 0.5.")
    return value


def memory(text: str) -> int:
    """Return bytes; 0 for no limit. Units are binary, as Docker's are.

    Raises:
        UsageError: it is no size.
    """
    if not text:
        return 0
    found = SIZE.fullmatch(text.strip())
    size = int(float(found[1]) * 2 ** _UNITS[found[2].lower()]) if found else 0
    if not size:
        raise UsageError(f"--memory is a size with its unit, not {text!r}", hint="Such as 2GiB or 512MiB.")
    return size


def variables(texts: Iterable[str]) -> dict[str, str]:
    """Return the variables of `NAME=VALUE`, or `NAME` for the value that it has in our own environment.

    Raises:
        UsageError: it is no name, or has no value here.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, given, value = text.partition("=")
        if not VARIABLE.fullmatch(name):
            raise UsageError(f"--env is NAME=VALUE, not {text!r}", hint="Such as QUERY_DEFAULTS_LIMIT=20.")
        if not given and name not in os.environ:
            raise UsageError(f"--env {name} has no value here", hint=f"Write {name}=VALUE, or set it first.")
        found[name] = value if given else os.environ[name]
    return found


def delay(text: str) -> str:
    """Return how much later an inference service is to answer, if it is written as that; empty: not at all.

    Raises:
        UsageError: it is neither a share nor milliseconds.
    """
    if text:
        from harness.inference.delay import parsed

        parsed(text)
    return text


def volumes(texts: Iterable[str], beside: Path | None = None) -> tuple[str, ...]:
    """Return volumes with the whole path of each folder.

    Args:
        texts: `NAME_OR_FOLDER:/PATH[:ro]`; a folder begins with a dot, a slash or a tilde.
        beside: where relative folders start from; the working folder by default.

    Raises:
        UsageError: it is no volume, or there is no such folder.
    """
    made = []
    for text in texts:
        found = VOLUME.fullmatch(text)
        if found is None:
            hint = "Such as ./data:/var/lib/weaviate, or a volume's name in place of the folder."
            raise UsageError(f"--volume is WHAT:/PATH, with :ro read-only, not {text!r}", hint=hint)
        what = found["what"]
        if what.startswith((".", "/", "~")):
            folder = (beside or Path.cwd()).joinpath(Path(what).expanduser()).resolve()
            if not folder.exists():
                raise UsageError(f"--volume {text}: there is no folder {folder}", hint=f"Make it: mkdir -p {folder}")
            what = str(folder)
        made.append(f"{what}:{found['path']}" + (f":{found['how']}" if found["how"] else ""))
    return tuple(made)


def secret(name: str) -> bool:
    """Whether a variable of this name may hold what no record and no message repeats."""
    return _SECRET.search(name) is not None


def discreet(argv: Iterable[str]) -> list[str]:
    """Return a command line without the values of secret variables."""
    said: list[str] = []
    for word in argv:
        behind = bool(said) and said[-1] == "--env"
        option, text = ("", word) if behind else (word[: len("--env=")], word[len("--env=") :])
        name, given, _ = text.partition("=")
        hidden = (behind or option == "--env=") and given and secret(name)
        said.append(f"{option}{name}" if hidden else word)
    return said
