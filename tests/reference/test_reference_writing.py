"""What is vectorized when an object is written, and what stays after an update, a delete and a restart."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
from planted_service import NO_IMAGE, PlantedService, image, text
from reference_bench import Bench, object_id

from harness.reference.request import Draft, Filter, Refusal


def vector_of(bench: Bench, number: int, name: str = "Photo") -> list[float] | None:
    """The stored vector of an object."""
    item = bench.engine.find(name, object_id(number))
    assert item is not None
    return None if item.vector is None else item.vector.tolist()


def draft(number: int, name: str = "Photo", **properties: Any) -> Draft:
    """An object to be written."""
    return Draft(name, properties, id=object_id(number))


def test_one_call_for_each_image(bench: Bench, service: PlantedService) -> None:
    """img2vec is asked once for each image, with the object's id and a number, and the vectors' mean is stored."""
    bench.create("Sides", settings={"imageFields": ["image", "back"]})
    bench.put(1, 1, 0, name="Sides", back=image(0, 2))
    assert sorted(body["id"] for _, body in service.calls) == [f"{object_id(1)}_{position}" for position in (0, 1)]
    assert vector_of(bench, 1, "Sides") == [0.5, 1.0]


def test_no_content_type_goes_to_img2vec(bench: Bench, service: PlantedService) -> None:
    """The call has no Content-Type, as Weaviate's has none."""
    bench.put(1, 1, 0)
    assert "Content-Type" not in service.headers[0]


def test_one_call_for_each_object_with_clip(bench: Bench, service: PlantedService) -> None:
    """CLIP is asked once, with texts and images; weights are normalised and the sum divided by their number."""
    settings = {"imageFields": ["image"], "textFields": ["label"], "weights": {"imageFields": [6], "textFields": [2]}}
    bench.create("Clip", "multi2vec-clip", settings=settings)
    bench.put(1, 1, 0, name="Clip", label=text(0, 1))
    assert service.calls == [("/vectorize", {"texts": [text(0, 1)], "images": [image(1, 0)]})]
    assert vector_of(bench, 1, "Clip") == [0.75 / 2, 0.25 / 2]


def test_weights_belong_to_fields_whatever_their_names(bench: Bench) -> None:
    """A weight is its field's, also where the configured order is not the alphabet's."""
    settings = {"imageFields": ["image", "back"], "weights": {"imageFields": [0.9, 0.1]}}
    bench.create("Clip", "multi2vec-clip", settings=settings)
    bench.put(1, 1, 0, name="Clip", back=image(0, 1))
    found = vector_of(bench, 1, "Clip")
    assert found == pytest.approx([0.45, 0.05])


def test_without_weights_clip_takes_the_mean(bench: Bench) -> None:
    """Without weights each text and image counts the same."""
    bench.create("Clip", "multi2vec-clip", settings={"imageFields": ["image"], "textFields": ["label"]})
    bench.put(1, 1, 0, name="Clip", label=text(3, 2))
    assert vector_of(bench, 1, "Clip") == [2, 1]


def test_nothing_to_vectorize_makes_no_call_and_no_vector(bench: Bench, service: PlantedService) -> None:
    """An absent and a null image make no call; the object is stored without a vector."""
    assert bench.put(1, label="x") == ""
    assert bench.put(2, image=None) == ""
    assert service.calls == []
    assert [vector_of(bench, number) for number in (1, 2)] == [None, None]


def test_a_supplied_vector_is_used_as_it_is(bench: Bench, service: PlantedService) -> None:
    """The user's vector is stored as given, not normalised, and nobody is asked."""
    bench.engine.put_objects([Draft("Photo", {"image": image(1, 0)}, id=object_id(1), vector=[3.0, 4.0])])
    assert vector_of(bench, 1) == [3, 4]
    assert service.calls == []


def test_an_unchanged_image_makes_no_call(bench: Bench, service: PlantedService) -> None:
    """PUT and PATCH that do not touch the image keep the vector and the birth, and ask nobody."""
    bench.put(1, 1, 0, label="old")
    before = bench.engine.find("Photo", object_id(1))
    bench.engine.objects.replace(draft(1, image=image(1, 0), label="new"))
    bench.engine.objects.merge(draft(1, label="newer"))
    after = bench.engine.find("Photo", object_id(1))
    assert len(service.calls) == 1
    assert after is not None
    assert before is not None
    assert (after.created, after.properties["label"]) == (before.created, "newer")
    assert vector_of(bench, 1) == [1, 0]


