"""What nearImage returns: order, threshold, pages, filters, groups."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from planted_service import NO_IMAGE, PlantedService, image, text
from reference_bench import Bench, asked, object_id

from harness.reference.request import Aggregation, Filter, GroupBy, Near, Refusal, Results, Search, Sort
from harness.reference.rules import Rules

LADDER = {1: (1, 0), 2: (2, 1), 3: (1, 1), 4: (0, 1), 5: (-1, 0)}
"""Objects 1 to 5 are further and further from (1, 0) by cosine."""


@pytest.fixture
def ladder(bench: Bench) -> Bench:
    """The class with five objects, imported in another order than that of their distances."""
    for number in (3, 1, 5, 2, 4):
        bench.put(number, *LADDER[number], n=number, label=f"word{number} all", tags=["a", f"t{number}"])
    return bench


def refused(call: Callable[[], object]) -> str:
    """The message of the refusal that a call ends with."""
    with pytest.raises(Refusal) as caught:
        call()
    return caught.value.message


def test_the_nearest_come_first(ladder: Bench) -> None:
    """Hits are ordered by distance, not by import."""
    assert ladder.numbers(1, 0) == [1, 2, 3, 4, 5]


def test_the_distance_is_the_metrics(ladder: Bench) -> None:
    """The same image is at 0, the opposite at 2, and certainty is 1 - d/2."""
    matches = ladder.matches(1, 0)
    assert [match.distance for match in matches[::2]] == [0, pytest.approx(1 - 0.5**0.5), 2]
    assert [match.certainty for match in matches] == [1 - match.distance / 2 for match in matches]


def test_a_threshold_includes_its_boundary(ladder: Bench) -> None:
    """Every distance that was returned, used as the threshold, keeps its hit and loses those beyond."""
    for position, match in enumerate(ladder.matches(1, 0), start=1):
        assert ladder.numbers(1, 0, distance=match.distance) == [1, 2, 3, 4, 5][:position]


def test_a_threshold_lets_a_millionth_through(ladder: Bench) -> None:
    """An object up to 1e-6 beyond the threshold is a hit, one further is not."""
    assert ladder.numbers(1, 0, distance=1 - 0.9e-6) == [1, 2, 3, 4]
    assert ladder.numbers(1, 0, distance=1 - 5e-6) == [1, 2, 3]


def test_zero_and_negative_thresholds(ladder: Bench) -> None:
    """Distance 0 is a real threshold; one below the metric's minimum finds nothing."""
    assert ladder.numbers(1, 0, distance=0) == [1]
    assert ladder.numbers(1, 0, distance=-1) == []


@pytest.mark.parametrize("interface", ["graphql", "grpc"])
def test_certainty_is_a_threshold_of_distance(ladder: Bench, interface: str) -> None:
    """Certainty c is distance 2(1 - c); certainty 0 counts as not given."""
    assert ladder.numbers(1, 0, certainty=0.5, interface=interface) == [1, 2, 3, 4]
    assert ladder.numbers(1, 0, certainty=0.0, interface=interface) == [1, 2, 3, 4, 5]


def test_both_thresholds_are_refused(ladder: Bench) -> None:
    """Distance and certainty together are refused, in each interface's words."""
    both = {"distance": 0.5, "certainty": 0.5}
    assert refused(lambda: ladder.numbers(1, 0, **both)).endswith(
        "nearImage cannot provide both distance and certainty"
    )
    assert refused(lambda: ladder.numbers(1, 0, interface="grpc", **both)).endswith(
        "near_image: cannot provide distance and certainty"
    )


