"""The loops against servers that do what they were told: every request has a row, and the row tells the truth."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import numpy as np
import pytest

from harness.errors import AnswerError
from harness.load.http_lanes import GraphQLWire
from harness.load.lanes import STAMP, Encoded
from harness.load.planned import Plan, Planned, planned
from harness.load.runner import run_closed, run_open
from harness.load.samples import Fate, Samples
from harness.load.schedule import constant
from harness.model import Endpoint, NearImage, NearVector, Question

QUESTION = Question("Planned", NearVector((1.0, 2.0)))


@pytest.fixture(scope="module")
def quick() -> Iterator[Planned]:
    """A server that answers each request after 5 ms."""
    with planned(Plan(delays=(0.005,))) as server:
        yield server


def opened(endpoint: Endpoint, rate: float, seconds: float, **how: object) -> Samples:
    """Run an open loop of one question."""
    wire = GraphQLWire(endpoint)
    times = constant(rate, seconds).times
    order = np.zeros(len(times), dtype=np.int32)
    return run_open(wire, [wire.encode(QUESTION)], times, order, **how)  # type: ignore[arg-type]


@contextmanager
def _behaving(serve: Callable[[socket.socket], None]) -> Iterator[Endpoint]:
    """A server whose every connection is served by a function, each in a thread."""
    threads: list[threading.Thread] = []

    def served(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            serve(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threads.append(threading.Thread(target=served, args=listening.accept()[:1]))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        accepting = threading.Thread(target=accept)
        accepting.start()
        yield Endpoint("x", f"http://127.0.0.1:{listening.getsockname()[1]}", "1")
        listening.shutdown(socket.SHUT_RDWR)
    for thread in (accepting, *threads):
        thread.join()


def hangs_up(connection: socket.socket) -> None:
    """Read a request and close the connection."""
    connection.recv(65536)


def says_nothing(connection: socket.socket) -> None:
    """Read for ever."""
    while connection.recv(65536):
        pass


def refuses(connection: socket.socket) -> None:
    """Answer 200 with GraphQL's errors, in small pieces, and close after each answer."""
    connection.recv(65536)
    body = b'{"data":{"Get":{"Planned":null}},"errors":[{"message":"no"}]}'
    connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
    connection.sendall(body[:10])
    connection.sendall(body[10:])


def test_every_answered_request_has_its_times(quick: Planned) -> None:
    """Times follow each other: intended, sent, received; and no answer is there before the server gave it."""
    samples = opened(quick.endpoint, 100, 0.5)
    assert samples.counts()[Fate.OK] == len(samples) == 50
    assert (samples.lateness >= 0).all()
    assert (samples.service >= 0.005).all()
    assert (samples.response >= samples.service).all()
    assert (samples.own > 0).all()
    assert (samples.own < samples.service).all()


def test_the_server_logs_what_was_measured(quick: Planned) -> None:
    """No request takes less time for us than by the server's own log."""
    quick.log()
    samples = opened(quick.endpoint, 50, 0.5, concurrency=1)
    log = quick.log()
    assert len(log.seconds) == len(samples)
    assert (samples.service >= log.seconds).all()


def test_what_finds_no_lane_waits_and_its_time_runs(quick: Planned) -> None:
    """With one lane for twice as much as it can do, requests queue, and the response counts from when they were due."""
    samples = opened(quick.endpoint, 400, 0.25, concurrency=1)
    assert samples.counts()[Fate.OK] == 100
    assert samples.queued[1:].sum() > 50
    assert np.nanmax(samples.response) > 2 * np.nanmedian(samples.service)


def test_what_can_not_be_sent_in_time_is_counted() -> None:
    """Requests that wait for a lane longer than an answer may take are never sent, and have no time."""
    with _behaving(says_nothing) as endpoint:
        samples = opened(endpoint, 100, 0.2, concurrency=1, timeout=0.3)
    counts = samples.counts()
    assert counts[Fate.TIMEOUT] >= 1
    assert counts[Fate.NOT_SENT] >= 15
    assert counts[Fate.OK] == 0
    assert np.isnan(samples.received).all()
    assert np.isnan(samples.sent[samples.fate == Fate.NOT_SENT]).all()


def test_a_connection_that_breaks_is_opened_again() -> None:
    """A server that hangs up breaks each request, and all the others are sent all the same."""
    with _behaving(hangs_up) as endpoint:
        samples = opened(endpoint, 100, 0.2, concurrency=2)
    assert samples.counts()[Fate.BROKEN] == 20


def test_a_refusal_is_no_answer() -> None:
    """GraphQL's errors with status 200 are a refusal: counted, without a time, heard with their body."""
    heard: list[bytes] = []
    with _behaving(refuses) as endpoint:
        samples = opened(endpoint, 100, 0.1, concurrency=2, heard=lambda *told: heard.append(told[3]))
    assert samples.counts()[Fate.REFUSED] == 10
    assert np.isnan(samples.response).all()
    assert all(b'"message":"no"' in body for body in heard)


def test_a_server_that_is_not_there_is_an_error() -> None:
    """Without a single connection there is nothing to measure."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(AnswerError, match="no connection"):
        opened(Endpoint("x", f"http://127.0.0.1:{port}", "1"), 10, 1)


def test_a_closed_loop_sends_after_each_answer(quick: Planned) -> None:
    """No request of a closed loop on one lane is sent before the answer to the one before it."""
    wire = GraphQLWire(quick.endpoint)
    samples = run_closed(wire, [wire.encode(QUESTION)], np.zeros(20, dtype=np.int32))
    assert len(samples) == samples.counts()[Fate.OK] == 20
    assert (samples.sent[1:] >= samples.received[:-1]).all()


def test_a_closed_loop_ends_in_time(quick: Planned) -> None:
    """After so many seconds no more is sent, and only what was sent has a row."""
    wire = GraphQLWire(quick.endpoint)
    order = np.zeros(100_000, dtype=np.int32)
    samples = run_closed(wire, [wire.encode(QUESTION)], order, concurrency=2, seconds=0.2)
    assert 2 <= len(samples) < 100
    assert samples.counts()[Fate.NOT_SENT] == 0


def test_what_hears_badly_ends_the_load(quick: Planned) -> None:
    """An error of our own while time is measured is raised, not logged."""

    def heard(*told: object) -> None:
        assert told
        raise LookupError("ours")

    with pytest.raises(LookupError, match="ours"):
        opened(quick.endpoint, 10, 1, heard=heard)


def test_each_request_has_its_own_number() -> None:
    """Where an image has a stamp no two requests are alike, and all are of one length."""
    wire = GraphQLWire(Endpoint("x", "http://127.0.0.1:1", "1"))
    encoded = wire.encode(QUESTION.but(near=NearImage(f"AAAA{STAMP}")))
    assert encoded.numbered(7) != encoded.numbered(8)
    assert encoded.numbered(7).replace(b"0000000000000007", STAMP.encode()) == Encoded(
        wire.encode(QUESTION.but(near=NearImage(f"AAAA{STAMP}"))).head + STAMP.encode() + (encoded.tail or b"")
    ).numbered(0)
