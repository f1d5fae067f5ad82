"""`nearimage trend`: many runs in one folder, and where something became slower."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import ExitCode, FileError, UsageError

if TYPE_CHECKING:
    from harness.comparing.trend import Row, Trend, Turn


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    trend = commands.add_parser("trend", help="where many runs in a folder became slower: new, persisting, recovered")
    trend.add_argument("folder", type=Path, metavar="DIR", help="a folder of runs, such as nearimage-out")
    trend.add_argument("--metrics", default="p50:5%", metavar="A,B", help="percentiles, each with its margin; p50:5%%")
    trend.add_argument("--recent", type=int, default=5, metavar="N", help="new is what came with the last N runs; 5")
    trend.add_argument("--html", type=Path, default=None, metavar="FILE", help="where the page goes; trend.html in DIR")
    trend.set_defaults(act=_trend)


def _trend(options: argparse.Namespace) -> ExitCode:
    from harness.comparing.judging import metrics_in
    from harness.comparing.trend import trend

    if options.recent < 1:
        raise UsageError(f"--recent is at least 1, not {options.recent}")
    found = trend(options.folder, metrics_in(options.metrics), recent=options.recent)
    for row in found.rows:
        for said in _said(row):
            sys.stdout.write(f"{row.key.title}: {said}\n")
    for note in found.notes:
        sys.stdout.write(f"{note}\n")
    path = options.html or options.folder / "trend.html"
    try:
        path.write_text(_page(found), encoding="utf-8")
    except OSError as error:
        raise FileError(f"the page can't be written ({error.strerror or error})", path=path) from error
    sys.stdout.write(f"{_runs(found.runs)}; page: {path}\n")
    return found.exit_code


def _said(row: Row) -> list[str]:
    from harness.comparing.trend import FEWEST
    from harness.report.words import milliseconds, moment

    if len(row.points) < FEWEST:
        return [f"{_runs(len(row.points))}: too few to tell; {FEWEST - len(row.points)} more may"]
    said = [
        f"{turn.became}: {turn.share:+.1%}, from {milliseconds(turn.change.before)} to "
        f"{milliseconds(turn.change.after)} ms, since {moment(turn.point.started)} ({turn.point.record})"
        for turn in row.turns
    ]
    return said or [f"no change in {len(row.points)} runs, {milliseconds(row.points[-1].value)} ms"]


def _runs(count: int) -> str:
    return f"{count} run{'' if count == 1 else 's'}"


def _page(found: Trend) -> str:
    from harness.report.courses import course, render
    from harness.report.words import milliseconds, moment

    courses = [
        course(
            row.key.title,
            [(one.value, f"{milliseconds(one.value)} ms, {moment(one.started)} {one.version}") for one in row.points],
            [
                (one.change.at, one.change.before, one.change.after, f"{one.became} {one.share:+.0%}")
                for one in row.turns
            ],
            _said(row),
        )
        for row in found.rows
    ]
    return render(courses, runs=found.runs, notes=found.notes)


def _levels(turn: Turn) -> tuple[int, float, float]:
    return turn.change.at, turn.change.before, turn.change.after