def test_pages_join_up(ladder: Bench) -> None:
    """Offset counts over the whole ranking, with and without a threshold."""
    pages = [ladder.numbers(1, 0, limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert pages == [[1, 2], [3, 4], [5], []]
    assert ladder.numbers(1, 0, distance=1.0, offset=1) == [2, 3, 4]
    assert ladder.numbers(1, 0, distance=1.0, limit=2, offset=3) == [4]


def test_graphql_has_its_own_default_limit(open_engine: Callable[..., Bench]) -> None:
    """GraphQL without any paging has one default, with an offset the general one; a threshold lifts both."""
    bench = open_engine(environment={"QUERY_DEFAULTS_LIMIT": "2", "QUERY_DEFAULTS_LIMIT_GRAPHQL": "3"})
    bench.create()
    for number, vector in LADDER.items():
        bench.put(number, *vector)
    assert bench.numbers(1, 0) == [1, 2, 3]
    assert bench.numbers(1, 0, offset=1) == [2, 3]
    assert bench.numbers(1, 0, distance=2) == [1, 2, 3, 4, 5]
    assert bench.numbers(1, 0, interface="grpc", limit=0) == [1, 2]
    assert bench.numbers(1, 0, interface="grpc", limit=0, distance=2) == [1, 2]


def test_a_page_beyond_the_maximum_is_refused(ladder: Bench) -> None:
    """Offset and limit together may not exceed the maximum, and GraphQL's limit may not be 0."""
    assert "query maximum results exceeded" in refused(lambda: ladder.numbers(1, 0, limit=1, offset=10_000))
    assert refused(lambda: ladder.numbers(1, 0, limit=0)).endswith("invalid default limit: 0")
    assert "offset" in refused(lambda: ladder.numbers(1, 0, offset=-1))


def test_autocut_cuts_at_a_jump(ladder: Bench) -> None:
    """Distances 0, 0.1, 0.29, 1, 2 have their one jump before the last hit."""
    assert ladder.numbers(1, 0, autocut=1) == [1, 2, 3, 4]
    assert ladder.numbers(1, 0, autocut=0) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("values", "jumps", "kept"),
    [
        ([2, 1.95, 1.9, 0.2, 0.1, 0.1, -1], 1, 3),
        ([2, 1.95, 1.9, 0.2, 0.1, 0.1, -2], 2, 6),
        ([0.1, 0.1, 0.1], 1, 3),
        ([0.5], 1, 1),
        ([], 1, 0),
        ([0, 0.01, 0.02, 5, 5.01, 10], 2, 5),
        ([0, 0.01, 0.02, 5, 5.01, 10], 9, 6),
    ],
)
def test_the_rule_of_autocut(values: list[float], jumps: int, kept: int) -> None:
    """The n-th jump ends the result; with fewer jumps everything stays."""
    assert Rules().autocut(values, jumps) == kept


def test_a_filter_comes_before_the_ranking(ladder: Bench) -> None:
    """A filter takes objects away, and the limit counts what is left."""
    odd = Filter("Or", operands=tuple(Filter("Equal", ("n",), number) for number in (1, 3, 5)))
    assert ladder.numbers(1, 0, where=odd, limit=2) == [1, 3]
    assert ladder.numbers(1, 0, where=odd, distance=1.0) == [1, 3]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        (Filter("Equal", ("n",), 2), [2]),
        (Filter("NotEqual", ("n",), 2), [1, 3, 4, 5]),
        (Filter("GreaterThanEqual", ("n",), 4), [4, 5]),
        (Filter("LessThan", ("n",), 2), [1]),
        (Filter("Equal", ("label",), "WORD3"), [3]),
        (Filter("Like", ("label",), "word?"), [1, 2, 3, 4, 5]),
        (Filter("Equal", ("tags",), "t4"), [4]),
        (Filter("ContainsAny", ("tags",), ("t4", "t5")), [4, 5]),
        (Filter("ContainsAll", ("tags",), ("t4", "t5")), []),
        (Filter("ContainsNone", ("tags",), ("t4", "t5")), [1, 2, 3]),
        (Filter("Equal", ("id",), object_id(2)), [2]),
        (Filter("And", operands=(Filter("GreaterThan", ("n",), 1), Filter("LessThan", ("n",), 3))), [2]),
        (Filter("Not", operands=(Filter("Equal", ("n",), 1),)), [2, 3, 4, 5]),
    ],
)
def test_each_operator_of_a_filter(ladder: Bench, where: Filter, numbers: list[int]) -> None:
    """Each operator leaves what its name says."""
    assert ladder.numbers(1, 0, where=where) == numbers


@pytest.mark.parametrize(
    ("where", "words"),
    [
        (Filter("Equal", ("nix",), 2), "no such prop with name 'nix' found in class 'Photo'"),
        (Filter("Equal", ("n",), "2"), 'cannot use "valueText" on type "int", use "valueInt" instead'),
        (Filter("Equal", ("n",)), "no value<Type> field set"),
        (Filter("And"), "no operands set"),
        (Filter("Equal", ("label",), "the"), "only stopwords provided"),
        (Filter("IsNull", ("label",), True), "Nullstate must be indexed"),  # noqa: FBT003 - a filter's value
    ],
)
def test_filters_that_mean_nothing_are_refused(ladder: Bench, where: Filter, words: str) -> None:
    """A filter on what is not there, of another type, or without a value is refused in Weaviate's words."""
    assert words in refused(lambda: ladder.numbers(1, 0, where=where))


def test_sort_follows_the_ranking(ladder: Bench) -> None:
    """The best k are chosen by distance, then sorted; over gRPC that is refused."""
    sort = (Sort(("n",), descending=True),)
    assert ladder.numbers(1, 0, limit=3, sort=sort) == [3, 2, 1]
    assert (
        refused(lambda: ladder.numbers(1, 0, interface="grpc", sort=sort)) == "sorting cannot be combined with search"
    )


