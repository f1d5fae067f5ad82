"""Class definitions: what is refused, what is filled in, what may be changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from reference_bench import Bench

from harness.reference.request import Refusal

BLOB = {"name": "image", "dataType": ["blob"]}
LABEL = {"name": "label", "dataType": ["text"]}


def definition(module: str, settings: Any, **more: Any) -> dict[str, Any]:
    """A class with this module and settings."""
    config = {"vectorizer": module, "moduleConfig": {module: settings}}
    return {"class": "Some", "properties": [BLOB, LABEL], **config, **more}


IMG, CLIP = "img2vec-neural", "multi2vec-clip"


@pytest.mark.parametrize("module", [IMG, CLIP])
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("image", "imageFields must be an array"),
        ([], "must contain at least one image field name in imageFields"),
        ([1], "imageField must be a string"),
        ([""], "imageField values cannot be empty"),
    ],
)
def test_image_fields_that_are_refused(bench: Bench, module: str, fields: object, words: str) -> None:
    """A wrong imageFields is refused in the module's words, for both modules and for named vectors."""
    settings = {"imageFields": fields}
    named = {"class": "Some", "properties": [BLOB], "vectorConfig": {"a": {"vectorizer": {module: settings}}}}
    for given in (definition(module, settings), named):
        with pytest.raises(Refusal) as caught:
            bench.engine.classes.create(given)
        assert caught.value.message == f"module '{module}': {words}"
        assert caught.value.status == 422


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (definition(IMG, {}), "module 'img2vec-neural': imageFields not present"),
        (definition("foo", {}), 'vectorizer: no module with name "foo" present'),
        (
            definition(CLIP, {"imageFields": ["image"], "weights": {"imageFields": [1, 2]}}),
            "module 'multi2vec-clip': weights.imageFields does not equal number of imageFields",
        ),
        (
            definition(CLIP, {"textFields": ["label"], "weights": {"textFields": []}}),
            "module 'multi2vec-clip': weights.textFields does not equal number of textFields",
        ),
        (definition(IMG, {"imageFields": ["image"]}, vectorIndexType="foo"), 'vectorIndexType "foo"'),
        (definition(IMG, {"imageFields": ["image"]}, vectorIndexType="dynamic"), "async indexing is enabled"),
        (
            definition(IMG, {"imageFields": ["image"]}, vectorIndexConfig={"distance": "foo"}),
            'unrecognized distance metric "foo"',
        ),
        ({"class": "a b"}, "'A b' is not a valid class name"),
        ({"classes": [{"class": "X"}]}, "'' is not a valid class name"),
        ({"class": "photo"}, "class name Photo already exists"),
        ({"class": "Some", "properties": [{"name": "a", "dataType": ["foo"]}]}, "unknown primitive data type 'foo'"),
        ({"class": "Some", "properties": [LABEL, LABEL]}, 'conflict for property "label"'),
        ({"class": "Some", "vectorConfig": {"a": {"vectorizer": {"none": {}}}}, "vectorizer": "none"}, "is forbidden"),
        ({"class": "Some", "vectorConfig": {"a": {"vectorizer": "none"}}}, "must be an object, got string"),
        ({"class": "Some", "replicationConfig": {"factor": 3}}, "1 available, 3 requested"),
    ],
)
def test_definitions_that_are_refused(bench: Bench, given: dict[str, Any], words: str) -> None:
    """A definition that means nothing is refused, and nothing of it stays."""
    with pytest.raises(Refusal) as caught:
        bench.engine.classes.create(given)
    assert words in caught.value.message
    assert [collection.name for collection in bench.engine.collections()] == ["Photo"]


@pytest.mark.parametrize("fields", [["nix"], ["label"]])
def test_fields_that_cannot_work_are_accepted(bench: Bench, fields: list[str]) -> None:
    """An image field that does not exist, or is a text, is accepted (observed)."""
    bench.engine.classes.create(definition(IMG, {"imageFields": fields}))


def test_defaults_are_filled_in(bench: Bench) -> None:
    """A class shows every default of the server, and the settings that it gave."""
    made = bench.engine.classes.create(definition(CLIP, {"imageFields": ["image"]}, vectorIndexType="flat")).definition
    assert made["vectorIndexConfig"]["distance"] == "cosine"
    assert made["vectorIndexConfig"]["bq"] == {"enabled": False, "rescoreLimit": -1, "cache": False}
    assert made["properties"][1] == {
        "dataType": ["text"],
        "indexFilterable": True,
        "indexRangeFilters": False,
        "indexSearchable": True,
        "name": "label",
        "tokenization": "word",
    }
    assert made["replicationConfig"]["factor"] == 1
    assert made["moduleConfig"] == {CLIP: {"imageFields": ["image"]}}


