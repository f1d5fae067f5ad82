"""The shape of a scenario file: which keys there are, what type each value has, in words that editors show.

These models judge shape only and make the JSON Schema; whether names fit together is judged in `loading`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from harness.scenario.load_shape import LoadShape
from harness.scenario.step_shapes import StepShape

FORMAT = 1
"""The format's version, which every file states as `nearimage: 1`."""

Text = Annotated[str, Field(min_length=1)]
ModuleName = Literal["img2vec-neural", "multi2vec-clip"]
MetricName = Literal["cosine", "dot", "l2-squared", "manhattan", "hamming"]
IndexName = Literal["hnsw", "flat", "dynamic"]
ViewName = Literal["crop", "mirror", "rotate", "dim", "bright", "recompress", "gray"]
FactName = Literal["label", "caption", "subject", "name", "view", "number", "breed"]
QuestionName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
SettingName = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
AbilityName = Literal["restart", "kill", "pause", "logs", "statistics", "second", "cluster"]


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _written(value: Any) -> Any:
    """An environment variable is a text; a whole number or a truth value in YAML is taken as it would be typed."""
    return str(value).lower() if isinstance(value, int) else value


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


class NeedsShape(_Shape):
    """What the server must have; a target that lacks it is left out with the reason."""

    module: Annotated[
        list[ModuleName],
        BeforeValidator(_listed, json_schema_input_type=ModuleName | list[ModuleName]),
        Field(description="The modules that must be enabled; by default those that the collections use."),
    ] = []
    weaviate: str = Field(
        default="", description="Versions that this scenario is for.", examples=[">=1.19", ">=1.25,<2"]
    )
    settings: dict[SettingName, Annotated[str, BeforeValidator(_written, json_schema_input_type=str | int | bool)]] = (
        Field(default={}, description="Environment variables of the server that the promises depend on.")
    )
    abilities: Annotated[
        list[AbilityName],
        BeforeValidator(_listed, json_schema_input_type=AbilityName | list[AbilityName]),
        Field(description="What checks shall do to the server itself; only checks whose ability is named here do."),
    ] = []
    cpus: float = Field(
        default=0.0, gt=0, le=4096, allow_inf_nan=False, description="So many processors for the database."
    )
    memory: str = Field(default="", description="So much memory for the database.", examples=["512MiB", "2GiB"])
    volumes: list[Text] = Field(
        default=[],
        description="What the database gets to see: `NAME_OR_FOLDER:/PATH[:ro]`, a folder beside this file.",
        examples=[["./backups:/var/backups:ro"]],
    )


class VaryShape(_Shape):
    """Each collection is made once for every combination of these."""

    distance: list[MetricName] = Field(default=[], description="Distance metrics, Weaviate's names.")
    index: list[IndexName] = Field(default=[], description="Vector index types.")
    shards: list[Annotated[int, Field(ge=1, le=64)]] = Field(default=[], description="Numbers of shards.")


class _Images(_Shape):
    from_: str = Field(alias="from", description="Where the pictures come from.")
    as_: Text = Field(default="image", alias="as", description="The blob property that takes the picture.")
    keep: list[FactName] = Field(default=[], description="Facts of a picture that go into a property of the same name.")


class PicturesShape(_Images):
    """Photographs: a set that comes with the harness, or a folder beside the scenario file."""

    from_: Text = Field(alias="from", description="`shipped:photos`, `shipped:digits` or a folder beside this file.")
    views: list[ViewName] = Field(
        default=[], description="Changed copies that are made of each picture and stored too."
    )
    first: int | None = Field(
        default=None, ge=1, description="Only so many pictures of the set (before views are made)."
    )


class PlantedShape(_Images):
    """Generated pictures that carry their own vector, so that every distance is chosen and exact."""

    from_: Literal["planted"] = Field(alias="from")
    subjects: int = Field(default=12, ge=2, le=2000, description="How many different things are pictured.")
    views: int = Field(default=2, ge=0, le=50, description="Look-alikes of each subject: one component differs by one.")
    dimensions: int = Field(default=16, ge=5, le=2048, description="Components of each vector.")
    ties: int = Field(default=0, ge=0, le=2000, description="Further objects with the same vector as an earlier one.")
    seed: int = Field(default=0, ge=0, description="Another seed gives other vectors.")


class LadderShape(_Images):
    """Generated pictures whose l2-squared and manhattan distance from the first one grows with each."""

    from_: Literal["ladder"] = Field(alias="from")
    count: int = Field(ge=1, le=20_000, description="How many pictures.")
    dimensions: int = Field(default=4, ge=2, le=2048, description="Components of each vector.")


class StepImagesShape(_Images):
    """The pictures come with the steps."""

    from_: Literal["steps"] = Field(alias="from")


class QuestionShape(_Shape):
    """One question: like an image or like a text, exactly one of the two."""

    near_image: Text | None = Field(
        None,
        description="A picture of the set by its name (`chelsea.jpg`, `chelsea.jpg#mirror`) or a file beside this.",
    )
    near_text: Text | None = Field(default=None, description="Words; only multi2vec-clip understands them.")
    limit: int | None = Field(default=None, ge=1, description="At most so many hits.")
    distance: float | None = Field(default=None, allow_inf_nan=False, description="No hit is farther than this.")
    certainty: float | None = Field(
        default=None, gt=0, le=1, description="No hit is less certain than this; cosine only."
    )
    collection: str | None = Field(default=None, description="The class that is asked; by default every one.")


class ScenarioShape(_Shape):
    """A nearimage scenario: what goes into a database, what is asked, and what is promised."""

    nearimage: int = Field(description="The version of this format: 1.", json_schema_extra={"const": FORMAT})
    name: Text = Field(description="What this scenario shows, in a few words.")
    about: str = Field(default="", description="A paragraph for whoever reads the report.")
    needs: NeedsShape = NeedsShape()
    collection: dict[str, Any] | None = Field(default=None, description="Weaviate's own class JSON, written as YAML.")
    collections: Annotated[list[dict[str, Any]], Field(min_length=1)] | None = Field(
        default=None, description="Several classes, instead of `collection`."
    )
    vary: VaryShape = VaryShape()
    images: dict[str, Any] = Field(description="Where the pictures come from, or that for each class by its name.")
    questions: dict[QuestionName, QuestionShape] = Field(default={}, description="Questions by a name of your own.")
    promises: dict[str, dict[str, Any]] = Field(
        default={}, description="What must hold, for a question, for every image, and for the time it takes."
    )
    load: LoadShape = LoadShape()
    steps: list[StepShape] = Field(
        default=[],
        max_length=1000,
        description="Instead of checks: what is written and asked, one after the other; with `images: {from: steps}`.",
    )
    checks: list[Text] = Field(default=[], description="Only these checks, as globs: `near-image/*`. By default all.")
