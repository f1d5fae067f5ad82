"""`nearimage ab`: two targets asked in turn until it is decided whether they differ, or the rounds are over."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from harness.comparing.arena import BASE, HEAD, Arena, arena, demand_questions, sides, wrong
from harness.comparing.judging import USUAL, Allowed, Is, Metric, decided
from harness.comparing.looking import Looks
from harness.comparing.rounds import Pair, rounds
from harness.comparing.series import Series
from harness.comparing.verdicts import entries, failed, times
from harness.errors import ExitCode, HarnessError
from harness.model import Outcome
from harness.options import TargetOptions
from harness.record import NoteEntry, RecordWriter, RoundsEntry
from harness.runs import RECORD, fresh_folder
from harness.scenario import Scenario
from harness.telling import end_entry, kept_calibration, run_entry, scenario_entry, target_entry

FEWEST_ROUNDS = 8
_TOO_LONG = 3.0
"""Rounds that take so many times as long as was planned end the run: the machine is not what it was."""

Say = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class AbOptions:
    """What `nearimage ab` was asked for; `rounds` 0: as many as fit into `seconds`."""

    scenario: Scenario
    base: str
    head: str
    targets: TargetOptions = field(default_factory=TargetOptions)
    delays: tuple[str, str] = ("", "")
    questions: tuple[str, ...] = ()
    interface: str = "graphql"
    metrics: tuple[Metric, ...] = USUAL
    allowed: Allowed = field(default_factory=Allowed)
    seconds: float = 60.0
    rounds: int = 0
    looks: int = 5
    seed: int = 0
    out: Path = field(default_factory=lambda: Path("nearimage-out"))


def ab(options: AbOptions, say: Say = lambda _: None) -> Path:
    """Compare two targets and return the record of it; it is written also when the run is broken off.

    Args:
        options: what was asked for.
        say: told how it goes on.

    Raises:
        HarnessError: a target could not be opened, loaded or asked at all.
    """
    both = sides(options.base, options.head, options.targets, options.delays)
    demand_questions(options.scenario, options.questions)
    folder = fresh_folder(options.out)
    record = folder / RECORD
    with RecordWriter(record) as writer:
        begun = datetime.now(UTC)
        writer.write(run_entry(f"{options.base}, {options.head}", started=begun, seed=options.seed))
        if (worth := kept_calibration()) is not None:
            writer.write(worth)
        code = None
        with ExitStack() as ending:
            ending.callback(lambda: writer.write(end_entry(record, code)))
            try:
                say(f"opening {options.base} and {options.head}")
                with arena(
                    options.scenario,
                    both,
                    interface=options.interface,
                    questions=options.questions,
                    seed=options.seed,
                ) as opened:
                    _Match(options, opened, writer, say).play()
            except HarnessError as error:
                code = error.exit_code
                writer.write(NoteEntry(level="error", text=str(error)))
                raise
            except KeyboardInterrupt:
                code = ExitCode.INTERRUPTED
                raise
    return record


class _Match:
    """One comparison of two opened targets."""

    def __init__(self, options: AbOptions, opened: Arena, writer: RecordWriter, say: Say) -> None:
        self._options, self._arena, self._writer, self._say = options, opened, writer, say
        self._pairs = [duel.pair for duel in opened.duels]
        self._began = perf_counter()
        self._repeat = shlex.join(["nearimage", *sys.argv[1:]]) if "ab" in sys.argv else ""

    def play(self) -> None:
        """Ask round by round, look as planned, and write what it came to, also if a side falls silent."""
        options = self._options
        for station in self._arena.stations:
            if (entry := target_entry(station, alone=False)) is not None:
                self._writer.write(entry)
        most = options.rounds or max(FEWEST_ROUNDS, round(options.seconds / _seconds_of_a_round(self._pairs)))
        looks = Looks(most, options.looks, options.metrics, options.allowed)
        try:
            done = self._rounds(looks)
        finally:
            self._tell_times()
        self._tell(looks, done)

    def _rounds(self, looks: Looks) -> int:
        """Ask until it is decided, the rounds are over, or the time is long over; return how many were asked."""
        options = self._options
        limit = _TOO_LONG * max(options.seconds, 1.0) if not options.rounds else float("inf")
        for done in rounds(self._pairs, seed=options.seed):
            late = perf_counter() - self._began > limit
            if not (looks.due(done) or late):
                continue
            answers = looks.at(done, self._series())
            self._say(f"round {done} of {looks.most}: {_so_far(answers)}")
            if decided(answers) or done >= looks.most or late:
                return done
        raise AssertionError("rounds go on for ever")

    def _series(self) -> tuple[Series, ...]:
        return tuple(pair.series for pair in self._pairs)

    def _tell_times(self) -> None:
        for series in self._series():
            if series.rounds:
                for entry in times(series, base=BASE, head=HEAD):
                    self._writer.write(entry)

    def _tell(self, looks: Looks, done: int) -> None:
        options = self._options
        self._writer.write(
            RoundsEntry(
                base=BASE,
                head=HEAD,
                planned=looks.most,
                done=done,
                looks=looks.looked,
                false_alarm=options.allowed.false_alarm,
                missed=options.allowed.missed,
                cost=looks.cost,
                seconds=perf_counter() - self._began,
            )
        )
        judged = looks.judged(self._series())
        for entry in entries(self._series(), judged, options.allowed, base=BASE, head=HEAD, repeat=self._repeat):
            self._writer.write(entry)
        for duel in self._arena.duels:
            for target, what in wrong(duel).items():
                outcome = Outcome.VIOLATED if target == HEAD else Outcome.INVALID
                self._writer.write(failed(duel.pair.name, "right", what, outcome, target, self._repeat))
            for target, side in ((BASE, duel.pair.base), (HEAD, duel.pair.head)):
                if side.errors:
                    what = f"{side.errors} of {side.errors + side.side.n} requests had no answer"
                    outcome = Outcome.VIOLATED if target == HEAD else Outcome.INVALID
                    self._writer.write(failed(duel.pair.name, "answered", what, outcome, target, self._repeat))
        for skipped in self._arena.skipped:
            self._writer.write(NoteEntry(level="warning", text=f"not asked: {skipped}"))
        for station in self._arena.stations:
            self._writer.write(scenario_entry(options.scenario, station))
            if station.wanted.setup.delay:
                late = f"its inference service is late on purpose, by {station.wanted.setup.delay}"
                self._writer.write(NoteEntry(target=station.name, text=late))
            for note in station.target.notes if station.target is not None else ():
                self._writer.write(NoteEntry(target=station.name, text=note))


def _seconds_of_a_round(pairs: list[Pair]) -> float:
    return sum(pair.seconds for pair in pairs)


def _so_far(answers: Sequence[Is]) -> str:
    said = [f"{answers.count(each)} {each}" for each in dict.fromkeys(answers)]
    return ", ".join(said) or "nothing can be said yet"
