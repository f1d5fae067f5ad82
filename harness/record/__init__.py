"""A run as a file of JSON lines, and back: everything that was found, from which every report is made.

Each line is one entry, an object with a `type`; the first one is `run`, the last one of a run that came to its end is
`end`. A line is written as soon as its fact is known, so a crash leaves a record that can be read up to there. The
schema stands in `harness/record.schema.json`, which `python -m harness.record` prints.
"""

from harness.record.entries import (
    SCHEMA_VERSION,
    EndEntry,
    Entry,
    LatencyEntry,
    LoadedCollection,
    NoteEntry,
    PictureEntry,
    RunEntry,
    ScenarioEntry,
    Service,
    ShownEntry,
    ShownHit,
    TargetEntry,
    UsageEntry,
    VerdictEntry,
    json_schema,
    plain,
)
from harness.record.file import Record, RecordWriter, read

__all__ = [
    "SCHEMA_VERSION",
    "EndEntry",
    "Entry",
    "LatencyEntry",
    "LoadedCollection",
    "NoteEntry",
    "PictureEntry",
    "Record",
    "RecordWriter",
    "RunEntry",
    "ScenarioEntry",
    "Service",
    "ShownEntry",
    "ShownHit",
    "TargetEntry",
    "UsageEntry",
    "VerdictEntry",
    "json_schema",
    "plain",
    "read",
]
