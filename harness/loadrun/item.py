"""A load as an item of a run: its entries and its verdict."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from harness.checks.case import Skipped
from harness.dataset import UnfitError
from harness.errors import HarnessError, UnsupportedError
from harness.fitness import unfit
from harness.load.wires import NAMES
from harness.load_words import words_of
from harness.loadrun.entry import Place, axis_entry, load_entry
from harness.loadrun.measuring import Loaded, put_under_load
from harness.loadrun.promised import Promised
from harness.model import Level, Outcome, Verdict
from harness.record import Entry, VerdictEntry
from harness.scenario import LOAD, Collection, OpenLoad, Scenario
from harness.sitting import Options
from harness.station import Station

_GRAVITY = (Outcome.VIOLATED, Outcome.INVALID, Outcome.UNDECIDED, Outcome.HELD, Outcome.SKIPPED)


@dataclass(frozen=True, slots=True)
class UnderLoad:
    """What is put under load: a collection of a scenario, at one target, over one interface; `options` of the run."""

    station: Station
    scenario: Scenario
    collection: Collection
    interface: str
    options: Options

    @property
    def load(self) -> OpenLoad:
        """The scenario's load on a clock."""
        assert self.scenario.load is not None
        assert self.scenario.load.open is not None
        return self.scenario.load.open

    @property
    def place(self) -> Place:
        """What it is called in the record."""
        return Place(self.station.name, self.scenario.name, self.collection.name, self.interface)

    @property
    def again(self) -> str:
        """The command that does so again."""
        again = self.station.again(self.scenario, f"{LOAD}/*")
        by_hand = words_of(self.options.load, self.options.load_workers)
        if not by_hand:
            return again
        return " ".join(
            [again.replace("nearimage run", "nearimage load", 1).partition(" --checks ")[0], shlex.join(by_hand)]
        )


def measure(under: UnderLoad) -> tuple[list[Entry], Verdict]:
    """Put a collection under load; return the entries for the record and the gravest verdict among them."""
    station, scenario, collection = under.station, under.scenario, under.collection
    stage = station.stage()
    reason = unfit(scenario, under.interface, stage.endpoint)
    if reason or under.interface not in NAMES:
        return _only(elsewhere(under, reason or f"{under.interface} can't be put under load: {', '.join(NAMES)} can"))
    try:
        case = stage.case(station.dataset(scenario, collection), under.interface, scenario.questions_for(collection))
        names = scenario.load.questions if scenario.load else ()
        exact = not any(one.key == "recall" for one in scenario.promises_about(LOAD))
        loaded = put_under_load(
            case,
            under.load,
            under.place,
            names=names,
            exact=exact,
            workers=under.options.load_workers,
            listen=under.options.load_listen,
            target=station.opened,
        )
    except (UnfitError, UnsupportedError) as error:
        return _only(elsewhere(under, f"{error.what}. {error.hint}".strip()))
    except Skipped as error:
        return _only(elsewhere(under, str(error)))
    except HarnessError as error:
        station.listen()
        return _only(_verdict(under, Outcome.UNDECIDED, str(error)))
    verdicts = list(Promised(loaded.found, scenario, under.again, lambda: _evidence(loaded)).verdicts())
    wanted = [verdict for verdict in verdicts if under.options.wants(verdict.check)] or verdicts[:1]
    entries: list[Entry] = [load_entry(loaded.found, raw=under.load.raw), *map(VerdictEntry.of, wanted)]
    if (axis := axis_entry(loaded.found)) is not None:
        entries.append(axis)
    return entries, min(wanted, key=lambda one: _GRAVITY.index(one.outcome))


def elsewhere(under: UnderLoad, reason: str) -> Verdict:
    """Return the verdict of a load that can't be put here."""
    return _verdict(under, Outcome.SKIPPED, reason)


def _only(verdict: Verdict) -> tuple[list[Entry], Verdict]:
    return [VerdictEntry.of(verdict)], verdict


def _verdict(under: UnderLoad, outcome: Outcome, sentence: str) -> Verdict:
    place = under.place
    where = (place.scenario, place.collection, place.interface)
    return Verdict(f"{LOAD}/answered", Level.MUST, outcome, sentence, *where, repeat=under.again, target=place.target)


def _evidence(loaded: Loaded) -> dict[str, object]:
    judged = loaded.found.judged
    if judged is None or judged.question < 0:
        return {}
    case, (_, _, question) = loaded.asking.case, loaded.asking.named[judged.question]
    return case.evidence(question, judged.hits)
