"""Steps in a scenario: what they come to, and what is wrong with them, with the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema
import pytest
import yaml

from harness.errors import FileError
from harness.model import Where
from harness.scenario import Ask, Thing, Write, json_schema, load_scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Save = Callable[[str | bytes], Path]

STEPS = """\
nearimage: 1
name: a few steps
collection:
  class: Thing
  vectorizer: img2vec-neural
  vectorIndexConfig: {distance: l2-squared}
  moduleConfig: {img2vec-neural: {imageFields: [image]}}
  properties: [{name: image, dataType: [blob]}, {name: label, dataType: [text]}]
images: {from: steps}
steps:
  - insert: {object: 1, image: [1, 0], properties: {label: cat}}
  - batch: [{object: 2, image: [0, 1]}, {object: 3}]
  - near_image: {image: [1, 1], distance: 0.5, where: {operator: Equal, path: [label], value: cat}}
  - patch: {object: 2, properties: {label: dog}}
  - delete: {object: 1}
"""


def test_steps_are_read_in_their_order(write: Save) -> None:
    """Each step is a value, and the class begins empty."""
    scenario = load_scenario(write(STEPS))
    assert scenario.steps == (
        Write("insert", (Thing(1, (1.0, 0.0), {"label": "cat"}),)),
        Write("batch", (Thing(2, (0.0, 1.0)), Thing(3))),
        Ask((1.0, 1.0), distance=0.5, where=Where("Equal", ("label",), "cat")),
        Write("patch", (Thing(2, None, {"label": "dog"}),)),
        Write("delete", (Thing(1),)),
    )
    [collection] = scenario.collections
    assert collection.images.load().pictures == ()
    assert collection.images.dimensions == 2
    assert not scenario.wants("near-image/ascending")


def test_the_schema_knows_steps() -> None:
    """An editor finds nothing wrong with them, and finds a step that there is not."""
    validator = jsonschema.Draft202012Validator(json_schema())
    assert not list(validator.iter_errors(yaml.safe_load(STEPS)))
    assert list(validator.iter_errors(yaml.safe_load(STEPS.replace("- patch:", "- patsch:"))))


MISTAKES = {
    "unknown step": ("- patch:", "- patsch:", 14, "unknown key `patsch`"),
    "two in one": ("- delete: {object: 1}", "- {delete: {object: 1}, insert: {object: 9}}", 15, "exactly one of"),
    "none": ("- delete: {object: 1}", "- {}", 15, "a step is exactly one of insert, batch"),
    "there already": ("- patch: {object: 2", "- insert: {object: 2", 14, "object 2 is there already"),
    "not there": ("- delete: {object: 1}", "- delete: {object: 7}", 15, "object 7 is not there at this step"),
    "deleted": (
        "- delete: {object: 1}",
        "- delete: {object: 1}\n  - patch: {object: 1}",
        16,
        "object 1 is not there at this step",
    ),
    "other length": ("image: [1, 1], d", "image: [1, 1, 1], d", 13, "this image carries 3 components, the others 2"),
    "no end": ("distance: 0.5, ", "", 13, "the question needs a `limit`"),
    "two thresholds": ("distance: 0.5", "distance: 0.5, certainty: 0.5", 13, "only one is allowed"),
    "certainty": ("distance: 0.5", "certainty: 0.5", 13, "certainty exists for cosine only"),
    "half a filter": (", value: cat", "", 13, "`Equal` has `path` and `value` and nothing else"),
    "tenant": ("{object: 3}", "{object: 3, tenant: a}", 12, "names a tenant, and the class has none"),
    "no tenant": ("  class: Thing", "  class: Thing\n  multiTenancyConfig: {enabled: true}", 12, "names no tenant"),
    "other images": ("{from: steps}", "{from: planted}", 9, "steps begin with an empty class"),
    "no steps": (STEPS[STEPS.index("steps:\n") :], "", 9, "there are no `steps`"),
    "a question too": ("steps:\n", "questions: {a: {near_text: b}}\nsteps:\n", 10, "has no `questions`"),
    "a check too": ("steps:\n", "checks: [a/b]\nsteps:\n", 10, "a scenario of steps has no `checks`"),
}


@pytest.mark.parametrize(("old", "new", "line", "says"), MISTAKES.values(), ids=list(MISTAKES))
def test_a_mistake_has_its_line(old: str, new: str, line: int, says: str, write: Save) -> None:
    """What cannot be done in this order, or not asked, is found before anything is started."""
    assert old in STEPS
    with pytest.raises(FileError) as error:
        load_scenario(write(STEPS.replace(old, new, 1)))
    assert says in str(error.value)
    assert error.value.line == line
