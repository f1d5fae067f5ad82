"""Prints the JSON Schema of files of targets: `python -m harness.fleet > harness/targets.schema.json`."""

import json
import sys

from harness.fleet.file import json_schema

sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