@pytest.mark.parametrize("how", ["replace", "merge"])
def test_a_changed_image_makes_a_new_vector(bench: Bench, how: str) -> None:
    """After PUT and PATCH with another image the object is found by the new one."""
    bench.put(1, 1, 0)
    bench.put(2, 1, 1)
    getattr(bench.engine.objects, how)(draft(1, image=image(0, 1)))
    assert vector_of(bench, 1) == [0, 1]
    assert bench.numbers(1, 0) == [2, 1]
    assert bench.numbers(0, 1, distance=0) == [1]


@pytest.mark.parametrize("how", ["replace", "merge"])
def test_a_removed_image_leaves_no_vector(bench: Bench, how: str) -> None:
    """An object that loses its image is no longer found."""
    bench.put(1, 1, 0, label="x")
    getattr(bench.engine.objects, how)(draft(1, image=None))
    assert vector_of(bench, 1) is None
    assert bench.numbers(1, 0) == []


def test_an_image_that_cannot_be_vectorized_is_not_stored(bench: Bench) -> None:
    """Only the object with the bad image is refused, with the reason; an update leaves the old object."""
    drafts = [draft(1, image=image(1, 0)), draft(2, image=NO_IMAGE), draft(3, image=image(0, 1))]
    assert [written.error for written in bench.engine.put_objects(drafts)] == ["", "fail with status 500", ""]
    assert bench.numbers(1, 0) == [1, 3]
    with pytest.raises(Refusal, match="update object: vectorize target vector : update vector: fail with status 500"):
        bench.engine.objects.replace(draft(1, image=NO_IMAGE))
    assert bench.numbers(1, 0) == [1, 3]


@pytest.mark.parametrize(
    "value", ["", "!!!!", image(1, 0) + "\n", "data:image/png;base64," + image(1, 0), image(1, 0, 0)[:-1], "-_-_"]
)
def test_blobs_are_strict(bench: Bench, value: str) -> None:
    """A blob is one line of padded standard base64."""
    error = bench.put(1, image=value)
    assert error == "invalid blob property 'image' on class 'Photo': not a valid blob base64 string"


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"n": "x"}, "invalid integer property 'n' on class 'Photo': requires an integer, the given value is 'x'"),
        ({"n": 1.5}, "the JSON number '1.5' could not be converted to an int"),
        ({"label": 3}, "invalid text property 'label' on class 'Photo': not a string, but json.Number"),
        ({"tags": "x"}, "invalid text array property 'tags' on class 'Photo': not a text array, but string"),
        ({"image": 5}, "not a blob base64 string, but json.Number"),
    ],
)
def test_values_of_another_type_are_refused(bench: Bench, properties: dict[str, Any], words: str) -> None:
    """A property takes only its own type."""
    assert words in bench.put(1, **properties)


def test_vectors_of_one_class_have_one_length(bench: Bench) -> None:
    """A vector of another length is refused and the object not stored."""
    bench.put(1, 1, 0)
    assert "vector dimensions do not match the index dimensions" in bench.put(2, 1, 0, 0)
    assert bench.engine.find("Photo", object_id(2)) is None


def test_the_last_of_the_same_id_wins(bench: Bench) -> None:
    """The same id twice in a batch, or again later, leaves one object."""
    bench.engine.put_objects([draft(1, image=image(1, 0)), draft(1, image=image(0, 1))])
    bench.put(1, 1, 1)
    assert vector_of(bench, 1) == [1, 1]
    assert bench.numbers(1, 0) == [1]


def test_deleting(bench: Bench) -> None:
    """What is deleted, by id or by filter, is not found; a dry run deletes nothing."""
    for number in range(1, 5):
        bench.put(number, 1, number, n=number)
    bench.engine.objects.delete(bench.engine.collection("Photo"), object_id(1), "")
    where = Filter("GreaterThan", ("n",), 2)
    dry = bench.engine.delete_where("Photo", where, dry_run=True, verbose=True)
    assert (dry.matches, dry.successful, len(dry.objects)) == (2, 0, 2)
    assert bench.engine.delete_where("Photo", where).successful == 2
    assert bench.numbers(1, 0) == [2]


def test_many_deletions_keep_the_rest_findable(bench: Bench) -> None:
    """After two hundred imports and deletions of most, the rest is found at its own distance."""
    bench.create("Far", vectorIndexConfig={"distance": "l2-squared"})
    for number in range(1, 201):
        bench.put(number, 1, number, name="Far")
    for number in range(1, 181):
        bench.engine.objects.delete(bench.engine.collection("Far"), object_id(number), "")
    assert bench.numbers(1, 200, name="Far") == list(range(200, 180, -1))


