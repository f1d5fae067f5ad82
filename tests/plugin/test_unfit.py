"""What cannot be asked of a server at all is known before it is asked, and says why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.fitness import demands, lacking, unfit
from harness.model import Endpoint, Needs
from harness.scenario import Scenario, load_scenario, shipped_scenarios
from harness.scenario.values import Index

SERVER = Endpoint("a server", "http://127.0.0.1:1", "1.39.0", grpc="127.0.0.1:2")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """The smoke scenario, which asks nothing of the version."""
    return load_scenario(shipped_scenarios()["smoke"])


def test_a_server_that_has_everything_is_fit(scenario: Scenario) -> None:
    """A server with gRPC in a version that the scenario takes is asked over both interfaces."""
    assert [unfit(scenario, name, SERVER) for name in ("graphql", "grpc")] == ["", ""]


def test_a_version_out_of_range_is_not_asked(scenario: Scenario) -> None:
    """The scenario's range of versions counts, and both versions are named."""
    picky = replace(scenario, needs=Needs(weaviate=">=1.40"))
    assert unfit(picky, "graphql", SERVER) == "the scenario needs Weaviate >=1.40, this is 1.39.0"


def test_without_a_grpc_address_only_grpc_is_left_out(scenario: Scenario) -> None:
    """A server whose gRPC address nobody knows is asked over GraphQL all the same."""
    deaf = replace(SERVER, grpc="")
    assert not unfit(scenario, "graphql", deaf)
    assert "gRPC address is not known" in unfit(scenario, "grpc", deaf)


@pytest.mark.parametrize(("version", "fit"), [("1.19.13", False), ("1.21.9", False), ("1.22.0", True), ("", True)])
def test_grpc_is_asked_from_the_release_that_knows_near_image(scenario: Scenario, version: str, fit: bool) -> None:  # noqa: FBT001 - a table
    """Before 1.22 gRPC has no nearImage: that is skipped, and not a violation."""
    assert (unfit(scenario, "grpc", replace(SERVER, version=version)) == "") is fit


@pytest.mark.parametrize(
    ("version", "index", "lacks"),
    [
        ("1.19.13", "hnsw", ""),
        ("1.19.13", "flat", "Weaviate 1.19.13 has no flat index: that came with 1.23"),
        ("1.23.0", "flat", ""),
        ("1.24.9", "dynamic", "Weaviate 1.24.9 has no dynamic index: that came with 1.25"),
        ("1.25.0", "dynamic", ""),
        ("", "flat", ""),
    ],
)
def test_a_kind_of_index_is_asked_from_the_release_that_has_it(
    scenario: Scenario, version: str, index: Index, lacks: str
) -> None:
    """Of a scenario with several kinds of index an older release is asked what it has."""
    collection = replace(scenario.collections[0], index=index)
    assert lacking(collection, replace(SERVER, version=version)) == lacks


@pytest.mark.parametrize(("version", "lacks"), [("1.23.9", True), ("1.24.0", False)])
def test_a_named_vector_is_asked_from_the_release_that_has_them(scenario: Scenario, version: str, lacks: bool) -> None:  # noqa: FBT001 - a table
    """A class whose vector has a name is not made where there are none."""
    collection = replace(scenario.collections[0], vector_name="picture")
    said = "Weaviate 1.23.9 has no named vectors: that came with 1.24" if lacks else ""
    assert lacking(collection, replace(SERVER, version=version)) == said


@pytest.mark.parametrize(
    ("needs", "asked"),
    [
        pytest.param(Needs(), set(), id="nothing"),
        pytest.param(Needs(weaviate=">=1.19"), set(), id="what every release is"),
        pytest.param(Needs(weaviate=">=1.24"), {"Weaviate >=1.24"}, id="a newer release"),
        pytest.param(Needs(weaviate=">=1.19,<1.30"), {"Weaviate >=1.19,<1.30"}, id="no newer release"),
        pytest.param(Needs(weaviate="!=1.30.*"), {"Weaviate !=1.30.*"}, id="not one release"),
        pytest.param(Needs(settings={"A": "1", "B": "2"}, cpus=1.0), {"A=1", "B=2", "1 processors"}, id="a start"),
        pytest.param(Needs(memory=5, volumes=("x:/y",)), {"5 bytes", "x:/y"}, id="a container"),
    ],
)
def test_what_not_every_server_has_is_asked(scenario: Scenario, needs: Needs, asked: set[str]) -> None:
    """A range of versions counts if it leaves out a release; settings and limits count in any case."""
    assert demands(replace(scenario, needs=needs), scenario.collections[0]) == asked


def test_a_newer_kind_of_collection_asks_for_it(scenario: Scenario) -> None:
    """A kind of index that came later, and a vector with a name, are not in every release."""
    collection = replace(scenario.collections[0], index="flat", vector_name="picture")
    assert demands(scenario, collection) == {"flat index", "named vectors"}
