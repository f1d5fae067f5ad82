"""What every interface does alike: the same questions get the same answers, and the same refusals."""

from __future__ import annotations

import struct
from math import inf, nan
from typing import TYPE_CHECKING

import pytest
from every_interface import CLIENTS, OLDER, OVER_HTTP
from planted_objects import image, uuid

from harness.errors import UnsupportedError
from harness.model import (
    GroupBy,
    Hit,
    NearImage,
    NearObject,
    NearText,
    NearVector,
    Question,
    Reference,
    Sort,
    State,
    Tally,
    Where,
)

if TYPE_CHECKING:
    from harness.model import Interface


def float32(value: float | None) -> float | None:
    """The nearest float32."""
    return None if value is None else struct.unpack("<f", struct.pack("<f", value))[0]


@pytest.fixture
def like_step_3(steps: str) -> Question:
    """The four nearest to the picture of object 3."""
    return Question(steps, NearImage(image(3, 1, 0.1)), limit=4)


def test_hits_come_best_first_with_their_distances(interface: Interface, like_step_3: Question) -> None:
    """The picture itself is the best hit, at distance 0, then those one and two steps away."""
    answer = interface.ask(like_step_3)
    assert answer.state is State.OK
    assert answer.ids[0] == uuid(3)
    assert set(answer.ids[1:3]) == {uuid(2), uuid(4)}
    assert [float32(hit.distance) for hit in answer.hits] == [0.0, 1.0, 1.0, 4.0]
    assert all(isinstance(hit.distance, float) for hit in answer.hits)
    assert answer.received >= answer.sent > 0


def test_the_three_ways_to_name_a_vector_agree(interface: Interface, like_step_3: Question) -> None:
    """An image, its vector and its object as the question give the same distances."""
    for near in (NearVector((3.0, 1.0, 0.1)), NearObject(uuid(3))):
        answer = interface.ask(like_step_3.but(near=near))
        assert (answer.state, answer.ids[0]) == (State.OK, uuid(3))
        assert [float32(hit.distance) for hit in answer.hits] == [0.0, 1.0, 1.0, 4.0]


@pytest.mark.parametrize(("distance", "count"), [(0.0, 1), (1.0, 3), (0.999, 1), (4.0, 5), (-1.0, 0), (1e6, 20)])
def test_a_distance_is_the_largest_allowed(
    interface: Interface, like_step_3: Question, distance: float, count: int
) -> None:
    """Exactly the hits within the distance come back; 0 is a threshold like any other."""
    if distance == 0 and interface.name.startswith("typescript-v"):
        pytest.skip("this client leaves out a distance of 0: test_clients.py")
    answer = interface.ask(like_step_3.but(distance=distance, limit=100))
    assert (answer.state, len(answer.hits)) == (State.OK, count)


def test_what_was_asked_for_comes_back_and_nothing_else(interface: Interface, like_step_3: Question) -> None:
    """Properties have their Python types, vectors are float32-exact, and what was not asked for is None."""
    wanted = ("label", "number", "share", "even", "words", "counts")
    question = like_step_3.but(limit=1, properties=wanted, additional=("id", "distance", "vector"))
    (hit,) = interface.ask(question).hits
    values = {"label": "third-0", "number": 3, "share": 0.3, "even": False, "words": ["a", "b3"], "counts": [3, -2]}
    assert hit.properties == values
    assert hit.vector == (3.0, 1.0, float32(0.1))
    assert hit.certainty is None
    (bare,) = interface.ask(like_step_3.but(limit=1)).hits
    assert (bare.properties, bare.vector, bare.vectors) == ({}, None, {})


def test_limit_offset_and_autocut_are_sent(interface: Interface, like_step_3: Question) -> None:
    """Each changes the answer in its own way."""
    distances = [float32(hit.distance) for hit in interface.ask(like_step_3.but(offset=3, limit=2)).hits]
    assert distances == [4.0, 4.0]
    assert len(interface.ask(like_step_3.but(limit=19)).hits) == 19
    cut = interface.ask(like_step_3.but(autocut=1, limit=20))
    assert cut.state is State.OK
    assert len(cut.hits) < 20


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        (Where("Equal", ("label",), "third-1"), {1, 4, 7, 10}),
        (Where("LessThan", ("number",), 2), {0, 1}),
        (Where("GreaterThanEqual", ("share",), 1.85), {19}),
        (
            Where(
                "And",
                operands=(
                    Where("Equal", ("even",), value=True),
                    Where(
                        "Or",
                        operands=(Where("Equal", ("number",), 2), Where("Equal", ("number",), 5)),
                    ),
                ),
            ),
            {2},
        ),
    ],
    ids=["text", "int", "number", "nested"],
)
def test_a_filter_leaves_only_what_fits(
    interface: Interface, like_step_3: Question, where: Where, numbers: set[int]
) -> None:
    """Text, int, number and boolean values and nested operands all reach the server."""
    answer = interface.ask(like_step_3.but(where=where))
    assert answer.state is State.OK
    assert set(answer.ids) == {uuid(number) for number in numbers}


