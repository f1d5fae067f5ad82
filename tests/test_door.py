"""The way in over HTTP: whatever comes over a connection is answered, in order, and nothing keeps the door open."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from harness.door import Answers, Request, Response, door, opened


@contextmanager
def serving(answers: Answers) -> Iterator[tuple[str, int]]:
    """What answers like this, on a port of this machine."""
    with door("127.0.0.1", 0) as listening, opened(listening, answers, "tested"):
        yield listening.getsockname()


def echo(request: Request) -> Response:
    """The request in words; `/fails` is a bug of ours."""
    if request.path == "/fails":
        raise RuntimeError("a bug")
    said = f"{request.method} {request.path} {dict(request.query_params)} {request.body.decode()}"
    return Response(200, said.encode())


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """Where every request is told back in words."""
    with serving(echo) as where:
        yield where


def spoken(address: tuple[str, int], *pieces: bytes, until: Callable[[bytes], bool]) -> bytes:
    """What comes back when these pieces are sent one by one, until enough has come or the other end closes."""
    with socket.create_connection(address, 5) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.01)  # each piece is to arrive by itself
        heard = b""
        while not until(heard) and (more := connection.recv(65536)):
            heard += more
    return heard


def closed(_heard: bytes) -> bool:
    """Never: the other end has to close."""
    return False


def test_a_client_is_answered(address: tuple[str, int]) -> None:
    """Path and query are decoded, the body is whole, and the headers say who answers, and when."""
    url = f"http://{address[0]}:{address[1]}"
    answer = httpx.post(f"{url}/a%20b", params={"x": "1 2", "y": ""}, content=b"body")
    assert answer.text == "POST /a b {'x': '1 2', 'y': ''} body"
    assert answer.headers["server"] == "tested"
    assert answer.headers["date"].endswith("GMT")
    assert answer.headers["content-length"] == str(len(answer.content))


def test_head_has_no_body(address: tuple[str, int]) -> None:
    """To HEAD the headers of the answer are sent and no body, and the connection goes on."""
    with httpx.Client(base_url=f"http://{address[0]}:{address[1]}") as client:
        assert not client.head("/x").content
        assert client.get("/y").text == "GET /y {} "


def test_two_requests_in_one_piece_are_both_answered(address: tuple[str, int]) -> None:
    """Requests that come together are answered one after the other, in their order."""
    one, two = (b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in (1, 2))
    heard = spoken(address, one + two, until=lambda heard: b"GET /2" in heard)
    assert heard.index(b"GET /1") < heard.index(b"GET /2")


def test_a_body_may_come_in_pieces(address: tuple[str, int]) -> None:
    """A chunked body, cut anywhere, is put together."""
    head = b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    heard = spoken(address, head, b"3\r\nab", b"c\r\n2\r\nde\r\n", b"0\r\n\r\n", until=lambda heard: b"abcde" in heard)
    assert b"POST /c {} abcde" in heard


def test_who_waits_for_a_go_on_gets_it(address: tuple[str, int]) -> None:
    """A client that asks before it sends a large body, as curl does, is told to go on."""
    head = b"POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"
    heard = spoken(address, head, b"ok", until=lambda heard: b" ok" in heard)
    assert heard.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("words", [b"\x16\x03\x01 hello\r\n\r\n", b"GET\r\n\r\n", b"POST / HTTP/1.1\r\nA b: c\r\n\r\n"])
def test_what_is_not_http_is_refused(address: tuple[str, int], words: bytes) -> None:
    """What is not HTTP is a 400, and the connection is closed."""
    assert spoken(address, words, until=closed).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_who_wants_to_close_is_left(address: tuple[str, int]) -> None:
    """After an answer to `Connection: close`, or by HTTP/1.0, the connection is closed."""
    for words in (b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"):
        assert b"\r\nConnection: close\r\n" in spoken(address, words, until=closed)


def test_who_wants_another_protocol_is_answered_in_this_one(address: tuple[str, int]) -> None:
    """An upgrade is not taken up: the request is answered."""
    words = b"GET /up HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    assert b"GET /up" in spoken(address, words, until=closed)


def test_a_bug_is_an_answer_too(address: tuple[str, int], caplog: pytest.LogCaptureFixture) -> None:
    """If answering fails that is a 500 and a line in the log, and the connection goes on."""
    with httpx.Client(base_url=f"http://{address[0]}:{address[1]}") as client:
        assert client.get("/fails").status_code == 500
        assert client.get("/works").status_code == 200
    assert "/fails" in caplog.text


def test_slow_answers_do_not_wait_for_each_other() -> None:
    """Each connection has a thread of its own: two answers that wait for each other both come."""
    both = threading.Barrier(2, timeout=5)

    def meet(_request: Request) -> Response:
        both.wait()
        return Response(204)

    with serving(meet) as (host, port), httpx.Client(base_url=f"http://{host}:{port}") as client:
        other = threading.Thread(target=lambda: httpx.get(f"http://{host}:{port}/"))
        other.start()
        assert client.get("/").status_code == 204
        other.join()


def test_what_was_asked_is_answered_at_the_end() -> None:
    """When it closes, a request that is being answered gets its answer, and an idle connection is closed."""
    asked, go_on = threading.Event(), threading.Event()

    def slowly(_request: Request) -> Response:
        asked.set()
        go_on.wait(5)
        return Response(200, b"at last")

    heard: list[str] = []
    with serving(slowly) as (host, port):
        idle = socket.create_connection((host, port), 5)
        asking = threading.Thread(target=lambda: heard.append(httpx.get(f"http://{host}:{port}/").text))
        asking.start()
        asked.wait(5)
        threading.Timer(0.1, go_on.set).start()
    asking.join(5)
    assert heard == ["at last"]
    with idle:
        assert not idle.recv(1)
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, port), 5)