def test_given_settings_are_merged_with_the_defaults(bench: Bench) -> None:
    """A part of a setting that is given changes that part and leaves the rest; unknown keys are dropped."""
    given = definition(IMG, {"imageFields": ["image"]}, vectorIndexConfig={"ef": 64, "pq": {"segments": 4}, "foo": 1})
    index = bench.engine.classes.create(given | {"bar": 1}).definition["vectorIndexConfig"]
    assert (index["ef"], index["efConstruction"]) == (64, 128)
    assert (index["pq"]["segments"], index["pq"]["centroids"]) == (4, 256)
    assert "foo" not in index


def test_the_default_vectorizer(open_engine: Callable[..., Bench]) -> None:
    """DEFAULT_VECTORIZER_MODULE is the vectorizer of a class that names none; without it there is none."""
    bench = open_engine(environment={"DEFAULT_VECTORIZER_MODULE": IMG})
    made = bench.engine.classes.create({"class": "Some", "moduleConfig": {IMG: {"imageFields": ["image"]}}})
    assert made.definition["vectorizer"] == IMG
    assert made.vectors[""].image_fields == ("image",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"moduleConfig": {IMG: {"imageFields": ["back"]}}}, "can only update generative and reranker module configs"),
        ({"vectorIndexConfig": {"distance": "dot"}}, 'distance is immutable: attempted change from "cosine" to "dot"'),
        ({"vectorIndexType": "flat"}, "vector index type is immutable"),
        ({"vectorizer": "none"}, "vectorizer is immutable"),
        ({"class": "Other"}, "class name is immutable"),
        ({"multiTenancyConfig": {"enabled": True}}, "enabling multi-tenancy"),
        ({"properties": []}, "property fields other than description cannot be updated"),
    ],
)
def test_what_cannot_be_changed(bench: Bench, change: dict[str, Any], words: str) -> None:
    """A refused change is refused in Weaviate's words, and the class stays as it was."""
    before = bench.engine.collection("Photo").definition
    with pytest.raises(Refusal) as caught:
        bench.engine.classes.update("Photo", {**before, **change})
    assert words in caught.value.message
    assert bench.engine.collection("Photo").definition == before


def test_what_can_be_changed(bench: Bench) -> None:
    """A description and a search setting can be changed, a property added, a class removed."""
    before = bench.engine.collection("Photo").definition
    index = {**before["vectorIndexConfig"], "ef": 77}
    bench.engine.classes.update("Photo", {**before, "description": "hello", "vectorIndexConfig": index})
    bench.engine.classes.add_property("Photo", {"name": "extra", "dataType": ["int"]})
    after = bench.engine.collection("photo")
    assert (after.definition["description"], after.definition["vectorIndexConfig"]["ef"]) == ("hello", 77)
    assert after.properties["extra"] == "int"
    bench.engine.drop_collection("Photo")
    bench.engine.drop_collection("Photo")
    assert bench.engine.collections() == []


def test_a_new_class_of_an_old_name_is_empty(bench: Bench) -> None:
    """Objects go with their class."""
    bench.put(1, 1, 0)
    bench.engine.drop_collection("Photo")
    bench.create()
    assert bench.numbers(1, 0) == []


def test_tenants_are_of_their_class(bench: Bench) -> None:
    """A class without multi-tenancy has no tenants; a bad name or status is refused; tenants go with their objects."""
    bench.create("Shared", multiTenancyConfig={"enabled": True})
    shared, classes = bench.engine.collection("Shared"), bench.engine.classes
    with pytest.raises(Refusal, match='multi-tenancy is not enabled for class "Photo"'):
        classes.add_tenants(bench.engine.collection("Photo"), [{"name": "a"}])
    with pytest.raises(Refusal, match="'a b' is not a valid tenant name"):
        classes.add_tenants(shared, [{"name": "a"}, {"name": "a b"}])
    assert bench.engine.tenants("Shared") == []
    classes.add_tenants(shared, [{"name": "b"}, {"name": "a"}])
    bench.put(1, 1, 0, name="Shared", tenant="a")
    assert [(tenant.name, tenant.status) for tenant in bench.engine.tenants("Shared")] == [("a", "HOT"), ("b", "HOT")]
    classes.drop_tenants(shared, ["a", "unknown"])
    classes.add_tenants(shared, [{"name": "a"}])
    assert bench.numbers(1, 0, name="Shared", tenant="a") == []
    with pytest.raises(Refusal, match="shard not found: x"):
        classes.update_tenants(shared, [{"name": "x", "activityStatus": "COLD"}])
