"""Two targets opened side by side and loaded alike, ready to be asked in turn."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from harness.checks.case import Case
from harness.checks.promises import question_of
from harness.comparing.rounds import Asked, Pair, pair
from harness.comparing.series import Name
from harness.dataset import Run
from harness.errors import AnswerError, TargetError, UsageError
from harness.fitness import unfit
from harness.fleet import Start, Wanted, values, wanted
from harness.fleet.starts import needs_of
from harness.opening import together
from harness.options import TargetOptions
from harness.scenario import Asked as AskedQuestion
from harness.scenario import Collection, Scenario
from harness.station import Station
from harness.targets.state import claimed, sweep

BASE, HEAD = "base", "head"


def sides(base: str, head: str, options: TargetOptions, delays: tuple[str, str] = ("", "")) -> tuple[Wanted, Wanted]:
    """Return the two targets; nothing is started.

    Args:
        base: what `--target` would be, or the name of a target in the file that `options.targets` names.
        head: the same.
        options: how both are set up; of its targets only the file counts.
        delays: how much later the inference service of each answers, on purpose; empty: not at all.

    Raises:
        UsageError: there is no such target, or an option is wrong.
    """
    named = {one.name: one for one in wanted(replace(options, target=()))} if options.targets else {}
    found = []
    for name, text, delay in zip((BASE, HEAD), (base, head), delays, strict=True):
        one = named.get(text) or wanted(replace(options, target=(text,), targets=None))[0]
        found.append(replace(one, name=name, setup=replace(one.setup, delay=values.delay(delay) or one.setup.delay)))
        found[-1].target()
    return found[0], found[1]


@dataclass(frozen=True, slots=True)
class Duel:
    """One question at both sides, with what is needed to judge its answers."""

    pair: Pair
    asked: AskedQuestion
    cases: tuple[Case, Case]


@dataclass(frozen=True, slots=True)
class Arena:
    """Both targets, open; `skipped` says of what can't be asked why."""

    stations: tuple[Station, Station]
    duels: tuple[Duel, ...]
    skipped: tuple[str, ...]


@contextmanager
def arena(
    scenario: Scenario, both: tuple[Wanted, Wanted], *, interface: str, questions: Sequence[str] = (), seed: int = 0
) -> Iterator[Arena]:
    """Open both targets at once, load the scenario into each, warm them up, and take everything away afterwards.

    Args:
        scenario: what is loaded and asked.
        both: base and head.
        interface: over which it is asked.
        questions: only these; none: those that the scenario times.
        seed: of the runs.

    Raises:
        TargetError: one of the two could not be opened; of a comparison nothing is left then.
        AnswerError: one could not be loaded or does not answer.
        UsageError: nothing can be asked of both.
    """
    sweep()
    with claimed("a comparison's own files") as claim, ExitStack() as closing:
        stations = tuple(Station(one, Run(seed=seed), start=Start.of(scenario), seed=seed) for one in both)
        for station in stations:
            closing.callback(station.close, [scenario], owner=True)
        _open(stations, scenario, claim.folder)
        duels, skipped = [], []
        for collection, asked in _asked(scenario, questions):
            reasons = [reason for one in stations if (reason := unfit(scenario, interface, one.stage().endpoint))]
            if reasons:
                skipped.append(f"{collection.name} {asked.name}: {reasons[0]}")
                continue
            duels.append(_duel(stations, scenario, collection, asked, interface))
        if not duels:
            raise UsageError("there is nothing to ask of both", hint="; ".join(skipped) or "No question fits.")
        yield Arena((stations[0], stations[1]), tuple(duels), tuple(skipped))


def demand_questions(scenario: Scenario, questions: Sequence[str]) -> None:
    """Refuse the name of a question that the scenario does not have.

    Raises:
        UsageError: says which it has.
    """
    known = [one.name for one in scenario.questions]
    for name in questions:
        if name not in known:
            raise UsageError(f"the scenario has no question {name!r}", hint=f"It has {', '.join(known) or 'none'}.")


def _open(stations: Sequence[Station], scenario: Scenario, folder: Path) -> None:
    needs = needs_of([scenario], Start.of(scenario))
    failed = together({one.name: partial(one.open, needs, folder) for one in stations})
    for name, trouble in failed.items():
        raise TargetError(f"{name} could not be opened: {trouble.what}", hint=trouble.hint, log=trouble.log)


def _asked(scenario: Scenario, questions: Sequence[str]) -> Iterable[tuple[Collection, AskedQuestion]]:
    timed = scenario.load.times if scenario.load is not None else (lambda _: True)
    for collection in scenario.collections:
        for asked in scenario.questions_for(collection):
            if asked.name in questions if questions else timed(asked):
                yield collection, asked


def _duel(
    stations: Sequence[Station], scenario: Scenario, collection: Collection, asked: AskedQuestion, interface: str
) -> Duel:
    cases, sides = [], []
    for station in stations:
        stage = station.stage()
        case = stage.case(station.dataset(scenario, collection), interface, scenario.questions_for(collection))
        service = stage.endpoint.inference.get(str(collection.module))
        ours = service if service is not None and service.ours else None
        sides.append(Asked(case.interface, question_of(case, asked), ours))
        cases.append(case)
    name = Name(scenario.name, collection.name, asked.name, interface)
    warmup = scenario.load.warmup if scenario.load is not None else 0
    return Duel(pair(name, *sides, warmup=warmup), asked, (cases[0], cases[1]))


def wrong(duel: Duel) -> dict[str, str]:
    """Return what is wrong with the last answer of each side, by the side's name: a fast wrong answer is no time."""
    found = {}
    for name, side, case in zip((BASE, HEAD), (duel.pair.base, duel.pair.head), duel.cases, strict=True):
        picture = duel.asked.picture
        try:
            truth = case.truth_of(picture) if picture is not None else case.truth_of_text(duel.asked.text or "")
        except AnswerError as error:
            found[name] = f"whether its answers are right can't be told: {error.what}"
            continue
        question = side.question
        threshold = question.distance if question.certainty is None else 2.0 * (1.0 - question.certainty)
        faults = truth.faults(
            side.last.hits if side.last else (), truth.expect(limit=question.limit, threshold=threshold)
        )
        if faults:
            found[name] = f"its answer is wrong: {faults[0].what}"
    return found
