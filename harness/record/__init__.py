"""A run as a file of JSON lines, and back: everything that was found, from which every report is made.

Each line is one entry, an object with a `type`; the first one is `run`, the last one of a run that came to its end is
`end`. A line is written as soon as its fact is known, so a crash leaves a record that can be read up to there. The
schema stands in `harness/record.schema.json`, which `python -m harness.record` prints.
"""

from harness.record.comparison_entries import CalibrationEntry, ComparisonEntry, PartFact, RoundsEntry
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
)
from harness.record.fact import plain
from harness.record.file import Record, RecordWriter, read
from harness.record.load_entries import (
    ClockFact,
    GeneratorFact,
    JudgedFact,
    LoadEntry,
    MomentFact,
    PercentileFact,
    RawFact,
)
from harness.record.stage_entries import StagesEntry
from harness.record.survey_entries import LimitEntry, LimitStepFact, ScalingEntry
from harness.record.used_entries import AxisEntry, LookFact, UsedFact

__all__ = [
    "SCHEMA_VERSION",
    "AxisEntry",
    "CalibrationEntry",
    "ClockFact",
    "ComparisonEntry",
    "EndEntry",
    "Entry",
    "GeneratorFact",
    "JudgedFact",
    "LatencyEntry",
    "LimitEntry",
    "LimitStepFact",
    "LoadEntry",
    "LoadedCollection",
    "LookFact",
    "MomentFact",
    "NoteEntry",
    "PartFact",
    "PercentileFact",
    "PictureEntry",
    "RawFact",
    "Record",
    "RecordWriter",
    "RoundsEntry",
    "RunEntry",
    "ScalingEntry",
    "ScenarioEntry",
    "Service",
    "ShownEntry",
    "ShownHit",
    "StagesEntry",
    "TargetEntry",
    "UsageEntry",
    "UsedFact",
    "VerdictEntry",
    "json_schema",
    "plain",
    "read",
]
