"""What every interface makes of a server that does not answer as it should: unknown, or refused with its words."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import grpc
import pytest
from badserver import BadServer, http
from every_interface import CLIENTS, EACH_PROGRAM, OVER_HTTP
from refusing_grpc import RefusingGrpc

from harness.errors import TargetError, UsageError
from harness.interfaces import connect
from harness.model import Answer, Endpoint, NearImage, Question, State

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTION = Question("Anything", NearImage("AAAA"))
HTML = http("200 OK", b"<html>Sign in to continue</html>", "text/html")


META = http("200 OK", b'{"version": "1.39.0"}')


def at(address: str, *, api_key: str = "", url: str = "") -> Endpoint:
    """An endpoint whose HTTP and gRPC are both at one address, or HTTP elsewhere."""
    return Endpoint(target="test", url=f"http://{url or address}", grpc=address, version="1.39.0", api_key=api_key)


def ask(name: str, endpoint: Endpoint, *, timeout: float = 20.0) -> Answer:
    """The answer to a question over a fresh connection.

    The official clients get a good HTTP server beside it, for they ask that first, and little time, for they try again.
    """
    with ExitStack() as stack:
        if name in CLIENTS:
            meta = stack.enter_context(BadServer(META))
            endpoint = replace(endpoint, url=f"http://{meta.address}")
            timeout = min(timeout, 2.0)
        interface = stack.enter_context(closing(connect(name, endpoint, timeout=timeout)))
        return interface.ask(QUESTION)


@contextmanager
def refusing(name: str, message: str) -> Iterator[BadServer | RefusingGrpc]:
    """A server that refuses in the words of that interface, as a server without the right key does."""
    with ExitStack() as stack:
        if name not in OVER_HTTP:
            yield stack.enter_context(RefusingGrpc(grpc.StatusCode.UNAUTHENTICATED, message))
        else:
            body = json.dumps({"code": 401, "message": message}).encode()
            yield stack.enter_context(BadServer(http("401 Unauthorized", body)))


@pytest.mark.parametrize("name", EACH_PROGRAM)
def test_silence_is_unknown(name: str) -> None:
    """A server that never answers gives an unknown answer once the time is over."""
    with BadServer() as server:
        answer = ask(name, at(server.address), timeout=0.3)
    assert answer.state is State.UNKNOWN
    assert answer.message


@pytest.mark.parametrize("name", EACH_PROGRAM)
def test_a_broken_connection_is_unknown(name: str) -> None:
    """Nobody knows what a server did that reset the connection."""
    with BadServer(resets=True) as server:
        answer = ask(name, at(server.address))
    assert answer.state is State.UNKNOWN
    assert answer.message


@pytest.mark.parametrize("name", EACH_PROGRAM)
def test_a_closed_port_is_unknown(name: str) -> None:
    """Nobody listens there: the answer is unknown, and its message says why."""
    with BadServer() as server:
        address = server.address
    answer = ask(name, at(address))
    assert answer.state is State.UNKNOWN
    if name not in CLIENTS:
        assert "refused" in answer.message.lower() or "connect" in answer.message


@pytest.mark.parametrize("name", EACH_PROGRAM)
def test_a_page_for_people_is_unknown(name: str) -> None:
    """A web page with status 200, as a login portal sends it, is no answer."""
    with BadServer(HTML) as server:
        answer = ask(name, at(server.address))
    assert answer.state is State.UNKNOWN
    assert answer.message


@pytest.mark.parametrize("name", EACH_PROGRAM)
def test_a_wrong_key_is_refused_with_the_servers_words(name: str) -> None:
    """Refusals keep the message and the status."""
    with refusing(name, "who are you?") as server:
        answer = ask(name, at(server.address))
    assert (answer.state, answer.message) == (State.REFUSED, "who are you?")
    assert answer.code in {"401", "UNAUTHENTICATED"}


@pytest.mark.parametrize("name", EACH_PROGRAM)
def test_the_key_is_sent_as_a_bearer(name: str) -> None:
    """The API key travels in the authorization header."""
    with refusing(name, "no") as server:
        ask(name, at(server.address, api_key="s3cret"))
        if isinstance(server, RefusingGrpc):
            assert ("authorization", "Bearer s3cret") in server.metadata
        else:
            assert b"authorization: bearer s3cret" in server.heard[0].lower()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty body"),
        (b"{", "not JSON"),
        (b"[]", "without a result"),
        (b"{}", "without a result"),
        (b'{"data": null}', "without a result"),
        (b'{"data": {"Get": {"Anything": null}}}', "without a result"),
        (b'{"data": {"Get": {"Anything": [{}]}}}', "without a result"),
        (b"[" * 100_000, "not JSON"),
    ],
    ids=["empty", "torn", "list", "bare", "null", "null-class", "no-additional", "deep"],
)
def test_a_200_that_is_no_result_is_unknown(body: bytes, words: str) -> None:
    """Only a list of hits is an answer; an empty 200 is what a crashed handler leaves."""
    with BadServer(http("200 OK", body)) as server:
        answer = ask("graphql", at(server.address))
    assert answer.state is State.UNKNOWN
    assert words in answer.message


def test_a_torn_body_is_unknown() -> None:
    """A connection that ends in the middle of the answer leaves nothing to judge."""
    with BadServer(http("200 OK", b'{"data": {}}').replace(b"Length: 12", b"Length: 99")) as server:
        answer = ask("graphql", at(server.address))
    assert answer.state is State.UNKNOWN
    assert "connection broke" in answer.message


@pytest.mark.parametrize(
    ("status", "body", "state", "message"),
    [
        ("422 Unprocessable", b'{"error": [{"message": "a"}, {"message": "b"}]}', State.REFUSED, "a; b"),
        ("500 Internal", b'{"error": [{"message": "cannot"}]}', State.REFUSED, "cannot"),
        ("404 Not Found", b"", State.REFUSED, "404 Not Found"),
        ("502 Bad Gateway", b"<p>try later</p>", State.UNKNOWN, "502 Bad Gateway: <p>try later</p>"),
        ("503 Down", b"", State.UNKNOWN, "503 Down"),
        ("302 Found", b"", State.UNKNOWN, "302 Found: redirects are not followed"),
    ],
)
def test_an_http_status_is_judged_by_who_can_have_sent_it(status: str, body: bytes, state: State, message: str) -> None:
    """A 4xx and a 5xx with a sentence are the server's no; a bare 5xx and a redirect come from something between."""
    with BadServer(http(status, body)) as server:
        answer = ask("graphql", at(server.address))
    assert (answer.state, answer.message, answer.code) == (state, message, status[:3])


