"""One target of a run in one process: opened once, loaded, asked, and left alone when it falls silent."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any, Literal

from harness.abilities import CanShowLogs, CanShowStatistics, Usage
from harness.checks import Case, Check, Per
from harness.checks.judging import judge
from harness.checks.turns import has_turn
from harness.dataset import Dataset, Run, UnfitError
from harness.deviations import Listed
from harness.errors import AnswerError, HarnessError, TargetError, UnsupportedError, UsageError
from harness.fitness import lacking, unfit
from harness.fleet import Start, Wanted
from harness.interfaces import DEFAULT
from harness.keeping import state_folder
from harness.model import Endpoint, Needs, Outcome, Verdict
from harness.scenario import Asked, Collection, Scenario
from harness.stage import Loading, Stage, packed, take_away, unpacked
from harness.targets import DescribedTarget

_LAST_LINES = 8


class Station:
    """A target that was asked for, with what this process knows of it.

    `trouble` is why it could not be opened; `notes` is what people should know of it; `borrowed` is True if it goes by
    another start, see `stand_in`.

    Args:
        wanted: which target.
        run: whose classes are created.
        start: what its server is to have.
        seed: what is drawn from, for the command that asks again.
        loading: told how loading goes on.
        listed: what is known to deviate.
        interfaces: what is asked over.
        wants: whether a check is asked at all, by its id.
    """

    def __init__(
        self,
        wanted: Wanted,
        run: Run,
        *,
        start: Start | None = None,
        seed: int = 0,
        loading: Loading | None = None,
        listed: Listed | None = None,
        interfaces: Sequence[str] = DEFAULT,
        wants: Callable[[str], bool] = bool,
    ) -> None:
        self.wanted = wanted
        self.interfaces = tuple(interfaces)
        self.wants = wants
        self.start = start or Start()
        self.listed = listed or Listed()
        self.run = run
        self.target: DescribedTarget | None = None
        self.endpoint: Endpoint | None = None
        self.trouble: HarnessError | None = None
        self.notes: dict[str, Literal["info", "warning"]] = {}
        self.kept = False
        self.borrowed = False
        self._closed = False
        self._kept_target: object | None = None
        self._seed = seed
        self._loading = loading
        self._folder: Path | None = None
        self._stage: Stage | None = None
        self._silent = ""
        self._told: dict[str, dict[str, Any]] = {}
        self._open = ExitStack()

    @property
    def name(self) -> str:
        """What the target is called in this run."""
        return self.wanted.name

    # --- the database ----------------------------------------------------------------------------

    def open(self, needs: Needs, folder: Path, *, require: str = "") -> None:
        """Open the target.

        Args:
            needs: what it must have.
            folder: shared by all processes of this run.
            require: `weaviate` refuses the reference.

        Raises:
            TargetError: there is no database, or it is not what is required.
            UsageError: it can't be asked for like that.
        """
        self._folder = folder
        try:
            target = self.target = self.wanted.target()
            if require == "weaviate" and target.name.partition(":")[0] == "reference":
                raise _no_weaviate(target)
            endpoint = self._opened(target, needs)
            if require == "weaviate" and not endpoint.weaviate:
                raise _no_weaviate(target)
        except HarnessError as error:
            self.trouble = error
            self._open.close()
            raise
        self.endpoint = endpoint

    def stand_in(self, other: Station, scenarios: Iterable[Scenario]) -> bool:
        """Stay closed, and go by what another start of the target is, if nothing could be asked here anyway.

        Args:
            other: another start of the same target, open.
            scenarios: what would be asked.
        """
        endpoint = other.endpoint
        if endpoint is None or not all(unfit(one, "", endpoint) for one in scenarios):
            return False
        self.endpoint, self._folder, self.borrowed = endpoint, other._folder, True
        return True

    def _opened(self, target: DescribedTarget, needs: Needs) -> Endpoint:
        if not (self.wanted.keep or self.wanted.reuse):
            return self._open.enter_context(target.open(needs))
        from harness.targets.detached import attached, start_detached

        setup = self.wanted.setup
        found = attached(target, needs, setup)
        if found is not None and not self.wanted.reuse:
            what = f"{target.name} was left running by an earlier run"
            raise UsageError(what, hint="Ask it with --reuse, or stop it first: nearimage down")
        if found is not None:
            self.notes[f"an earlier start of {target.name} was asked again, at {found.endpoint.url}"] = "info"
        elif self.wanted.keep:
            found = start_detached(target, needs, state_folder() / "logs", setup)
            self.notes[f"{target.name} was left running at {found.endpoint.url}: nearimage down ends it"] = "info"
        else:
            return self._open.enter_context(target.open(needs))
        self.kept = True
        self._kept_target = found.target
        return found.endpoint

    def stage(self) -> Stage:
        """Return the stage of this process on the opened target."""
        if self._stage is None:
            if self.endpoint is None or self._folder is None:
                raise RuntimeError(f"{self.name} is not open")
            folder = self._folder / sha256(self.name.encode()).hexdigest()[:12]  # another target's is not loaded here
            folder.mkdir(exist_ok=True)
            self._stage = Stage(self.endpoint, self.run, folder, self._loading, self.opened)
        return self._stage

    @property
    def opened(self) -> object | None:
        """What is asked for its abilities: the target, or as much as can be done with one that is left running.

        None in a process that has only been told its address.
        """
        return self._kept_target if self.kept else self.target

    def statistics(self) -> tuple[Usage, ...]:
        """What each part of the target has used so far; nothing where that can't be told, or not any more."""
        if self._closed or self.endpoint is None or self.kept or not isinstance(self.target, CanShowStatistics):
            return ()
        try:
            return self.target.statistics()
        except HarnessError:
            return ()

    def close(self, scenarios: Iterable[Scenario], *, owner: bool) -> None:
        """Take away what this process brought into the database, and the owner the database too; once is enough."""
        if self._closed:
            return
        self._closed = True
        if self._silent:
            self._open.close()  # nothing can be taken away there: with its process gone, that is known at once
        with self._open, ExitStack() as mine:
            if self._stage is not None:
                mine.callback(self._stage.close)
            endpoint = self.endpoint
            goes = endpoint is not None and endpoint.started and not self.kept
            if endpoint is not None and owner and not (self._silent or self.borrowed or goes or endpoint.read_only):
                take_away(endpoint, self.run, scenarios)  # what is in a database that goes goes with it

    # --- with -n ---------------------------------------------------------------------------------

    def hand_over(self) -> dict[str, Any]:
        """Return what a worker needs to take part."""
        endpoint = packed(self.endpoint) if self.endpoint is not None else None
        return {"endpoint": endpoint, "trouble": str(self.trouble or "")}

    def take_over(self, handed: Mapping[str, Any], folder: Path) -> None:
        """Ask what the controller has opened."""
        self._folder = folder
        self.endpoint = unpacked(handed["endpoint"]) if handed["endpoint"] else None
        self.trouble = TargetError(handed["trouble"]) if handed["trouble"] else None

    def told(self, scenarios: Iterable[Scenario]) -> dict[str, Any]:
        """Return what the controller should know of this worker in the end."""
        collections = {str(one.path): self.collections(one) for one in scenarios}
        return {"notes": self.notes, "collections": collections}

    def heard(self, told: Mapping[str, Any]) -> None:
        """Take over what a worker told."""
        self.notes |= told.get("notes", {})
        for path, collections in told.get("collections", {}).items():
            known = self._told.setdefault(path, {})
            for name, facts in collections.items():
                longest = max(facts["seconds"], known.get(name, facts)["seconds"])  # one loads, the others wait for it
                known[name] = facts | {"seconds": longest}

    def collections(self, scenario: Scenario) -> dict[str, Any]:
        """Return how a scenario's collections are called at the target and how large they are, by name."""
        mine = self._stage.loaded(scenario) if self._stage is not None else {}
        return self._told.get(str(scenario.path), {}) | {
            name: {"class_at_target": dataset.class_name, "objects": len(dataset.stored), "seconds": seconds}
            for name, (dataset, seconds) in mine.items()
        }

    # --- verdicts --------------------------------------------------------------------------------

    def fixed(self) -> tuple[Verdict, ...]:
        """Return what was known to deviate in this version and did nowhere, once everything was asked."""
        return tuple(self.listed.fixed(self.endpoint, self.name)) if self.endpoint is not None else ()

    def verdict(
        self, scenario: Scenario, check: Check, collection: Collection, interface: str, questions: Iterable[Asked]
    ) -> Verdict:
        """Return what a check comes to; a collection that could not be loaded leaves it undecided."""
        repeat = self.again(scenario, check.id)
        stage = self.stage()
        if check.per in (Per.COLLECTION, Per.MODULE):
            interface = self._any(scenario, interface)
        outcome, reason = (
            Outcome.SKIPPED,
            unfit(scenario, interface, stage.endpoint) or lacking(collection, stage.endpoint),
        )
        if not reason:
            try:
                dataset = self.dataset(scenario, collection)
                case = stage.case(dataset, interface, questions, partial(self._views, scenario))
                verdict = replace(judge(check, case, scenario=scenario.name, repeat=repeat), target=self.name)
                verdict = self.listed.judged(verdict, stage.endpoint, collection, len(dataset.stored))
            except (UnfitError, UnsupportedError) as error:
                reason = f"{error.what}. {error.hint}"
            except HarnessError as error:
                outcome, reason = Outcome.UNDECIDED, str(error)
            else:
                if verdict.outcome is Outcome.UNDECIDED:
                    self.listen()
                return verdict
        return Verdict(
            check.id,
            check.level,
            outcome,
            reason,
            scenario.name,
            collection.name,
            interface,
            {"clause": check.sentence} if check.heading else {},
            repeat=repeat,
            target=self.name,
            heading=check.heading,
        )

    def _any(self, scenario: Scenario, interface: str) -> str:
        """The first interface that can be asked here, for a check that is asked over one of them; else this one."""
        for one in (interface, *self.interfaces):
            with suppress(HarnessError):
                if not unfit(scenario, one, self.stage().endpoint) and self.stage().interface(one):
                    return one
        return interface

    def _views(self, scenario: Scenario, check: Check) -> list[Case]:
        """Every collection of a scenario, over every interface, where a check is asked and can be."""
        views: list[Case] = []
        stage = self.stage()
        for collection, interface in product(scenario.collections if self.wants(check.id) else (), self.interfaces):
            if not has_turn(check, scenario, collection, first=interface == self.interfaces[0]):
                continue
            if unfit(scenario, interface, stage.endpoint) or lacking(collection, stage.endpoint):
                continue
            with suppress(HarnessError):  # said when it has its own turn
                questions = scenario.questions_for(collection)
                views.append(stage.case(self.dataset(scenario, collection), interface, questions))
        return views

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

    def again(self, scenario: Scenario, check: str) -> str:
        """Return the one command that asks the same again."""
        name = self.endpoint.target if self.endpoint is not None else self.wanted.text
        words = ["nearimage", "run", called(scenario.path), *self.wanted.words(name), "--checks", check]
        words += ["--seed", str(self._seed)] if self._seed else []
        words += self.listed.words
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


def _no_weaviate(target: DescribedTarget) -> TargetError:
    return TargetError(
        f"{target.describe()}, and --require weaviate asks for a real one",
        hint="Name a target: --target embedded, --target http://HOST:8080 (nearimage doctor says what this "
        "machine has).",
    )
