"""Where the plugin keeps its things in pytest's own objects. Light: the plugin looks here in every test run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from harness.record import Entry
    from harness.sitting import Sitting

SITTING: pytest.StashKey[Sitting] = pytest.StashKey()
"""In pytest's configuration: what this process knows of its run. Absent where nothing of ours takes part."""

ENTRIES: pytest.StashKey[list[Entry]] = pytest.StashKey()
"""In an item: what it has to say for the record."""

REPORTED = "nearimage_entries"
"""The attribute of a report that carries the entries, as plain values, from a worker too."""

HANDED = "nearimage"
"""The key under which the controller of `-n` and its workers hand things to each other."""
