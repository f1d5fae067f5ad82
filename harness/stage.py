"""One opened target with what is loaded into it: what the items of one pytest process share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any

from harness.checks.beside import answers
from harness.checks.case import Case
from harness.checks.shared import Shared, Views
from harness.dataset import Dataset, Run, adopt, load
from harness.dataset.probe import Probe, probing
from harness.errors import AnswerError, HarnessError
from harness.interfaces import connect
from harness.interfaces.rest import Rest
from harness.model import Endpoint, Inference, Interface
from harness.scenario import Asked, Collection, Scenario

_PATIENCE = 10.0

Loading = Callable[[str, int, int], None]
"""Told the name of a collection, how many of its objects are stored and how many there are."""


class Stage:
    """An endpoint, the collections that were loaded into it, and one connection for each interface.

    Args:
        endpoint: the database.
        run: whose classes are created.
        folder: shared by all processes of this run.
        loading: told how loading goes on.
        target: the opened target, for checks that restart it and such; None where another process has it.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        run: Run,
        folder: Path,
        loading: Loading | None = None,
        target: object | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.run = run
        self._folder = folder
        self._loading = loading
        self._open = ExitStack()
        self._datasets: dict[str, Dataset | HarnessError] = {}
        self._seconds: dict[str, float] = {}
        self._interfaces: dict[str, Interface] = {}
        self._probe: Probe | None = None
        self._shared = self._open.enter_context(closing(Shared(target, self._renew)))

    def dataset(self, scenario: Scenario, collection: Collection) -> Dataset:
        """Return a collection, loaded; it is loaded when it is first asked for.

        Raises:
            AnswerError: if it could not be loaded; the same one each time.
            TargetError: if the server refuses it.
            UsageError: if it is not there and may not be made.
        """
        key = f"{scenario.sha256}/{collection.name}"
        if key not in self._datasets:
            try:
                began = perf_counter()
                self._datasets[key] = self._load(scenario, collection)
                self._seconds[key] = perf_counter() - began
            except HarnessError as error:
                self._datasets[key] = error
        found = self._datasets[key]
        if isinstance(found, HarnessError):
            raise found
        return found

    def loaded(self, scenario: Scenario) -> dict[str, tuple[Dataset, float]]:
        """Return the collections of a scenario that are loaded, and the seconds that each took, by name."""
        keys = {one.name: f"{scenario.sha256}/{one.name}" for one in scenario.collections}
        found = ((name, self._datasets.get(key), self._seconds.get(key, 0.0)) for name, key in keys.items())
        return {name: (dataset, seconds) for name, dataset, seconds in found if isinstance(dataset, Dataset)}

    def _load(self, scenario: Scenario, collection: Collection) -> Dataset:
        if self.endpoint.read_only:
            return adopt(self.endpoint, collection)
        folder = self._folder / scenario.sha256[:12]
        folder.mkdir(exist_ok=True)
        run = _part(self.run, scenario)
        loading = self._loading

        def progress(done: int, total: int) -> None:
            if loading is not None:
                loading(collection.name, done, total)

        return load(self.endpoint, collection, run, folder=folder, progress=progress)

    def interface(self, name: str) -> Interface:
        """Return the one connection of an interface."""
        if name not in self._interfaces:
            self._interfaces[name] = connect(name, self.endpoint)
            self._open.callback(self._interfaces[name].close)
        return self._interfaces[name]

    def case(
        self,
        dataset: Dataset,
        interface: str,
        questions: Iterable[Asked] = (),
        views: Views = lambda _: (),
    ) -> Case:
        """Return a check's view of a collection over an interface.

        Args:
            dataset: the collection.
            interface: what is asked over.
            questions: the scenario's own of this collection.
            views: makes those on which a check is asked.
        """
        self._shared.shelves.keep(dataset.class_name)
        if self._probe is None:
            self._probe = self._open.enter_context(probing(self.endpoint, self.run))
        return Case(
            dataset,
            self.interface(interface),
            self.run,
            self._probe,
            tuple(questions),
            self._shared,
            views,
        )

    def _renew(self) -> None:
        for interface in self._interfaces.values():
            interface.renew()

    def answers(self) -> bool:
        """Whether the database still says that it is ready."""
        return answers(self.endpoint)

    def close(self) -> None:
        """Take the probe collections away and close the connections; loaded collections stay for other processes."""
        self._open.close()


def take_away(endpoint: Endpoint, run: Run, scenarios: Iterable[Scenario]) -> None:
    """Delete every class of a run; a server that does not answer any more keeps them, for `nearimage down`."""
    marks = {one.description for one in (run, *(_part(run, scenario) for scenario in scenarios))}
    with Rest(endpoint, timeout=_PATIENCE) as rest, suppress(AnswerError):
        for one in rest.classes():
            if one.get("description") in marks:
                rest.delete_class(one["class"])


def _part(run: Run, scenario: Scenario) -> Run:
    """A run's classes of one scenario: two scenario files may call their classes alike."""
    mixed = sha256(f"{run.id}/{scenario.sha256}".encode()).hexdigest()
    return replace(run, id=mixed[: len(run.id)])


def packed(endpoint: Endpoint) -> dict[str, Any]:
    """Return an endpoint as plain values, to be handed to another process of this run (never to a file)."""
    return asdict(endpoint)


def unpacked(values: Mapping[str, Any]) -> Endpoint:
    """Return the endpoint that was packed."""
    inference = {module: Inference(**one) for module, one in values["inference"].items()}
    return Endpoint(**{**values, "inference": inference})
