"""Waiting for a Weaviate to answer, and noticing when it never will."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from harness.errors import TargetError
from harness.exchange import Exchange, exchange
from harness.targets.phases import Phases
from harness.targets.ports import takes_connections

POLL_SECONDS = 0.05
_PROBE_SECONDS = 0.5

_NOT_LET_IN = "It wants a key, or another one: AUTHENTICATION_APIKEY_ALLOWED_KEYS of its environment is what we have."
_HINTS = (
    ("address already in use", "Another program took a port in between: try again."),
    ("more memory than its limit", "Let it have more: --memory 2GiB, or the scenario's limits."),
    ("no space left on device", "Free some disk space, or set TMPDIR to a folder with room."),
    ("too many open files", "Raise the limit of open files: `ulimit -n 65536`."),
    ("glibc", "This binary needs a newer C library than this system has."),
    ("init context expired", "The inference service behind a module did not get ready in time."),
    ("unknown flag", "This version does not know an option that it was started with."),
    ("invalid config", "A setting that the scenario asks for is not accepted by this version."),
)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What "ready" means for one starting server, and how its death is noticed.

    Args:
        name: the server, for messages.
        url: where its HTTP will be.
        grpc: host and port of its gRPC; None if it has none.
        modules: which it must list in `/v1/meta`.
        exited: its exit code once it has died, else None.
        tail: the end of its log.
        phases: gets how long each step took.
        seconds: how long it may take.
        headers: for every request, such as a key.
    """

    name: str
    url: str
    grpc: tuple[str, int] | None
    modules: Collection[str]
    exited: Callable[[], int | None]
    tail: Callable[[], str]
    phases: Phases = field(default_factory=Phases)
    seconds: float = 150.0
    headers: Mapping[str, str] = field(default_factory=dict)

    def wait(self) -> dict[str, Any]:
        """Wait until the server is ready; return its `/v1/meta`.

        Raises:
            TargetError: it died (noticed within a second), lacks a module, or did not get ready in time; with the end
                of its log and what to do.
        """
        deadline = time.monotonic() + self.seconds
        with closing(exchange(self.url, timeout=_PROBE_SECONDS, headers=self.headers)) as way:
            with self.phases.timed("database process"):
                self._until(deadline, "did not answer over HTTP", lambda: self._get(way, "live") is not None)
            with self.phases.timed("database ready"):
                self._until(deadline, "did not get ready", lambda: self._get(way, "ready") == HTTPStatus.OK)
                meta = self._meta(way, deadline)
            with self.phases.timed("modules and gRPC"):
                self._check_modules(meta)
                if self.grpc is not None:
                    self._until(deadline, f"did not open its gRPC port {self.grpc[1]}", self._grpc_answers)
        return meta

    def _until(self, deadline: float, failure: str, done: Callable[[], bool]) -> None:
        while not done():
            self._alive()
            if time.monotonic() > deadline:
                raise self._error(f"{self.name} {failure} within {self.seconds:.0f} s")
            time.sleep(POLL_SECONDS)
        self._alive()

    def _alive(self) -> None:
        code = self.exited()
        if code is not None:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise self._error(f"{self.name} {how} before it was ready")

    def _get(self, way: Exchange, state: str) -> int | None:
        try:
            return way.ask("GET", f"/v1/.well-known/{state}").status
        except OSError:
            return None

    def _meta(self, way: Exchange, deadline: float) -> dict[str, Any]:
        found: dict[str, Any] = {}

        def answered() -> bool:
            try:
                answer = way.ask("GET", "/v1/meta")
                if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
                    raise TargetError(f"{self.name} does not let us in ({answer.status})", hint=_NOT_LET_IN)
                meta = json.loads(answer.body)
            except (OSError, ValueError):
                return False
            if isinstance(meta, dict) and meta.get("version"):
                found.update(meta)
            return bool(found)

        self._until(deadline, "did not answer /v1/meta", answered)
        return found

    def _check_modules(self, meta: dict[str, Any]) -> None:
        missing = [name for name in self.modules if name not in (meta.get("modules") or {})]
        if missing:
            raise self._error(f"{self.name} is ready but without the module {' and '.join(missing)}")

    def _grpc_answers(self) -> bool:
        return self.grpc is None or takes_connections(*self.grpc, within=_PROBE_SECONDS)

    def _error(self, what: str) -> TargetError:
        log = self.tail()
        return TargetError(what, log=log, hint=hint_for(log))


def hint_for(log: str) -> str:
    """Return what to do about a failure, from the words of a log; empty if they say nothing known."""
    words = log.lower()
    return next((hint for sign, hint in _HINTS if sign in words), "")
