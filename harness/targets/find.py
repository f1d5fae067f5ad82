"""From the text after `--target` to a target: the table of what there is."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

from harness.errors import UsageError
from harness.targets.base import DescribedTarget
from harness.targets.setup import Setup


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table of targets.

    Args:
        name: what stands before the first colon.
        form: how it is written, for `nearimage list`.
        says: what it is, for `nearimage list`.
        make: makes the target from what stands behind the colon and the options; imports what it needs itself.
    """

    name: str
    form: str
    says: str
    make: Callable[[str, Setup], DescribedTarget]


def find(text: str, setup: Setup | None = None) -> DescribedTarget:
    """Return the target that a text names; nothing is started and no network is touched.

    Args:
        text: `auto`, `reference[:MUTANT]`, `embedded[:VERSION|:PATH]`, `docker[:VERSION|:IMAGE]`,
            `compose:FILE[#SERVICE]` or `http(s)://host:port[?grpc=PORT]`.
        setup: the options of the target; none by default.

    Raises:
        UsageError: there is no such target (names the nearest that there is), or it can do nothing with an option.
    """
    text, setup = text.strip(), setup or Setup()
    name, _, rest = text.partition(":")
    if name.lower() in ("http", "https"):
        return _external(text, setup)
    kind = next((each for each in KINDS if each.name == name), None)
    if kind is None:
        raise _unknown(text, name)
    return kind.make(rest, setup)


def _unknown(text: str, name: str) -> UsageError:
    names = [kind.name for kind in KINDS]
    near = difflib.get_close_matches(name, names, 1, 0.5)
    if near:
        hint = f"Did you mean {near[0]}?"
    elif "." in name or name == "localhost" or _ends_in_port(text):
        hint = f"For a server that runs already, give the whole address: --target http://{text}"
    else:
        hint = f"There are: {', '.join(kind.form for kind in KINDS)}."
    return UsageError(f"there is no target {text!r}", hint=hint)


def _ends_in_port(text: str) -> bool:
    """True for host:port, which lacks its scheme."""
    return text.rpartition(":")[2].split("?")[0].isdigit()


def _auto(rest: str, setup: Setup) -> DescribedTarget:
    if rest:
        raise UsageError(f"the target auto takes nothing after a colon, but here is {rest!r}")
    from harness.targets.auto import look

    return look(setup)


def _reference(rest: str, setup: Setup) -> DescribedTarget:
    from harness.targets.reference import ReferenceTarget

    if rest:
        _check_mutant(rest)
    return ReferenceTarget(rest, setup=setup)


def _check_mutant(name: str) -> None:
    from harness.reference.mutants import MUTANTS

    if name not in MUTANTS:
        near = difflib.get_close_matches(name, MUTANTS, 1, 0.5)
        hint = f"Did you mean reference:{near[0]}?" if near else f"There are: {', '.join(sorted(MUTANTS))}."
        raise UsageError(f"the reference has no fault {name!r}", hint=hint)


def _embedded(rest: str, setup: Setup) -> DescribedTarget:
    from harness.targets.embedded import choose

    return choose(rest, setup)


def _docker(rest: str, setup: Setup) -> DescribedTarget:
    from harness.targets.docker.target import choose

    return choose(rest, setup)


def _compose(rest: str, setup: Setup) -> DescribedTarget:
    from harness.targets.compose.target import choose

    return choose(rest, setup)


def _external(text: str, setup: Setup) -> DescribedTarget:
    from harness.targets.external import ExternalTarget

    return ExternalTarget(text, setup)


KINDS = (
    Kind("auto", "auto", "the best of the following that this machine has without a download", _auto),
    Kind("reference", "reference[:FAULT]", "the harness's own exact stand-in: no Weaviate is tested", _reference),
    Kind(
        "embedded",
        "embedded[:VERSION|:/PATH]",
        "a real Weaviate started from a binary: WEAVIATE_BINARY, the embedded client's cache, or its download",
        _embedded,
    ),
    Kind(
        "docker",
        "docker[:VERSION|:IMAGE]",
        "Weaviate and what stands behind its modules as containers, in a network of their own",
        _docker,
    ),
    Kind(
        "compose",
        "compose:FILE[#SERVICE]",
        "a Compose file that has a Weaviate, yours or one of ours: compose:both, compose:cluster, compose:auth",
        _compose,
    ),
    Kind(
        "http",
        "http(s)://HOST:PORT[?grpc=PORT]",
        "a Weaviate that runs already; its key is read from NEARIMAGE_API_KEY or WEAVIATE_API_KEY",
        lambda rest, setup: _external(f"http:{rest}", setup),
    ),
)
