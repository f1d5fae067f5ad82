"""A scenario file as pytest sees it: one item for each check, collection and interface."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from harness.checks import Check, Per, all_checks
from harness.checks.promises import promised
from harness.checks.questions import Seen, exact_answer
from harness.checks.steps import done
from harness.checks.turns import has_turn
from harness.errors import FileError, UsageError
from harness.fitness import demands
from harness.fleet import Start
from harness.interfaces import DEFAULT
from harness.latency import Measured, elsewhere, measure
from harness.loadrun import item as loads
from harness.model import Level, Outcome, Verdict
from harness.record import Entry, VerdictEntry
from harness.scenario import EVERY_IMAGE, Asked, Collection, Scenario, load_scenario
from harness.showing import shown
from harness.sitting import Sitting
from harness.stash import ENTRIES, SITTING

_Make = Callable[[str], pytest.Item]
_GRAVE = (Outcome.VIOLATED, Outcome.INVALID, Outcome.UNDECIDED)


class NotHeldError(Exception):
    """A verdict that fails its item: violated, undecided or invalid."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(f"{verdict.check}: {verdict.outcome}: {verdict.sentence}")
        self.verdict = verdict

    def __str__(self) -> str:
        """The verdict with its evidence, for people."""
        verdict = self.verdict
        facts = [f"  {name}: {json.dumps(value, default=str)}" for name, value in verdict.evidence.items()]
        where = f"{verdict.collection} over {verdict.interface}"
        return "\n".join([f"{verdict.outcome}: {verdict.sentence} ({where})", *facts, f"  again: {verdict.repeat}"])


class ScenarioFile(pytest.File):
    """A YAML file with a `nearimage:` key."""

    scenario: Scenario

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items, collection by collection, so that each is loaded once and used up.

        Raises:
            pytest.Collector.CollectError: if the file is wrong; says where.
        """
        try:
            sitting = self.config.stash[SITTING]
            self.scenario = load_scenario(self.path, load=sitting.options.load)
        except (FileError, UsageError) as error:
            raise self.CollectError(str(error)) from error
        for collection in self.scenario.collections:
            for interface in sitting.options.interfaces:
                for make in self._items(sitting, collection, interface):
                    yield from map(make, sitting.names)  # one target after the other: as alike as can be
        loaded = any(map(sitting.options.wants, self.scenario.load_ids))
        for collection in self.scenario.collections if loaded else ():
            for interface in sitting.options.interfaces:  # last, for a load leaves its traces in the server
                make = partial(LoadItem.of, self, sitting, collection, interface)
                yield from map(make, sitting.names)

    def _items(self, sitting: Sitting, collection: Collection, interface: str) -> Iterator[_Make]:
        """Yield what makes the item of a target, for everything that is asked of a collection over an interface."""
        wants = sitting.options.wants
        for check in self._checks(collection, first=interface == sitting.options.interfaces[0]):
            if wants(check.id) and (not check.compares or self._compared(collection, interface)):
                yield partial(CheckItem.of, self, check, collection, interface)
        for asked in self.scenario.questions_for(collection):
            if wants(f"question/{asked.name}") and not collection.quantizer:  # what it misses is recall: it is promised
                yield partial(QuestionItem.of_question, self, asked, collection, interface)
            if any(map(wants, self.scenario.latency_ids(asked))):
                yield partial(LatencyItem.of, self, sitting, collection, asked, interface)

    def _checks(self, collection: Collection, *, first: bool) -> Iterator[Check]:
        """Yield what is checked of a collection over an interface, which may be the first of this run."""
        for check in all_checks().values():
            if has_turn(check, self.scenario, collection, first=first):
                yield check
        if self.scenario.steps is not None:
            yield done(self.scenario.steps)
        asked = {one.name for one in self.scenario.questions_for(collection)}
        for promise in self.scenario.promises:  # what asks with every image goes over the first interface alone
            if promise.subject in asked or (first and promise.subject == EVERY_IMAGE):
                yield promised(promise)

    def _compared(self, collection: Collection, interface: str) -> bool:
        """Whether an interface is held against GraphQL: gRPC, of the usual two, on one collection of a scenario."""
        return interface not in DEFAULT or (interface != DEFAULT[0] and collection is self.scenario.collections[0])


def in_another_place(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """Return the items of checks that are asked per module and that have another place in this run.

    A place gives way only to one that asks nothing more of a server, for what a server lacks leaves out all that a
    scenario brings: with one that asks for something else instead, both are kept.
    """
    places: dict[tuple[str, str, str], list[CheckItem]] = {}
    for item in items:
        if isinstance(item, CheckItem) and item.check.per is Per.MODULE:
            places.setdefault((item.check.id, str(item.collection.module), item.target), []).append(item)
    return [item for alike in places.values() for item in _dispensable(alike)]


def _dispensable(items: Sequence[CheckItem]) -> Iterator[CheckItem]:
    """Those of one check, module and target instead of which another can be asked wherever they can."""
    asked = [(place, demands(item.scenario, item.collection)) for place, item in enumerate(items)]
    for place, wanted in asked:
        if any(less < wanted or (less == wanted and other < place) for other, less in asked):
            yield items[place]


class _Told:
    """What all items of ours have in common: how they speak."""

    path: Path
    name: str
    parent: Any
    target: str

    @property
    def scenario(self) -> Scenario:
        """The file's scenario."""
        assert isinstance(self.parent, ScenarioFile)
        return self.parent.scenario

    @property
    def start(self) -> Start:
        """Which start of the target it is asked of."""
        return Start.of(self.scenario)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """A verdict is text; anything else is a bug of ours and keeps its traceback."""
        if isinstance(excinfo.value, NotHeldError):
            return str(excinfo.value)
        del style  # one of the two kinds of items takes none
        return super().repr_failure(excinfo)  # type: ignore[misc]

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where pytest says that this item is."""
        return self.path, None, self.name


class CheckItem(_Told, pytest.Item):
    """One check on one collection over one interface, at one target."""

    check: Check
    collection: Collection
    interface: str
    questions: tuple[Asked, ...]

    @classmethod
    def of(cls, file: ScenarioFile, check: Check, collection: Collection, interface: str, target: str) -> CheckItem:
        """Make the item; its name has no brackets, so that `--lf` finds it again."""
        name = f"{check.id}@{collection.name}@{interface}{_at(file, target)}"
        item: CheckItem = cls.from_parent(file, name=name)
        item.check, item.collection, item.interface, item.target = check, collection, interface, target
        item.questions = file.scenario.questions_for(collection)
        item.add_marker(check.chapter.replace("-", "_"))
        item.add_marker(str(check.level))
        return item

    def runtest(self) -> None:
        """Ask and judge."""
        station = self.config.stash[SITTING].station(self.target, self.start)
        with _our_own_warnings():
            verdict = station.verdict(self.scenario, self.check, self.collection, self.interface, self.questions)
            self.stash[ENTRIES] = [VerdictEntry.of(verdict), *self.more()]
        settle(verdict)

    def more(self) -> Iterable[Entry]:
        """Return what else this item has for the record."""
        return ()


class QuestionItem(CheckItem):
    """A scenario's own question: judged like a check, and shown."""

    seen: list[Seen]

    @classmethod
    def of_question(
        cls, file: ScenarioFile, asked: Asked, collection: Collection, interface: str, target: str
    ) -> QuestionItem:
        """Make the item of one question."""
        seen: list[Seen] = []
        item = cls.of(file, exact_answer(asked, seen), collection, interface, target)
        assert isinstance(item, QuestionItem)
        item.seen = seen
        return item

    def more(self) -> Iterable[Entry]:
        """Return the question with its pictures."""
        about = (self.scenario, self.collection, self.interface, self.target)
        return [entry for one in self.seen for entry in shown(one, *about)]


