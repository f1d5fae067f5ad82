"""The options that say which databases are asked, as they are typed: the same for the command and for pytest.

Nothing is judged here and nothing heavy imported: `fleet` makes targets of them.
"""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

_TARGET = "auto (the default), reference, embedded[:VERSION|:/PATH], docker[:VERSION|:IMAGE], compose:FILE, http://…"
_MANY: Mapping[str, Any] = {"action": "append", "default": []}
_YES: Mapping[str, Any] = {"action": "store_true"}
_OPTION = re.compile(r"--[a-z][a-z-]*")
_NEGATIVE = re.compile(r"-\.?\d")
_ONE: Mapping[str, Any] = {"default": ""}

_OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--target": {**_MANY, "metavar": "TARGET", "help": f"{_TARGET}; several: side by side"},
    "--versions": {**_ONE, "metavar": "A,B", "help": "these versions of Weaviate side by side: 1.32.27,1.39.0"},
    "--targets": {"type": Path, "default": None, "metavar": "FILE", "help": "a YAML file that names targets"},
    "--inference": {**_ONE, "metavar": "WHOSE", "help": "what answers the image modules: official, harness, host"},
    "--image": {**_MANY, "metavar": "MODULE=IMAGE", "help": "the container image of a module's inference service"},
    "--device": {**_ONE, "metavar": "DEVICE", "help": "what inference computes on: cpu, gpu, gpu:1"},
    "--cpus": {**_ONE, "metavar": "N", "help": "so many processors for the database"},
    "--memory": {**_ONE, "metavar": "SIZE", "help": "so much memory for the database: 2GiB"},
    "--env": {**_MANY, "metavar": "NAME=VALUE", "help": "a variable of the database; NAME alone: as it is here"},
    "--volume": {**_MANY, "metavar": "WHAT:/PATH", "help": "a folder or volume of the database's, with :ro read-only"},
    "--read-only": {**_YES, "help": "never write; the class must be there already"},
    "--keep": {**_YES, "help": "leave what is started running for the next run"},
    "--reuse": {**_YES, "help": "ask what an earlier run kept, if it was set up alike"},
}


def finite(text: str) -> float:
    """Return a number of a command line; `nan` and `inf` are none, as no bound that is asked of them would hold.

    Raises:
        argparse.ArgumentTypeError: it is no finite number.
    """
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return number


def with_values(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with `--duration -1s` as one word, which argparse would take for two options.

    So whoever judges the value says what is wrong with it.
    """
    made: list[str] = []
    for word in words:
        if made and _OPTION.fullmatch(made[-1]) and _NEGATIVE.match(word):
            made[-1] += f"={word}"
        else:
            made.append(word)
    return made


@dataclass(frozen=True, slots=True)
class TargetOptions:
    """What was typed, one field an option."""

    target: tuple[str, ...] = ()
    versions: str = ""
    targets: Path | None = None
    inference: str = ""
    image: tuple[str, ...] = ()
    device: str = ""
    cpus: str = ""
    memory: str = ""
    env: tuple[str, ...] = ()
    volume: tuple[str, ...] = ()
    read_only: bool = False
    keep: bool = False
    reuse: bool = False

    @classmethod
    def of(cls, parsed: object) -> Self:
        """Take them from what argparse or pytest parsed; what was not asked about stays as it is by default."""
        found: dict[str, Any] = {}
        for each in fields(cls):
            value = getattr(parsed, each.name, each.default)
            found[each.name] = tuple(value) if isinstance(value, list) else value
        return cls(**found)

    @property
    def words(self) -> list[str]:
        """The command line that has these values."""
        words = []
        for each in fields(self):
            flag, value = f"--{each.name.replace('_', '-')}", getattr(self, each.name)
            if value is True:
                words.append(flag)
            elif isinstance(value, tuple):
                words += [f"{flag}={one}" for one in value]
            elif value:
                words.append(f"{flag}={value}")
        return words


def add(to: Callable[..., Any], only: Sequence[str] = tuple(_OPTIONS)) -> None:
    """Add the options, or only some of them, to a parser, by its `add_argument` or pytest's `addoption`."""
    for flag in only:
        to(flag, **_OPTIONS[flag])