@pytest.mark.parametrize(
    ("status", "message", "state"),
    [
        (grpc.StatusCode.UNKNOWN, "'nearImage.image' needs to be defined", State.REFUSED),
        (grpc.StatusCode.INVALID_ARGUMENT, "no", State.REFUSED),
        (grpc.StatusCode.UNIMPLEMENTED, "no", State.REFUSED),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "too large", State.REFUSED),
        (grpc.StatusCode.UNKNOWN, "Stream removed", State.UNKNOWN),
        (grpc.StatusCode.UNAVAILABLE, "later", State.UNKNOWN),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "late", State.UNKNOWN),
        (grpc.StatusCode.INTERNAL, "broken", State.UNKNOWN),
        (grpc.StatusCode.CANCELLED, "gone", State.UNKNOWN),
    ],
)
def test_a_grpc_status_is_judged_by_what_it_says_about_the_server(
    status: grpc.StatusCode, message: str, state: State
) -> None:
    """Weaviate refuses with UNKNOWN and a sentence; statuses of a lost connection say nothing about what it did."""
    with RefusingGrpc(status, message) as server:
        answer = ask("grpc", at(server.address))
    assert (answer.state, answer.message, answer.code) == (state, message, status.name)


def test_there_is_no_grpc_without_an_address() -> None:
    """An endpoint without gRPC is a clear error before anything is sent."""
    with pytest.raises(TargetError, match="no gRPC address"):
        connect("grpc", Endpoint(target="test", url="http://127.0.0.1:1", version="1.39.0"))


def test_an_unknown_interface_is_named_with_those_there_are() -> None:
    """A wrong name is a usage error that lists the right ones."""
    with pytest.raises(UsageError, match="no interface 'soap'"):
        connect("soap", at("127.0.0.1:1"))
