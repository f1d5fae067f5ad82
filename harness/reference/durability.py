"""What outlasts the process: which settings it obeys, what reaches the disk, and what it knows when it is back."""

from __future__ import annotations

from typing import Literal

from harness.errors import UsageError
from harness.model import Module
from harness.reference.settings import SERVICES, Settings

Change = Literal["insert", "batch", "put", "patch", "delete"]
When = Literal["at once", "at the end", "never"]


class Durability:
    """Before, at and after a start. Source: what is acknowledged is stored; `contract.md`, section 4."""

    def settings(self, given: Settings) -> Settings:
        """The settings that take effect: those that were given."""
        return given

    def demand_addresses(self, settings: Settings) -> None:
        """A module that is enabled has the address of its service, or nothing starts.

        Source: documentation of the two modules; the words as observed.
        """
        for module in sorted(settings.unaddressed):
            variable = SERVICES[Module(module)]
            raise UsageError(f"init module {module!r}: required variable {variable} is not set")

    def reaches_disk(self, change: Change) -> When:
        """When a change is on disk: before it is acknowledged; at the end means when it is closed in order."""
        del change
        return "at once"

    def opened(self, objects: int) -> None:
        """The database has read so many objects from its disk and can be asked."""
        del objects
