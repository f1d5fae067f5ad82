"""What only some targets can do with their open database: small protocols that are asked for, never stubbed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from harness.model import Endpoint


@runtime_checkable
class CanRestart(Protocol):
    """A target whose open database can be stopped in order and started again on the same data and addresses."""

    def restart(self) -> Endpoint:
        """Restart, wait until ready, and return the endpoint."""


@runtime_checkable
class CanKill(Protocol):
    """A target whose open database can be killed as by a power cut, and started again on what is on its disk."""

    def kill(self) -> Endpoint:
        """Kill it without a warning, start it again, wait until ready, and return the endpoint."""


@runtime_checkable
class CanPause(Protocol):
    """A target whose open database can be stopped in the middle of whatever it does."""

    def paused(self) -> AbstractContextManager[None]:
        """Freeze the database for as long as the block lasts."""


@runtime_checkable
class CanShowLogs(Protocol):
    """A target whose open database has a log that can be read."""

    def logs(self) -> str:
        """The log so far."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one part of a target has used: CPU since its start, memory now, and disk now.

    `part` is `database` (or `database NODE` in a cluster) or `inference` (or `inference MODULE`). Memory and disk are
    bytes; what this system cannot tell is None.
    """

    part: str
    cpu_seconds: float
    resident: int
    anonymous: int | None = None
    disk: int | None = None


@runtime_checkable
class CanShowStatistics(Protocol):
    """A target that knows what its parts use."""

    def statistics(self) -> tuple[Usage, ...]:
        """What each process or container has used so far."""


@runtime_checkable
class CanShowMetrics(Protocol):
    """A target whose open database publishes metrics, if it was started with PROMETHEUS_MONITORING_ENABLED."""

    def metrics(self) -> str:
        """The metrics as they are now, in Prometheus's text format; empty if the database publishes none."""


@runtime_checkable
class CanStartSecond(Protocol):
    """A target that can start another database of the same kind beside the open one."""

    def second(self, settings: Mapping[str, str]) -> AbstractContextManager[Endpoint]:
        """Another database with these settings on top, in front of the same inference service; gone after the block."""


@runtime_checkable
class CanStartCluster(Protocol):
    """A target that can start a cluster of its kind beside the open database, or whose database is one."""

    def cluster(self, nodes: int) -> AbstractContextManager[tuple[Endpoint, ...]]:
        """So many nodes, each at an address of its own, before the same inference service; what was started goes."""


@runtime_checkable
class CanLoseNode(Protocol):
    """A target that can lose a node of the cluster that it started."""

    def lost(self, node: Endpoint) -> AbstractContextManager[None]:
        """Kill a node as by a power cut; at the end of the block it is started again on what is on its disk."""


ABILITIES: Mapping[str, tuple[type, str]] = {
    "restart": (CanRestart, "cannot be restarted"),
    "kill": (CanKill, "cannot be killed and started again"),
    "pause": (CanPause, "cannot be paused"),
    "logs": (CanShowLogs, "shows no log"),
    "statistics": (CanShowStatistics, "does not say what it uses"),
    "second": (CanStartSecond, "cannot start a second database"),
    "cluster": (CanStartCluster, "cannot start a cluster"),
}
"""Each ability by the name that scenarios and checks have for it, and what is said of a target without it."""

_OF_SURVEYS = ((CanShowMetrics, "publishes no metrics"), (CanLoseNode, "cannot lose a node of a cluster"))
"""What no check asks for."""


@runtime_checkable
class SaysWhyNot(Protocol):
    """A target that lacks abilities for a reason of its own."""

    why_not: str
    """The reason, to stand behind a colon: `it was running already`."""


def missing(ability: type, target: object | None) -> str:
    """Return what a target lacks, as a sentence; empty if it has the ability.

    Args:
        ability: one of the protocols here.
        target: the opened target; None in a process that has only been told its address.
    """
    if target is not None and isinstance(target, ability):
        return ""
    cannot = next(says for protocol, says in (*ABILITIES.values(), *_OF_SURVEYS) if protocol is ability)
    why = "under -n it belongs to another process" if target is None else ""
    if isinstance(target, SaysWhyNot):
        why = target.why_not
    return f"the target {cannot}" + (f": {why}" if why else "")
