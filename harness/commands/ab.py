"""`nearimage ab`: two targets asked in turn on this machine, and whether one is slower."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.errors import ExitCode, UsageError
from harness.options import TargetOptions

_SHARED = ("--inference", "--image", "--device", "--cpus", "--memory", "--env", "--volume", "--targets")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    from harness import options

    ab = commands.add_parser("ab", help="ask two databases in turn and say whether one is slower, and how sure that is")
    ab.add_argument("scenario", nargs="?", default="photos-img2vec", metavar="SCENARIO", help="photos-img2vec")
    ab.add_argument("--base", required=True, metavar="TARGET", help="what it is compared with")
    ab.add_argument("--head", required=True, metavar="TARGET", help="what may have become slower")
    ab.add_argument("--question", action="append", default=[], metavar="NAME", help="only such of the scenario's")
    ab.add_argument("--interface", default="graphql", metavar="NAME", help="graphql")
    ab.add_argument("--metrics", default="p50:3%,p95:10%", metavar="A,B", help="percentiles, each with its margin")
    ab.add_argument(
        "--seconds", type=options.finite, default=60.0, metavar="S", help="about so long is asked at most; 60"
    )
    ab.add_argument("--rounds", type=int, default=0, metavar="N", help="in place of --seconds: so many rounds at most")
    ab.add_argument("--looks", type=int, default=5, metavar="N", help="it may end early at so many moments; 1: never")
    ab.add_argument("--base-delay", default="", metavar="TIME", help="base's inference service is late on purpose: 5%%")
    ab.add_argument("--head-delay", default="", metavar="TIME", help="the same of head's: 2ms")
    ab.add_argument("--seed", type=int, default=0, metavar="N", help="draw another order of the sides")
    ab.add_argument("--out", type=Path, default=Path("nearimage-out"), metavar="DIR", help="where runs are kept")
    ab.add_argument("--markdown", type=Path, default=None, metavar="FILE", help="also write it for a pull request")
    ab.add_argument("--benchmark-json", type=Path, default=None, metavar="FILE", help="also write pytest-benchmark's")
    options.add(ab.add_argument_group("how both databases are set up").add_argument, only=_SHARED)
    ab.set_defaults(act=_ab)


def _ab(options: argparse.Namespace) -> ExitCode:
    from harness.comparing.ab import AbOptions, ab
    from harness.comparing.judging import metrics_in
    from harness.comparing.showing import show
    from harness.interfaces import demand
    from harness.scenario import load_scenario
    from harness.session import scenario_paths

    if options.seconds <= 0 or options.rounds < 0 or options.looks < 1:
        raise UsageError("--seconds is above 0, --rounds at least 0 (as many as fit), --looks at least 1")
    demand(options.interface)
    [*paths] = scenario_paths([options.scenario])
    if len(paths) > 1:
        raise UsageError(f"{options.scenario} holds {len(paths)} scenarios", hint="Name one of them.")
    record = ab(
        AbOptions(
            scenario=load_scenario(paths[0]),
            base=options.base,
            head=options.head,
            targets=TargetOptions.of(options),
            delays=(options.base_delay, options.head_delay),
            questions=tuple(options.question),
            interface=options.interface,
            metrics=metrics_in(options.metrics),
            seconds=options.seconds,
            rounds=options.rounds,
            looks=options.looks,
            seed=options.seed,
            out=options.out,
        ),
        _say if sys.stderr.isatty() else lambda _: None,
    )
    return show(record, markdown=options.markdown, benchmark=options.benchmark_json)


def _say(line: str) -> None:
    sys.stderr.write(f"nearimage: {line}\n")
