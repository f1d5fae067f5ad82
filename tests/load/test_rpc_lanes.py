"""The lanes of gRPC and of the official Python client: what became of each request, and that answers are the same."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import grpc
import numpy as np
import pytest
from refusing_grpc import RefusingGrpc

from harness import targets
from harness.errors import AnswerError
from harness.images import planted_picture
from harness.interfaces import connect
from harness.interfaces.rest import Object, Rest
from harness.load.answers import Answers
from harness.load.mix import stamped
from harness.load.runner import run_open
from harness.load.samples import Fate, Samples
from harness.load.schedule import constant
from harness.load.wires import wire
from harness.model import Endpoint, Module, NearImage, NearVector, Needs, Question, State

CLASS = "UnderLoad"
QUESTION = Question(CLASS, NearVector((0.3, 1.0)), limit=3)
IMAGE = planted_picture((2.0, 1.0), name="asked").base64
WIRES = ("grpc", "python")


@pytest.fixture(scope="module")
def endpoint(server: str) -> Iterator[Endpoint]:
    """A reference that holds eight planted pictures, object i with the vector (i, 1)."""
    definition = {
        "class": CLASS,
        "vectorizer": "img2vec-neural",
        "vectorIndexConfig": {"distance": "l2-squared"},
        "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
        "properties": [{"name": "image", "dataType": ["blob"]}],
    }
    objects = [
        Object(CLASS, f"00000000-0000-4000-8000-{i:012d}", {"image": planted_picture((i, 1.0), name="x").base64})
        for i in range(8)
    ]
    with targets.find(server).open(Needs(modules=(Module.IMG2VEC,))) as opened, Rest(opened) as rest:
        assert rest.create_class(definition).ok
        assert all(one.state is State.OK for one in rest.insert_batch(objects))
        yield opened
        rest.delete_class(CLASS)


def asked(
    name: str, endpoint: Endpoint, question: Question = QUESTION, *, heard: Answers | None = None, **how: object
) -> Samples:
    """Ask a question ten times, a hundred a second."""
    way = wire(name, endpoint)
    times = constant(100, 0.1).times
    order = np.zeros(len(times), dtype=np.int32)
    return run_open(way, [way.encode(question)], times, order, heard=heard, **how)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", WIRES)
def test_every_answer_is_that_of_the_interface(name: str, endpoint: Endpoint) -> None:
    """Ten requests have times that follow each other, and their one answer is what gRPC says, distances and all."""
    heard = Answers()
    samples = asked(name, endpoint, heard=heard)

    assert samples.counts()[Fate.OK] == len(samples) == 10
    assert (samples.lateness >= 0).all()
    assert (samples.response >= samples.service).all()
    assert np.isnan(samples.own).all()  # these libraries keep their own part to themselves
    with connect("grpc", endpoint) as interface:
        expected = [(hit.id, hit.distance) for hit in interface.ask(QUESTION).hits]
    assert len(expected) == 3
    for _, body in heard.bodies:  # a reply has its own time in it
        assert [(hit.id, hit.distance) for hit in wire(name, endpoint).decoded(body, QUESTION).hits] == expected


@pytest.mark.parametrize(
    ("name", "status", "fate"),
    [
        ("grpc", grpc.StatusCode.UNKNOWN, Fate.REFUSED),
        ("python", grpc.StatusCode.UNKNOWN, Fate.REFUSED),
        ("grpc", grpc.StatusCode.UNAVAILABLE, Fate.BROKEN),
        ("python", grpc.StatusCode.UNAVAILABLE, Fate.TIMEOUT),
    ],
)
def test_a_status_says_what_became_of_a_request(
    name: str, status: grpc.StatusCode, fate: Fate, endpoint: Endpoint
) -> None:
    """What the server refuses is counted with its words, what never reached it as broken; neither has a time.

    The official client asks again by itself, for longer than anybody waits.
    """
    heard = Answers()
    with RefusingGrpc(status, "no such class") as refusing:
        samples = asked(name, replace(endpoint, grpc=refusing.address), heard=heard, timeout=0.5)

    assert samples.counts()[fate] == 10
    assert np.isnan(samples.response).all()
    assert (sum(heard.refusals.values()), heard.bodies) == (10 if fate is Fate.REFUSED else 0, {})
    assert all("no such class" in words for words in heard.refusals)


@pytest.mark.parametrize("name", WIRES)
def test_what_is_not_answered_in_time_is_given_up(name: str, endpoint: Endpoint) -> None:
    """A server that says nothing: one request times out on the only lane, the others are never sent."""
    with RefusingGrpc(None) as silent:
        samples = asked(name, replace(endpoint, grpc=silent.address), concurrency=1, timeout=0.3)

    counts = samples.counts()
    assert (counts[Fate.OK], counts[Fate.TIMEOUT] >= 1) == (0, True)
    assert counts[Fate.TIMEOUT] + counts[Fate.NOT_SENT] == 10
    assert np.isnan(samples.sent[samples.fate == Fate.NOT_SENT]).all()


def test_no_two_images_have_the_same_bytes(endpoint: Endpoint) -> None:
    """Where each image has a number of its own, what is sent over gRPC differs from request to request."""
    question = QUESTION.but(near=NearImage(stamped(IMAGE)))
    with RefusingGrpc(grpc.StatusCode.UNKNOWN, "no") as refusing:
        for name in WIRES:
            refusing.bodies.clear()
            asked(name, replace(endpoint, grpc=refusing.address), question)
            assert len({*refusing.bodies}) == len(refusing.bodies) == 10


@pytest.mark.parametrize("name", WIRES)
def test_a_numbered_image_is_the_same_picture(name: str, endpoint: Endpoint) -> None:
    """The number behind its last byte changes nothing of what is found."""
    heard = Answers()
    assert asked(name, endpoint, QUESTION.but(near=NearImage(stamped(IMAGE))), heard=heard).ok.all()
    assert asked(name, endpoint, QUESTION.but(near=NearImage(IMAGE)), heard=heard).ok.all()
    found = [
        tuple((hit.id, hit.distance) for hit in wire(name, endpoint).decoded(body, QUESTION).hits)
        for _, body in heard.bodies
    ]
    assert len({*found}) == 1


def test_what_was_given_up_does_not_end_the_next_load(endpoint: Endpoint) -> None:
    """GRPC tells of a request whose event loop is gone; the loop that hears it has nothing to do with that."""
    with RefusingGrpc(None) as silent:
        for _ in range(4):
            asked("grpc", replace(endpoint, grpc=silent.address), concurrency=8, timeout=0.1)
            assert asked("grpc", endpoint).ok.all()


def test_without_a_connection_nothing_is_measured(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens the error says so; the official client looks for its HTTP address only."""
    monkeypatch.setattr("harness.exchange.CONNECT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"127.0.0.1:{gone.getsockname()[1]}"
    with pytest.raises(AnswerError, match="no gRPC connection"):
        asked("grpc", replace(endpoint, grpc=address))
    with pytest.raises(AnswerError, match="client does not connect"):
        asked("python", replace(endpoint, url=f"http://{address}"))
