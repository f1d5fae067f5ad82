"""`nearimage truth`: the exact neighbours of many questions among vectors in files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.errors import ExitCode, UsageError

_METRICS = ("cosine", "dot", "l2-squared", "manhattan", "hamming")


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    truth = commands.add_parser("truth", help="the exact neighbours among more vectors than memory holds")
    truth.add_argument("vectors", type=Path, metavar="VECTORS", help="a folder of Parquet files, one of them, or .npy")
    truth.add_argument("questions", type=Path, metavar="QUESTIONS", help="the vectors that are asked, the same way")
    truth.add_argument("--metric", choices=_METRICS, default="cosine", help="the distance; cosine")
    truth.add_argument("--limit", type=int, default=100, metavar="K", help="how many neighbours are wanted; 100")
    truth.add_argument("--columns", default="id,vector", metavar="ID,VECTOR", help="what the columns are called")
    truth.add_argument("--out", type=Path, default=Path("truth.parquet"), metavar="FILE", help="where the answers go")
    where = truth.add_mutually_exclusive_group()
    where.add_argument("--workers", type=int, default=0, metavar="N", help="Dask's processes on this machine")
    where.add_argument("--scheduler", default="", metavar="ADDRESS", help="a Dask cluster that sees the same files")
    truth.set_defaults(act=_truth)


def _truth(options: argparse.Namespace) -> ExitCode:
    from contextlib import nullcontext
    from shutil import rmtree

    from harness.model import Metric
    from harness.truth.dask import on_dask
    from harness.truth.files import everything, opened
    from harness.truth.neighbours import Asked
    from harness.truth.parquet import is_written, write_neighbours
    from harness.truth.searching import in_turn, neighbours, plan

    if options.limit < 1:
        raise UsageError(f"--limit is {options.limit}, and at least one neighbour is wanted")
    if options.workers < 0:
        raise UsageError(f"--workers is {options.workers}", hint="Name how many processes, or leave it out.")
    vectors = opened(options.vectors, options.columns)
    names, queries = everything(opened(options.questions, options.columns))
    asked = Asked(Metric(options.metric), options.limit, queries)
    search = plan(asked, vectors) | {"named": list(names)}
    if is_written(options.out, search, options.vectors, options.questions):
        sys.stdout.write(f"these answers are there already: {options.out}\n")
        return ExitCode.HELD
    notes = options.out.with_name(options.out.name + ".parts")
    spread = options.workers or options.scheduler
    with on_dask(workers=options.workers, scheduler=options.scheduler) if spread else nullcontext(in_turn) as worker:
        answers = neighbours(asked, vectors, notes=notes, worker=worker, progress=_progress)
    write_neighbours(options.out, names, answers, search)
    rmtree(notes)
    sys.stdout.write(f"{len(answers)} questions among {vectors.starts[-1]:,} vectors: {options.out}\n")
    return ExitCode.HELD


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\rshard {done:,} of {of:,}" + ("\n" if done == of else ""))
