"""`nearimage generate`: random classes, writes and questions, judged after each step."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness import options
from harness.errors import ExitCode

_CASES, _SECONDS = 100, 300.0


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    generate = commands.add_parser("generate", help="ask a database generated cases; a failure becomes a scenario")
    options.add(generate.add_argument_group("which databases, and how they are set up").add_argument)
    generate.add_argument("--cases", type=int, default=_CASES, metavar="N", help=f"so many; {_CASES}")
    generate.add_argument(
        "--seconds", type=options.finite, default=_SECONDS, metavar="S", help=f"at most so long; {_SECONDS:g}"
    )
    generate.add_argument("--seed", type=int, default=0, metavar="N", help="another seed draws other cases")
    generate.add_argument("--interfaces", default="graphql,grpc", metavar="A,B", help="of `list interfaces`; all")
    generate.add_argument("--modules", default="img2vec-neural,multi2vec-clip", metavar="A,B", help="the image modules")
    generate.add_argument("--require", choices=("weaviate",), default="", help="fail unless a real Weaviate is tested")
    generate.add_argument("--out", type=Path, default=Path("nearimage-out"), metavar="DIR", help="where a failure goes")
    generate.set_defaults(act=_generate)


def _generate(typed: argparse.Namespace) -> ExitCode:
    from harness.generating.command import Wish, generate

    wish = Wish(
        targets=options.TargetOptions.of(typed),
        cases=typed.cases,
        seconds=typed.seconds,
        seed=typed.seed,
        interfaces=tuple(typed.interfaces.split(",")),
        modules=tuple(typed.modules.split(",")),
        require=typed.require,
        out=typed.out,
    )
    return generate(wish, say=_say)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
