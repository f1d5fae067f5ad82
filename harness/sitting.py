"""What one pytest process knows of its run: the options, the target, and the stage, opened when it is first needed.

Without `-n` there is one process and it owns the target. With `-n` the controller owns it, starts it once, and hands
its address to the workers.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from packaging.specifiers import SpecifierSet

from harness.abilities import CanShowLogs
from harness.checks import Check
from harness.checks.judging import judge
from harness.dataset import Dataset, Run, UnfitError
from harness.errors import AnswerError, ExitCode, HarnessError, TargetError, UsageError
from harness.fleet import wanted
from harness.interfaces import NAMES
from harness.model import Endpoint, Module, Needs, Outcome, Verdict
from harness.options import TargetOptions
from harness.scenario import Asked, Collection, Scenario
from harness.stage import Loading, Stage, needs_of, packed, take_away, unpacked
from harness.targets import DescribedTarget
from harness.targets.state import claimed, state_folder, sweep

_LAST_LINES = 8

_NEAR_IMAGE_OVER_GRPC = (1, 22)
"""The first release whose gRPC service has near_image (source: its public protocol files)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line; `require` is `weaviate` or empty, `seed` is what is drawn from."""

    targets: TargetOptions = field(default_factory=TargetOptions)
    checks: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = NAMES
    require: str = ""
    seed: int = 0

    def check(self) -> None:
        """Find what is wrong without starting anything.

        Raises:
            UsageError: if there is no such target or interface, or an option is wrong.
        """
        wanted(self.targets)
        for name in self.interfaces:
            if name not in NAMES:
                raise UsageError(f"there is no interface {name!r}", hint=f"There are: {', '.join(NAMES)}.")

    def wants(self, check: str) -> bool:
        """Whether this check id was asked for; no globs ask for all."""
        return not self.checks or any(fnmatchcase(check, glob) for glob in self.checks)


class Sitting:
    """One pytest process of a run.

    Beside the verdicts, which go into the record one by one, it keeps what else the run came to: `troubles` that ended
    it, `bugs` of ours, whether a person `interrupted` it, whether a scenario was `misread`, and `notes` for people.

    Args:
        options: what was asked for.
        handed: what the controller handed over, in a worker; None in a process that owns its target.
        parallel: whether other processes use the machine too.
    """

    def __init__(self, options: Options, handed: Mapping[str, Any] | None = None, *, parallel: bool = False) -> None:
        self.options = options
        self.parallel = parallel
        self.begun = datetime.now(UTC)
        self.run = Run(**handed["run"]) if handed else Run(seed=options.seed)
        self.target: DescribedTarget | None = None
        self.scenarios: list[Scenario] = []
        self.troubles: list[HarnessError] = []
        self.bugs: list[str] = []
        self.notes: dict[str, Literal["info", "warning"]] = {}
        self.interrupted = False
        self.misread = False
        self.loading: Loading | None = None
        self._owner = handed is None
        self._folder = Path(handed["folder"]) if handed else None
        self._endpoint = unpacked(handed["endpoint"]) if handed else None
        self._stage: Stage | None = None
        self._silent = ""
        self._told: dict[str, dict[str, Any]] = {}
        self._open = ExitStack()
        self._own_folder = ExitStack()

    # --- the target ------------------------------------------------------------------------------

    def endpoint(self) -> Endpoint:
        """Return the database; it is started when it is first needed.

        Raises:
            TargetError: if there is none, or if it is not what `--require` asks for.
            UsageError: if nothing can be noted down on this machine.
        """
        if self._endpoint is None:
            [one, *_] = wanted(self.options.targets)
            self.target = one.target()
            if _stands_in(self.target):
                self._require_weaviate(self.target)
            self.folder()
            endpoint = self._open.enter_context(self.target.open(self._needs()))
            if not endpoint.weaviate:
                self._require_weaviate(self.target)
            self._endpoint = endpoint
        return self._endpoint

    def _require_weaviate(self, target: DescribedTarget) -> None:
        if self.options.require == "weaviate":
            raise TargetError(
                f"{target.describe()}, and --require weaviate asks for a real one",
                hint="Name a target: --target embedded, --target http://HOST:8080 (nearimage doctor says what this "
                "machine has).",
            )

    def stage(self) -> Stage:
        """Return the stage of this process.

        Raises:
            TargetError: if there is no database.
        """
        if self._stage is None:
            self._stage = Stage(self.endpoint(), self.run, self.folder(), self.loading, self.target)
        return self._stage

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
        """Take away what this process brought into the database, and the owner the database too."""
        if self._silent:
            self._open.close()  # nothing can be taken away there: with its process gone, that is known at once
        with self._open, ExitStack() as mine:
            if self._stage is not None:
                mine.callback(self._stage.close)
            endpoint = self._endpoint
            if endpoint is not None and self._owner and not (self._silent or endpoint.started or endpoint.read_only):
                take_away(endpoint, self.run, self.scenarios)  # what is in a database that we started goes with it

    def leave(self) -> None:
        """Remove the folder, the very last thing."""
        self._own_folder.close()

    @property
    def opened(self) -> Endpoint | None:
        """The database, if it was needed."""
        return self._endpoint

    def _needs(self) -> Needs:
        """What the scenarios need; hand-written tests that name none may ask anything."""
        return needs_of(self.scenarios) if self.scenarios else Needs(modules=tuple(Module))

    # --- with -n ---------------------------------------------------------------------------------

    def hand_over(self) -> dict[str, Any]:
        """Return what a worker needs to take part."""
        run = {"id": self.run.id, "host": self.run.host, "pid": self.run.pid, "seed": self.run.seed}
        endpoint = packed(self.endpoint())
        return {"run": run, "folder": str(self.folder()), "endpoint": endpoint}

    def told(self) -> dict[str, Any]:
        """Return what the controller should know of this worker in the end."""
        return {
            "notes": self.notes,
            "collections": {str(one.path): self.collections(one) for one in self.scenarios},
        }

    def heard(self, told: Mapping[str, Any]) -> None:
        """Take over what a worker told."""
        self.notes |= told.get("notes", {})
        for path, collections in told.get("collections", {}).items():
            self._told.setdefault(path, {}).update(collections)

    def collections(self, scenario: Scenario) -> dict[str, Any]:
        """Return how a scenario's collections are called at the target and how large they are, by name."""
        mine = self._stage.loaded(scenario) if self._stage is not None else {}
        return self._told.get(str(scenario.path), {}) | {
            name: {"class_at_target": dataset.class_name, "objects": len(dataset.stored)}
            for name, dataset in mine.items()
        }

    # --- verdicts --------------------------------------------------------------------------------

    def verdict(
        self, scenario: Scenario, check: Check, collection: Collection, interface: str, questions: Iterable[Asked]
    ) -> Verdict:
        """Return what a check comes to; a collection that could not be loaded leaves it undecided."""
        repeat = self.again(scenario, check.id)
        stage = self.stage()
        outcome, reason = Outcome.SKIPPED, unfit(scenario, interface, stage.endpoint)
        if not reason:
            try:
                case = stage.case(self.dataset(scenario, collection), interface, questions)
                verdict = judge(check, case, scenario=scenario.name, repeat=repeat)
            except UnfitError as error:
                reason = f"{error.what}. {error.hint}"
            except HarnessError as error:
                outcome, reason = Outcome.UNDECIDED, str(error)
            else:
                if verdict.outcome is Outcome.UNDECIDED:
                    self.listen()
                return verdict
        return Verdict(check.id, check.level, outcome, reason, scenario.name, collection.name, interface, repeat=repeat)

    def dataset(self, scenario: Scenario, collection: Collection) -> Dataset:
        """Return a collection, loaded.

        Raises:
            AnswerError: if the database does not answer any more, or could not be loaded with it.
            UnfitError: if it may only be read and is not there, or is not what the scenario says.
            HarnessError: if the server refuses the collection.
        """
        if self._silent:
            raise AnswerError(self._silent)
        try:
            return self.stage().dataset(scenario, collection)
        except UnfitError:
            raise
        except HarnessError:
            self.listen()
            raise

    def listen(self) -> None:
        """After trouble: find out whether the database answers at all; if not, nothing more is asked of it."""
        if self._silent or self.stage().answers():
            return
        self._silent = "the database does not answer any more"
        target = self.target
        words: list[str] = target.logs().splitlines()[-_LAST_LINES:] if isinstance(target, CanShowLogs) else []
        self.notes["\n".join([f"{self._silent}: what was not asked before is undecided", *words])] = "warning"

    @property
    def codes(self) -> list[ExitCode]:
        """The exit codes of all that is no verdict."""
        return [
            *(error.exit_code for error in self.troubles),
            *[ExitCode.USAGE] * self.misread,
            *[ExitCode.BUG] * bool(self.bugs),
            *[ExitCode.INTERRUPTED] * self.interrupted,
        ]

    def again(self, scenario: Scenario, check: str) -> str:
        """Return the one command that asks the same again."""
        [one, *_] = wanted(self.options.targets)
        name = self._endpoint.target if self._endpoint is not None else one.text
        words = ["nearimage", "run", called(scenario.path), *one.words(name), "--checks", check]
        words += ["--seed", str(self.options.seed)] if self.options.seed else []
        return shlex.join(words)


