"""Which scenarios share one start of a server: those that need the same settings and limits of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from harness.model import Module, Needs
from harness.scenario import Scenario

_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Start:
    """What scenarios have to agree in to be asked of one and the same start of a server.

    Args:
        settings: variables of its environment, sorted by name.
        cpus: how many processors it may use; 0 is no limit.
        memory: bytes that it may use; 0 is no limit.
    """

    settings: tuple[tuple[str, str], ...] = ()
    cpus: float = 0.0
    memory: int = 0

    @classmethod
    def of(cls, scenario: Scenario) -> Start:
        """Return the start that a scenario needs."""
        needs = scenario.needs
        return cls(tuple(sorted(needs.settings.items())), float(needs.cpus), int(needs.memory))

    @property
    def key(self) -> str:
        """A text that tells it from every other."""
        return json.dumps(asdict(self))

    def __str__(self) -> str:
        """What it has that a usual start has not, for people; empty for a usual one."""
        words = [f"{name}={value}" for name, value in self.settings]
        words += [f"{self.cpus:g} processors"] if self.cpus else []
        words += [f"{self.memory / _MIB:g} MiB of memory"] if self.memory else []
        return ", ".join(words)


def needs_of(scenarios: Iterable[Scenario], start: Start) -> Needs:
    """Return what the scenarios that share a start need of its server; without any it may be asked anything."""
    sharing = [scenario for scenario in scenarios if Start.of(scenario) == start]
    modules: dict[str, None] = {}
    for scenario in sharing:
        modules.update(dict.fromkeys(scenario.needs.modules))
        modules.update(dict.fromkeys(str(collection.module) for collection in scenario.collections))
    return Needs(
        modules=tuple(modules) if sharing else tuple(Module),
        settings=dict(start.settings),
        cpus=start.cpus,
        memory=start.memory,
        volumes=tuple(dict.fromkeys(one for scenario in sharing for one in scenario.needs.volumes)),
        abilities=tuple(dict.fromkeys(one for scenario in sharing for one in scenario.needs.abilities)),
    )
