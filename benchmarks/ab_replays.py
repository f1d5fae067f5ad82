"""How often `nearimage ab` is wrong, and how often it is right, on recorded rounds; beside what others decide by.

    python benchmarks/ab_replays.py DIR [--replays N]

The rounds are those that `ab_blocks.py` recorded of two targets that are the same. Each replay begins anywhere in a
session, goes through all of it, and draws by lot which block of a round is whose; for the power head's times are made
5% longer. The neighbours judge the very same replays, at their end: pytest-benchmark by its own check
`--benchmark-compare-fail=median:5%`, asv by its own test (Mann and Whitney's on single requests, p < 0.002), with its
usual factor 1.1 and without any, on 300 requests of each side, evenly taken. asv is no dependency: `pip install asv`.

Ends with 1 if the upper end of the 95% interval of the false alarms is above 1%, or 5% is found in less than 95%.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from ab_blocks import recorded

from harness.comparing.judging import Is
from harness.comparing.replays import outcome, replayed
from harness.comparing.series import Series
from harness.statistics import percentile
from harness.statistics.proportions import exact

SLOWER = 0.05
ASV_SAMPLES = 300


def pytest_benchmark(series: Series) -> bool:
    """Whether pytest-benchmark would fail."""
    from pytest_benchmark.utils import parse_compare_fail

    medians = [{"median": percentile(side.milliseconds, 50)} for side in (series.head, series.base)]
    return bool(parse_compare_fail("median:5%").fails(*medians))


def asv(series: Series, factor: float) -> bool:
    """Whether asv would call it slower or faster, with a factor by which it must be."""
    from asv._stats import is_different

    base, head = (_thinned(side.milliseconds) for side in (series.base, series.head))
    apart = abs(np.log(percentile(head, 50) / percentile(base, 50))) > np.log(factor)
    return bool(apart and is_different(base, head, None, None))


def _thinned(times: tuple[float, ...]) -> list[float]:
    """Every so many-th of them: asv's test compares each with each, in Python."""
    return list(times[:: math.ceil(len(times) / ASV_SAMPLES)])


JUDGES = {
    "pytest-benchmark, median:5%": pytest_benchmark,
    "asv, its factor 1.1": lambda one: asv(one, 1.1),
    "asv, any factor": lambda one: asv(one, 1.0),
}


def main() -> int:
    """Replay and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--replays", type=int, default=1500)
    parser.add_argument("--only", default="", help="sessions whose name begins so")
    options = parser.parse_args()
    sessions = [(name, one) for name, one in recorded(options.folder) if name.startswith(options.only)]
    for name, one in sessions:
        base, head = (np.log([np.median(block) for block in side.blocks]) for side in (one.base, one.head))
        print(f"{name}: {one.rounds} rounds of {len(one.base.blocks[0])}, they vary by {np.std(head - base):.1%}")
    worst = {}
    for title, slower in (("identical", 0.0), ("5% slower", SLOWER)):
        counts, rounds = _replay([one for _, one in sessions], options.replays, slower)
        print(f"\n{title}, {options.replays:,} replays, {rounds / options.replays:.0f} rounds each")
        for judge, times in counts.items():
            low, high = exact(times, options.replays)
            print(f"  {judge:32} {times / options.replays:7.2%}  ({low:.2%} to {high:.2%})")
            worst[title, judge] = (times / options.replays, high)
    alarms, found = worst["identical", "nearimage ab"][1], worst["5% slower", "nearimage ab"][0]
    print(f"\nfalse alarms at most {alarms:.2%} (limit 1%), 5% found in {found:.1%} (limit 95%)")
    return int(alarms > 0.01 or found < 0.95)


def _replay(sessions: list[Series], replays: int, slower: float) -> tuple[Counter[str], int]:
    rng, counts, rounds = np.random.default_rng(1), Counter(dict.fromkeys(["nearimage ab", *JUDGES], 0)), 0
    for each in range(replays):
        made = replayed(one := sessions[each % len(sessions)], one.rounds, rng, slower=slower)
        answer, done = outcome(made)
        counts["nearimage ab"] += answer is Is.SLOWER or (not slower and answer is Is.FASTER)
        rounds += done
        for name, judge in JUDGES.items():
            counts[name] += judge(made)
    return counts, rounds


if __name__ == "__main__":
    sys.exit(main())
