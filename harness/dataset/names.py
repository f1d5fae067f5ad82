"""How the classes are called that a run creates, so that they never meet a user's own and can be found again."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the harness: its id is in the name of every class it creates, its owner in the description.

    `seed` is what is drawn from: the same seed on the same images asks the same questions.
    """

    id: str = field(default_factory=lambda: secrets.token_hex(3))
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    seed: int = 0

    @property
    def prefix(self) -> str:
        """What the names of this run's classes begin with."""
        return f"Ni{self.id}_"

    @property
    def description(self) -> str:
        """What this run's classes say of themselves; leftovers are recognised by it."""
        return f"nearimage run {self.id} on {self.host} pid {self.pid}"

    def class_name(self, name: str) -> str:
        """Return the name in the target of the class that a scenario calls `name`."""
        return self.prefix + name

    def definition(self, definition: Mapping[str, Any], name: str) -> dict[str, Any]:
        """Return a class definition as it is sent: the scenario's own, under this run's name and description."""
        return {**deepcopy(dict(definition)), "class": self.class_name(name), "description": self.description}
