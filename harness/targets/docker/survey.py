"""What the Docker here is and has, for `nearimage doctor`; nothing is started or pulled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.targets.docker import gpu
from harness.targets.docker.building import NAME
from harness.targets.docker.daemon import Daemon, connected
from harness.targets.docker.images import INFERENCE, WEAVIATE
from harness.targets.docker.labels import left_behind
from harness.targets.docker.leftovers import things


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found.

    Args:
        what: the daemon, its version and its address.
        here: images that a run may use and that are here.
        absent: official images that a run would pull.
        gpu: whether Docker says that it can give a GPU to a container; without a word of it one may still be tried.
        left: how many containers, networks and volumes crashed runs left.
    """

    what: str
    here: tuple[str, ...]
    absent: tuple[str, ...]
    gpu: bool
    left: int


def survey() -> Survey:
    """Look around.

    Raises:
        TargetError: no daemon answers, or it may not be used.
    """
    with connected() as daemon:
        with daemon.told("describe itself"):
            info = daemon.client.info()
            version = daemon.client.version()
        here = _ours(daemon)
        return Survey(
            what=f"{_called(version)} at {daemon.where}",
            here=tuple(here),
            absent=tuple(image for image in INFERENCE.values() if image not in here),
            gpu=gpu.described(info),
            left=sum(left_behind(dict(each.labels)) for each in things(daemon)),
        )


def _called(version: Mapping[str, Any]) -> str:
    """Docker or Podman, and its version: Podman's socket answers as Docker's and says who it is among the parts."""
    names = [str(each.get("Name", "")) for each in version.get("Components") or []]
    return f"{'Podman' if any('Podman' in name for name in names) else 'Docker'} {version.get('Version', '')}".strip()


def _ours(daemon: Daemon) -> list[str]:
    with daemon.told("list its images"):
        tags = [tag for each in daemon.client.api.images() for tag in each.get("RepoTags") or []]
    official = {*INFERENCE.values()}
    return sorted(tag for tag in tags if tag in official or tag.startswith((f"{WEAVIATE}:", f"{NAME}:", f"{NAME}-")))
