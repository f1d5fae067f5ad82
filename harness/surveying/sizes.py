"""What a database is scaled along: the axes, and the class and the objects of each size on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.dataset.loading import must
from harness.errors import AnswerError, UsageError
from harness.images import Picture, planted_picture
from harness.interfaces.rest import Object, Rest
from harness.model import Endpoint, Metric, State
from harness.truth.shards import Rows

QUANTISERS = ("none", "bq", "sq", "rq", "pq")

_MOST = 10**9
"""Components of all vectors, 4 GB as they are drawn here, or bytes of a picture."""


@dataclass(frozen=True, slots=True)
class Size:
    """One class: so many objects with random vectors of so many dimensions, and how they are indexed and asked for.

    `image_bytes` is the size of the pictures that are asked with, 0 for as small as can be; `ef` and `shards` are
    Weaviate's own defaults where 0.
    """

    objects: int = 1000
    dimensions: int = 128
    image_bytes: int = 0
    ef: int = 0
    quantiser: str = "none"
    shards: int = 0
    index: str = "hnsw"
    metric: Metric = Metric.COSINE

    def definition(self, name: str) -> dict[str, Any]:
        """Return the class as Weaviate takes it."""
        settings: dict[str, Any] = {"distance": str(self.metric)}
        if self.ef:
            settings["ef"] = self.ef
        if self.quantiser != "none":
            settings[self.quantiser] = {"enabled": True}
        return {
            "class": name,
            "vectorizer": "img2vec-neural",
            "vectorIndexType": self.index,
            "vectorIndexConfig": settings,
            "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
            "properties": [{"name": "image", "dataType": ["blob"]}],
            **({"shardingConfig": {"desiredCount": self.shards}} if self.shards else {}),
        }


@dataclass(frozen=True, slots=True)
class Axis:
    """Something that is scaled: what people call it, its unit, which field of `Size` it is, and sizes by default."""

    words: str
    unit: str
    field: str
    usual: tuple[str, ...]

    def sizes(self, texts: Sequence[str], base: Size) -> Iterator[tuple[str, float | None, Size]]:
        """Yield each size as text, as a number (None for names), and the class that has it.

        Raises:
            UsageError: one is no whole number above 0 or no quantiser, stands twice, or is more than memory holds.
        """
        seen: set[Size] = set()
        for text, number, size in self._read(texts, base):
            if size in seen:
                raise UsageError(f"{text} stands twice among the steps", hint="Name each size once.")
            if max(size.objects * size.dimensions, size.image_bytes) > _MOST:
                raise UsageError(
                    f"with {text} as the {self.words}, what is sent would not fit into memory",
                    hint=f"Objects times dimensions, and the bytes of an image, are at most {_MOST:,}.",
                )
            seen.add(size)
            yield text, number, size

    def _read(self, texts: Sequence[str], base: Size) -> Iterator[tuple[str, float | None, Size]]:
        for text in texts:
            if self.field == "quantiser":
                if text not in QUANTISERS:
                    raise UsageError(f"{text!r} is no quantiser", hint=f"There are {', '.join(QUANTISERS)}.")
                yield text, None, replace(base, quantiser=text)
                continue
            if not (text.isascii() and text.isdigit() and int(text) > 0):
                raise UsageError(f"{text!r} can't be the {self.words}", hint="Write whole numbers: 1000,10000.")
            changed: dict[str, Any] = {self.field: int(text)}
            yield f"{int(text):,}", float(text), replace(base, **changed)


AXES: Mapping[str, Axis] = {
    "objects": Axis("number of objects", "objects", "objects", ("1000", "3000", "10000")),
    "dimensions": Axis("dimensions", "components", "dimensions", ("64", "256", "1024")),
    "image-size": Axis("size of the image", "bytes", "image_bytes", ("10000", "100000", "1000000")),
    "ef": Axis("ef", "candidates", "ef", ("16", "64", "256")),
    "quantisation": Axis("quantisation", "", "quantiser", ("none", "bq", "sq", "rq")),
    "shards": Axis("number of shards", "shards", "shards", ("1", "2", "4")),
}


def vectors(size: Size, seed: int = 11) -> Rows:
    """Return the random vectors of a size, m x n: the same for the same numbers.

    They lie around centres, thirty objects to each on average, as those of photographs do: neighbours of an object are
    nearer than all others, and there are not ever more of them the more dimensions there are.
    """
    drawn = np.random.default_rng(seed)
    centres = drawn.standard_normal((max(1, size.objects // 30), size.dimensions), dtype=np.float32)
    noise = drawn.standard_normal((size.objects, size.dimensions), dtype=np.float32)
    found: Rows = centres[drawn.integers(0, len(centres), size.objects)] + np.float32(0.5) * noise
    return found


def asked(size: Size, stored: Rows, count: int, seed: int = 12) -> Rows:
    """Return the vectors that are asked for, near to stored ones, count x n."""
    drawn = np.random.default_rng(seed)
    noise = drawn.standard_normal((count, size.dimensions), dtype=np.float32)
    found: Rows = stored[drawn.integers(0, len(stored), count)] + np.float32(0.3) * noise
    return found


def pictures(size: Size, queries: Rows) -> list[Picture]:
    """Return a picture for each vector that is asked for, of the size that is wanted."""
    return [
        planted_picture(row.tolist(), name=str(number), least=size.image_bytes) for number, row in enumerate(queries)
    ]


def object_id(number: int) -> str:
    """Return the id of an object by its number."""
    return f"00000000-0000-4000-8000-{number:012d}"


def store(node: Endpoint, definition: Mapping[str, Any], stored: Rows) -> None:
    """Make a class and store its objects.

    Args:
        node: where.
        definition: of the class.
        stored: one vector a row.

    Raises:
        AnswerError: the class could not be made, or an object not be stored.
    """
    name = definition["class"]
    objects = (Object(name, object_id(number), {}, vector=tuple(row.tolist())) for number, row in enumerate(stored))
    with Rest(node) as rest:
        must(rest.create_class(dict(definition)), f"create the class {name}")
        for written in rest.insert_batch(objects):
            if written.state is not State.OK:
                raise AnswerError(f"an object of {name} could not be stored: {written.message}")
