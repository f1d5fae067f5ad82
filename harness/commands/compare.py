"""`nearimage compare`: two records of runs, and whether anything became slower or wrong."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.errors import ExitCode


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    compare = commands.add_parser(
        "compare", help="compare two records: what became slower or wrong, and how sure it is"
    )
    what = "a record.jsonl, a run's folder, or pytest-benchmark's JSON; #NAME behind it: that target of several"
    compare.add_argument("base", metavar="BASE", help=what)
    compare.add_argument("head", metavar="HEAD", help="the same, of what may have become slower")
    compare.add_argument("--metrics", default="p50:5%,p95:15%", metavar="A,B", help="percentiles with their margins")
    compare.add_argument("--across-machines", action="store_true", help="compare times although the machines differ")
    compare.add_argument("--out", type=Path, default=Path("nearimage-out"), metavar="DIR", help="where runs are kept")
    compare.add_argument("--markdown", type=Path, default=None, metavar="FILE", help="also write it as Markdown")
    compare.set_defaults(act=_compare)


def _compare(options: argparse.Namespace) -> ExitCode:
    from harness.comparing.judging import metrics_in
    from harness.comparing.recorded import beside, told
    from harness.comparing.records import compare
    from harness.comparing.showing import show

    metrics = metrics_in(options.metrics)
    found = beside(told(options.base), told(options.head), across_machines=options.across_machines)
    return show(compare(found, metrics=metrics, out=options.out), markdown=options.markdown)
