"""One database that is asked for: a target, its setup, and what it is called beside others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.errors import TargetError, UsageError
from harness.fleet import values
from harness.options import TargetOptions
from harness.targets import DescribedTarget, find
from harness.targets.setup import Setup

_UNFIT = re.compile(r"[^\w.:+/-]+|:(?=:)")
_GIB, _MIB = 2**30, 2**20


@dataclass(frozen=True, slots=True)
class Wanted:
    """A target as it was asked for.

    Args:
        text: what `--target` would be.
        setup: its options.
        name: what it is called in one run: short, without brackets or spaces, no two alike.
        keep: whether it is left running.
        reuse: whether one that was left running is taken.
    """

    text: str
    setup: Setup
    name: str
    keep: bool = False
    reuse: bool = False

    def target(self) -> DescribedTarget:
        """Return the target; nothing is started.

        Raises:
            UsageError: there is no such target, or it can do nothing with an option.
            TargetError: it names something that this machine does not have.
        """
        return find(self.text, self.setup)

    def words(self, text: str) -> list[str]:
        """The command line that asks the same target again, found by this text.

        What may be a secret is named and has its value from the environment.
        """
        setup = self.setup
        words = ["--target", text]
        words += ["--inference", setup.inference] if setup.inference else []
        for module, image in setup.images.items():
            words += ["--image", f"{module}={image}"]
        words += ["--device", f"gpu:{setup.gpu}"] if setup.gpu is not None else []
        words += ["--cpus", f"{setup.cpus:g}"] if setup.cpus else []
        words += ["--memory", _size(setup.memory)] if setup.memory else []
        for name, value in setup.environment.items():
            words += ["--env", name if values.secret(name) else f"{name}={value}"]
        for volume in setup.volumes:
            words += ["--volume", volume]
        return words + (["--read-only"] if setup.read_only else [])


def wanted(options: TargetOptions) -> tuple[Wanted, ...]:
    """Return the targets that were asked for, each with a name of its own; nothing is started.

    Raises:
        UsageError: an option is wrong, or a target is named twice.
    """
    setup = Setup(
        read_only=options.read_only,
        inference=values.whose(options.inference),
        images=values.images(dict(_pair(text) for text in options.image)),
        gpu=values.gpu(options.device),
        cpus=values.cpus(options.cpus),
        memory=values.memory(options.memory),
        environment=values.variables(options.env),
        volumes=values.volumes(options.volume),
    )
    found = tuple(
        replace(one, keep=options.keep, reuse=options.reuse) for one in _named([*_wanted(options, setup)])
    ) or (Wanted("auto", setup, "auto", options.keep, options.reuse),)
    _check(found)
    return found


def short(text: str) -> str:
    """Return what a target is called beside others: without its scheme, its folders and its options."""
    if text.startswith(("http://", "https://")):
        text = text.partition("//")[2].partition("?")[0]
    last = text.rstrip("/").rpartition("/")[2]
    return _fit(last or text)


def _wanted(options: TargetOptions, setup: Setup) -> Iterator[Wanted]:
    for text in options.target:
        yield Wanted(text, setup, short(text))
    if options.versions:
        from harness.fleet.versions import resolve, versions_in

        for version in versions_in(options.versions):
            yield Wanted(resolve(version, setup).target, setup, version)
    if options.targets is not None:
        from harness.fleet.file import fleet

        yield from fleet(options.targets, setup)


def _named(found: list[Wanted]) -> list[Wanted]:
    """Give those that would be called alike the whole text as their name."""
    often = Counter(one.name for one in found)
    return [replace(one, name=_fit(one.text)) if often[one.name] > 1 else one for one in found]


def _check(found: tuple[Wanted, ...]) -> None:
    """Judge what can be judged without starting anything.

    One target that this machine does not have is no reason not to ask the others.
    """
    names = [one.name for one in found]
    for one in found:
        if names.count(one.name) > 1:
            hint = "Compare a target with itself by two names in a file: --targets FILE."
            raise UsageError(f"the target {one.text} is named twice", hint=hint)
        try:
            one.target()
        except TargetError:
            if len(found) == 1:
                raise


def _fit(text: str) -> str:
    return _UNFIT.sub("-", text).strip("-:")


def _pair(text: str) -> tuple[str, str]:
    module, given, image = text.partition("=")
    if not given:
        raise UsageError(f"--image is MODULE=IMAGE, not {text!r}", hint=f"Such as --image img2vec-neural={text}.")
    return module, image


def _size(size: int) -> str:
    for unit, name in ((_GIB, "GiB"), (_MIB, "MiB")):
        if size % unit == 0:
            return f"{size // unit}{name}"
    return f"{size / 1024:.12g}KiB"
