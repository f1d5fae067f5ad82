"""What one pytest process knows of its run: the options, and a station for each target, opened when first needed.

Scenarios that need other settings of their server than others do are asked of another start of it, which has a station
of its own: each setting costs one start.

Without `-n` there is one process and it owns the targets. With `-n` the controller owns them, starts each once, and
hands their addresses to the workers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from harness.checks import all_checks
from harness.dataset import Run
from harness.deviations import OURS, DeviationShape, Listed, deviations
from harness.errors import ExitCode, HarnessError, TargetError, UsageError
from harness.fleet import Start, Wanted, needs_of, wanted
from harness.interfaces import DEFAULT, NAMES, chosen, demand
from harness.keeping import state_folder
from harness.opening import together
from harness.options import TargetOptions
from harness.scenario import Scenario
from harness.stage import Loading
from harness.station import Station
from harness.targets.state import claimed, sweep


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line; `require` is `weaviate` or empty, `seed` is what is drawn from.

    `deviations` is a file of the user's, beside ours; `strict`: what is known to deviate is a violation all the same.
    `load` has keys of a scenario's load that count instead of its own, `load_workers` says how many Locust workers send
    it, 0 that this process does, and `load_listen` where those of other machines find it.
    """

    targets: TargetOptions = field(default_factory=TargetOptions)
    checks: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = DEFAULT
    require: str = ""
    seed: int = 0
    deviations: Path | None = None
    strict: bool = False
    load: Mapping[str, Any] = field(default_factory=dict)
    load_workers: int = 0
    load_listen: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "interfaces", chosen(self.interfaces))

    def check(self) -> None:
        """Find what is wrong without starting anything.

        Raises:
            UsageError: if there is no such target or interface, or an option is wrong.
            FileError: if the file of deviations is wrong; says where.
        """
        wanted(self.targets)
        for name in self.interfaces:
            demand(name)
        self.known_deviations()

    def known_deviations(self) -> list[DeviationShape]:
        """Return what is known to deviate: of the user's own file first, then ours.

        Raises:
            FileError: if the user's file is wrong; says where.
        """
        files = [self.deviations, OURS] if self.deviations else [OURS]
        return [one for path in files for one in _known(path, path.stat().st_mtime_ns if path.is_file() else 0)]

    def wants(self, check: str) -> bool:
        """Whether this check id was asked for; no globs ask for all."""
        return not self.checks or any(fnmatchcase(check, glob) for glob in self.checks)


@lru_cache(maxsize=4)
def _known(path: Path, changed: int) -> tuple[DeviationShape, ...]:
    """What a file says, read once for those who look at the options, who judge by it, and who tell of it."""
    del changed
    return tuple(deviations(path, checks=all_checks(), interfaces=NAMES))


