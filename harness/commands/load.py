"""`nearimage load`: put a scenario's collections under load, by hand."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ExitCode, FileError, UsageError
from harness.options import TargetOptions

if TYPE_CHECKING:
    from harness.scenario import Scenario

_PORTS = 1 << 16


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    from harness import load_words, options

    load = commands.add_parser("load", help="ask on a clock, and say how long answers take and whether they are right")
    load.add_argument("scenario", metavar="SCENARIO", help="a file or a shipped name: load")
    options.add(load.add_argument_group("which databases, and how they are set up").add_argument)
    load_words.add(load)
    load.add_argument("--interfaces", default="graphql", metavar="A,B", help="of graphql, grpc, python; graphql")
    load.add_argument("--workers", type=int, default=0, metavar="N", help="send from so many workers of Locust")
    load.add_argument(
        "--listen", default="", metavar="HOST:PORT", help="the workers run on other machines and find this one there"
    )
    load.add_argument("--seed", type=int, default=0, metavar="N", help="draw other times and another order")
    load.add_argument("--require", choices=("weaviate",), default="", help="fail unless a real Weaviate is tested")
    load.add_argument("--out", type=Path, default=Path("nearimage-out"), metavar="DIR", help="where runs are kept")
    load.add_argument("--quiet", action="store_true", help="no progress bars")
    load.set_defaults(act=_load)


def _load(options: argparse.Namespace) -> ExitCode:
    from harness import load_words
    from harness.session import RunOptions, run, scenario_paths

    keys = load_words.of(options)
    if options.workers < 0:
        raise UsageError("--workers is a number of processes, 1 or more")
    port = options.listen.rpartition(":")[2]
    if options.listen and not (options.workers and port.isdecimal() and 0 < int(port) < _PORTS):
        raise UsageError("--listen is HOST:PORT, and --workers says how many will come")
    for path in scenario_paths([options.scenario]):
        profile = _judged(path, keys).load
        if profile is None or profile.open is None:
            raise UsageError(f"{path.name} has no load on a clock", hint="Give one: --rate 50 --duration 60s")
    return run(
        RunOptions(
            scenarios=(options.scenario,),
            targets=TargetOptions.of(options),
            checks=("load/*",),
            interfaces=options.interfaces,
            require=options.require,
            seed=options.seed,
            load=keys,
            load_workers=options.workers,
            load_listen=options.listen,
            out=options.out,
            quiet=options.quiet,
        )
    )


def _judged(path: Path, keys: Mapping[str, Any]) -> Scenario:
    """Read the scenario with these keys of its load; a mistake in one of them is the command line's, not the file's."""
    from harness import load_words
    from harness.scenario import load_scenario

    try:
        return load_scenario(path, load=keys)
    except (FileError, UsageError) as error:
        typed = load_words.as_typed(error.what, keys)
        if isinstance(error, FileError) and typed == error.what:
            raise
        raise UsageError(typed, hint=error.hint) from None
