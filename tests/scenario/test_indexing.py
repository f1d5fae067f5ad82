"""Shards, compressed vectors and queues: what a scenario says of them, as values."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import FileError
from harness.scenario import Collection, load_scenario

TEXT = """\
nearimage: 1
name: kinds of indexes
collection:
  class: Kind
  vectorizer: img2vec-neural
  CONFIG
  moduleConfig: {img2vec-neural: {imageFields: [image]}}
  properties: [{name: image, dataType: [blob]}]
images: {from: planted, subjects: 4, dimensions: 8, as: image}
"""


def _collections(folder: Path, config: str, more: str = "") -> tuple[Collection, ...]:
    path = folder / "kinds.yaml"
    path.write_text(TEXT.replace("CONFIG", config) + more)
    return load_scenario(path).collections


def test_shards_can_be_varied(tmp_path: Path) -> None:
    """A class is made once for each number of shards, which stands in its name and in its definition."""
    one, three = _collections(tmp_path, "vectorIndexType: flat", "vary: {shards: [1, 3]}\n")
    assert (one.name, one.shards) == ("Kind_1shards", 1)
    assert (three.name, three.shards, three.definition["shardingConfig"]) == ("Kind_3shards", 3, {"desiredCount": 3})


@pytest.mark.parametrize(
    ("config", "quantizer", "rescored"),
    [
        ("vectorIndexConfig: {distance: dot}", "", True),
        ("vectorIndexConfig: {pq: {enabled: false}}", "", True),
        ("vectorIndexConfig: {pq: {enabled: true}}", "pq", True),
        ("vectorIndexConfig: {sq: {enabled: true, rescoreLimit: 0}}", "sq", False),
        ("vectorIndexConfig: {rq: {enabled: true, rescoreLimit: 20}}", "rq", True),
        ("vectorIndexType: flat\n  vectorIndexConfig: {bq: {enabled: true, rescoreLimit: 0}}", "bq", True),
    ],
)
def test_a_quantizer_is_what_is_enabled(config: str, quantizer: str, rescored: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """The quantizer is the one that is enabled; hnsw alone shows compressed distances, and only if told to."""
    [collection] = _collections(tmp_path, config)
    assert (collection.quantizer, collection.rescored) == (quantizer, rescored)


def test_two_quantizers_are_a_mistake(tmp_path: Path) -> None:
    """Vectors are compressed in one way at most; the message names both and the line."""
    with pytest.raises(FileError, match="compressed with pq and bq") as caught:
        _collections(tmp_path, "vectorIndexConfig: {pq: {enabled: true}, bq: {enabled: true}}")
    assert caught.value.line == 6


def test_a_number_of_shards_is_one(tmp_path: Path) -> None:
    """Anything but a small whole number is a mistake."""
    with pytest.raises(FileError, match="`desiredCount` must be a number from 1 to 64"):
        _collections(tmp_path, "shardingConfig: {desiredCount: 0}")


def test_a_server_that_indexes_from_a_queue_is_waited_for(tmp_path: Path) -> None:
    """With ASYNC_INDEXING among the settings every collection of a scenario is indexed later."""
    setting = "needs: {settings: {ASYNC_INDEXING: true}}\n"
    assert all(one.queued for one in _collections(tmp_path, "vectorIndexType: dynamic", setting))
    assert not any(one.queued for one in _collections(tmp_path, "vectorIndexType: flat"))
