"""Writing and reading over REST: each object's own fate, vectors exactly, and three-valued replies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from badserver import BadServer, http
from planted_objects import image, uuid

from harness.errors import AnswerError
from harness.interfaces import rest as rest_module
from harness.interfaces.graphql import GraphQL
from harness.interfaces.rest import Object, Rest
from harness.model import Endpoint, State

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def notes(rest: Rest) -> Iterator[str]:
    """An empty collection."""
    name = "InterfaceNotes"
    definition = {
        "class": name,
        "vectorizer": "img2vec-neural",
        "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
        "properties": [{"name": "image", "dataType": ["blob"]}, {"name": "label", "dataType": ["text"]}],
    }
    rest.create_class(definition).need("create it")
    yield name
    rest.delete_class(name).need("remove it")


def note(number: int, label: str = "") -> Object:
    """An object with the vector (number + 1, 1)."""
    return Object("InterfaceNotes", uuid(number), {"image": image(number + 1, 1), "label": label})


def test_the_server_says_who_and_how_it_is(rest: Rest, endpoint: Endpoint) -> None:
    """Meta, ready, live and nodes are ok on a healthy server."""
    assert rest.meta().body["version"] == endpoint.version
    assert all(reply.ok for reply in (rest.ready(), rest.live(), rest.nodes()))


def test_a_collection_comes_and_goes(rest: Rest, notes: str) -> None:
    """A class is listed with its defaults once, refused twice, and gone after its removal."""
    assert notes in {definition["class"] for definition in rest.classes()}
    assert rest.get_class(notes).body["vectorIndexType"] == "hnsw"
    again = rest.create_class({"class": notes})
    assert (again.state, again.code) == (State.REFUSED, "422")
    assert "already exists" in again.message
    assert rest.get_class("InterfaceNowhere").code == "404"


def test_each_object_of_a_batch_has_its_own_fate(rest: Rest, notes: str, endpoint: Endpoint) -> None:
    """What can't be stored is refused with its reason; its neighbours are stored."""
    no_picture = Object(notes, uuid(1), {"image": "anVuaw=="})
    no_base64 = Object(notes, uuid(2), {"image": "a b"})
    progress: list[int] = []
    written = rest.insert_batch([note(0), no_picture, no_base64, note(3)], progress=progress.append)
    assert [entry.state for entry in written] == [State.OK, State.REFUSED, State.REFUSED, State.OK]
    assert [entry.id for entry in written] == [uuid(0), uuid(1), uuid(2), uuid(3)]
    assert "fail with status 500" in written[1].message
    assert "base64" in written[2].message
    assert progress == [4]
    with GraphQL(endpoint) as graphql:
        assert graphql.count(notes) == 2


def test_vectors_are_read_back_as_float32(rest: Rest, notes: str) -> None:
    """A vector that is no round decimal comes back as the float32 that is stored."""
    rest.insert_batch([Object(notes, uuid(0), {"image": image(0.1, 1)}), Object(notes, uuid(1), {"label": "bare"})])
    found = rest.get(notes, uuid(0))
    assert found is not None
    assert found.vector == (0.10000000149011612, 1.0)
    bare = rest.get(notes, uuid(1))
    assert bare is not None
    assert (bare.vector, bare.properties) == (None, {"label": "bare"})
    assert rest.get(notes, uuid(9)) is None


