"""`nearimage calibrate`: what figures are worth that are measured on this machine."""

from __future__ import annotations

import argparse
import sys

from harness.errors import ExitCode, UsageError

_LONGEST = 600


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    from harness.options import finite

    calibrate = commands.add_parser("calibrate", help="what figures are worth that this machine measures; kept")
    calibrate.add_argument("--seconds", type=finite, default=10.0, metavar="S", help="of each load; 10")
    calibrate.add_argument("--rounds", type=int, default=120, metavar="N", help="of two sides that are alike; 120")
    calibrate.add_argument("--replays", type=int, default=300, metavar="N", help="of these rounds; 300")
    calibrate.set_defaults(act=_calibrate)


def _calibrate(options: argparse.Namespace) -> ExitCode:
    from harness.calibrating import Effort, calibrate
    from harness.telling import keep_calibration

    if options.seconds < 1 or options.rounds < 10 or options.replays < 1:  # noqa: PLR2004 - less says nothing
        raise UsageError("--seconds is at least 1, --rounds at least 10, --replays at least 1")
    if options.seconds > _LONGEST:
        raise UsageError(f"--seconds is at most {_LONGEST}: each load takes so long, and there are several")
    found = calibrate(Effort(options.seconds, options.rounds, options.replays), _say)
    _say(f"kept in {keep_calibration(found)}; it stands in every record of this machine from now on")
    return ExitCode.HELD


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