class Sitting:
    """One pytest process of a run.

    Beside the verdicts, which go into the record one by one, it keeps what else the run came to: `troubles` that ended
    it, `bugs` of ours, whether a person `interrupted` it, whether a scenario was `misread`, and `notes` for people.

    Args:
        options: what was asked for.
        handed: what the controller handed over, in a worker; None in a process that owns its targets.
        parallel: whether other processes use the machine too.
    """

    def __init__(self, options: Options, handed: Mapping[str, Any] | None = None, *, parallel: bool = False) -> None:
        self.options = options
        self.parallel = parallel
        self.begun = datetime.now(UTC)
        self.run = Run(**handed["run"]) if handed else Run(seed=options.seed)
        self.scenarios: list[Scenario] = []
        self.troubles: list[HarnessError] = []
        self.bugs: list[str] = []
        self.notes: dict[str, Literal["info", "warning"]] = {}
        self.interrupted = False
        self.misread = False
        self.loading: Loading | None = None
        self._handed = handed
        self._folder = Path(handed["folder"]) if handed else None
        self._own_folder = ExitStack()
        self._stations: dict[Start, dict[str, Station]] = {}
        self._tried: list[Start] = []

    @cached_property
    def options_are_right(self) -> bool:
        """True; whatever is wrong with the options was raised, once for all the files that are looked at.

        Raises:
            HarnessError: as `Options.check` does.
        """
        self.options.check()
        return True

    # --- the targets -----------------------------------------------------------------------------

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the targets that were asked for are called.

        Raises:
            UsageError: if there is no such target, or an option is wrong.
        """
        return tuple(self._wanted)

    @cached_property
    def _wanted(self) -> dict[str, Wanted]:
        return {one.name: one for one in wanted(self.options.targets)}

    @cached_property
    def _listed(self) -> dict[str, Listed]:
        """What is known to deviate, for each target: what became of it is a question of all its starts."""
        known = self.options.known_deviations()
        return {name: Listed(known, file=self.options.deviations, strict=self.options.strict) for name in self.names}

    def station(self, target: str, start: Start) -> Station:
        """Return the station of a target where scenarios that need this start are asked; opened or not."""
        return self._stations_of(start)[target]

    def _stations_of(self, start: Start) -> dict[str, Station]:
        """A station for each target, by its name; only the first start of a run can be kept for the next run."""
        if start not in self._stations:
            usual = not self._stations
            self._stations[start] = {
                name: Station(
                    one if usual else replace(one, keep=False, reuse=False),
                    self._run_at(one),
                    start=start,
                    seed=self.options.seed,
                    loading=partial(self._loads, name),
                    listed=self._listed[name],
                    interfaces=self.options.interfaces,
                    wants=self.options.wants,
                )
                for name, one in self._wanted.items()
            }
            for name, handed in (self._handed or {"stations": {}})["stations"].get(start.key, {}).items():
                self._stations[start][name].take_over(handed, self.folder())
        return self._stations[start]

    def _run_at(self, one: Wanted) -> Run:
        """The run at one target: two of them may be the same server by two names, whose classes are not to be mixed."""
        if not self.several:
            return self.run
        return replace(self.run, id=sha256(f"{self.run.id}/{one.name}".encode()).hexdigest()[: len(self.run.id)])

    @property
    def several(self) -> bool:
        """Whether more than one target is asked."""
        return len(self.names) > 1

    @property
    def tried(self) -> list[Station]:
        """The stations that were needed: open, or with the trouble that they had; those of the first start first."""
        return [one for start in self._tried for one in self._stations[start].values()]

    @property
    def opened(self) -> list[Station]:
        """The stations that are or were open."""
        return [one for one in self.tried if one.endpoint is not None]

    def first(self, stations: Iterable[Station]) -> list[Station]:
        """Return of these stations one for each target, that of its first start."""
        found: dict[str, Station] = {}
        for one in stations:
            found.setdefault(one.name, one)
        return list(found.values())

    def open(self, start: Start) -> None:
        """Open the targets for scenarios of this start, all at once, when one is first needed; some may fail alone.

        Raises:
            TargetError: if there is none at all, or the only one is not what `--require` asks for.
            UsageError: if nothing can be noted down on this machine, or the only one can't be asked for like that.
        """
        if start in self._tried:
            return
        stations = self._stations_of(start)
        before = {one.name: one for one in self.opened}
        self._tried.append(start)
        if self._handed is None:
            folder, needs = self.folder(), needs_of(self.scenarios, start)
            sharing = [one for one in self.scenarios if Start.of(one) == start]
            openings = {
                name: partial(one.open, needs, folder, require=self.options.require)
                for name, one in stations.items()
                if not (name in before and one.stand_in(before[name], sharing))
            }
            if len(openings) > 1 or before:
                together(openings)
            elif openings:
                next(iter(openings.values()))()
        if not self.opened:
            raise TargetError(f"none of the {len(stations)} targets could be opened", hint=_said(stations))

    def leave_start(self, start: Start) -> None:
        """Take away what was started for scenarios that have all been asked."""
        if self._handed is None and start in self._tried:
            self._close(self._stations[start].values())

    def folder(self) -> Path:
        """Return the folder that all processes of this run share; what crashed runs left goes before it is made.

        Raises:
            UsageError: if nothing can be noted down on this machine.
        """
        if self._folder is None:
            try:
                self.notes |= dict.fromkeys(sweep(), "info")
                self._folder = self._own_folder.enter_context(claimed("a run's own files")).folder
            except OSError as error:
                raise UsageError(
                    f"nothing can be noted down in {state_folder()}: {error.strerror or error}",
                    hint="Name another place in the environment variable NEARIMAGE_STATE.",
                ) from error
        return self._folder

    def close(self) -> None:
        """Take away what this process brought into the databases, and the owner the databases too."""
        self._close(self.tried)

    def _close(self, stations: Iterable[Station]) -> None:
        with ExitStack() as closing:
            for one in stations:
                closing.callback(one.close, self.scenarios, owner=self._handed is None)

    def leave(self) -> None:
        """Remove the folder, the very last thing."""
        self._own_folder.close()

    def _loads(self, target: str, collection: str, done: int, total: int) -> None:
        if self.loading is not None:
            self.loading(f"{collection}@{target}" if self.several else collection, done, total)

    # --- with -n ---------------------------------------------------------------------------------

    def hand_over(self) -> dict[str, Any]:
        """Return what a worker needs to take part."""
        for start in dict.fromkeys(map(Start.of, self.scenarios)):
            self.open(start)
        run = {"id": self.run.id, "host": self.run.host, "pid": self.run.pid, "seed": self.run.seed}
        stations = {
            start.key: {name: one.hand_over() for name, one in self._stations[start].items()} for start in self._tried
        }
        return {"run": run, "folder": str(self.folder()), "stations": stations}

    def told(self) -> dict[str, Any]:
        """Return what the controller should know of this worker in the end."""
        stations = {
            start.key: {name: one.told(self.scenarios) for name, one in some.items()}
            for start, some in self._stations.items()
        }
        return {"stations": stations, "listed": {name: one.told() for name, one in self._listed.items()}}

    def heard(self, told: Mapping[str, Any]) -> None:
        """Take over what a worker told."""
        known = {start.key: some for start, some in self._stations.items()}
        for key, some in told.get("stations", {}).items():
            for name, one in some.items():
                known[key][name].heard(one)
        for name, one in told.get("listed", {}).items():
            self._listed[name].heard(one)

    @property
    def codes(self) -> list[ExitCode]:
        """The exit codes of all that is no verdict."""
        alone = [one.trouble for one in self.tried if one.trouble and one.trouble not in self.troubles]
        return [
            *(error.exit_code for error in (*self.troubles, *alone)),
            *[ExitCode.USAGE] * self.misread,
            *[ExitCode.BUG] * bool(self.bugs),
            *[ExitCode.INTERRUPTED] * self.interrupted,
        ]


def _said(stations: Mapping[str, Station]) -> str:
    return "\n".join(f"{name}: {one.trouble}" for name, one in stations.items())