def test_all_objects_are_read_page_by_page(rest: Rest, notes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a collection gives each object once, in the order of ids, however pages fall."""
    assert [entry.state for entry in rest.insert_batch(note(number) for number in range(6))] == [State.OK] * 6
    for page in (2, 4, 6, 7):
        monkeypatch.setattr(rest_module, "PAGE", page)
        read = list(rest.objects(notes))
        assert [entry.id for entry in read] == [uuid(number) for number in range(6)]
        assert [entry.vector for entry in read] == [(number + 1.0, 1.0) for number in range(6)]


def test_batches_are_bounded_by_count_and_by_bytes(rest: Rest, notes: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No batch has more objects or more bytes than it may; one object that is larger goes alone."""
    monkeypatch.setattr(rest_module, "BATCH_COUNT", 3)
    sizes: list[int] = []
    rest.insert_batch([note(number) for number in range(7)], progress=sizes.append)
    assert len(list(rest.objects(notes))) == 7
    assert sizes == [3, 3, 1]
    monkeypatch.setattr(rest_module, "BATCH_BYTES", 10)
    sizes.clear()
    rest.insert_batch([note(number) for number in range(2)], progress=sizes.append)
    assert sizes == [1, 1]


def test_one_object_is_written_changed_and_removed(rest: Rest, notes: str) -> None:
    """Insert, put, patch and delete each do what their name says."""
    assert rest.insert(note(0, "new")).ok
    assert rest.insert(note(0, "twice")).state is State.REFUSED
    assert rest.patch(Object(notes, uuid(0), {"label": "patched"})).ok
    patched = rest.get(notes, uuid(0))
    assert patched is not None
    assert (patched.properties["label"], patched.vector) == ("patched", (1.0, 1.0))
    assert rest.put(Object(notes, uuid(0), {"image": image(5, 1)})).ok
    replaced = rest.get(notes, uuid(0))
    assert replaced is not None
    assert replaced.vector == (5.0, 1.0)
    assert "label" not in replaced.properties
    assert rest.delete(notes, uuid(0)).ok
    assert rest.get(notes, uuid(0)) is None


def test_an_objects_own_vector_is_stored_as_it_is(rest: Rest, notes: str) -> None:
    """A vector that comes with an object replaces what the module would make."""
    given = Object(notes, uuid(0), {"image": image(1, 1)}, vector=(0.5, 0.25))
    rest.insert_batch([given])
    found = rest.get(notes, uuid(0))
    assert found is not None
    assert found.vector == (0.5, 0.25)


def test_a_batch_whose_end_is_unknown_is_unknown_for_each_object() -> None:
    """Nobody can say which objects of a batch are stored if the connection breaks."""
    with BadServer(resets=True) as server, Rest(_at(server)) as rest:
        written = rest.insert_batch([note(0), note(1)])
    assert [entry.state for entry in written] == [State.UNKNOWN, State.UNKNOWN]
    assert all("connection broke" in entry.message for entry in written)


@pytest.mark.parametrize("body", [b"{}", b"[]", b"null"])
def test_a_batch_answer_of_another_shape_is_unknown(body: bytes) -> None:
    """An answer without one entry for each object proves nothing."""
    with BadServer(http("200 OK", body)) as server, Rest(_at(server)) as rest:
        (written,) = rest.insert_batch([note(0)])
    assert written.state is State.UNKNOWN


def test_only_what_a_model_works_on_is_waited_for_longer() -> None:
    """A server that hangs is given up sooner where it reads than where it stores, and each says after how long."""
    with BadServer() as server, Rest(_at(server), timeout=0.1, storing=0.2) as rest:
        read = [rest.meta(), rest.delete_class("Notes"), rest.create_class({"class": "Notes"})]
        stored = [rest.insert(note(0)), rest.put(note(0)), rest.patch(note(0)), *rest.insert_batch([note(0)])]
    assert {one.message for one in read} == {"no answer within 0.1 s"}
    assert {one.message for one in stored} == {"no answer within 0.2 s"}


def test_a_list_that_cannot_be_read_is_an_answer_error() -> None:
    """Reading raises with what was wanted and what came instead."""
    with BadServer(http("200 OK", b"")) as server, Rest(_at(server)) as rest:
        with pytest.raises(AnswerError, match="could not list the collections: 200 with an empty body"):
            rest.classes()
        with pytest.raises(AnswerError, match="could not read the objects of Notes"):
            list(rest.objects("Notes"))
        with pytest.raises(AnswerError, match="could not read object"):
            rest.get("Notes", uuid(0))


def test_what_json_cannot_carry_is_the_callers_mistake() -> None:
    """NaN never goes out as broken JSON."""
    with BadServer() as server, Rest(_at(server)) as rest, pytest.raises(ValueError, match="not JSON compliant"):
        rest.insert(Object("Notes", uuid(0), {"share": float("nan")}))


def _at(server: BadServer) -> Endpoint:
    return Endpoint(target="test", url=f"http://{server.address}", version="1.39.0")
