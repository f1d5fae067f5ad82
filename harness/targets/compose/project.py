"""What one copy of a Compose file became: its containers, started, watched, found again, and taken away."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import TargetError
from harness.targets.compose.program import Compose, Finished
from harness.targets.docker.containers import Container
from harness.targets.docker.daemon import Daemon
from harness.targets.docker.trouble import explained
from harness.targets.readiness import hint_for

PROJECT, SERVICE = "com.docker.compose.project", "com.docker.compose.service"
"""The labels that Compose puts on every container, in both its spellings."""

_DOWN_SECONDS = 120.0
_BUILD_SECONDS = 1800.0
_TAKEN = ("port is already allocated", "address already in use")
_SHOWN = 300
_LATE = "A model may be too large for this machine: try --inference harness, or more memory."


class PortTakenError(Exception):
    """Somebody took one of the ports between picking and binding."""


class Found(Container):
    """A container that Compose started."""

    def __init__(self, daemon: Daemon, what: str, container_id: str, ports: Mapping[int, int]) -> None:
        self.what = what
        self.ports = dict(ports)
        self.id = container_id
        self._daemon = daemon
        self._code = None
        self._looked = 0.0

    def check_alive(self) -> None:
        """Make sure that it has not ended.

        Raises:
            TargetError: it has; with its last words.
        """
        code = self.exited()
        if code is not None:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            log = self.tail()
            raise TargetError(f"{self.what} {how}", log=log, hint=hint_for(log))


@dataclass(slots=True)
class Project:
    """A copy of a Compose file under a name that no other project has.

    Args:
        compose: what runs it.
        daemon: where.
        name: the project's.
        file: the copy.
        folder: what relative paths in the person's file start from.
        nodes: the services that are Weaviate.
        whole: what is in the copy.
        ports: by service, its ports inside to those published.
        containers: those that were found so far, by service.
    """

    compose: Compose
    daemon: Daemon
    name: str
    file: Path
    folder: Path
    nodes: tuple[str, ...]
    whole: Mapping[str, Any] = field(default_factory=dict)
    ports: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    containers: dict[str, Found] = field(default_factory=dict)

    def write(self) -> None:
        """Write the copy, for its owner's eyes alone: there are keys in it."""
        self.file.touch(mode=0o600)
        # JSON is YAML, and what has two meanings in YAML (12:30, on, 0644) has one in JSON.
        self.file.write_text(json.dumps(self.whole, indent=1), encoding="utf-8")

    def build(self) -> None:
        """Build the images that have no name of their own, or are not here.

        Raises:
            TargetError: one cannot be built.
        """
        names = [name for name, service in self.whole["services"].items() if service.get("build")]
        if names:
            # What a build that fails leaves behind, the plugin removes by itself.
            how = ["--force-rm"] if self.compose.older else []
            done = self._run(["build", *how, *names], _BUILD_SECONDS)
            if done.code:
                what = f"the image of {' or '.join(names)} could not be built"
                raise TargetError(what, log=done.last_words, hint="Build it by hand first: docker compose build")

    def make(self) -> None:
        """Make networks, volumes and containers, and start none.

        Raises:
            TargetError: Compose or Docker could not.
        """
        self._up(["--no-start"], _DOWN_SECONDS, None)

    def start(self, seconds: float) -> None:
        """Start everything, in the order that the file wants.

        Args:
            seconds: how long it may take until the last one has started.

        Raises:
            TargetError: a container died (noticed within a second) or got unhealthy, or Compose could not start one.
            PortTakenError: another program has one of the ports.
        """
        deadline = time.monotonic() + seconds
        self._up(["-d"], seconds + _DOWN_SECONDS, lambda: self._watch(deadline))
        self.find()

    def find(self) -> None:
        """Find the containers that are there.

        Raises:
            TargetError: Docker does not tell.
        """
        for each in self._listed():
            service = str(each["Labels"].get(SERVICE, ""))
            image = self.whole["services"].get(service, {}).get("image", each.get("Image", ""))
            known = self.containers.get(service)
            if known is None or known.id != each["Id"]:
                what = f"the service {service} ({image})"
                self.containers[service] = Found(self.daemon, what, each["Id"], self.ports.get(service, {}))

    def networks(self) -> list[str]:
        """The ids of its networks."""
        with self.daemon.told("list its networks"):
            found = self.daemon.client.api.networks(filters={"label": f"{PROJECT}={self.name}"})
        return [str(each["Id"]) for each in found]

    def down(self) -> list[str]:
        """Take away what this project made, and nothing else; return what could not be taken away."""
        built = any(each.get("build") and not each.get("image") for each in self.whole["services"].values())
        local = ["--rmi", "local"] if built else []
        with contextlib.suppress(TargetError):
            done = self._run(["down", "--volumes", "--timeout", "1", *local], _DOWN_SECONDS)
            return [done.last_words] if done.code else []
        return [f"the project {self.name}"]

    def _watch(self, deadline: float) -> None:
        self.find()
        for name, container in self.containers.items():
            # What prepares something for the others may end, with 0; what has a port of ours is to stay.
            if name in self.ports or container.exited():
                container.check_alive()
        status = {str(each["Labels"].get(SERVICE, "")): str(each.get("Status")) for each in self._listed()}
        # Of Weaviate itself its readiness is asked; its image may have nothing to check its health with.
        checked = [name for name in status if name not in self.nodes]
        for name in checked:
            if "(unhealthy)" in status[name]:
                raise self._unhealthy(name)
        if time.monotonic() > deadline:
            late = [name for name in checked if "starting" in status[name]] or list(status)
            log = "\n".join(self.containers[name].tail() for name in late if name in self.containers)
            raise TargetError(
                f"{' and '.join(late) or 'the containers'} did not get ready in time", log=log, hint=_LATE
            )

    def _unhealthy(self, service: str) -> TargetError:
        container = self.containers[service]
        with self.daemon.told(f"look after {container.what}"):
            state = self.daemon.client.api.inspect_container(container.id)["State"]
        checks = (state.get("Health") or {}).get("Log") or []
        said = " ".join(str(checks[-1].get("Output", "")).split())[:_SHOWN] if checks else ""
        what = f"{container.what} runs but its health check fails" + (f": {said}" if said else "")
        hint = "Its log says why; or the check asks with a program that the image does not have."
        return TargetError(what, log=container.tail(), hint=hint)

    def _up(self, how: list[str], seconds: float, watch: Callable[[], None] | None) -> None:
        done = self._run(["up", *how], seconds, watch)
        if not done.code:
            return
        if any(sign in done.err.lower() for sign in _TAKEN):
            raise PortTakenError
        self.find()
        if watch is not None:
            watch()  # a container that ended or got unhealthy is the cause, and has more to say than Compose
        error = explained(RuntimeError(done.last_words), "start what is in the Compose file", self.daemon.where)
        raise TargetError(error.what, hint=error.hint)

    def _listed(self) -> list[dict[str, Any]]:
        with self.daemon.told("list its containers"):
            found: list[dict[str, Any]] = self.daemon.client.api.containers(
                all=True, filters={"label": f"{PROJECT}={self.name}"}
            )
        return found

    def _run(self, words: list[str], seconds: float, watch: Callable[[], None] | None = None) -> Finished:
        which = ["-p", self.name, "-f", str(self.file), "--project-directory", str(self.folder)]
        return self.compose.run([*which, *words], seconds=seconds, watch=watch)
