"""`nearimage limit`: how much a database can take before it breaks a promise."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.errors import ExitCode, UsageError
from harness.options import TargetOptions


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    from harness import options

    limit = commands.add_parser("limit", help="the largest rate of questions at which a promise is kept")
    limit.add_argument("scenario", nargs="?", default="photos-img2vec", metavar="SCENARIO", help="photos-img2vec")
    limit.add_argument("--promise", default="p99:200ms", metavar="PN:TIME", help="and no errors; p99:200ms")
    limit.add_argument(
        "--at-least", type=options.finite, default=0.0, metavar="RATE", help="fail if so many a second are not kept"
    )
    limit.add_argument(
        "--first", type=options.finite, default=10.0, metavar="RATE", help="begin with so many a second; 10"
    )
    limit.add_argument("--most", type=options.finite, default=2000.0, metavar="RATE", help="never ask for more; 2000")
    limit.add_argument("--seconds", type=options.finite, default=5.0, metavar="S", help="each rate at least so long; 5")
    limit.add_argument("--longest", type=options.finite, default=120.0, metavar="S", help="and at most so long; 120")
    limit.add_argument("--out", type=Path, default=Path("nearimage-out"), metavar="DIR", help="where runs are kept")
    options.add(limit.add_argument_group("which database, and how it is set up").add_argument)
    limit.set_defaults(act=_limit)


def _limit(options: argparse.Namespace) -> ExitCode:
    from harness.record import read
    from harness.runs import PAGE
    from harness.scenario import load_scenario
    from harness.session import scenario_paths, show
    from harness.surveying.limit import LimitOptions, limit, promised_in

    if not 0 < options.first <= options.most or not 0 < options.seconds <= options.longest or options.at_least < 0:
        raise UsageError("a rate or a time is out of range", hint="0 < --first <= --most, 0 < --seconds <= --longest.")
    paths = scenario_paths([options.scenario])
    if len(paths) != 1:
        raise UsageError(f"{options.scenario} holds {len(paths)} scenarios", hint="Name one of them.")
    record = limit(
        LimitOptions(
            scenario=load_scenario(paths[0]),
            promised=promised_in(options.promise),
            targets=TargetOptions.of(options),
            first=options.first,
            most=options.most,
            seconds=options.seconds,
            longest=options.longest,
            at_least=options.at_least,
            out=options.out,
        ),
        say,
    )
    return show(read(record), record.with_name(PAGE))


def say(line: str) -> None:
    """Tell how it goes on, where somebody looks on."""
    if sys.stderr.isatty():
        sys.stderr.write(f"nearimage: {line}\n")