def test_groups_come_in_the_order_of_their_best_hit(ladder: Bench) -> None:
    """Groups, hits within a group and their number are cut as asked."""
    search = asked(image(1, 0), group_by=GroupBy(("tags",), groups=2, objects_per_group=2))
    groups = ladder.engine.search(search).groups
    assert [(group.value, len(group.matches)) for group in groups] == [("a", 2), ("t1", 1)]
    assert groups[0].smallest == 0
    assert groups[0].largest == groups[0].matches[-1].distance


def test_an_object_without_an_image_is_not_found(ladder: Bench) -> None:
    """What has no vector is never a hit of nearImage, but is listed."""
    ladder.put(6, label="no image")
    assert 6 not in ladder.numbers(1, 0)
    assert len(ladder.engine.search(Search("graphql", "Photo")).matches) == 6


def test_an_empty_class_answers_with_nothing(bench: Bench) -> None:
    """No objects, no hits, no error; also after the last object was deleted."""
    assert bench.numbers(1, 0) == []
    bench.put(1, 1, 0)
    bench.engine.objects.delete(bench.engine.collection("Photo"), object_id(1), "")
    assert bench.numbers(1, 0) == []


def test_near_vector_and_near_object_are_the_same_question(ladder: Bench) -> None:
    """The stored image's vector and the stored object give what its image gives."""
    by_image = [(match.object.id, match.distance) for match in ladder.matches(2, 1)]
    for near in (Near("vector", vector=np.array([2, 1], np.float32)), Near("object", object_id=object_id(2))):
        matches = ladder.engine.search(Search("graphql", "Photo", near=(near,))).matches
        assert [(match.object.id, match.distance) for match in matches] == by_image


@pytest.mark.parametrize(
    ("near", "words"),
    [
        (Near("image", image=""), "'nearImage.image' needs to be defined"),
        (Near("object", object_id=object_id(99)), "vector not found"),
        (Near("object", object_id="x"), 'parse uuid "x"'),
        (Near("vector", vector=np.ones(3, np.float32)), "vector lengths don't match"),
        (Near("vector", vector=np.empty(0, np.float32)), "required field"),
        (Near("text", concepts=("a",)), "could not vectorize input for collection Photo with search-type nearText"),
        (Near("image", image=image(1, 0), target_vectors=("a", "b")), "more than 1 target vector value"),
        (Near("image", image=image(1, 0), target_vectors=("a",)), 'index for target vector "a" not found'),
    ],
)
def test_operators_that_cannot_be_answered_are_refused(ladder: Bench, near: Near, words: str) -> None:
    """An operator without a vector that fits is refused, never answered with a made-up result."""
    assert words in refused(lambda: ladder.engine.search(Search("graphql", "Photo", near=(near,))))


def test_operators_exclude_each_other(ladder: Bench) -> None:
    """Two near operators, keyword search beside one, or `after` beside one, conflict."""
    by_image, by_object = Near("image", image=image(1, 0)), Near("object", object_id=object_id(1))
    two = Search("graphql", "Photo", near=(by_image, by_object))
    assert "conflicting" in refused(lambda: ladder.engine.search(two))
    assert "bm25" in refused(lambda: ladder.numbers(1, 0, others=("bm25",)))
    assert "other params cannot be set" in refused(lambda: ladder.numbers(1, 0, after="", limit=1))


@pytest.mark.parametrize("metric", ["dot", "l2-squared", "manhattan", "hamming"])
def test_certainty_is_for_cosine_only(bench: Bench, metric: str) -> None:
    """Certainty, given or asked for, is refused with other metrics; over gRPC the asked one is left out."""
    bench.create("Other", vectorIndexConfig={"distance": metric})
    bench.put(1, 1, 0, name="Other")
    words = f"can't compute and return certainty when vector index is configured with {metric} distance"
    assert refused(lambda: bench.numbers(1, 0, name="Other", certainty=0.5)) == words
    assert refused(lambda: bench.numbers(1, 0, name="Other", certainty_asked=True)) == words
    assert bench.matches(1, 0, name="Other", interface="grpc", certainty_asked=True)[0].certainty is None


@pytest.mark.parametrize(
    ("module", "words"),
    [("img2vec-neural", "fail with status 500"), ("multi2vec-clip", "fail with status 500: the service is ill")],
)
def test_the_services_failure_reaches_the_user(bench: Bench, service: PlantedService, module: str, words: str) -> None:
    """A service that fails makes an error with its reason, not an empty result."""
    bench.create("Sick", module)
    service.status = 500
    assert refused(lambda: bench.numbers(1, 0, name="Sick")).endswith(words)