def test_words_are_asked_like_images(interface: Interface, texts: str) -> None:
    """Words on a CLIP collection find the object whose vector they carry."""
    words = NearText(('2 > 1 "quoted" ü \\ nearimage:vector[2,1]',))
    answer = interface.ask(Question(texts, words, limit=2))
    assert (answer.state, answer.ids[0]) == (State.OK, uuid(1))


def test_certainty_is_asked_for_and_brought_back(interface: Interface, texts: str) -> None:
    """With cosine, certainty is both a threshold and a fact of a hit."""
    question = Question(texts, NearImage(image(2, 1)), certainty=0.999, limit=5, additional=("distance", "certainty"))
    answer = interface.ask(question)
    assert answer.state is State.OK
    assert answer.ids[0] == uuid(1)
    for hit in answer.hits:
        assert hit.certainty is not None
        assert hit.certainty == pytest.approx(1 - (hit.distance or 0) / 2, abs=1e-6)


def test_named_vectors_are_chosen_and_brought_back(interface: Interface, named: str) -> None:
    """A target vector is asked by its name, and vectors come back by theirs."""
    question = Question(named, NearImage(image(2, 1)), limit=1, target_vectors=("two",), vectors=("one", "two"))
    if interface.name in {"python-v3", "typescript-v1"}:
        with pytest.raises(UnsupportedError, match="no named vectors"):
            interface.ask(question)
        return
    answer = interface.ask(question)
    assert answer.state is State.OK
    assert answer.ids == (uuid(1),)
    assert answer.hits[0].vectors == {"one": (2.0, 1.0), "two": (2.0, 1.0)}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"near": NearImage("")}, "needs to be defined"),
        ({"near": NearImage("anVuaw==")}, "fail with status 500"),
        ({"near": NearText(("a cat",))}, "nearText"),
        ({"near": NearObject("no-uuid")}, "nearObject"),
        ({"certainty": 0.9}, "l2-squared"),
        ({"collection": "InterfaceNowhere"}, "InterfaceNowhere"),
        ({"properties": ("nowhere",)}, "nowhere"),
        ({"tenant": "nobody"}, "tenant"),
        ({"where": Where("Equal", ("nowhere",), "x")}, "nowhere"),
        ({"offset": 10_000}, "query maximum results exceeded"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_refusal_has_the_servers_words(
    interface: Interface, like_step_3: Question, changes: dict[str, object], words: str
) -> None:
    """A question that the server will not answer is refused, with its message and without hits."""
    if changes == {"near": NearImage("")} and interface.name.startswith("typescript-v"):
        with pytest.raises(UnsupportedError, match="image field must be present"):
            interface.ask(like_step_3.but(**changes))
        return
    answer = interface.ask(like_step_3.but(**changes))
    assert answer.state is State.REFUSED
    assert words in answer.message
    assert answer.hits == ()
    assert answer.code


def test_both_thresholds_are_sent_and_refused(interface: Interface, texts: str) -> None:
    """Distance and certainty together reach the server, which refuses them."""
    question = Question(texts, NearImage(image(2, 1)), distance=0.5, certainty=0.5)
    if interface.name == "python-v3":
        with pytest.raises(UnsupportedError, match="Cannot have both"):
            interface.ask(question)
        return
    answer = interface.ask(question)
    assert answer.state is State.REFUSED
    assert "distance and certainty" in answer.message


def test_an_interface_answers_on_after_a_refusal(interface: Interface, like_step_3: Question) -> None:
    """A refusal leaves the connection usable."""
    assert interface.ask(like_step_3.but(near=NearImage("anVuaw=="))).state is State.REFUSED
    assert interface.ask(like_step_3).state is State.OK


def test_nothing_within_the_threshold_is_an_empty_answer(interface: Interface, like_step_3: Question) -> None:
    """No hits is ok, not a refusal."""
    question = like_step_3.but(near=NearImage(image(0, 500, 0)), distance=1.0)
    answer = interface.ask(question)
    assert (answer.state, answer.hits, answer.message) == (State.OK, (), "")


def test_a_large_image_arrives_whole(interface: Interface, steps: str) -> None:
    """Two megabytes of base64 go through, as far as the service that has to read them."""
    answer = interface.ask(Question(steps, NearImage("A" * 2_000_000), limit=1))
    assert answer.state is State.REFUSED
    assert "fail with status 500" in answer.message


def test_sorting_is_sent(interface: Interface, like_step_3: Question) -> None:
    """GraphQL sorts the nearest afterwards; gRPC refuses sorting a search; the clients have no argument for it."""
    question = like_step_3.but(sort=(Sort("number", descending=True),))
    if interface.name in CLIENTS:
        with pytest.raises(UnsupportedError, match="has no sort"):
            interface.ask(question)
        return
    answer = interface.ask(question)
    if interface.name == "grpc":
        assert (answer.state, answer.message) == (State.REFUSED, "sorting cannot be combined with search")
    else:
        assert list(answer.ids) == sorted(answer.ids, reverse=True)


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_a_protocol_cannot_say_is_not_asked(interface: Interface, like_step_3: Question, value: float) -> None:
    """GraphQL has no words for NaN and infinities and says so; gRPC sends them and the server answers something."""
    if interface.name in OVER_HTTP:
        with pytest.raises(UnsupportedError, match="GraphQL cannot write"):
            interface.ask(like_step_3.but(distance=value))
    else:
        assert interface.ask(like_step_3.but(distance=value)).state is not State.UNKNOWN


def test_hits_are_gathered_in_groups(interface: Interface, like_step_3: Question) -> None:
    """Groups come in the order of their best hit, each with its best hits, and all their hits are the answer's."""
    if interface.name in OLDER:
        with pytest.raises(UnsupportedError, match="no words for group_by"):
            interface.ask(like_step_3.but(group_by=GroupBy("label", 2, 3)))
        return
    answer = interface.ask(like_step_3.but(limit=20, group_by=GroupBy("label", 2, 3), properties=("number",)))
    assert answer.state is State.OK
    assert answer.groups[0].value == "third-0"
    assert answer.groups[0].hits[0].properties["number"] == 3
    assert len(answer.groups) == 2
    assert all(group.count == len(group.hits) == 3 for group in answer.groups)
    assert [float32(answer.groups[0].smallest), float32(answer.groups[0].largest)] == [0.0, 9.0]
    assert answer.hits == tuple(hit for group in answer.groups for hit in group.hits)
    assert interface.ask(like_step_3).groups == ()


def test_no_hits_make_no_groups(interface: Interface, like_step_3: Question) -> None:
    """Where nothing is near enough, there is no group."""
    if interface.name in OLDER:
        pytest.skip("it has no words for groups")
    answer = interface.ask(like_step_3.but(distance=-1.0, group_by=GroupBy("label", 2, 3)))
    assert (answer.state, answer.groups, answer.hits) == (State.OK, (), ())


@pytest.mark.parametrize(
    ("changes", "object_limit", "count"),
    [({"distance": 1.0}, None, 3), ({}, 7, 7), ({"distance": 4.0, "where": Where("LessThan", ("number",), 3)}, 4, 2)],
    ids=["distance", "object limit", "filter"],
)
def test_what_is_found_is_counted(
    interface: Interface, like_step_3: Question, changes: dict[str, object], object_limit: int | None, count: int
) -> None:
    """An aggregation has the number of objects within the threshold and the limit, by vector as by image."""
    if interface.name in OLDER:
        pytest.skip("it is not asked to count")
    near = NearVector((3.0, 1.0, 0.1)) if interface.name.startswith("python") else like_step_3.near
    answer = interface.aggregate(like_step_3.but(near=near, **changes).counted(object_limit=object_limit))
    assert answer.state is State.OK
    assert answer.tally is not None
    assert answer.tally.objects == count


def test_a_client_that_breaks_over_it_asked_nothing(interface: Interface, like_step_3: Question) -> None:
    """The Python client's own aggregation by image raises a TypeError; the others count."""
    aggregation = like_step_3.counted(object_limit=2)
    if interface.name in OLDER:
        with pytest.raises(UnsupportedError, match="not asked to count"):
            interface.aggregate(aggregation)
    elif interface.name.startswith("python"):
        with pytest.raises(UnsupportedError, match="breaks"):
            interface.aggregate(aggregation)
    else:
        assert interface.aggregate(aggregation).tally == Tally(2)


def test_a_propertys_values_are_counted(interface: Interface, like_step_3: Question) -> None:
    """How many values of a text there are, and how often each occurs."""
    question = like_step_3.but(near=NearVector((3.0, 1.0, 0.1)), distance=4.0)
    if interface.name in OLDER:
        with pytest.raises(UnsupportedError):
            interface.aggregate(question.counted(values_of="label"))
        return
    answer = interface.aggregate(question.counted(values_of="label"))
    assert answer.state is State.OK
    assert answer.tally == Tally(5, 5, {"third-0": 1, "third-1": 2, "third-2": 2})


def test_references_are_followed(interface: Interface, albums: str) -> None:
    """A hit brings the objects that it points at, with the properties that were asked for, also inside a group."""
    question = Question(albums, NearImage(image(1, 1)), limit=2)
    followed = question.but(references=(Reference("of", "InterfaceAlbum", ("title",)),))
    if interface.name in OLDER:
        with pytest.raises(UnsupportedError, match="no words for references"):
            interface.ask(followed)
        return
    for answer in (
        interface.ask(followed),
        interface.ask(followed.but(group_by=GroupBy("label", 2, 1), limit=10)),
    ):
        assert answer.state is State.OK
        assert [hit.references["of"] for hit in answer.hits] == [
            (Hit(uuid(100), properties={"title": "Summer"}),),
            (Hit(uuid(101), properties={"title": "Winter"}),),
        ]
    assert interface.ask(question).hits[0].references == {}


def test_a_filter_looks_over_a_reference(interface: Interface, albums: str) -> None:
    """Only hits pass that point at an object that passes."""
    where = Where("Equal", ("of", "InterfaceAlbum", "title"), "Winter")
    answer = interface.ask(Question(albums, NearImage(image(1, 1)), limit=10, where=where))
    assert (answer.state, set(answer.ids)) == (State.OK, {uuid(1), uuid(3)})