def called(path: Path) -> str:
    """Return a scenario as a person would type it: a shipped one by its name, another by its path from here."""
    from harness.images import shipped_folder

    if path.parent == shipped_folder("scenarios"):
        return path.stem
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def unfit(scenario: Scenario, interface: str, endpoint: Endpoint) -> str:
    """Return why nothing of a scenario can be asked here; empty if it can."""
    wanted = scenario.needs.weaviate
    if wanted and endpoint.version and not SpecifierSet(wanted).contains(endpoint.version, prereleases=True):
        return f"the scenario needs Weaviate {wanted}, this is {endpoint.version}"
    limits = [name for name in ("cpus", "memory", "volumes") if getattr(scenario.needs, name)]
    if limits and endpoint.unlimited:
        return f"the scenario needs {' and '.join(limits)} for its database: {endpoint.unlimited}"
    if interface == "grpc" and not endpoint.grpc:
        return "the server's gRPC address is not known or does not answer: give it as http://HOST:PORT?grpc=PORT"
    if interface == "grpc" and endpoint.release and endpoint.release < _NEAR_IMAGE_OVER_GRPC:
        return f"Weaviate {endpoint.version} has no nearImage over gRPC: it came with 1.22"
    return ""


def _stands_in(target: DescribedTarget) -> bool:
    return target.name.partition(":")[0] == "reference"
