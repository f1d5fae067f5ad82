"""The official Python client, unmodified, works against the reference."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
import weaviate
from weaviate.classes.aggregate import GroupByAggregate
from weaviate.classes.config import Configure, DataType, Property
from weaviate.classes.data import DataObject
from weaviate.classes.query import Filter, GroupBy, MetadataQuery
from weaviate.exceptions import WeaviateQueryError

from harness.images import planted_picture
from harness.inference.serving import serve as serve_inference
from harness.reference.server import Served, serve

VECTORS = {"cat": (1, 0, 0), "lion": (4, 1, 0), "dog": (1, 1, 0), "fish": (-1, 0.5, 0)}


def picture(label: str) -> str:
    """The picture of that label as base64."""
    return planted_picture(VECTORS[label], name=label).base64


def values(label: str) -> dict[str, Any]:
    """The properties of the object of that label."""
    return {"image": picture(label), "label": label}


def named(text: str) -> UUID:
    """An id that is always the same for the same text."""
    return uuid5(NAMESPACE_URL, text)


def labels(answer: Any) -> list[str]:
    """The labels of what a query returned, in its order."""
    return [found.properties["label"] for found in answer.objects]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running reference."""
    with (
        serve_inference() as url,
        serve(inference_url=url, folder=tmp_path_factory.mktemp("reference")) as running,
    ):
        yield running


def connect(served: Served, *, skip_init_checks: bool) -> weaviate.WeaviateClient:
    """The official client, connected."""
    host, http_port = served.url.removeprefix("http://").split(":")
    return weaviate.connect_to_local(
        host=host,
        port=int(http_port),
        grpc_port=int(served.grpc.split(":")[1]),
        skip_init_checks=skip_init_checks,
    )


@pytest.fixture
def client(served: Served) -> Iterator[weaviate.WeaviateClient]:
    """The official client, without its checks at the start."""
    with connect(served, skip_init_checks=True) as connected:
        yield connected
        connected.collections.delete_all()


@pytest.fixture
def photos(client: weaviate.WeaviateClient) -> Any:
    """A collection, made by the client, with four photographs."""
    collection = client.collections.create(
        "Photo",
        properties=[
            Property(name="image", data_type=DataType.BLOB),
            Property(name="label", data_type=DataType.TEXT),
        ],
        vector_config=Configure.Vectors.img2vec_neural(image_fields=["image"]),
    )
    done = collection.data.insert_many([DataObject(values(label), uuid=named(label)) for label in VECTORS])
    assert not done.errors
    return collection


