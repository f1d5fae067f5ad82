"""`nearimage calibrate`: what figures are worth that this machine measures, found out with servers that do as planned.

A planned server (`load.planned`) says what is true; what our generator and our judgement make of it is kept, and stands
in every record of this machine from then on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from harness.comparing.judging import Is
from harness.comparing.replays import Rates, rates
from harness.comparing.series import Block, Name, Series, Side
from harness.load.http_lanes import GraphQLWire
from harness.load.planned import Plan, Planned, delays, planned
from harness.load.runner import run_closed, run_open
from harness.load.samples import Samples
from harness.load.schedule import constant
from harness.model import NearVector, Question
from harness.record import CalibrationEntry
from harness.statistics import percentile
from harness.telling import machine

_QUESTION = Question("Planned", NearVector((1.0, 2.0)))
_PERCENTILES = (50.0, 95.0, 99.0)
_RATE, _STALL_SHARE = 200.0, 0.05
_BLOCK = 20

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done: `seconds` of each load, `rounds` of two sides alike, `replays` of these."""

    seconds: float = 10.0
    rounds: int = 120
    replays: int = 300


def calibrate(effort: Effort | None = None, say: Say = lambda _: None) -> CalibrationEntry:
    """Return what this machine is worth.

    Args:
        effort: how much is done.
        say: told what is known so far.

    Raises:
        AnswerError: a planned server could not be reached.
    """
    effort = effort or Effort()
    errors = _percentile_errors(effort.seconds)
    said = ", ".join(f"{name} {error:+.1%}" for name, error in errors.items())
    say(f"percentiles of known times, against the server's own log: {said}")
    true, shown = _stall(effort.seconds)
    say(f"p99 when the server stops for {_STALL_SHARE:.0%} of the time: {shown:,.0f} ms, true are {true:,.0f}")
    ceiling = _ceiling(min(2.0, effort.seconds / 2))
    say(f"the generator sends {ceiling:,.0f} requests a second")
    series = _alike(effort.rounds)
    noise = _noise(series)
    say(f"two sides alike differ by {noise:.1%} in a round")
    found = [rates([series], effort.replays, slower=slower) for slower in (0.0, 0.05, 0.10)]
    wrong = (Is.SLOWER, Is.FASTER)
    say(f"false alarms of ab: {found[0].share(*wrong):.1%}; 5% found in {_found(found[1])}, 10% in {_found(found[2])}")
    return CalibrationEntry(
        made=datetime.now(UTC).strftime("%Y-%m-%d"),
        machine=machine(),
        percentile_error={name: abs(error) for name, error in errors.items()},
        stall_true_ms=true,
        stall_p99_ms=shown,
        ceiling=ceiling,
        false_alarms=found[0].share(*wrong),
        false_alarms_at_most=found[0].within(*wrong).high,
        found_5=found[1].share(Is.SLOWER),
        found_10=found[2].share(Is.SLOWER),
        replays=effort.replays,
        noise=noise,
    )


def _found(one: Rates) -> str:
    return f"{one.share(Is.SLOWER):.0%}"


def _percentile_errors(seconds: float) -> dict[str, float]:
    """Our percentiles over those of the server's own log, less one; what the way to it takes is in them."""
    with planned(Plan(delays=delays((2.0, 6.0), 997))) as server:
        _closed(server, 20)
        server.log()
        samples = _closed(server, max(1000, round(seconds * 240)))
        true = server.log().seconds
    mine = samples.service[samples.ok]
    return {f"p{q:g}": percentile(list(mine), q) / percentile(list(true), q) - 1 for q in _PERCENTILES}


def _stall(seconds: float) -> tuple[float, float]:
    """The true p99 of an open loop whose server stops once, and what ours is: milliseconds.

    Of n requests at equal distances those that were due in the stop wait for its end: the one that 1% of all exceed was
    due 1% of the whole time after its beginning.
    """
    stop = seconds * _STALL_SHARE
    with planned(Plan(delays=(0.002,))) as server:
        server.stall(seconds / 2, stop)
        wire, times = GraphQLWire(server.endpoint), constant(_RATE, seconds).times
        samples = run_open(wire, [wire.encode(_QUESTION)], times, np.zeros(len(times), np.int32), concurrency=256)
    shown = percentile(list(samples.response[samples.ok]), 99)
    return (stop - 0.01 * seconds) * 1000, shown * 1000


def _ceiling(seconds: float) -> float:
    with planned() as server:
        wire = GraphQLWire(server.endpoint)
        order = np.zeros(1_000_000, np.int32)
        samples = run_closed(wire, [wire.encode(_QUESTION)], order, concurrency=8, seconds=seconds)
    return float(samples.ok.sum()) / seconds


def _alike(rounds: int) -> Series:
    """Two servers with one plan, asked in turn as `ab` does."""
    plan, lot = Plan(delays=delays((3.0,), 101)), random.Random(1)  # noqa: S311 - a lot between two sides
    blocks: tuple[list[Block], list[Block]] = ([], [])
    with ExitStack() as open_:
        servers = [open_.enter_context(planned(plan)) for _ in range(2)]
        for server in servers:
            _closed(server, _BLOCK)
        for _ in range(rounds):
            for side in (0, 1) if lot.random() < 0.5 else (1, 0):  # noqa: PLR2004 - a fair coin
                samples = _closed(servers[side], _BLOCK)
                blocks[side].append(tuple(float(one) * 1000 for one in samples.service[samples.ok]))
    name = Name("calibration", "Planned", "planned", "graphql")
    return Series(name, Side(tuple(blocks[0])), Side(tuple(blocks[1])), paired=True)


def _closed(server: Planned, requests: int) -> Samples:
    wire = GraphQLWire(server.endpoint)
    return run_closed(wire, [wire.encode(_QUESTION)], np.zeros(requests, np.int32))


def _noise(series: Series) -> float:
    """By how much the two sides of a round differ, as a standard deviation of their medians' ratio."""
    base, head = (_medians(side.blocks) for side in (series.base, series.head))
    return float(np.std(np.log(head / base)))


def _medians(blocks: Sequence[Block]) -> NDArray[np.float64]:
    return np.array([np.median(block) for block in blocks], np.float64)
