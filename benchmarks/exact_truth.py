"""The exact neighbours of 100 questions among 100,000 vectors, beside faiss-cpu's flat index and plain NumPy.

    python benchmarks/exact_truth.py [--objects 100000] [--components 1280] [--questions 100] [--limit 100] [--rounds 5]

What is timed for `harness.truth` is all of it: candidates, ranks in float64, the read at each edge and the bounds of
the oracle there. faiss ranks in float32 alone, and NumPy in float32 by one product of matrices and a partial sort, both
without ties. Vectors are random, of length 1 for cosine; the three take turns in each round, on all processors, and
what is compared is the median of the rounds' ratios. Ends with code 1 if our time is more than `--most` of faiss's.

faiss-cpu comes with `pip install faiss-cpu`. An OPENBLAS_CORETYPE that names an old processor slows NumPy down.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from machine import watching

from harness.model import Metric
from harness.truth import NOTHING, Asked, InMemory, edges, merged, nearest_in, settled
from harness.truth.shards import Rows


def ours(asked: Asked, shards: InMemory) -> Callable[[], object]:
    """Return what finds the neighbours, a shard at a time, and settles the edges."""

    def find() -> object:
        parts = [NOTHING] * len(asked.queries)
        for shard, (start, _) in enumerate(pairwise(shards.starts)):
            parts = merged(asked, parts, nearest_in(asked, shards.rows(shard), start=start, within=edges(asked, parts)))
        return settled(asked, parts, shards)

    return find


def faiss_flat(asked: Asked, vectors: Rows) -> Callable[[], object]:
    """Return what asks faiss's flat index, which is built beforehand."""
    import faiss

    faiss.omp_set_num_threads(os.cpu_count() or 1)
    flat = faiss.IndexFlatL2 if asked.metric is Metric.L2 else faiss.IndexFlatIP
    index = flat(vectors.shape[1])
    index.add(vectors)
    return lambda: index.search(asked.queries, asked.limit)


def plain(asked: Asked, vectors: Rows) -> Callable[[], object]:
    """Return the usual few lines of NumPy."""

    def find() -> object:
        found = -(vectors @ asked.queries.T)
        if asked.metric is Metric.L2:
            found = 2 * found + np.einsum("ij,ij->i", vectors, vectors)[:, None]
        best = np.argpartition(found, asked.limit, axis=0)[: asked.limit]
        return np.take_along_axis(best, np.argsort(np.take_along_axis(found, best, axis=0), axis=0), axis=0)

    return find


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--components", type=int, default=1280)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--limit", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--most", type=float, default=1.2, help="most of faiss's time")
    options = parser.parse_args()
    drawn = np.random.default_rng(5)
    shape = (options.objects + options.questions, options.components)
    drawn_rows = drawn.standard_normal(shape, dtype=np.float32)
    worst = 0.0
    for metric in (Metric.COSINE, Metric.L2):
        rows = drawn_rows / np.linalg.norm(drawn_rows, axis=1, keepdims=True) if metric is Metric.COSINE else drawn_rows
        vectors, queries = rows[: options.objects], rows[options.objects :]
        asked = Asked(metric, options.limit, queries)
        ways = {
            "truth": ours(asked, InMemory([str(number) for number in range(options.objects)], vectors)),
            "faiss": faiss_flat(asked, vectors),
            "numpy": plain(asked, vectors),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        with watching() as watch:
            for _ in range(options.rounds):
                for name, find in ways.items():
                    began = time.perf_counter()
                    find()
                    times[name].append(time.perf_counter() - began)
        ratio = statistics.median(a / b for a, b in zip(times["truth"], times["faiss"], strict=True))
        said = ", ".join(f"{name} {statistics.median(seconds):.2f} s" for name, seconds in times.items())
        print(f"{metric:11} {said}: {ratio:.2f} of faiss's; others took {watch.others:.0%} of the machine", flush=True)
        worst = max(worst, ratio)
    print(f"at most {worst:.2f} of faiss's time (allowed {options.most:g})")
    return 0 if worst <= options.most else 1


if __name__ == "__main__":
    sys.exit(main())
