"""What the lines of a record are: one model for each `type`, and their JSON Schema."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, Field, NonNegativeInt, TypeAdapter, model_validator

from harness.errors import ExitCode
from harness.model import Level, Outcome, Verdict
from harness.record.comparison_entries import CalibrationEntry, ComparisonEntry, RoundsEntry
from harness.record.fact import Fact, Facts, Milliseconds, Seconds, Sha256, Text
from harness.record.load_entries import LoadEntry
from harness.record.stage_entries import StagesEntry
from harness.record.survey_entries import LimitEntry, ScalingEntry
from harness.record.used_entries import AxisEntry

SCHEMA_VERSION: Literal[1] = 1


# --- entries -------------------------------------------------------------------------------------


class RunEntry(Fact):
    """What was asked for, by whom and where: enough to do it again. `versions` are those of the libraries in use.

    `processor` is the machine's, by its maker's name, `memory` its bytes; 0 or nothing where that is not known.
    """

    type: Literal["run"] = "run"
    schema_version: Literal[1] = SCHEMA_VERSION
    harness: str
    python: str
    platform: Text
    cpus: NonNegativeInt
    processor: Text = ""
    memory: NonNegativeInt = 0
    argv: tuple[Text, ...]
    target: Text
    started: AwareDatetime
    seed: int | None = None
    commit: str = ""
    versions: dict[str, str] = Field(default={})


class Service(Fact):
    """An inference service: what it computes with and on, and its container image, as far as it says."""

    encoder: Text = ""
    device: Text = ""
    image: Text = ""


class TargetEntry(Fact):
    """The database that was found, in a sentence; `weaviate` is False for the reference: no Weaviate was tested.

    `target` is what it is called in this run, by which other entries name it; `name` finds it again. `inference` says
    in words, for each module, what stands behind it, and `services` what that says of itself; `phases` is seconds by
    what they went to. `trouble` is why it could not be opened: then nothing was asked of it.
    """

    type: Literal["target"] = "target"
    target: Text = ""
    name: Text
    description: Text
    version: Text
    weaviate: bool
    modules: tuple[Text, ...] = ()
    inference: dict[str, Text] = Field(default={})
    services: dict[str, Service] = Field(default={})
    phases: dict[str, Seconds] = Field(default={})
    trouble: Text = ""


class UsageEntry(Fact):
    """What one part of a target had used when it was ready, or at the end; bytes and seconds since its start."""

    type: Literal["usage"] = "usage"
    target: Text = ""
    part: Text
    at: Literal["ready", "end"]
    cpu_seconds: Seconds
    resident: NonNegativeInt
    anonymous: NonNegativeInt | None = None
    disk: NonNegativeInt | None = None


class LoadedCollection(Fact):
    """One collection of a scenario: its name there and at the target, and how many objects went in, in `seconds`."""

    name: Text
    class_at_target: Text
    module: Text = ""
    metric: Text
    index: Text
    objects: NonNegativeInt
    seconds: Seconds | None = None


class ScenarioEntry(Fact):
    """A scenario file that took part, and its collections at one target."""

    type: Literal["scenario"] = "scenario"
    target: Text = ""
    file: Text
    name: Text
    sha256: Sha256
    collections: tuple[LoadedCollection, ...] = ()


class VerdictEntry(Fact):
    """What one check came to; the fields of `harness.model.Verdict`."""

    type: Literal["verdict"] = "verdict"
    check: Text
    level: Level
    outcome: Outcome
    sentence: Text
    scenario: Text
    collection: Text
    interface: Text
    evidence: Facts = Field(default={})
    asked: NonNegativeInt = 0
    seconds: Seconds = 0.0
    repeat: Text = ""
    target: Text = ""
    heading: Text = ""

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        """Make the entry of a verdict."""
        return cls(**{field.name: getattr(verdict, field.name) for field in fields(verdict)})

    @property
    def verdict(self) -> Verdict:
        """The verdict as the checks gave it (its evidence as JSON holds it)."""
        return Verdict(**{field.name: getattr(self, field.name) for field in fields(Verdict)})


class LatencyEntry(Fact):
    """The times of one question over one interface, after `warmup` requests that are not among them.

    `milliseconds` has one number for each request that was answered, in the order asked; `service_ms` the time that the
    inference service spent on the same request, or None where the service cannot be asked. Requests that were refused
    or whose fate is unknown are counted and have no time. Where two targets were asked in turn, `blocks` says how many
    of them belong to each round.
    """

    type: Literal["latency"] = "latency"
    target: Text = ""
    scenario: Text
    collection: Text
    question: Text
    interface: Text
    milliseconds: tuple[Milliseconds, ...]
    service_ms: tuple[Milliseconds, ...] | None = None
    warmup: NonNegativeInt = 0
    refused: NonNegativeInt = 0
    unknown: NonNegativeInt = 0
    mode: Literal["closed loop", "in turn"] = "closed loop"
    blocks: tuple[NonNegativeInt, ...] = ()

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if self.blocks and sum(self.blocks) != len(self.milliseconds):
            raise ValueError("blocks add up to the number of milliseconds")
        if self.service_ms is not None and len(self.service_ms) != len(self.milliseconds):
            raise ValueError("service_ms needs one number for each of milliseconds")
        return self

    @property
    def n(self) -> int:
        """How many requests were answered."""
        return len(self.milliseconds)

    @property
    def errors(self) -> int:
        """How many requests were not."""
        return self.refused + self.unknown


class PictureEntry(Fact):
    """A small copy of a picture, as a data URI, found by the hash of the real one."""

    type: Literal["picture"] = "picture"
    sha256: Sha256
    name: Text
    label: Text = ""
    thumbnail: Annotated[str, Field(pattern="^data:image/(png|jpeg|webp|gif);base64,[A-Za-z0-9+/]*={0,2}$")]


class ShownHit(Fact):
    """An object in a gallery; `picture` is a hash or empty; `expected` tells whether the exact answer has it."""

    name: Text
    label: Text = ""
    picture: str = ""
    distance: float | None = None
    expected: bool = True


class ShownEntry(Fact):
    """A question to look at: what came back, best first, what should have, and every exact distance within reach.

    The query is a picture (`picture`, a hash) or a text (`text`). `threshold` is the distance that was asked for.
    """

    type: Literal["shown"] = "shown"
    target: Text = ""
    scenario: Text
    collection: Text
    question: Text
    interface: Text
    metric: Text
    picture: str = ""
    text: Text = ""
    threshold: float | None = None
    returned: tuple[ShownHit, ...] = ()
    expected: tuple[ShownHit, ...] = ()
    reach: tuple[float, ...] = Field(default=(), max_length=500)


class NoteEntry(Fact):
    """Something a reader should know that is no verdict."""

    type: Literal["note"] = "note"
    target: Text = ""
    level: Literal["info", "warning", "error"] = "info"
    text: Text


class EndEntry(Fact):
    """The run came to its end, good or bad; `phases` is seconds by what they went to."""

    type: Literal["end"] = "end"
    finished: AwareDatetime
    exit_code: ExitCode
    peak_memory_mb: Annotated[float, Field(ge=0)] | None = None
    counts: dict[Outcome, NonNegativeInt] = Field(default={})
    phases: dict[str, Seconds] = Field(default={})


Entry = (
    RunEntry
    | TargetEntry
    | UsageEntry
    | ScenarioEntry
    | VerdictEntry
    | LatencyEntry
    | LoadEntry
    | StagesEntry
    | ComparisonEntry
    | RoundsEntry
    | CalibrationEntry
    | AxisEntry
    | LimitEntry
    | ScalingEntry
    | PictureEntry
    | ShownEntry
    | NoteEntry
    | EndEntry
)
ENTRY: TypeAdapter[Entry] = TypeAdapter(Annotated[Entry, Field(discriminator="type")])


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of one line."""
    schema = ENTRY.json_schema()
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "One line of a nearimage record"}
    return head | schema
