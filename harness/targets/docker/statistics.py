"""What a container uses, as Docker tells it on either version of the kernel's control groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.abilities import Usage
from harness.targets.docker.containers import Container
from harness.targets.docker.daemon import Daemon

_NANO = 1e9
_ONE_SHOT = (1, 41)  # the version of Docker's API from which it is there


def usage(daemon: Daemon, container: Container, part: str, folder: str = "") -> Usage:
    """Return what a container uses.

    Args:
        daemon: where it runs.
        container: which.
        part: what it is called.
        folder: the data inside it whose size on disk is told; by default what it wrote over its image.
    """
    with daemon.told(f"tell what {container.what} uses"):
        told = daemon.client.api.stats(container.id, stream=False, one_shot=_at_once(daemon))
        disk = _size_of(daemon, container, folder) if folder else _written(daemon, container)
    return counted(part, told, disk)


def _at_once(daemon: Daemon) -> bool | None:
    """True if this daemon can be asked for one measurement, where older ones wait for a second to compare with."""
    major, minor = (int(part) for part in str(daemon.client.api.api_version).split(".")[:2])
    return True if (major, minor) >= _ONE_SHOT else None


def counted(part: str, told: Mapping[str, Any], disk: int | None) -> Usage:
    """Return Docker's statistics as a usage.

    Resident is what the kernel could not simply drop: all memory less the pages of files that nothing used lately, as
    `docker stats` counts it. Anonymous is `rss` of version 1 of the control groups and `anon` of version 2.
    """
    cpu = (told.get("cpu_stats") or {}).get("cpu_usage") or {}
    memory = told.get("memory_stats") or {}
    detail = memory.get("stats") or {}
    inactive = _first(detail, "total_inactive_file", "inactive_file") or 0
    return Usage(
        part=part,
        cpu_seconds=float(cpu.get("total_usage") or 0) / _NANO,
        resident=max(0, int(memory.get("usage") or 0) - inactive),
        anonymous=_first(detail, "anon", "total_rss", "rss"),
        disk=disk,
    )


def _first(detail: Mapping[str, Any], *names: str) -> int | None:
    return next((int(detail[name]) for name in names if name in detail), None)


def _size_of(daemon: Daemon, container: Container, folder: str) -> int | None:
    """The size of a folder in a running container; None if the image has no `du`."""
    api = daemon.client.api
    made = api.exec_create(container.id, ["du", "-sk", folder], stderr=False)["Id"]
    said = api.exec_start(made).split()
    return int(said[0]) * 1024 if said and said[0].isdigit() else None


def _written(daemon: Daemon, container: Container) -> int | None:
    """What a container wrote over its image; None if this daemon does not tell."""
    found = daemon.client.api.containers(all=True, size=True, filters={"id": container.id})
    # Docker leaves out what is nothing; the size of the whole is there if sizes are told at all.
    return next((int(each.get("SizeRw") or 0) for each in found if "SizeRootFs" in each), None)
