"""Runs generated cases against an opened database, in bounded time, and keeps the smallest that fails."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from harness.checks import Violation
from harness.checks.steps import Doing
from harness.dataset import Dataset, Scratch
from harness.errors import FileError, HarnessError
from harness.generating.machine import machine
from harness.generating.shapes import DIMENSIONS, TENANTS, Shape, shapes, written
from harness.model import Module
from harness.scenario import Ask, Collection, Step, load_scenario
from harness.stage import Stage

_STEPS = 12
"""At most so many steps a case."""


class _OutOfTime(BaseException):
    """The time is over."""


@dataclass(frozen=True, slots=True)
class Found:
    """A case that failed: its class, its steps, over which interface, and what was wrong.

    `every_time` is False if it did not show when it was done once more.
    """

    shape: Shape
    interface: str
    steps: tuple[Step, ...]
    violation: Violation
    every_time: bool = True

    @property
    def scenario(self) -> str:
        """The text of the scenario that repeats it."""
        return written(self.shape, self.steps, about=f"Found over {self.interface}: {self.violation.what}.")


@dataclass(slots=True)
class Searched:
    """What a search came to: cases and steps that were done, the smallest failure, and trouble that ended it."""

    cases: int = 0
    steps: int = 0
    found: Found | None = None
    trouble: HarnessError | None = None
    out_of_time: bool = False
    shapes: set[Shape] = field(default_factory=set)


def search(
    stage: Stage,
    *,
    cases: int,
    seed_: int,
    seconds: float,
    interfaces: Sequence[str],
    modules: Sequence[Module] = tuple(Module),
    shrinking: float = 60.0,
) -> Searched:
    """Run so many generated cases, or fewer if the time is over or one fails.

    Args:
        stage: the opened database.
        cases: how many are drawn.
        seed_: what they are drawn from.
        seconds: how long it may take.
        interfaces: over which a case may be asked.
        modules: the image modules that a class may have.
        shrinking: seconds for making a failure smaller, on top.
    """
    with TemporaryDirectory(prefix="nearimage-") as folder:
        ground = _Ground(stage, interfaces, modules, Path(folder), monotonic() + seconds, shrinking)
        Machine = seed(seed_)(machine(ground))  # noqa: N806 - a class
        with suppress(_OutOfTime, Violation, Flaky, ExceptionGroup):
            run_state_machine_as_test(
                Machine,
                settings=settings(
                    max_examples=cases,
                    stateful_step_count=_STEPS,
                    deadline=None,
                    database=None,
                    phases=(Phase.generate, Phase.shrink),
                    report_multiple_bugs=False,
                    print_blob=False,
                    verbosity=Verbosity.quiet,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        return ground.result()


class _Ground:
    """Where the cases are done; see `machine.Playground`."""

    def __init__(
        self,
        stage: Stage,
        interfaces: Sequence[str],
        modules: Sequence[Module],
        folder: Path,
        deadline: float,
        shrinking: float,
    ) -> None:
        self._stage = stage
        self._folder = folder
        self._deadline = deadline
        self._shrinking = shrinking
        self._searched = Searched()
        self.shapes = shapes(modules, stage.endpoint.release)
        self.interfaces = list(interfaces)
        self.collection = cache(self._collection)

    def _collection(self, shape: Shape) -> Collection:
        """The class of a shape, read from the very text that a failure is written down as."""
        path = self._folder / "shape.yaml"
        path.write_text(written(shape, ()), encoding="utf-8")
        [found] = load_scenario(path).collections
        return replace(found, images=replace(found.images, dimensions=DIMENSIONS))

    def play(self, shape: Shape, interface: str) -> _Case:
        """Begin a case."""
        if not self._searched.trouble:
            self._searched.cases += 1
            self._searched.shapes.add(shape)
        return _Case(self, shape, interface)

    def open(self, shape: Shape, interface: str) -> tuple[AbstractContextManager[Scratch], Doing]:
        """Return an empty class of a shape, and what does steps in it."""
        collection = self.collection(shape)
        case = self._stage.case(Dataset(collection, collection.name, self._stage.endpoint, ()), interface)
        shelf = case.scratch()
        return shelf, Doing(case, shelf.__enter__(), TENANTS if shape.tenants else ())

    def in_time(self) -> None:
        """Go on unless the time is over."""
        if monotonic() > self._deadline:
            self._searched.out_of_time = self._searched.found is None
            raise _OutOfTime

    @property
    def stopped(self) -> bool:
        """Whether nothing more is asked, because the database gave no answer."""
        return self._searched.trouble is not None

    def did(self) -> None:
        """Count a step."""
        self._searched.steps += 1

    def stop(self, trouble: HarnessError) -> None:
        """Ask nothing more."""
        self._searched.trouble = trouble

    def failed(self, found: Found) -> None:
        """Keep a failure if it is the first, or smaller than those before."""
        before = self._searched.found
        if before is None:
            self._deadline = monotonic() + self._shrinking
        if before is None or _size(found) <= _size(before):
            self._searched.found = found

    def result(self) -> Searched:
        """Return what it came to; a failure is done once more, and without each of its steps that it can do without."""
        found = self._searched.found
        if found is None or self._searched.trouble:
            return self._searched
        with suppress(HarnessError):
            again = self._again(found, found.steps)
            self._searched.found = self._smaller(again) if again else replace(found, every_time=False)
        return self._searched

    def _smaller(self, found: Found) -> Found:
        """Leave out one step after the other, as long as it fails."""
        for place in reversed(range(len(found.steps) - 1)):
            fewer = self._again(found, found.steps[:place] + found.steps[place + 1 :])
            found = fewer or found
        return found

    def _again(self, found: Found, steps: tuple[Step, ...]) -> Found | None:
        """Do these steps in a new class, and return how they fail; None if they don't, or can't be done."""
        path = self._folder / "fewer.yaml"
        path.write_text(written(found.shape, steps), encoding="utf-8")
        try:
            load_scenario(path)
        except FileError:
            return None
        shelf, doing = self.open(found.shape, found.interface)
        try:
            for number, step in enumerate(steps, start=1):
                try:
                    doing.do(step)
                except Violation as violation:
                    return replace(found, steps=steps[:number], violation=violation)
        finally:
            shelf.__exit__(None, None, None)
        return None


class _Case:
    """The steps of one case; its class is made with the first of them."""

    def __init__(self, ground: _Ground, shape: Shape, interface: str) -> None:
        self._ground = ground
        self._shape = shape
        self._interface = interface
        self._steps: list[Step] = []
        self._opened: tuple[AbstractContextManager[Scratch], Doing] | None = None

    def do(self, step: Step) -> None:
        """Do a step; a server that does not answer is not asked again and again."""
        if self._ground.stopped:
            return
        self._ground.in_time()
        self._steps.append(step)
        try:
            self._doing().do(step)
            self._ground.did()
        except HarnessError as trouble:
            self._ground.stop(trouble)
        except Violation as violation:
            self._ground.failed(Found(self._shape, self._interface, tuple(self._steps), violation))
            raise

    def reach(self, ask: Ask) -> list[float]:
        """Return the distances that a question is about."""
        if self._ground.stopped:
            return []
        try:
            return self._doing().reach(ask)
        except HarnessError as trouble:
            self._ground.stop(trouble)
            return []

    def end(self) -> None:
        """Take the class away."""
        if self._opened is not None:
            self._opened[0].__exit__(None, None, None)

    def _doing(self) -> Doing:
        if self._opened is None:
            self._opened = self._ground.open(self._shape, self._interface)
        return self._opened[1]


def _size(found: Found) -> tuple[int, int]:
    return len(found.steps), len(found.scenario)