def test_the_client_connects_with_its_checks(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the checks at the start, which ask the gRPC health service, the client connects and is ready."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # its look at a package index must not leave the machine
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with connect(served, skip_init_checks=False) as connected:
        assert connected.is_ready()
        assert connected.get_meta()["version"] == "1.39.0"


@pytest.mark.parametrize("form", ["base64", "path", "text of a path", "open file"])
def test_near_image_takes_each_form_of_the_client(photos: Any, form: str, tmp_path: Path) -> None:
    """An image may be given as base64, as a path, as the text of a path, and as an open file."""
    path = tmp_path / "cat.png"
    path.write_bytes(planted_picture(VECTORS["cat"], name="cat").data)
    with path.open("rb") as opened:
        image = {"base64": picture("cat"), "path": path, "text of a path": str(path), "open file": opened}[form]
        assert labels(photos.query.near_image(image, limit=3)) == ["cat", "lion", "dog"]


def test_distances_certainties_and_vectors_come_back(photos: Any) -> None:
    """The metadata that the client asks for are there."""
    hit = photos.query.near_image(
        picture("lion"), limit=1, include_vector=True, return_metadata=MetadataQuery(distance=True, certainty=True)
    ).objects[0]
    assert hit.metadata.distance == pytest.approx(0, abs=1e-6)
    assert hit.metadata.certainty == pytest.approx(1, abs=1e-6)
    assert hit.vector["default"] == [4, 1, 0]


def test_thresholds_filters_and_pages(photos: Any) -> None:
    """Distance, certainty, a filter, limit and offset mean over the client what they mean elsewhere."""
    image = picture("cat")
    assert labels(photos.query.near_image(image, distance=0.1)) == ["cat", "lion"]
    assert labels(photos.query.near_image(image, certainty=0.5)) == ["cat", "lion", "dog"]
    assert labels(photos.query.near_image(image, filters=Filter.by_property("label").not_equal("cat"))) == [
        "lion",
        "dog",
        "fish",
    ]
    assert labels(photos.query.near_image(image, limit=2, offset=1)) == ["lion", "dog"]


def test_near_object_and_near_vector(photos: Any) -> None:
    """An object and its vector find what its image finds."""
    cat = named("cat")
    assert labels(photos.query.near_object(cat, limit=2)) == ["cat", "lion"]
    assert labels(photos.query.near_vector([1, 0, 0], limit=2)) == ["cat", "lion"]


def test_groups(photos: Any) -> None:
    """Groups arrive with their members."""
    found = photos.query.near_image(
        picture("cat"), group_by=GroupBy(prop="label", number_of_groups=2, objects_per_group=1)
    )
    assert list(found.groups) == ["cat", "lion"]


def test_objects_are_fetched_with_their_blobs_when_named(photos: Any) -> None:
    """Fetching brings the image only when it is named, and then as it was stored."""
    assert "image" not in photos.query.fetch_objects(limit=1).objects[0].properties
    by_id = photos.query.fetch_object_by_id(named("dog"), return_properties=["image", "label"])
    assert by_id.properties == values("dog")
    assert len(list(photos.iterator())) == len(VECTORS)


def test_counting(photos: Any) -> None:
    """The client counts all objects, those that pass a filter, and those of each value."""
    assert photos.aggregate.over_all(total_count=True).total_count == len(VECTORS)
    cats = Filter.by_property("label").equal("cat")
    assert photos.aggregate.over_all(total_count=True, filters=cats).total_count == 1
    grouped = photos.aggregate.over_all(group_by=GroupByAggregate(prop="label"), total_count=True)
    assert {group.grouped_by.value: group.total_count for group in grouped.groups} == dict.fromkeys(VECTORS, 1)


@pytest.mark.parametrize("way", ["fixed_size", "dynamic", "stream"])
def test_each_kind_of_batch_imports(client: weaviate.WeaviateClient, photos: Any, way: str) -> None:
    """A batch of fixed size, a dynamic one and a stream store their objects and name the one that failed."""
    before = photos.aggregate.over_all(total_count=True).total_count
    bad = named("bad")
    with getattr(client.batch, way)() as batch:
        batch.add_object("Photo", values("cat"), uuid=named(f"{way} cat"))
        batch.add_object("Photo", {"image": "QUJD", "label": "bad"}, uuid=bad)
        batch.add_object("Photo", values("dog"), uuid=named(f"{way} dog"))
    assert [failed.object_.uuid for failed in client.batch.failed_objects] == [str(bad)]
    assert photos.aggregate.over_all(total_count=True).total_count == before + 2


def test_single_objects_are_inserted_changed_and_deleted(photos: Any) -> None:
    """Insert, update, replace, exists and delete work on one object."""
    fish = photos.data.insert({"image": picture("fish"), "label": "new"})
    photos.data.update(fish, {"image": picture("cat")})
    assert labels(photos.query.near_image(picture("cat"), distance=0)).count("new") == 1
    photos.data.replace(fish, {"image": picture("dog"), "label": "replaced"})
    assert "replaced" in labels(photos.query.near_image(picture("dog"), distance=0))
    photos.data.delete_by_id(fish)
    assert not photos.data.exists(fish)


def test_deleting_by_a_filter(photos: Any) -> None:
    """The client deletes what passes a filter and is told how many that were."""
    done = photos.data.delete_many(where=Filter.by_property("label").equal("cat"))
    assert (done.matches, done.successful) == (1, 1)
    assert "cat" not in labels(photos.query.fetch_objects())


def test_tenants(client: weaviate.WeaviateClient) -> None:
    """The client makes tenants, lists them, and each sees only its own objects."""
    collection = client.collections.create(
        "Shared",
        properties=[Property(name="image", data_type=DataType.BLOB), Property(name="label", data_type=DataType.TEXT)],
        vector_config=Configure.Vectors.img2vec_neural(image_fields=["image"]),
        multi_tenancy_config=Configure.multi_tenancy(enabled=True),
    )
    collection.tenants.create(["left", "right"])
    assert sorted(collection.tenants.get()) == ["left", "right"]
    collection.with_tenant("left").data.insert(values("cat"))
    assert labels(collection.with_tenant("left").query.near_image(picture("cat"))) == ["cat"]
    assert labels(collection.with_tenant("right").query.near_image(picture("cat"))) == []


def test_named_vectors(client: weaviate.WeaviateClient) -> None:
    """A collection with two named vectors is asked by one of them."""
    collection = client.collections.create(
        "Named",
        properties=[Property(name="image", data_type=DataType.BLOB), Property(name="label", data_type=DataType.TEXT)],
        vector_config=[
            Configure.Vectors.img2vec_neural(name="look", image_fields=["image"]),
            Configure.Vectors.multi2vec_clip(name="meaning", image_fields=["image"]),
        ],
    )
    collection.data.insert_many([values("cat"), values("dog")])
    found = collection.query.near_image(picture("dog"), target_vector="look", include_vector=["look"], limit=1)
    assert found.objects[0].vector == {"look": [1, 1, 0]}


def test_what_is_no_image_is_an_error(photos: Any) -> None:
    """The service's failure reaches the user of the client."""
    with pytest.raises(WeaviateQueryError, match="fail with status 500"):
        photos.query.near_image("QUJD")