def test_everything_survives_a_restart(open_engine: Callable[..., Bench]) -> None:
    """Classes, tenants, objects and vectors are the same after the engine was closed and opened."""
    bench = open_engine()
    bench.create(vectorIndexConfig={"distance": "l2-squared"})
    bench.create("Shared", multiTenancyConfig={"enabled": True})
    bench.engine.classes.add_tenants(bench.engine.collection("Shared"), [{"name": "a"}])
    bench.put(1, 1, 0.1, label="x", n=1)
    bench.put(2, 1, 7, name="Shared", tenant="a")
    definitions = [collection.definition for collection in bench.engine.collections()]
    first = bench.engine.find("Photo", object_id(1))
    bench.engine.close()
    again = open_engine()
    assert [collection.definition for collection in again.engine.collections()] == definitions
    second = again.engine.find("Photo", object_id(1))
    assert first is not None
    assert second is not None
    assert (second.properties, second.created) == (first.properties, first.created)
    assert np.array_equal(second.vector, first.vector)  # type: ignore[arg-type]
    assert again.numbers(1, 7, name="Shared", tenant="a", distance=0) == [2]


def test_auto_schema_makes_what_is_missing(bench: Bench) -> None:
    """An object of an unknown class, or with unknown properties, brings them into being; with it off it is refused."""
    drafts = [Draft("Auto", {"a": 1, "s": "x", "d": "2020-01-01T00:00:00Z", "l": ["x"], "b": True, "none": None})]
    assert bench.engine.put_objects(drafts)[0].error == ""
    kinds = {"a": "number", "s": "text", "d": "date", "l": "text[]", "b": "boolean"}
    assert bench.engine.collection("Auto").properties == kinds


def test_without_auto_schema_nothing_is_made(open_engine: Callable[..., Bench]) -> None:
    """With AUTOSCHEMA_ENABLED=false an unknown class or property is refused."""
    bench = open_engine(environment={"AUTOSCHEMA_ENABLED": "false"})
    bench.create()
    assert "no such prop with name 'nix'" in bench.put(1, nix=1)
    assert "could not find class Auto" in bench.put(1, name="Auto", a=1)


def hashing(bench: Bench) -> None:
    """A class of two named vectors: of an image, and of one of which only a hash is kept."""
    kinds = {"image": "blob", "hash": "blobHash", "label": "text"}
    vectors = {name: {"vectorizer": {"multi2vec-clip": {"imageFields": [name]}}} for name in ("image", "hash")}
    properties = [{"name": name, "dataType": [kind]} for name, kind in kinds.items()]
    bench.engine.classes.create({"class": "Hashing", "vectorConfig": vectors, "properties": properties})


def test_of_a_blob_hash_only_the_hash_is_kept(bench: Bench, service: PlantedService) -> None:
    """It is vectorized like an image, its hash is stored, and the same image again makes no call."""
    hashing(bench)
    both = {"image": image(1, 0), "hash": image(1, 0)}
    bench.engine.objects.insert(draft(1, "Hashing", **both))
    item = bench.engine.find("Hashing", object_id(1))
    assert item is not None
    assert item.properties["hash"] == sha256(image(1, 0).encode()).hexdigest()
    assert item.vectors["hash"].tolist() == item.vectors["image"].tolist() == [1.0, 0.0]
    calls = len(service.calls)
    bench.engine.objects.replace(draft(1, "Hashing", **both, label="again"))
    assert len(service.calls) == calls
    bench.engine.objects.merge(draft(1, "Hashing", image=image(0, 1)))
    changed = bench.engine.find("Hashing", object_id(1))
    assert changed is not None
    assert changed.properties["hash"] == item.properties["hash"]
    assert changed.vectors["hash"].tolist() == [1.0, 0.0]
    assert changed.vectors["image"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    "more", [{"imageFields": ["image", "hash"]}, {"imageFields": ["hash"], "textFields": ["label"]}]
)
def test_a_blob_hash_is_vectorized_alone(more: dict[str, list[str]], bench: Bench) -> None:
    """A vector of a blobHash and of anything else is refused: it could not be made again."""
    kinds = {"image": "blob", "hash": "blobHash", "label": "text"}
    properties = [{"name": name, "dataType": [kind]} for name, kind in kinds.items()]
    config = {"vectorizer": "multi2vec-clip", "moduleConfig": {"multi2vec-clip": more}, "properties": properties}
    with pytest.raises(Refusal, match="blobHash property cannot be combined with other vectorizable fields"):
        bench.engine.classes.create({"class": "Mixed", **config})
