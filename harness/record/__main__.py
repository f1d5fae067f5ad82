"""Prints the JSON Schema of a record's lines: `python -m harness.record > harness/record.schema.json`."""

import json
import sys

from harness.record.entries import json_schema

sys.stdout.write(json.dumps(json_schema(), indent=2) + "\n")