class LatencyItem(_Told, pytest.Function):
    """One question asked over and over; a test function, because pytest-benchmark measures nothing else."""

    @classmethod
    def of(
        cls, file: ScenarioFile, sitting: Sitting, collection: Collection, asked: Asked, interface: str, target: str
    ) -> LatencyItem:
        """Make the item of one question. With `-n` it says why it can't be measured."""
        station = sitting.station(target, Start.of(file.scenario))
        measured = Measured(station, file.scenario, collection, asked, interface, sitting.options.wants)
        name = f"latency/{asked.name}@{collection.name}@{interface}{_at(file, target)}"
        run: Callable[..., None] = partial(_not_now, measured) if sitting.parallel else partial(_time, measured)
        item: LatencyItem = cls.from_parent(file, name=name, callobj=run)
        item.target = target
        item.add_marker("latency")
        item.add_marker(str(Level.MUST))
        return item


class LoadItem(_Told, pytest.Item):
    """A collection under load on a clock."""

    under: loads.UnderLoad
    alone: bool

    @classmethod
    def of(cls, file: ScenarioFile, sitting: Sitting, collection: Collection, interface: str, target: str) -> LoadItem:
        """Make the item of one collection. With `-n` it says why it can't be measured."""
        item: LoadItem = cls.from_parent(file, name=f"load@{collection.name}@{interface}{_at(file, target)}")
        station = sitting.station(target, Start.of(file.scenario))
        item.under = loads.UnderLoad(station, file.scenario, collection, interface, sitting.options)
        item.target, item.alone = target, not sitting.parallel
        item.add_marker("load")
        item.add_marker(str(Level.MUST))
        return item

    def runtest(self) -> None:
        """Ask, measure and judge."""
        if not self.alone:
            verdict = loads.elsewhere(self.under, "a load needs the machine to itself: run it without -n")
            entries: list[Entry] = [VerdictEntry.of(verdict)]
        else:
            with _our_own_warnings():
                entries, verdict = loads.measure(self.under)
        self.stash[ENTRIES] = entries
        settle(verdict)


def _at(file: ScenarioFile, target: str) -> str:
    """What an item's name ends in where there are several targets."""
    return f"@{target}" if file.config.stash[SITTING].several else ""


def _time(measured: Measured, *, benchmark: Any, request: pytest.FixtureRequest) -> None:
    with _our_own_warnings():
        entries, gravest = measure(measured, benchmark)
    request.node.stash[ENTRIES] = entries
    settle(gravest)


def _not_now(measured: Measured, *, request: pytest.FixtureRequest) -> None:
    verdict = elsewhere(measured, "latency needs the machine to itself: run it without -n")
    request.node.stash[ENTRIES] = [VerdictEntry.of(verdict)]
    settle(verdict)


@contextmanager
def _our_own_warnings() -> Iterator[None]:
    """Keep warnings that our own code and libraries cause out of a project that makes errors of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def settle(verdict: Verdict) -> None:
    """Let pytest know: held, known and fixed pass (known as an expected failure), skipped skips, the rest fails.

    Raises:
        NotHeldError: if the verdict is violated, undecided or invalid.
    """
    if verdict.outcome in _GRAVE:
        raise NotHeldError(verdict)
    if verdict.outcome is Outcome.SKIPPED:
        pytest.skip(verdict.sentence)
    if verdict.outcome is Outcome.KNOWN:
        pytest.xfail(verdict.sentence)