def test_a_service_that_is_no_service(bench: Bench, service: PlantedService) -> None:
    """An answer that is not JSON, and one without a vector, are failures."""
    service.raw = b"<html>"
    assert "failed to parse vectorization response (status 200)" in refused(lambda: bench.numbers(1, 0))
    service.raw = b'{"vector": []}'
    assert "failed to parse vectorization response (status 200)" in refused(lambda: bench.numbers(1, 0))


def test_what_is_no_image_is_refused(ladder: Bench) -> None:
    """An image that the service cannot read is an error."""
    assert "fail with status 500" in refused(lambda: ladder.engine.search(asked(NO_IMAGE)))


def test_several_concepts_become_their_mean(bench: Bench) -> None:
    """A nearText of two texts asks by the mean of their vectors, in one call."""
    bench.create("Clip", "multi2vec-clip")
    bench.put(1, 1, 1, name="Clip")
    bench.put(2, 1, 0, name="Clip")
    near = Near("text", concepts=(text(1, 0), text(0, 1)))
    matches = bench.engine.search(Search("graphql", "Clip", near=(near,))).matches
    assert [match.object.id for match in matches] == [object_id(1), object_id(2)]
    assert matches[0].distance == pytest.approx(0, abs=1e-6)


def test_named_vectors_are_compared_each_with_its_own(bench: Bench) -> None:
    """Each named vector has its fields and metric; one has to be chosen."""
    vectors = {
        "front": {"vectorizer": {"img2vec-neural": {"imageFields": ["image"]}}},
        "rear": {
            "vectorizer": {"img2vec-neural": {"imageFields": ["back"]}},
            "vectorIndexConfig": {"distance": "l2-squared"},
        },
    }
    properties = [{"name": name, "dataType": ["blob"]} for name in ("image", "back")]
    bench.engine.classes.create({"class": "Two", "vectorConfig": vectors, "properties": properties})
    bench.put(1, 1, 0, name="Two", back=image(0, 3))
    bench.put(2, 0, 1, name="Two", back=image(3, 0))
    assert bench.numbers(1, 0, name="Two", target_vectors=("front",)) == [1, 2]
    assert bench.numbers(1, 0, name="Two", target_vectors=("rear",)) == [2, 1]
    assert bench.matches(1, 0, name="Two", target_vectors=("rear",))[0].distance == 4
    assert "please specify target vector name" in refused(lambda: bench.numbers(1, 0, name="Two"))


def test_tenants_never_see_each_others_images(bench: Bench) -> None:
    """A search sees its tenant's objects; a missing, unknown or inactive tenant is refused."""
    bench.create("Shared", multiTenancyConfig={"enabled": True})
    collection = bench.engine.collection("Shared")
    bench.engine.classes.add_tenants(collection, [{"name": "a"}, {"name": "b"}])
    bench.put(1, 1, 0, name="Shared", tenant="a")
    bench.put(2, 1, 0, name="Shared", tenant="b")
    assert bench.numbers(1, 0, name="Shared", tenant="a") == [1]
    assert "request was without tenant" in refused(lambda: bench.numbers(1, 0, name="Shared"))
    assert 'tenant not found: "c"' in refused(lambda: bench.numbers(1, 0, name="Shared", tenant="c"))
    bench.engine.classes.update_tenants(collection, [{"name": "a", "activityStatus": "COLD"}])
    assert "tenant not active: 'a'" in refused(lambda: bench.numbers(1, 0, name="Shared", tenant="a"))


def test_counting(ladder: Bench) -> None:
    """Aggregate counts all, those within a threshold, the best few, and by value."""
    near = Near("image", image=image(1, 0), distance=1.0)
    count = ladder.engine.aggregate
    assert count(Aggregation("graphql", "Photo"))[0].count == 5
    assert count(Aggregation("graphql", "Photo", near=(near,)))[0].count == 4
    assert count(Aggregation("graphql", "Photo", near=(near,), object_limit=2))[0].count == 2
    assert [each.value for each in count(Aggregation("graphql", "Photo", group_by=("tags",), limit=1))] == ["a"]
    unlimited = Aggregation("graphql", "Photo", near=(Near("image", image=image(1, 0)),))
    assert refused(lambda: count(unlimited)) == "must provide certainty or objectLimit with vector search"


class SilentAboutFailures(Rules):
    """A liar: a query that cannot be vectorized finds nothing."""

    def failed_query(self, refusal: Refusal, search: Search) -> Results:
        """Nothing, instead of the failure."""
        del refusal, search
        return Results()


def test_a_rule_can_be_broken(open_engine: Callable[..., Bench]) -> None:
    """A subclass of Rules that overrides one method makes a reference that differs there and nowhere else."""
    bench = open_engine(SilentAboutFailures())
    bench.create()
    bench.put(1, 1, 0)
    assert bench.engine.search(asked(NO_IMAGE)).matches == ()
    assert bench.numbers(1, 0) == [1]
