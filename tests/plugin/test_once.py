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


def _needing(needs: str, **names: str) -> str:
    text = PHOTOGRAPHS.format(module="img2vec-neural", **names)
    return text.replace("images:", f"needs: {needs}\nimages:")


def test_a_scenario_that_needs_something_takes_no_other_ones_place(files: Inner) -> None:
    """What only some servers can be asked gives way to what needs nothing, so that nothing is left unasked there."""
    files.scenario(_needing("{weaviate: '>=1.99'}", first="One", second="Two"), "a.yaml")
    assert files.names("--checks", "encoder/deterministic") == [
        "b.yaml::encoder/deterministic@Three@graphql",
        "b.yaml::encoder/deterministic@Four@graphql",
    ]


@pytest.mark.parametrize("needs", ["{weaviate: '>=1.30'}", "{settings: {QUERY_DEFAULTS_LIMIT: 17}}"])
def test_scenarios_that_need_different_things_are_both_asked(files: Inner, needs: str) -> None:
    """Where nobody knows which of two a server can be asked, a check has a place in each: one may be left out."""
    files.scenario(_needing("{weaviate: '>=1.99'}", first="One", second="Two"), "a.yaml")
    files.scenario(_needing(needs, first="Three", second="Five"), "b.yaml")
    assert files.names("--checks", "encoder/deterministic") == [
        "a.yaml::encoder/deterministic@One@graphql",
        "b.yaml::encoder/deterministic@Three@graphql",
    ]
    files.run("--checks", "encoder/deterministic").assert_outcomes(
        **({"passed": 1, "skipped": 1} if "1.30" in needs else {"skipped": 2})
    )


def test_what_is_stored_is_looked_at_once(files: Inner) -> None:
    """A check that asks no interface anything is asked of each collection over the first interface alone."""
    about = PHOTOGRAPHS.format(first="Five", second="Six", module="img2vec-neural")
    files.scenario(about.replace("encoder/*", "vector/*"), "c.yaml")
    assert files.names("c.yaml", "--checks", "vector/from-the-service", "--interfaces", "grpc,graphql") == [
        "c.yaml::vector/from-the-service@Five@grpc",
        "c.yaml::vector/from-the-service@Six@grpc",
    ]


VARIED = """
nearimage: 1
name: one class by two metrics
collection:
  class: Varied
  vectorizer: img2vec-neural
  moduleConfig: {img2vec-neural: {imageFields: [image]}}
  properties: [{name: image, dataType: [blob]}]
vary: {distance: [dot, l2-squared], index: [hnsw, flat]}
images: {from: planted, subjects: 3, views: 1, dimensions: 8, as: image}
"""


@pytest.mark.parametrize(
    ("check", "where"),
    [
        pytest.param("objects/delete-removes", ["dot_hnsw", "dot_flat"], id="whatever the metric"),
        pytest.param("objects/patch-moves", ["l2_hnsw", "l2_flat"], id="not of dot, so of the next"),
        pytest.param("threshold/nesting", ["dot_hnsw", "dot_flat", "l2_hnsw", "l2_flat"], id="each metric"),
    ],
)
def test_what_is_nothing_to_a_metric_is_asked_of_the_first(inner: Inner, check: str, where: list[str]) -> None:
    """Of variations that differ in their metric alone the first that a check is about is asked, over each interface."""
    inner.scenario(VARIED, "v.yaml")
    assert sorted(inner.names("v.yaml", "--checks", check)) == sorted(
        f"v.yaml::{check}@Varied_{one}@{interface}" for one in where for interface in ("graphql", "grpc")
    )


def test_planted_pictures_say_nothing_about_an_encoder(inner: Inner) -> None:
    """A collection whose pictures carry their own vectors has no check of the encoder."""
    assert inner.names("--checks", "encoder/*") == []


def test_what_one_interface_does_for_goes_over_one_that_can_be_asked(inner: Inner) -> None:
    """Where the first interface cannot be asked, what is asked over one alone is asked over the next."""
    inner.scenario(VARIED, "v.yaml")
    inner.server = inner.server.partition("?")[0] + "?grpc=off"
    result = inner.run("v.yaml", "--checks", "vector/own-vector", "--interfaces", "grpc,graphql")
    result.assert_outcomes(passed=4)
