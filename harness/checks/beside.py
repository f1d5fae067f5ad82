"""The databases that checks have started beside the open one: each is started once, for all checks that ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

from harness.abilities import CanStartCluster, CanStartSecond
from harness.errors import HarnessError
from harness.interfaces.rest import Rest
from harness.model import Endpoint

_PATIENCE = 10.0
_TRIES = 3
_MOST = 5
"""So many second databases are kept: as many as a scenario has checks of settings, over each interface again."""


class Beside:
    """Further databases of one opened target; those that were started go when this is closed."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._clusters: dict[int, tuple[Endpoint, ...] | HarnessError] = {}
        self._seconds: dict[frozenset[tuple[str, str]], tuple[Endpoint, ExitStack]] = {}

    def close(self) -> None:
        """Take all of them away."""
        with self._open:
            for _, started in self._seconds.values():
                self._open.push(started)
            self._seconds.clear()

    def cluster(self, target: CanStartCluster, nodes: int) -> tuple[Endpoint, ...]:
        """Return a cluster of so many nodes; if it does not start, that is tried once.

        Raises:
            TargetError: it did not start.
        """
        if nodes not in self._clusters:
            try:
                self._clusters[nodes] = self._open.enter_context(target.cluster(nodes))
            except HarnessError as error:
                self._clusters[nodes] = error
        found = self._clusters[nodes]
        if isinstance(found, HarnessError):
            raise found
        return found

    def second(self, target: CanStartSecond, settings: Mapping[str, str]) -> Endpoint:
        """Return a database with these settings on top; one that does not answer any more is started anew.

        Raises:
            TargetError: it did not start.
        """
        key = frozenset(settings.items())
        kept = self._seconds.pop(key, None)
        if kept is not None and not answers(kept[0]):
            kept[1].close()
            kept = None
        if kept is None:
            while len(self._seconds) >= _MOST:
                self._seconds.pop(next(iter(self._seconds)))[1].close()
            started = ExitStack()
            kept = started.enter_context(target.second(settings)), started
        self._seconds[key] = kept  # the one that was asked for last goes last
        return kept[0]


def answers(endpoint: Endpoint) -> bool:
    """Whether a database says that it is ready."""
    with Rest(endpoint, timeout=_PATIENCE) as rest:
        return any(rest.ready().ok for _ in range(_TRIES))
