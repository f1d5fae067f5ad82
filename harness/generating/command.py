"""What `nearimage generate` does: opens the databases, searches each, and says what was found and how to repeat it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from time import perf_counter

from harness.errors import ExitCode, UsageError, worst
from harness.fitness import unfit
from harness.fleet import Start
from harness.generating.search import Found, Searched, search
from harness.generating.shapes import Shape, written
from harness.model import Metric, Module
from harness.options import TargetOptions
from harness.runs import forget, fresh_folder
from harness.scenario import Scenario, load_scenario
from harness.sitting import Options, Sitting
from harness.station import Station, called

CASE = "generated.yaml"

Say = Callable[[str], object]
"""Prints a line."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for.

    `interfaces` and `modules` by name; `shrinking` is how many seconds a failure is made smaller, `out` where runs are
    kept.
    """

    targets: TargetOptions = field(default_factory=TargetOptions)
    cases: int = 100
    seconds: float = 300.0
    seed: int = 0
    interfaces: tuple[str, ...] = ("graphql", "grpc")
    modules: tuple[str, ...] = tuple(map(str, Module))
    require: str = ""
    shrinking: float = 60.0
    out: Path = Path("nearimage-out")

    def check(self) -> None:
        """Find what is wrong before anything is started.

        Raises:
            UsageError: if a number is too small, or there is no such module.
        """
        for name in ("cases", "seconds"):
            if not getattr(self, name) > 0:
                raise UsageError(f"--{name} is more than 0, not {getattr(self, name)}")
        for name in self.modules:
            if name not in set(Module):
                near = get_close_matches(name, [str(one) for one in Module], 1, 0.0)
                raise UsageError(f"no image module is called {name!r}", hint=f"Did you mean {near[0]}?")


def generate(wish: Wish, *, say: Say) -> ExitCode:
    """Search each database, print what came of it, and return the exit code; whatever was made is taken away.

    Raises:
        HarnessError: for trouble before anything was asked, also if `out` cannot be written.
    """
    wish.check()
    asked = Options(wish.targets, interfaces=wish.interfaces, require=wish.require, seed=wish.seed)
    asked.check()
    forget(fresh_folder(wish.out))  # what is found after minutes must have a place to go
    sitting = Sitting(asked)
    try:
        sitting.scenarios = _needing(wish, sitting.folder())
        sitting.open(Start.of(sitting.scenarios[0]))
        codes = [_at(station, sitting.scenarios[0], wish, asked.interfaces, say) for station in sitting.tried]
    finally:
        try:
            sitting.close()
        finally:
            sitting.leave()
    return worst([*codes, *sitting.codes])


def _needing(wish: Wish, folder: Path) -> list[Scenario]:
    """A scenario for each module, which says that the database must have it."""
    found = []
    for name in wish.modules:
        path = folder / f"{name}.yaml"
        path.write_text(
            written(Shape(Metric.L2, Module(name), "hnsw", named=False, tenants=False), ()), encoding="utf-8"
        )
        found.append(load_scenario(path))
    return found


def _at(station: Station, scenario: Scenario, wish: Wish, names: Sequence[str], say: Say) -> ExitCode:
    """Search one database, over those of these interfaces that it has."""
    endpoint = station.endpoint
    if endpoint is None or station.target is None:
        say(f"{station.name}: {station.trouble}")
        return station.trouble.exit_code if station.trouble else ExitCode.NO_TARGET
    say(station.target.describe())
    if endpoint.read_only:
        say("skipped: generated cases write, and this server may only be read")
        return ExitCode.NOTHING_RAN
    interfaces = []
    for name in names:
        if reason := unfit(scenario, name, endpoint):
            say(f"skipped: {name}: {reason}")
        else:
            interfaces.append(name)
    if not interfaces:
        return ExitCode.NOTHING_RAN
    began = perf_counter()
    found = search(
        station.stage(),
        cases=wish.cases,
        seed_=wish.seed,
        seconds=wish.seconds,
        interfaces=interfaces,
        modules=[Module(name) for name in wish.modules],
        shrinking=wish.shrinking,
    )
    for line in _told(found, station, wish, interfaces, perf_counter() - began):
        say(line)
    return _code(found)


def _code(found: Searched) -> ExitCode:
    if found.found is not None:
        return ExitCode.VIOLATED
    if found.trouble is not None:
        return ExitCode.UNDECIDED
    return ExitCode.HELD if found.steps else ExitCode.NOTHING_RAN


def _told(found: Searched, station: Station, wish: Wish, interfaces: list[str], seconds: float) -> Iterator[str]:
    """Yield what a search came to."""
    if found.found is not None:
        yield from _failure(found.found, station, wish)
    elif found.trouble is not None:
        yield f"undecided: {found.trouble}"
    else:
        yield "Everything held." if found.steps else "Nothing was asked."
    if found.out_of_time:
        yield f"the time was over after {found.cases} cases: --seconds"
    over = " and ".join(interfaces)
    yield (
        f"{found.cases} cases in {len(found.shapes)} kinds of classes, {found.steps} steps over {over}; "
        f"seed {wish.seed}; {seconds:.0f} s"
    )


def _failure(found: Found, station: Station, wish: Wish) -> Iterator[str]:
    """Yield what was wrong, the scenario that repeats it, and the command that runs it."""
    path = fresh_folder(wish.out) / CASE
    try:
        path.write_text(found.scenario, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}", hint="Name another place: --out.") from error
    yield f"VIOLATED over {found.interface}: {found.violation.what}"
    for name, value in found.violation.evidence.items():
        yield f"  {name}: {json.dumps(value, default=str)}"
    if not found.every_time:
        yield "  done once more, it did not show: it does not happen every time"
    yield ""
    yield found.scenario
    endpoint = station.endpoint
    target = station.wanted.words(endpoint.target if endpoint else station.wanted.text)
    yield "  $ " + shlex.join(["nearimage", "run", called(path), *target, "--interfaces", found.interface])
