"""A database to ask: the reference, or what NEARIMAGE_TEST_TARGET names (any target that the harness starts itself)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from every_interface import EVERY
from planted_objects import image, uuid

from harness import targets
from harness.interfaces import connect
from harness.interfaces.rest import Object, Rest
from harness.model import Module, Needs, State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.model import Endpoint, Interface

PROPERTIES = [
    {"name": "image", "dataType": ["blob"]},
    {"name": "label", "dataType": ["text"]},
    {"name": "number", "dataType": ["int"]},
    {"name": "share", "dataType": ["number"]},
    {"name": "even", "dataType": ["boolean"]},
    {"name": "words", "dataType": ["text[]"]},
    {"name": "counts", "dataType": ["int[]"]},
]


@pytest.fixture(scope="session")
def endpoint() -> Iterator[Endpoint]:
    """The database, started once."""
    named = os.environ.get("NEARIMAGE_TEST_TARGET", "reference")
    with targets.find(named).open(Needs(modules=tuple(Module))) as opened:
        yield opened


@pytest.fixture(scope="session")
def rest(endpoint: Endpoint) -> Iterator[Rest]:
    """The way to write."""
    with Rest(endpoint) as opened:
        yield opened


@pytest.fixture(scope="session")
def steps(rest: Rest) -> Iterator[str]:
    """A collection of 20 objects: object i has the vector (i, 1, 0.1) and l2-squared distances."""
    definition = {
        "class": "InterfaceSteps",
        "vectorizer": "img2vec-neural",
        "vectorIndexConfig": {"distance": "l2-squared"},
        "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
        "properties": PROPERTIES,
    }
    with _filled(rest, definition, [_step(number) for number in range(20)]) as name:
        yield name


@pytest.fixture(scope="session")
def texts(rest: Rest) -> Iterator[str]:
    """A collection of 5 objects with a CLIP vector (i + 1, 1) and cosine distances."""
    definition = {
        "class": "InterfaceTexts",
        "vectorizer": "multi2vec-clip",
        "moduleConfig": {"multi2vec-clip": {"imageFields": ["image"]}},
        "properties": PROPERTIES[:1],
    }
    objects = [Object("InterfaceTexts", uuid(i), {"image": image(i + 1, 1)}) for i in range(5)]
    with _filled(rest, definition, objects) as name:
        yield name


@pytest.fixture(scope="session")
def named(rest: Rest) -> Iterator[str]:
    """A collection of 5 objects with two named vectors (i + 1, 1) of the same image."""
    vector = {"vectorizer": {"img2vec-neural": {"imageFields": ["image"]}}, "vectorIndexType": "flat"}
    definition = {
        "class": "InterfaceNamed",
        "vectorConfig": {"one": vector, "two": vector},
        "properties": PROPERTIES[:1],
    }
    objects = [Object("InterfaceNamed", uuid(i), {"image": image(i + 1, 1)}) for i in range(5)]
    with _filled(rest, definition, objects) as name:
        yield name


@pytest.fixture(scope="session")
def albums(rest: Rest) -> Iterator[str]:
    """A collection of 4 objects with vectors (i + 1, 1), which point in turn at one of two albums."""
    album = {"class": "InterfaceAlbum", "vectorizer": "none", "properties": [{"name": "title", "dataType": ["text"]}]}
    titles = [Object("InterfaceAlbum", uuid(100 + i), {"title": title}) for i, title in enumerate(("Summer", "Winter"))]
    definition = {
        "class": "InterfaceInAlbum",
        "vectorizer": "img2vec-neural",
        "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
        "properties": [*PROPERTIES[:2], {"name": "of", "dataType": ["InterfaceAlbum"]}],
    }
    objects = [
        Object(
            "InterfaceInAlbum",
            uuid(i),
            {
                "image": image(i + 1, 1),
                "label": f"half-{i % 2}",
                "of": [{"beacon": f"weaviate://localhost/InterfaceAlbum/{uuid(100 + i % 2)}"}],
            },
        )
        for i in range(4)
    ]
    with _filled(rest, album, titles), _filled(rest, definition, objects) as name:
        yield name


@pytest.fixture(params=EVERY, scope="module")
def interface(request: pytest.FixtureRequest, endpoint: Endpoint) -> Iterator[Interface]:
    """Each interface in turn."""
    opened = connect(request.param, endpoint)
    yield opened
    opened.close()


def _step(number: int) -> Object:
    properties = {
        "image": image(number, 1, 0.1),
        "label": f"third-{number % 3}",
        "number": number,
        "share": number / 10,
        "even": number % 2 == 0,
        "words": ["a", f"b{number}"],
        "counts": [number, -2],
    }
    return Object("InterfaceSteps", uuid(number), properties)


class _filled:  # noqa: N801  # reads as a word in `with`
    """A collection that is there for the length of a `with`."""

    def __init__(self, rest: Rest, definition: dict[str, object], objects: list[Object]) -> None:
        self._rest, self._definition, self._objects = rest, definition, objects
        self._name = str(definition["class"])

    def __enter__(self) -> str:
        self._rest.delete_class(self._name).need("make room")
        self._rest.create_class(self._definition).need(f"create {self._name}")
        written = self._rest.insert_batch(self._objects)
        assert [entry for entry in written if entry.state is not State.OK] == []
        return self._name

    def __exit__(self, *_: object) -> None:
        self._rest.delete_class(self._name).need("clean up")
