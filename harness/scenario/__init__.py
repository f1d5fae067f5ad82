"""Scenarios: YAML files that say what goes into a database, what is asked and what is promised.

`load_scenario` turns a file into frozen values and starts nothing; each mistake is a `FileError` with the file, the
line and the nearest valid name. `values` holds the nouns, `shape` the keys, `schema` the same for editors.
"""

from harness.scenario.finding import SMOKE, every_scenario, find_scenarios, shipped_scenarios, usual_scenarios
from harness.scenario.load_values import Mix, OpenLoad
from harness.scenario.loading import load_scenario
from harness.scenario.reading import is_scenario
from harness.scenario.schema import json_schema
from harness.scenario.steps import Ask, Step, Thing, Write, tenants
from harness.scenario.values import (
    EVERY_IMAGE,
    LATENCY,
    LOAD,
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
    "LOAD",
    "SMOKE",
    "Ask",
    "Asked",
    "Collection",
    "Fact",
    "ImageSource",
    "Index",
    "LoadProfile",
    "Mix",
    "OpenLoad",
    "Promise",
    "Scenario",
    "Step",
    "Thing",
    "Write",
    "every_scenario",
    "find_scenarios",
    "is_scenario",
    "json_schema",
    "load_scenario",
    "shipped_scenarios",
    "tenants",
    "usual_scenarios",
]
