"""HTTP as bytes on this machine: what servers may do, and what a kept connection may do meanwhile."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from harness.exchange import Exchange, Raw, _AcrossTheNetwork, _OnThisMachine, exchange

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Scripted:
    """A server that sends one answer after the other, each when a request has come, and notes what it heard.

    Args:
        answers: for each request its answer; None closes the connection, before or after an answer.
    """

    def __init__(self, *answers: bytes | None) -> None:
        self._answers = iter(answers)
        self.heard: list[bytes] = []
        self.connections = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                while heard := connection.recv(65536):
                    self.heard.append(heard)
                    answer = next(self._answers, None)
                    if answer is None:
                        break
                    connection.sendall(answer.removesuffix(b"BYE"))
                    if answer.endswith(b"BYE"):
                        break

    def close(self) -> None:
        """Stop listening."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(5)


@contextmanager
def talking_to(*answers: bytes | None) -> Iterator[tuple[Scripted, Exchange]]:
    """A scripted server and the way to ask it."""
    server = Scripted(*answers)
    way = exchange(server.url, headers={"X-Mine": "1"}, timeout=5)
    try:
        yield server, way
    finally:
        way.close()
        server.close()


def test_the_request_has_what_was_asked_for() -> None:
    """Path, query, body, its length and the headers are sent as one piece."""
    with talking_to(HELLO) as (server, way):
        assert way.ask("POST", "/a", body=b"{}", params={"x": "1 2"}) == Raw(200, "OK", b"hello")
    [heard] = server.heard
    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /a?x=1+2 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert {b"X-Mine: 1", b"Content-Length: 2", b"Content-Type: application/json"} <= set(head.split(b"\r\n"))
    assert body == b"{}"


def test_a_connection_is_kept() -> None:
    """The second request goes over the connection of the first."""
    with talking_to(HELLO, HELLO) as (server, way):
        assert [way.ask("GET", "/").body for _ in range(2)] == [b"hello", b"hello"]
    assert server.connections == 1


def test_a_kept_connection_that_was_closed_meanwhile_is_not_used() -> None:
    """A server may close what it does not need; nothing is lost by it and nothing is sent twice."""
    with talking_to(HELLO + b"BYE", HELLO) as (server, way):
        way.ask("GET", "/first")
        kept = way._idle[0]  # type: ignore[attr-defined]
        kept.settimeout(5)
        assert kept.recv(1, socket.MSG_PEEK) == b""  # now the end has arrived
        assert way.ask("GET", "/second").body == b"hello"
    assert [heard.split()[1] for heard in server.heard] == [b"/first", b"/second"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
            Raw(200, "OK", b"hello"),
        ),
        (b"HTTP/1.0 200 OK\r\n\r\nhelloBYE", Raw(200, "OK", b"hello")),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + HELLO, Raw(200, "OK", b"hello")),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Raw(204, "No Content", b"")),
        (b"HTTP/1.1 500\r\nContent-Length: 0\r\n\r\n", Raw(500, "", b"")),
    ],
    ids=["chunked", "until-the-end", "continue", "nothing", "wordless"],
)
def test_each_way_to_end_an_answer_is_understood(answer: bytes, told: Raw) -> None:
    """By length, in chunks, with the connection, or without a body at all."""
    with talking_to(answer) as (_, way):
        assert way.ask("GET", "/") == told


@pytest.mark.parametrize(
    "answer",
    [None, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhelloBYE", b"HTTP/1.1 200 OK\r\nConBYE", b"SSH-2.0-x\r\nBYE"],
    ids=["nothing", "torn-body", "torn-head", "not-http"],
)
def test_half_an_answer_is_a_broken_connection(answer: bytes | None) -> None:
    """What is not a whole answer is an error, and its connection is not used again."""
    with talking_to(answer, HELLO) as (_, way):
        with pytest.raises(ConnectionError):
            way.ask("GET", "/")
        assert way.ask("GET", "/").body == b"hello"


def test_silence_ends_in_time() -> None:
    """A server that never answers is waited for as long as was said."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        way = exchange(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.1)
        with pytest.raises(TimeoutError):
            way.ask("GET", "/")
        way.close()


@pytest.mark.parametrize("kind", [_OnThisMachine, _AcrossTheNetwork])
def test_a_server_that_takes_no_connection_is_told_from_a_slow_one(kind: type[Exchange]) -> None:
    """Whoever is not let in says so, here and across a network: it is no answer that was not given in time."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as waiting:
        for _ in range(3):  # nobody accepts, so the queue is full and a further caller is not let in
            caller = waiting.enter_context(socket.socket())
            caller.settimeout(0)
            caller.connect_ex(full.getsockname())
        way = kind(f"http://127.0.0.1:{full.getsockname()[1]}", {}, 0.2)
        with pytest.raises(ConnectionError, match=r"no connection within 0\.2 s"):
            way.ask("GET", "/")
        way.close()
