"""What one pytest process knows of its run: the options, the target, and the stage, opened when it is first needed.

Without `-n` there is one process and it owns the target. With `-n` the controller owns it, starts it once, and hands
its address to the workers.
"""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from shutil import rmtree
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from harness.checks import Check
from harness.checks.judging import judge
from harness.dataset import Dataset, Run
from harness.errors import AnswerError, HarnessError, TargetError
from harness.model import Endpoint, Outcome, Verdict
from harness.scenario import Asked, Collection, Scenario
from harness.stage import Loading, Stage, needs_of, packed, take_away, unpacked
from harness.targets import DescribedTarget, find

SITTING: pytest.StashKey[Sitting] = pytest.StashKey()
"""Where the plugin keeps it in pytest's configuration."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for on the command line; `require` is `weaviate` or empty."""

    target: str = "auto"
    checks: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ("graphql", "grpc")
    read_only: bool = False
    require: str = ""

    def wants(self, check: str) -> bool:
        """Whether this check id was asked for; no globs ask for all."""
        return not self.checks or any(fnmatchcase(check, glob) for glob in self.checks)


class Sitting:
    """One pytest process of a run.

    Args:
        options: what was asked for.
        handed: what the controller handed over, in a worker; None in the process that owns the target.
    """

    def __init__(self, options: Options, handed: Mapping[str, Any] | None = None) -> None:
        self.options = options
        self.run = Run(**handed["run"]) if handed else Run()
        self.folder = Path(handed["folder"]) if handed else Path(tempfile.mkdtemp(prefix="nearimage-"))
        self.owner = handed is None
        self.parallel = handed is not None
        self.target: DescribedTarget | None = None
        self.scenarios: list[Scenario] = []
        self.troubles: list[HarnessError] = []
        self.loading: Loading | None = None
        self._endpoint = unpacked(handed["endpoint"]) if handed else None
        self._stage: Stage | None = None
        self._open = ExitStack()

    # --- the target ------------------------------------------------------------------------------

    def endpoint(self) -> Endpoint:
        """Return the database; it is started when it is first needed.

        Raises:
            TargetError: if there is none, or if it is not what `--require` asks for.
        """
        if self._endpoint is None:
            self.target = find(self.options.target, read_only=self.options.read_only)
            if self.options.require == "weaviate" and _stands_in(self.target):
                raise TargetError(
                    f"the target would be {self.target.describe()}, and --require weaviate asks for a real one",
                    hint="Name a target: --target embedded, --target http://HOST:8080 (nearimage doctor says what "
                    "this machine has).",
                )
            self._endpoint = self._open.enter_context(self.target.open(needs_of(self.scenarios)))
        return self._endpoint

    def stage(self) -> Stage:
        """Return the stage of this process.

        Raises:
            TargetError: if there is no database.
        """
        if self._stage is None:
            self._stage = Stage(self.endpoint(), self.run, self.folder, self.loading)
        return self._stage

    def hand_over(self) -> dict[str, Any]:
        """Return what a worker needs to take part."""
        run = {"id": self.run.id, "host": self.run.host, "pid": self.run.pid}
        return {"run": run, "folder": str(self.folder), "endpoint": packed(self.endpoint())}

    def close(self) -> None:
        """Take away what this process brought: the owner also the collections, the target and the folder."""
        try:
            if self._stage is not None:
                self._stage.close()
            if self.owner and self._endpoint is not None and not self._endpoint.read_only:
                take_away(self._endpoint, self.run)
        finally:
            if self.owner:
                self._open.close()
                rmtree(self.folder, ignore_errors=True)

    @property
    def opened(self) -> Endpoint | None:
        """The database, if it was needed."""
        return self._endpoint

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
                return judge(check, case, scenario=scenario.name, repeat=repeat)
            except AnswerError as error:
                outcome, reason = Outcome.UNDECIDED, error.what
        return Verdict(check.id, check.level, outcome, reason, scenario.name, collection.name, interface, repeat=repeat)

    def dataset(self, scenario: Scenario, collection: Collection) -> Dataset:
        """Return a collection, loaded."""
        return self.stage().dataset(scenario, collection)

    def loaded(self, scenario: Scenario) -> dict[str, Dataset]:
        """Return the collections of a scenario that this process loaded or took over, by name."""
        return self._stage.loaded(scenario) if self._stage is not None else {}

    def again(self, scenario: Scenario, check: str) -> str:
        """Return the one command that asks the same again."""
        name = self.target.name if self.target is not None else self.options.target
        words = ["nearimage", "run", called(scenario.path), "--target", name, "--checks", check]
        return shlex.join([*words, *(["--read-only"] if self.options.read_only else [])])


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
    if interface == "grpc" and not endpoint.grpc:
        return "the server's gRPC address is not known or does not answer"
    return ""


def _stands_in(target: DescribedTarget) -> bool:
    return target.name.partition(":")[0] == "reference"
