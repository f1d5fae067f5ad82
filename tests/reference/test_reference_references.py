"""References: what a hit brings of other classes, filters that look over there, and values that are counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from planted_service import image
from reference_bench import Bench, asked, object_id

from harness.reference.request import Aggregation, Draft, Filter, Match, Refusal, Values

ALBUMS = {21: "Summer", 22: "Winter"}


@pytest.fixture
def albums(bench: Bench) -> Bench:
    """Photographs 1 to 3 with vectors farther and farther from (1, 0); each points at an album, 3 at both."""
    bench.create("Album", properties=[{"name": "title", "dataType": ["text"]}])
    bench.engine.classes.add_property("Photo", {"name": "of", "dataType": ["Album"]})
    drafts = [Draft("Album", {"title": title}, id=object_id(number)) for number, title in ALBUMS.items()]
    assert [written.error for written in bench.engine.put_objects(drafts)] == ["", ""]
    for number, vector, targets in ((1, (1, 0), (21,)), (2, (2, 1), (22,)), (3, (0, 1), (21, 22))):
        places = [{"beacon": f"weaviate://localhost/Album/{object_id(target)}"} for target in targets]
        assert bench.put(number, *vector, label="a", of=places) == ""
    return bench


def titles(match: Match) -> list[str]:
    """The titles of the albums that a hit brings."""
    return [target.object.properties["title"] for target in match.references["of"]]


def test_a_hit_brings_what_it_points_at(albums: Bench) -> None:
    """Each hit has the objects that its references point at, in their order."""
    assert [titles(match) for match in albums.matches(1, 0)] == [["Summer"], ["Winter"], ["Summer", "Winter"]]


def test_what_is_gone_is_not_brought(albums: Bench) -> None:
    """A reference to an object that was deleted brings nothing, and the hit stays."""
    albums.engine.objects.delete(albums.engine.collection("Album"), object_id(21), "")
    assert [titles(match) for match in albums.matches(1, 0)] == [[], ["Winter"], ["Winter"]]


def test_a_filter_looks_over_there(albums: Bench) -> None:
    """A path over a reference leaves the objects that point at one that passes."""
    where = Filter("Equal", ("of", "Album", "title"), "Winter")
    assert albums.numbers(1, 0, where=where) == [2, 3]
    both = Filter("And", operands=(where, Filter("Equal", ("of", "Album", "title"), "Summer")))
    assert albums.numbers(1, 0, where=both) == [3]


@pytest.mark.parametrize("path", [("of", "Album", "nothing"), ("of", "Nowhere", "title"), ("label", "Album", "title")])
def test_a_path_that_leads_nowhere_is_refused(albums: Bench, path: tuple[str, ...]) -> None:
    """A property or a class that is not there, or a property that is no reference, is a refusal."""
    with pytest.raises(Refusal):
        albums.numbers(1, 0, where=Filter("Equal", path, "Winter"))


def test_the_values_of_what_is_found_are_counted(albums: Bench) -> None:
    """An aggregation has the number of values of a property, and the most frequent of them."""
    albums.put(4, -1, 0, label="b")
    near = asked(image(1, 0)).near
    aggregation = Aggregation("graphql", "Photo", near, object_limit=4, values_of={"label": 1})
    [counted] = albums.engine.aggregate(aggregation)
    assert (counted.count, counted.values["label"]) == (4, Values(4, (("a", 3),)))
    [fewer] = albums.engine.aggregate(replace(aggregation, object_limit=2, values_of={"label": 5}))
    assert fewer.values["label"] == Values(2, (("a", 2),))
