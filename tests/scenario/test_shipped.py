"""The scenarios that come with the harness, and the schema that editors use."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from good_scenario import GOOD

from harness.model import Metric, Module
from harness.scenario import every_scenario, json_schema, load_scenario, shipped_scenarios, usual_scenarios

USUAL = ("photos-img2vec", "photos-clip", "completeness", "thresholds")
BY_NAME = (
    "load",
    "collections",
    "completeness-deep",
    "configuration",
    "digits-img2vec",
    "document",
    "durability",
    "dynamic",
    "encodings",
    "errors",
    "named",
    "quantised-bq",
    "quantised-pq",
    "quantised-rq",
    "quantised-sq",
    "replication",
    "sharded",
    "smoke",
    "threshold-combinations",
    "threshold-dynamic",
    "threshold-odd",
    "threshold-ties",
    "thresholds-flat",
    "vectorizing",
)
NAMES = (*USUAL[:2], *sorted((*USUAL[2:], *BY_NAME)))
SCHEMA_FILE = Path(__file__).parents[2] / "harness" / "scenario.schema.json"


def problems(text: str) -> list[str]:
    """What the schema has against a scenario."""
    validator = jsonschema.Draft202012Validator(json_schema())
    return [error.message for error in validator.iter_errors(yaml.safe_load(text))]


def test_these_are_shipped() -> None:
    """No scenario is lost, and none is there that no test knows."""
    assert tuple(shipped_scenarios()) == NAMES


def test_a_run_without_names_takes_those_that_do_nothing_to_the_server() -> None:
    """What repeats others in small or in detail, and what restarts the server, is run by its name alone."""
    assert tuple(usual_scenarios()) == USUAL


def test_the_full_contract_is_all_but_the_smoke_test() -> None:
    """Every scenario that is shipped takes part in it, but for a little of the others, and for the load."""
    assert [*every_scenario()] == [name for name in NAMES if name not in {"smoke", "load"}]


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_is_good(name: str) -> None:
    """It loads, fits the schema, names the schema for editors, and has pictures, questions and promises."""
    path = shipped_scenarios()[name]
    text = path.read_text(encoding="utf-8")
    assert problems(text) == []
    first = text.splitlines()[0]
    assert first == "# yaml-language-server: $schema=../harness/scenario.schema.json"
    scenario = load_scenario(path)
    assert scenario.about
    assert scenario.questions
    assert scenario.promises
    for collection in scenario.collections:
        assert len(collection.images.load().pictures) >= 12
        assert scenario.questions_for(collection)


def test_no_two_shipped_scenarios_make_the_same_class() -> None:
    """All of them can be loaded into one server."""
    names = [one.name for path in shipped_scenarios().values() for one in load_scenario(path).collections]
    assert len(names) == len(set(names))


def test_both_modules_and_all_metrics_and_indexes_are_asked() -> None:
    """Together they cover both modules, five metrics, and hnsw and flat."""
    made = [one for path in shipped_scenarios().values() for one in load_scenario(path).collections]
    assert {one.module for one in made} == set(Module)
    assert {(one.metric, one.index) for one in made} >= {
        (metric, index) for metric in Metric for index in ("hnsw", "flat")
    }


def test_the_published_schema_is_that_of_the_code() -> None:
    """`python -m harness.scenario > harness/scenario.schema.json` would change nothing."""
    assert json.loads(SCHEMA_FILE.read_text(encoding="utf-8")) == json_schema()
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("load:", "laod:"),
        ("limit: 2", "limit: 0"),
        ("limit: 2", "limmit: 2"),
        ("recall: 1.0", "recall: 2"),
        ("recall: 1.0", "recal: 1"),
        ("p50: 20ms", "p50: 20"),
        ("views: [mirror]", "views: [miror]"),
        ("from: ./pictures", "from: planted"),
        ("  class: Thing\n", ""),
        ("nearimage: 1", "nearimage: 2"),
        ("module: img2vec-neural", "module: img2vec"),
        ("load:", "collections: [{class: Other}]\nload:"),
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(old: str, new: str) -> None:
    """An editor underlines what would be an error."""
    assert problems(GOOD) == []
    assert old in GOOD
    assert problems(GOOD.replace(old, new, 1)) != []
