"""Scenarios: YAML files that say what goes into a database, what is asked and what is promised.

`load_scenario` turns a file into frozen values and starts nothing; each mistake is a `FileError` with the file, the
line and the nearest valid name. `values` holds the nouns.
"""

from harness.scenario.values import (
    EVERY_IMAGE,
    LATENCY,
    Asked,
    Collection,
    Fact,
    ImageSource,
    Index,
    LoadProfile,
    Promise,
    Scenario,
)

__all__ = [
    "EVERY_IMAGE",
    "LATENCY",
    "Asked",
    "Collection",
    "Fact",
    "ImageSource",
    "Index",
    "LoadProfile",
    "Promise",
    "Scenario",
]
