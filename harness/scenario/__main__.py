"""Prints the JSON Schema of scenario files: `python -m harness.scenario > harness/scenario.schema.json`."""

import json
import sys

from harness.scenario.schema import json_schema

sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
