"""One opened target with what is loaded into it: what the items of one pytest process share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.checks.case import Case
from harness.dataset import Dataset, Run, adopt, load
from harness.dataset.probe import Probe, probing
from harness.errors import AnswerError, UsageError
from harness.interfaces import connect
from harness.interfaces.rest import Rest
from harness.model import Endpoint, Inference, Interface, Needs
from harness.scenario import Asked, Collection, Scenario

Loading = Callable[[str, int, int], None]
"""Told the name of a collection, how many of its objects are stored and how many there are."""


class Stage:
    """An endpoint, the collections that were loaded into it, and one connection for each interface.

    Args:
        endpoint: the database.
        run: whose classes are created.
        folder: shared by all processes of this run.
        loading: told how loading goes on.
    """

    def __init__(self, endpoint: Endpoint, run: Run, folder: Path, loading: Loading | None = None) -> None:
        self.endpoint = endpoint
        self.run = run
        self._folder = folder
        self._loading = loading
        self._open = ExitStack()
        self._datasets: dict[str, Dataset | AnswerError] = {}
        self._interfaces: dict[str, Interface] = {}
        self._probe: Probe | None = None

    def dataset(self, scenario: Scenario, collection: Collection) -> Dataset:
        """Return a collection, loaded; it is loaded when it is first asked for.

        Raises:
            AnswerError: if it could not be loaded; the same one each time.
        """
        key = f"{scenario.sha256}/{collection.name}"
        if key not in self._datasets:
            try:
                self._datasets[key] = self._load(scenario, collection)
            except AnswerError as error:
                self._datasets[key] = error
        found = self._datasets[key]
        if isinstance(found, AnswerError):
            raise found
        return found

    def loaded(self, scenario: Scenario) -> dict[str, Dataset]:
        """Return the collections of a scenario that are loaded, by name."""
        found = ((one.name, self._datasets.get(f"{scenario.sha256}/{one.name}")) for one in scenario.collections)
        return {name: dataset for name, dataset in found if isinstance(dataset, Dataset)}

    def _load(self, scenario: Scenario, collection: Collection) -> Dataset:
        if self.endpoint.read_only:
            return adopt(self.endpoint, collection)
        # two scenario files may call their classes alike
        folder = self._folder / scenario.sha256[:12]
        folder.mkdir(exist_ok=True)
        run = Run(f"{self.run.id}{scenario.sha256[:4]}", self.run.host, self.run.pid)
        loading = self._loading

        def progress(done: int, total: int) -> None:
            if loading is not None:
                loading(collection.name, done, total)

        return load(self.endpoint, collection, run, folder=folder, progress=progress)

    def interface(self, name: str) -> Interface:
        """Return the one connection of an interface."""
        if name not in self._interfaces:
            interface = connect(name, self.endpoint)
            self._open.callback(interface.close)
            self._interfaces[name] = interface
        return self._interfaces[name]

    def case(self, dataset: Dataset, interface: str, questions: Iterable[Asked] = ()) -> Case:
        """Return a check's view of a collection over an interface."""
        if self._probe is None:
            self._probe = self._open.enter_context(probing(self.endpoint, self.run))
        return Case(dataset, self.interface(interface), self.run, self._probe, tuple(questions))

    def close(self) -> None:
        """Close the connections and take the probe collections away; loaded collections stay for other processes."""
        self._open.close()


def take_away(endpoint: Endpoint, run: Run) -> list[str]:
    """Delete every class of a run and return their names; a server that does not answer any more keeps them."""
    mark = f"nearimage run {run.id}"
    with Rest(endpoint) as rest:
        try:
            mine = [one["class"] for one in rest.classes() if str(one.get("description", "")).startswith(mark)]
        except AnswerError:
            return []
        for name in mine:
            rest.delete_class(name)
    return mine


def needs_of(scenarios: Iterable[Scenario]) -> Needs:
    """Return what all these scenarios need of one server.

    Raises:
        UsageError: if two need different values of one setting.
    """
    modules: dict[str, None] = {}
    settings: dict[str, str] = {}
    for scenario in scenarios:
        modules.update(dict.fromkeys(scenario.needs.modules))
        modules.update(dict.fromkeys(str(collection.module) for collection in scenario.collections))
        for name, value in scenario.needs.settings.items():
            if settings.setdefault(name, value) != value:
                raise UsageError(
                    f"two scenarios need different servers: {name} is to be {settings[name]!r} and {value!r}",
                    hint="run them one after the other",
                )
    return Needs(modules=tuple(modules), settings=settings)


def packed(endpoint: Endpoint) -> dict[str, Any]:
    """Return an endpoint as plain values, to be handed to another process of this run (never to a file)."""
    return asdict(endpoint)


def unpacked(values: Mapping[str, Any]) -> Endpoint:
    """Return the endpoint that was packed."""
    inference = {module: Inference(**one) for module, one in values["inference"].items()}
    return Endpoint(**{**values, "inference": inference})
