"""Taking containers, networks and volumes away again: one run's own, and those of runs that are gone."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from harness.errors import TargetError
from harness.targets.docker.daemon import Daemon, connected, silence
from harness.targets.docker.labels import CLAIM, left_behind
from harness.targets.docker.trouble import words

_KINDS = ("container", "network", "volume")  # in the order in which they can be removed
_GONE = "somebody else's sweep was faster"


@dataclass(frozen=True, slots=True)
class Thing:
    """Something in Docker with our labels.

    Args:
        kind: container, network or volume.
        name: for people.
        labels: its labels.
        remove: removes it, whatever state it is in.
    """

    kind: str
    name: str
    labels: Mapping[str, str]
    remove: Callable[[], None]


def sweep(daemon: Daemon | None = None) -> list[str]:
    """Remove what runs that are gone left in Docker; never what a live process owns.

    Without a daemon that answers nothing is done: there is nothing that could be removed.

    Args:
        daemon: an open connection; by default one is made.

    Returns:
        One sentence for each run that left something, for people.
    """
    if daemon is not None:
        return _swept(daemon)
    if silence():
        return []
    with contextlib.suppress(TargetError), connected() as found:
        return _swept(found)
    return []


def remove_claimed(daemon: Daemon, claim_id: str) -> list[str]:
    """Remove everything that was made under one claim; return what could not be removed, with Docker's words."""
    return _removed([each for each in things(daemon) if each.labels.get(CLAIM) == claim_id])[1]


def things(daemon: Daemon) -> list[Thing]:
    """Return everything with our labels, whoever owns it, in the order in which it can be removed."""
    with daemon.told("list its containers"):
        return [*_containers(daemon), *_networks(daemon), *_volumes(daemon)]


def _swept(daemon: Daemon) -> list[str]:
    runs: dict[str, list[Thing]] = defaultdict(list)
    for each in things(daemon):
        if left_behind(dict(each.labels)):
            runs[each.labels.get(CLAIM, "")].append(each)
    said = []
    for left in runs.values():
        removed, _ = _removed(left)
        parts = [_counted(kind, removed.count(kind)) for kind in _KINDS if kind in removed]
        if parts:
            listed = " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
            said.append(f"removed what a crashed run left in Docker: {listed}")
    return said


def _removed(found: list[Thing]) -> tuple[list[str], list[str]]:
    """Remove things, containers all at once and before what they use; return the kinds removed, and the trouble."""
    removed: list[str] = []
    trouble: list[str] = []
    for kind in _KINDS:
        batch = [each for each in found if each.kind == kind]
        with ThreadPoolExecutor(max(1, len(batch))) as together:
            for said in together.map(_tried, batch):
                (removed if said == "" else trouble).append(said or kind)
    return removed, [each for each in trouble if each != _GONE]


def _tried(thing: Thing) -> str:
    """Remove one thing; return what went wrong, empty if nothing."""
    from docker.errors import DockerException, NotFound
    from requests.exceptions import RequestException

    try:
        thing.remove()
    except NotFound:
        return _GONE
    except (DockerException, RequestException) as error:
        return f"the {thing.kind} {thing.name}: {words(error)}"
    return ""


def _counted(kind: str, count: int) -> str:
    return f"{count} {kind}{'s' if count != 1 else ''}"


def _containers(daemon: Daemon) -> Iterator[Thing]:
    # The plain lists, not the library's objects: those look each thing up again, and fail if it goes in between.
    for each in daemon.client.api.containers(all=True, filters={"label": CLAIM}):
        yield Thing("container", _name(each), each.get("Labels") or {}, _remover(daemon, each["Id"]))


def _networks(daemon: Daemon) -> Iterator[Thing]:
    for each in daemon.client.api.networks(filters={"label": CLAIM}):

        def remove(found: dict[str, Any] = each) -> None:
            daemon.client.api.remove_network(found["Id"])

        yield Thing("network", str(each.get("Name")), each.get("Labels") or {}, remove)


def _volumes(daemon: Daemon) -> Iterator[Thing]:
    for each in daemon.client.api.volumes(filters={"label": CLAIM}).get("Volumes") or []:

        def remove(found: dict[str, Any] = each) -> None:
            daemon.client.api.remove_volume(found["Name"])

        yield Thing("volume", str(each.get("Name")), each.get("Labels") or {}, remove)


def _name(container: Mapping[str, Any]) -> str:
    names = container.get("Names") or [container["Id"]]
    return str(names[0]).lstrip("/")


def _remover(daemon: Daemon, container_id: str) -> Callable[[], None]:
    return lambda: daemon.client.api.remove_container(container_id, force=True, v=True)
