"""An example of tests of your own; `docs/library.md` explains it and says how to run it."""

import pytest
from weaviate.classes.config import Configure, DataType, Property

pytestmark = pytest.mark.scenario("photos.yaml")


def test_a_cat_finds_the_views_of_itself(assert_near):
    """The photograph itself comes first, then what was made of it."""
    assert_near("chelsea.jpg", ["chelsea.jpg", "chelsea", "chelsea"])


def test_nothing_but_the_cat_is_close(assert_within):
    """At distance 0 there is the photograph and nothing else."""
    assert_within("chelsea.jpg", 0.0, ["chelsea.jpg"])


@pytest.fixture
def my_photos(weaviate_client, collection):
    """A class of one's own, made with the official client, taken away afterwards."""
    photos = weaviate_client.collections.create(
        "MyPhotos",
        vectorizer_config=Configure.Vectorizer.img2vec_neural(image_fields=["image"]),
        properties=[Property(name="image", data_type=DataType.BLOB), Property(name="title", data_type=DataType.TEXT)],
    )
    try:
        for name in ("chelsea.jpg", "coffee.jpg"):
            photos.data.insert({"image": collection.picture(name).base64, "title": name})
        yield photos
    finally:
        weaviate_client.collections.delete("MyPhotos")


def test_a_class_of_my_own_finds_coffee(my_photos, assert_near, collection, tmp_path):
    """A class of one's own is asked by its name, with any file; its objects go by one of its properties."""
    path = tmp_path / "cup.jpg"
    path.write_bytes(collection.picture("coffee.jpg").data)
    assert_near(path, ["coffee.jpg", "chelsea.jpg"], of=my_photos.name, by="title")
