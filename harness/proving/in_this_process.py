"""A reference in this process with everything that a check may do to a target: restart it, kill it, freeze it."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from harness.model import Endpoint
from harness.reference import Served, serve
from harness.reference.rules import Rules

_SETTINGS = {"ASYNC_INDEXING": "true"}
"""What it is started with, so that it has every kind of index."""


class InThisProcess:
    """A named fake of a target: what happens to a process is done to the threads of this one.

    Args:
        rules: what it goes by, in all its lives.
        inference_url: the service that it asks.
        folder: for its data.
        endpoint: what is said of it.
    """

    def __init__(self, rules: Rules, inference_url: str, folder: Path, endpoint: Callable[[Served], Endpoint]) -> None:
        self._rules = rules
        self._url = inference_url
        self._folder = folder
        self._endpoint = endpoint
        self._life = ExitStack()
        self._served: Served | None = None
        self._seconds = 0

    @contextmanager
    def open(self) -> Iterator[Endpoint]:
        """Serve until the block ends."""
        try:
            yield self._live()
        finally:
            self._life.close()

    def restart(self) -> Endpoint:
        """End in order and live again at the same addresses."""
        self._life.close()
        return self._live()

    def kill(self) -> Endpoint:
        """What was in memory alone is gone."""
        assert self._served is not None
        self._served.engine._store._later.clear()  # noqa: SLF001 - what a kill of the process would do
        return self.restart()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """No question gets to what is stored; at the end the system says that it goes on, as to a frozen process."""
        assert self._served is not None
        with self._served.engine._store.lock:  # noqa: SLF001 - nothing gets past it
            yield
        os.kill(os.getpid(), signal.SIGCONT)

    @contextmanager
    def second(self, settings: Mapping[str, str]) -> Iterator[Endpoint]:
        """Another one beside it with these settings."""
        self._seconds += 1
        folder = self._folder.with_name(f"second-{self._seconds}")
        with serve(
            inference_url=self._url, folder=folder, rules=self._rules, environment={**_SETTINGS, **settings}
        ) as served:
            yield self._endpoint(served)

    @contextmanager
    def cluster(self, nodes: int) -> Iterator[tuple[Endpoint, ...]]:
        """Another one beside it that answers at so many addresses."""
        self._seconds += 1
        folder = self._folder.with_name(f"cluster-{self._seconds}")
        with serve(
            inference_url=self._url, folder=folder, rules=self._rules, environment=_SETTINGS, nodes=nodes
        ) as served:
            yield tuple(map(self._endpoint, (served, *served.others)))

    def _live(self) -> Endpoint:
        before = self._served
        http, grpc = (int(one.rpartition(":")[2]) for one in (before.url, before.grpc)) if before else (0, 0)
        self._served = self._life.enter_context(
            serve(
                inference_url=self._url,
                folder=self._folder,
                rules=self._rules,
                http_port=http,
                grpc_port=grpc,
                environment=_SETTINGS,
            )
        )
        return self._endpoint(self._served)
