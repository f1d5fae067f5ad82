"""The shape of a scenario's `load`: how often questions are asked to measure their time, and on which clock."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from harness.scenario.load_values import CONCURRENCY

_MOST = 10_000_000

Text = Annotated[str, Field(min_length=1)]


def _drawn(value: Any) -> Any:
    return {"draw": value} if isinstance(value, str) else value


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class MixShape(_Shape):
    """What is asked under load, and how often each."""

    of: Literal["questions", "images"] = Field(
        default="questions", description="The questions of this file, or nearImage with each image of the collection."
    )
    draw: Literal["uniform", "zipf", "in-turn"] = Field(
        default="uniform", description="Each as often as the others, by popularity, or one after the other."
    )
    exponent: float = Field(default=1.0, gt=0, le=10, description="Of `zipf`: larger means that fewer are popular.")
    unique: bool = Field(default=False, description="Each image has bytes of its own: there is nothing to cache.")
    near: Literal["image", "vector"] = Field(
        default="image", description="`vector` sends the vector of each image in its place: nothing is vectorized."
    )
    limit: int | None = Field(default=None, ge=1, description="Of `images`: so many hits; 10 without a distance.")
    distance: float | None = Field(default=None, allow_inf_nan=False, description="Of `images`: none is farther.")
    filter: dict[Text, str | int | float | bool] = Field(
        default={}, description="Properties that a hit must have.", examples=[{"label": "cat"}]
    )


class RateShape(_Shape):
    """A rate that is kept for a while."""

    rate: float = Field(gt=0, le=1_000_000, description="Requests a second.")
    duration: Text = Field(description="For how long.", examples=["10s"])


class LoadShape(_Shape):
    """How often each question is asked to measure its time; with a rate (or steps, or times) also on a clock."""

    requests: int = Field(
        default=100,
        ge=1,
        le=1_000_000,
        description="Counted requests for each question. By default 100, or as many as a promised percentile needs.",
    )
    warmup: int = Field(default=10, ge=0, le=1_000_000, description="Requests before that, not counted.")
    questions: list[Text] = Field(default=[], description="Only these questions are timed. By default all.")
    rate: float | None = Field(
        default=None, gt=0, le=1_000_000, description="Requests a second, sent when they are due: an open loop."
    )
    to: float | None = Field(default=None, gt=0, le=1_000_000, description="Of `ramp`: the last rate.")
    duration: Text | None = Field(default=None, description="For how long.", examples=["60s"])
    schedule: Literal["constant", "poisson", "steps", "ramp", "replay"] | None = Field(
        default=None, description="How requests are spread: `poisson` (the default) as many users send them."
    )
    steps: Annotated[list[RateShape], Field(min_length=1, max_length=1000)] | None = Field(
        default=None, description="Rates, one after the other."
    )
    times: Text | None = Field(
        default=None, description="Of `replay`: a file beside this one with a time in seconds on each line."
    )
    mix: Annotated[MixShape, BeforeValidator(_drawn, json_schema_input_type=MixShape | str)] = Field(
        default=MixShape(), description="What is asked on the clock."
    )
    concurrency: int = Field(
        default=CONCURRENCY, ge=1, le=4096, description="So many requests are on their way at once at most."
    )
    timeout: Text = Field(default="10s", description="So long an answer may take, and a request wait to be sent.")
    inserts: float = Field(default=0.0, ge=0, le=10_000, description="Objects that are stored each second meanwhile.")
    raw: bool = Field(default=False, description="Keep every single request in the record.")
    cold: bool = Field(default=False, description="Start the database anew first, where that can be done.")
