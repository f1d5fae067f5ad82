"""`nearimage scale`: how a database grows slower and larger along one axis."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.errors import ExitCode, UsageError
from harness.options import TargetOptions

_AXES = ("objects", "dimensions", "image-size", "ef", "quantisation", "shards")
_MOST = 100_000
_METRICS = ("cosine", "dot", "l2-squared", "manhattan", "hamming")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    from harness import options

    scale = commands.add_parser("scale", help="how time, memory, disk and recall grow with the number of objects …")
    scale.add_argument("axis", choices=_AXES, metavar="AXIS", help=", ".join(_AXES))
    scale.add_argument("--steps", default="", metavar="A,B,…", help="the sizes; 1000,3000,10000 objects")
    scale.add_argument("--objects", type=int, default=2000, metavar="N", help="along other axes; 2000")
    scale.add_argument("--dimensions", type=int, default=128, metavar="N", help="along other axes; 128")
    scale.add_argument("--index", choices=("hnsw", "flat"), default="hnsw", help="hnsw")
    scale.add_argument("--metric", choices=_METRICS, default="cosine", help="cosine")
    scale.add_argument("--limit", type=int, default=10, metavar="K", help="so many neighbours; 10")
    scale.add_argument("--questions", type=int, default=40, metavar="N", help="asked in each round; 40")
    scale.add_argument("--rounds", type=int, default=5, metavar="N", help="of each size, in turns; 5")
    scale.add_argument("--out", type=Path, default=Path("nearimage-out"), metavar="DIR", help="where runs are kept")
    options.add(scale.add_argument_group("which database, and how it is set up").add_argument)
    scale.set_defaults(act=_scale)


def _scale(options: argparse.Namespace) -> ExitCode:
    from harness.commands.limit import say
    from harness.model import Metric
    from harness.record import read
    from harness.runs import PAGE
    from harness.session import show
    from harness.surveying.scale import ScaleOptions, scale
    from harness.surveying.sizes import AXES, Size

    numbers = (options.objects, options.dimensions, options.limit, options.questions, options.rounds)
    if min(numbers) < 1:
        raise UsageError("a number is below 1", hint="--objects, --dimensions, --limit, --questions and --rounds.")
    if max(options.questions, options.rounds) > _MOST:
        raise UsageError(f"--questions and --rounds are at most {_MOST:,} each")
    axis = AXES[options.axis]
    record = scale(
        ScaleOptions(
            axis=axis,
            steps=tuple(options.steps.split(",")) if options.steps else axis.usual,
            base=Size(
                objects=options.objects,
                dimensions=options.dimensions,
                index=options.index,
                metric=Metric(options.metric),
            ),
            targets=TargetOptions.of(options),
            questions=options.questions,
            rounds=options.rounds,
            limit=options.limit,
            out=options.out,
        ),
        say,
    )
    return show(read(record), record.with_name(PAGE))
