"""What the commands about this machine do: leave a target running, end it, say what can be tested here."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.fleet import Wanted
    from harness.options import TargetOptions


def up(options: TargetOptions) -> list[str]:
    """Start the targets that were asked for, leave them running, and return how to connect to them.

    Raises:
        TargetError: if it does not start.
        UsageError: if there is no such target, or it is one that runs already.
    """
    from harness.fleet import wanted

    lines: list[str] = []
    for one in wanted(options):
        lines += ["", *_up(one)] if lines else _up(one)
    return lines


def _up(one: Wanted) -> list[str]:
    from harness.keeping import state_folder
    from harness.model import Module, Needs
    from harness.targets.connect import connection_help
    from harness.targets.detached import start_detached

    found = start_detached(one.target(), Needs(modules=tuple(Module)), state_folder() / "logs", one.setup)
    endpoint = found.endpoint
    what = "a Weaviate" if endpoint.weaviate else "the reference (no Weaviate)"
    state = "started" if found.fresh else "was running already"
    return [
        f"{what} {state}, version {endpoint.version}",
        f"ask it: nearimage run --target '{endpoint.url}?grpc={endpoint.grpc.rpartition(':')[2]}'",
        "",
        connection_help(endpoint),
        "",
        f"log: {found.logs}",
        "stop it with: nearimage down",
    ]


def down(text: str) -> list[str]:
    """Stop what `up` left running and sweep what crashed runs left; or, of a server, remove left collections alone.

    Args:
        text: the server; empty for this machine's own processes and folders.

    Raises:
        TargetError: if that server does not answer.
        UsageError: if it is no address.
    """
    from harness.model import Needs
    from harness.targets import find
    from harness.targets.detached import stop_detached
    from harness.targets.leftovers import remove_collections

    if text:
        with find(text).open(Needs()) as endpoint:
            return [f"removed the collection {name}" for name in remove_collections(endpoint)] or ["nothing was left"]
    return stop_detached() or ["nothing was left"]


def compose(name: str, *, gpu: bool, cluster: bool, auth: bool, version: str) -> list[str]:
    """Return a Compose file, line by line.

    Raises:
        UsageError: if there is no such file, or no such version can be.
    """
    from harness.targets.compose.writing import composed
    from harness.targets.versions import OFFICIAL

    return composed(name, gpu=gpu, cluster=cluster, auth=auth, version=version or OFFICIAL).splitlines()


def versions(which: str) -> list[str]:
    """Return which versions of Weaviate can be had here, or what these versions come to, a line each.

    Raises:
        UsageError: if one of them is no version.
    """
    from harness.fleet.versions import listed

    return listed(which)


def doctor() -> list[str]:
    """Return what this machine can test, a line a fact, with what to do where something is missing."""
    from harness.interfaces.here import beside
    from harness.targets.doctor import Fact, facts

    signs = {True: "yes", False: "no", None: "-"}
    lines = []
    interfaces = [Fact(f"interface {one.name}", one.there or None, one.says, one.hint) for one in beside()]
    for fact in [*facts(), *interfaces]:
        lines.append(f"{signs[fact.ok]:4}{fact.name:22} {fact.says}")
        if fact.hint:
            lines.append(f"{'':26} {fact.hint}")
    return lines
