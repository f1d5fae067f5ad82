"""The JSON Schema of scenario files, for editors. `python -m harness.scenario` prints it."""

from __future__ import annotations

from typing import Any

from harness.scenario.promises import DURATION, PERCENTILE, PRECISION
from harness.scenario.shape import LadderShape, PicturesShape, PlantedShape, ScenarioShape, StepImagesShape


def json_schema() -> dict[str, Any]:
    """The schema: the shape of a file; that names fit together only `load_scenario` can tell."""
    schema = ScenarioShape.model_json_schema()
    definitions = schema["$defs"]
    shapes = (PicturesShape, PlantedShape, LadderShape, StepImagesShape)
    for shape in shapes:
        definitions[shape.__name__] = shape.model_json_schema()
    # `from` decides; a name that is generated must not pass as a folder's.
    definitions["PicturesShape"]["properties"]["from"]["not"] = {"enum": ["planted", "ladder", "steps"]}
    one = {"anyOf": [{"$ref": f"#/$defs/{shape.__name__}"} for shape in shapes]}
    properties = schema["properties"]
    of_each = {"type": "object", "not": {"required": ["from"]}, "additionalProperties": one}
    properties["images"] = {**_said(properties["images"]), "anyOf": [*one["anyOf"], of_each]}
    properties["promises"] = {**_said(properties["promises"]), **_promises()}
    class_json = {"type": "object", "required": ["class"]}
    properties["collection"] = {**_said(properties["collection"]), **class_json}
    properties["collections"] = {
        **_said(properties["collections"]),
        "type": "array",
        "minItems": 1,
        "items": class_json,
    }
    schema["oneOf"] = [{"required": ["collection"]}, {"required": ["collections"]}]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _said(part: dict[str, Any]) -> dict[str, Any]:
    return {"description": part["description"]}


def _promises() -> dict[str, Any]:
    share = {"type": "number", "minimum": 0, "maximum": 1}
    duration = {"type": "string", "pattern": f"^{DURATION.pattern}$"}
    precision = {
        f"^{PRECISION.pattern}$": {**share, "description": "Share of the first hits that have the same label."}
    }
    recall = {**share, "description": "Share of the exact nearest neighbours that are found, ties counted fairly."}
    first = {"type": "string", "minLength": 1, "description": "Subject, label or name of the best hit."}
    times = {
        key: {**duration, "description": f"No slower than this at the {key[1:]}th percentile."}
        for key in ("p50", "p95", "p99")
    }
    module_share = {**share, "description": "The inference service's share of the median is at most this."}
    errors = {"type": "integer", "minimum": 0, "description": "At most so many requests that were not answered."}

    def shape(properties: dict[str, Any], patterns: dict[str, Any]) -> dict[str, Any]:
        closed = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**closed, "patternProperties": patterns} if patterns else closed

    return {
        "type": "object",
        "properties": {
            "every_image": shape({"recall": recall}, precision),
            "latency": shape({**times, "errors": errors}, {}),
            "load": shape(
                {"errors": errors, "recall": recall, "module_share_p50_max": module_share},
                {f"^{PERCENTILE.pattern}$": {**duration, "description": "No slower than this, counted from when due."}},
            ),
        },
        "additionalProperties": shape({"first": first, "recall": recall}, precision),
    }
