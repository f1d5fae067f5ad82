"""Addresses of servers that run already, as people type them."""

from __future__ import annotations

import pytest

from harness.errors import UsageError
from harness.targets.address import parse, split


@pytest.mark.parametrize(
    ("text", "url", "grpc", "named"),
    [
        ("http://localhost:8080", "http://localhost:8080", "localhost:50051", False),
        ("http://localhost:8080/", "http://localhost:8080", "localhost:50051", False),
        ("http://db", "http://db:80", "db:50051", False),
        ("https://db.example.org", "https://db.example.org:443", "db.example.org:50051", False),
        ("http://db:9000?grpc=9001", "http://db:9000", "db:9001", True),
        ("http://db:9000?grpc=9001&grpc_host=other", "http://db:9000", "other:9001", True),
        ("http://db:9000?grpc_host=other", "http://db:9000", "other:50051", True),
        ("http://db:8080?grpc=off", "http://db:8080", "", True),
        ("http://[::1]:8080?grpc=50051", "http://[::1]:8080", "[::1]:50051", True),
    ],
)
def test_an_address_gives_http_and_grpc(text: str, url: str, grpc: str, named: bool) -> None:  # noqa: FBT001
    """Ports that are left away are the usual ones; gRPC may be named, guessed or switched off."""
    address = parse(text)
    assert (address.url, address.grpc, address.grpc_named) == (url, grpc, named)


def test_metrics_are_where_the_address_says_and_nowhere_else() -> None:
    """Another port of the same host; nobody guesses one."""
    assert parse("http://[::1]:8080?metrics=2112").metrics == "[::1]:2112"
    assert parse("http://db:8080?grpc=off").metrics == ""


def test_beside_an_unusual_port_grpc_is_not_guessed() -> None:
    """At port 50051 there may be another Weaviate of the same host, which nobody named."""
    address = parse("http://localhost:8081")
    assert (address.grpc, address.grpc_named) == ("", False)


@pytest.mark.parametrize("text", ["http://db:8080?grpc=50051", "https://db:443", "http://[::1]:8080?grpc=off"])
def test_the_text_of_an_address_means_the_same_again(text: str) -> None:
    """A command that repeats a run may use the text."""
    assert parse(parse(text).text) == parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://", "no host"),
        ("http://db:x", "not valid"),
        ("http://db:70000", "not valid"),
        ("http://db:0", "not between 1 and 65535"),
        ("http://db:8080/v1", "no path"),
        ("http://db:8080#here", "no '#'"),
        ("http://d b:8080", "space"),
        ("http://[::1:8080", "not valid"),
        ("http://db:8080?grcp=1", "no parameter 'grcp'"),
        ("http://db:8080?grpc=other:50051", "is not a port"),
        ("http://db:8080?grpc=99999", "not between"),
        ("http://db:8080?grpc=-1", "is not a port"),
        ("http://db:8080?metrics=on", "metrics=on in the address of the target is not a port"),
    ],
)
def test_a_malformed_address_is_refused_with_its_part(text: str, message: str) -> None:
    """Each kind of mistake has its own sentence."""
    with pytest.raises(UsageError, match=message):
        parse(text)


def test_a_password_in_an_address_is_refused_and_not_repeated() -> None:
    """The message tells where a key belongs and does not show what was typed."""
    with pytest.raises(UsageError) as caught:
        parse("http://me:secret@db:8080")
    assert "NEARIMAGE_API_KEY" in caught.value.hint
    assert "secret" not in str(caught.value)


def test_a_misspelt_parameter_names_the_nearest() -> None:
    """The hint has the parameter that was meant."""
    with pytest.raises(UsageError) as caught:
        parse("http://db:8080?grcp=50051")
    assert caught.value.hint == "Did you mean grpc?"


@pytest.mark.parametrize(
    ("text", "loopback"),
    [("http://localhost:1", True), ("http://127.0.0.9:1", True), ("http://[::1]:1", True), ("http://db:1", False)],
)
def test_loopback_is_known(text: str, loopback: bool) -> None:  # noqa: FBT001
    """An address on this machine needs no proxy and no encryption."""
    assert parse(text).loopback is loopback


def test_brackets_of_ipv6_go_when_host_and_port_are_split() -> None:
    """A socket wants the bare host."""
    assert split("[::1]:50051") == ("::1", 50051)
