"""`nearimage outage`: what a user sees of a cluster that loses a node."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.errors import ExitCode, UsageError
from harness.options import TargetOptions


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    from harness import options

    outage = commands.add_parser("outage", help="errors, latency and recall while one of three nodes is away")
    outage.add_argument("--objects", type=int, default=1000, metavar="N", help="so many are stored, on each node; 1000")
    outage.add_argument("--dimensions", type=int, default=128, metavar="N", help="of their vectors; 128")
    outage.add_argument(
        "--rate", type=options.finite, default=20.0, metavar="RATE", help="questions a second at each node; 20"
    )
    outage.add_argument(
        "--seconds", type=options.finite, default=15.0, metavar="S", help="before, while and after; 15 each"
    )
    outage.add_argument("--out", type=Path, default=Path("nearimage-out"), metavar="DIR", help="where runs are kept")
    options.add(outage.add_argument_group("which database, and how it is set up").add_argument)
    outage.set_defaults(act=_outage)


def _outage(options: argparse.Namespace) -> ExitCode:
    from harness.commands.limit import say
    from harness.record import read
    from harness.runs import PAGE
    from harness.session import show
    from harness.surveying.outage import OutageOptions, outage
    from harness.surveying.sizes import Size

    if min(options.objects, options.dimensions) < 1 or min(options.rate, options.seconds) <= 0:
        raise UsageError("a number is out of range", hint="--objects, --dimensions, --rate and --seconds are above 0.")
    record = outage(
        OutageOptions(
            targets=TargetOptions.of(options),
            size=Size(objects=options.objects, dimensions=options.dimensions),
            rate=options.rate,
            seconds=options.seconds,
            out=options.out,
        ),
        say,
    )
    return show(read(record), record.with_name(PAGE))
