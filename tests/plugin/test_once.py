"""What is about the service behind a module is asked once for each module, not of every collection."""

from __future__ import annotations

import pytest
from inner_runs import Inner

PHOTOGRAPHS = """
nearimage: 1
name: photographs
collections:
  - class: {first}
    vectorizer: img2vec-neural
    moduleConfig: {{img2vec-neural: {{imageFields: [image]}}}}
    properties: [{{name: image, dataType: [blob]}}]
  - class: {second}
    vectorizer: {module}
    moduleConfig: {{{module}: {{imageFields: [image]}}}}
    properties: [{{name: image, dataType: [blob]}}]
images: {{from: shipped:photos, first: 2, as: image}}
checks: [encoder/*]
"""


@pytest.fixture
def files(inner: Inner) -> Inner:
    """Two scenarios over four collections and two modules, beside one whose pictures are planted."""
    inner.scenario(PHOTOGRAPHS.format(first="One", second="Two", module="img2vec-neural"), "a.yaml")
    inner.scenario(PHOTOGRAPHS.format(first="Three", second="Four", module="multi2vec-clip"), "b.yaml")
    return inner


def test_each_module_is_asked_about_where_it_first_comes(files: Inner) -> None:
    """The first collection of a module is where its encoder is asked, over the first interface, whatever the file."""
    assert files.names("--checks", "encoder/deterministic") == [
        "a.yaml::encoder/deterministic@One@graphql",
        "b.yaml::encoder/deterministic@Four@graphql",
    ]


def test_a_file_by_itself_asks_too(files: Inner) -> None:
    """Where the other file is not part of the run, its place is taken by the next collection."""
    assert files.names("b.yaml", "--checks", "encoder/deterministic", "--interfaces", "grpc,graphql") == [
        "b.yaml::encoder/deterministic@Three@grpc",
        "b.yaml::encoder/deterministic@Four@grpc",
    ]


def test_what_is_stored_is_looked_at_once(files: Inner) -> None:
    """A check that asks no interface anything is asked of each collection over the first interface alone."""
    about = PHOTOGRAPHS.format(first="Five", second="Six", module="img2vec-neural")
    files.scenario(about.replace("encoder/*", "vector/*"), "c.yaml")
    assert files.names("c.yaml", "--checks", "vector/from-the-service", "--interfaces", "grpc,graphql") == [
        "c.yaml::vector/from-the-service@Five@grpc",
        "c.yaml::vector/from-the-service@Six@grpc",
    ]


def test_planted_pictures_say_nothing_about_an_encoder(inner: Inner) -> None:
    """A collection whose pictures carry their own vectors has no check of the encoder."""
    assert inner.names("--checks", "encoder/*") == []
