"""The keys of a scenario's `load` as options of a command line, and back; nothing heavy is imported here."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import Any

_TEXTS = {"duration": "TIME", "times": "FILE", "timeout": "TIME"}
_NUMBERS = {"rate": "N", "to": "N", "inserts": "N"}
_MIX = ("of", "draw", "near")
_HELP = {
    "rate": "requests a second, sent when they are due: an open loop",
    "to": "the last rate of a ramp",
    "duration": "for how long: 60s",
    "times": "a replay: a file beside the scenario with a time in seconds on each line",
    "timeout": "so long an answer may take: 10s",
    "inserts": "objects that are stored each second meanwhile",
    "of": "what is asked: the scenario's questions or all images",
    "draw": "how often each is asked",
    "near": "send images, or their vectors in their place",
}
_CHOICES = {
    "of": ("questions", "images"),
    "draw": ("uniform", "zipf", "in-turn"),
    "near": ("image", "vector"),
}

_KEY = re.compile(r"`load\.([a-z_]+)(?:\[\d+\])?(?:\.([a-z_]+))?`")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the options to a command."""
    group = parser.add_argument_group("the load, instead of what the scenario says")
    for name, metavar in _NUMBERS.items():
        group.add_argument(f"--{name}", type=float, default=None, metavar=metavar, help=_HELP[name])
    for name, metavar in _TEXTS.items():
        group.add_argument(f"--{name}", default=None, metavar=metavar, help=_HELP[name])
    kinds = ("constant", "poisson", "ramp", "steps", "replay")
    group.add_argument("--schedule", choices=kinds, default=None, help="how requests are spread; poisson")
    group.add_argument("--step", action="append", default=[], metavar="RATExTIME", help="steps, in order: 50x10s")
    group.add_argument("--concurrency", type=int, default=None, metavar="N", help="so many on their way at once; 64")
    for name in _MIX:
        group.add_argument(f"--{name}", choices=_CHOICES[name], default=None, help=_HELP[name])
    group.add_argument("--unique", action="store_true", help="each image has bytes of its own: nothing to cache")
    group.add_argument("--cold", action="store_true", help="start the database anew first, where that can be done")
    group.add_argument("--raw", action="store_true", help="keep every request in the record")


def of(parsed: argparse.Namespace) -> dict[str, Any]:
    """Return the keys that were given, as they stand in a scenario."""
    names = (*_NUMBERS, *_TEXTS, "schedule", "concurrency")
    found = {name: value for name in names if (value := getattr(parsed, name)) is not None}
    if parsed.step:
        found["steps"] = [_step(text) for text in parsed.step]
    mix = {name: value for name in _MIX if (value := getattr(parsed, name)) is not None}
    if parsed.unique:
        mix["unique"] = True
    flags = {name: True for name in ("raw", "cold") if getattr(parsed, name)}
    return found | ({"mix": mix} if mix else {}) | flags


def as_typed(text: str, load: Mapping[str, Any]) -> str:
    """Return what is said of these keys as it is said of options: `--rate` where it says `load.rate`."""

    def option(found: re.Match[str]) -> str:
        key, within = found.groups()
        if key not in load or (key == "mix" and within not in load[key]):
            return found[0]
        return {"steps": "`--step`", "mix": f"`--{within}`"}.get(key, f"`--{key}`")

    return _KEY.sub(option, text)


def _step(text: str) -> dict[str, Any]:
    rate, _, duration = text.partition("x")
    try:
        return {"rate": float(rate), "duration": duration}
    except ValueError:
        return {"rate": rate, "duration": duration}  # whoever judges it says what is wrong


def words_of(load: Mapping[str, Any], workers: int = 0) -> Sequence[str]:
    """Return the words of a command line that give these keys."""
    words: list[str] = []
    for name, value in load.items():
        if name == "steps":
            words += [word for one in value for word in ("--step", f"{one['rate']:g}x{one['duration']}")]
        elif name == "mix":
            words += [
                word
                for key, each in value.items()
                for word in (("--unique",) if key == "unique" else (f"--{key}", each))
            ]
        elif value is True:
            words.append(f"--{name}")
        else:
            words += [f"--{name}", f"{value:g}" if isinstance(value, float) else str(value)]
    return [*words, *(["--workers", str(workers)] if workers else [])]
