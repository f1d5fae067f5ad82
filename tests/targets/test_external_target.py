"""A server by its address: what is asked of it, and what is said when it is not what it should be."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest

from harness.abilities import CanRestart, CanShowLogs
from harness.errors import TargetError, UsageError
from harness.model import Endpoint, Needs
from harness.targets.address import parse
from harness.targets.external import ExternalTarget, is_cloud
from harness.targets.setup import Setup

CLIP = Needs(modules=("multi2vec-clip",))
JSON, HTML = "application/json", "text/html"


def opened(text: str, needs: Needs = CLIP, setup: Setup | None = None) -> Endpoint:
    """The endpoint that a target yields."""
    with ExternalTarget(text, setup).open(needs) as endpoint:
        return endpoint


def test_a_weaviate_is_known_by_its_meta(stranger: Any) -> None:
    """The version and the modules are the server's own words; nothing of it was started or is known behind it."""
    stranger.be_weaviate(**{"multi2vec-clip": {"model": "m"}})
    endpoint = opened(stranger.url)
    assert (endpoint.version, endpoint.modules) == ("1.39.0", {"multi2vec-clip": {"model": "m"}})
    assert (endpoint.weaviate, endpoint.started, endpoint.grpc) == (True, False, "")
    assert not endpoint.inference


def test_the_reference_behind_an_address_is_not_taken_for_a_weaviate(server: str) -> None:
    """The reference says who it is wherever it answers: what it answers proves nothing about a Weaviate."""
    target = ExternalTarget(server)
    with target.open(Needs()) as endpoint:
        assert not endpoint.weaviate
        assert target.describe().startswith("no Weaviate was tested")


def test_asking_who_it_is_changes_nothing(stranger: Any) -> None:
    """Opening and closing only reads."""
    stranger.be_weaviate(**{"multi2vec-clip": {}})
    opened(stranger.url)
    assert {what.split()[0] for what, _ in stranger.asked} == {"GET"}


def test_a_url_has_no_abilities(stranger: Any) -> None:
    """A server that is not ours cannot be restarted and shows no log."""
    target = ExternalTarget(stranger.url)
    assert not isinstance(target, CanRestart)
    assert not isinstance(target, CanShowLogs)


def test_a_url_tells_the_metrics_of_the_port_that_it_names(stranger: Any) -> None:
    """Read from that port as they are; without one, or where nobody listens, there are none and it is no error."""
    stranger.answers["GET /metrics"] = (200, "text/plain", b"go_memstats_heap_alloc_bytes 1.5e+07\n")
    assert ExternalTarget(f"{stranger.url}&metrics={stranger.port}").metrics().startswith("go_memstats")
    assert ExternalTarget(stranger.url).metrics() == ""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert ExternalTarget(f"{stranger.url}&metrics={port}").metrics() == ""


def test_read_only_is_told_to_everybody(stranger: Any) -> None:
    """The endpoint carries the option, and the description says it."""
    stranger.be_weaviate(**{"multi2vec-clip": {}})
    assert opened(stranger.url, setup=Setup(read_only=True)).read_only
    assert "reading only" in ExternalTarget(stranger.url, Setup(read_only=True)).describe()


@pytest.mark.parametrize("name", ["NEARIMAGE_API_KEY", "WEAVIATE_API_KEY"])
def test_the_api_key_comes_from_the_environment_and_is_never_shown(
    stranger: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The key goes with each request, and is in no repr."""
    monkeypatch.setenv(name, "s3cret")
    stranger.be_weaviate(**{"multi2vec-clip": {}})
    endpoint = opened(stranger.url)
    assert {headers.get("Authorization") for _, headers in stranger.asked} == {"Bearer s3cret"}
    assert endpoint.api_key == "s3cret"
    assert "s3cret" not in repr(endpoint)


def test_the_harness_s_own_key_goes_before_the_client_s(stranger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With both set, NEARIMAGE_API_KEY is used."""
    monkeypatch.setenv("NEARIMAGE_API_KEY", "ours")
    monkeypatch.setenv("WEAVIATE_API_KEY", "theirs")
    stranger.be_weaviate(**{"multi2vec-clip": {}})
    assert opened(stranger.url).api_key == "ours"


def test_a_malformed_key_is_refused_and_not_repeated(stranger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key with a line break inside would be another header: it is refused by the variable's name."""
    monkeypatch.setenv("NEARIMAGE_API_KEY", "s3cret\nX-Other: 1")
    with pytest.raises(UsageError, match="NEARIMAGE_API_KEY") as caught:
        opened(stranger.url)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((401, JSON, b""), "wants an API key"),
        ((403, JSON, b""), "does not allow"),
        ((200, HTML, b"<html>hello</html>"), "is not a Weaviate: /v1/meta answers no JSON but '<html>hello</html>'"),
        ((200, JSON, b""), "answers 200 with nothing in it"),
        ((200, JSON, b"[1]"), "tells no version"),
        ((200, JSON, b'{"version": 3}'), "tells no version"),
        ((200, JSON, b'{"version": "latest"}'), "tells no version"),
        ((404, HTML, b"nope"), "is not a Weaviate: /v1/meta answers 404 'nope'"),
        ((503, HTML, b""), "nothing ready to answer stands behind"),
        ((301, HTML, b""), "leads elsewhere"),
        ((200, JSON, b'{"version": "' + b"1" * (5 << 20) + b'"}'), "more than 4 MiB"),
    ],
)
def test_what_is_no_weaviate_is_told_apart(stranger: Any, answer: tuple[int, str, bytes], message: str) -> None:
    """Each wrong answer has its own sentence, and a hint."""
    stranger.be_weaviate()
    stranger.answers["GET /v1/meta"] = answer
    with pytest.raises(TargetError, match=message.replace("?", r"\?")) as caught:
        opened(stranger.url)
    assert caught.value.hint


def test_a_wrong_key_is_told_from_a_missing_one(stranger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A 401 despite a key says that the key is not accepted."""
    monkeypatch.setenv("NEARIMAGE_API_KEY", "s3cret")
    stranger.answers["GET /v1/meta"] = (401, JSON, b"invalid api key s3cret")
    with pytest.raises(TargetError, match="does not accept the API key") as caught:
        opened(stranger.url)
    assert "s3cret" not in str(caught.value)


def test_a_server_that_is_not_ready_is_an_error(stranger: Any) -> None:
    """A Weaviate that answers meta but not ready is not tested."""
    stranger.be_weaviate(**{"multi2vec-clip": {}})
    stranger.answers["GET /v1/.well-known/ready"] = (503, JSON, b"")
    with pytest.raises(TargetError, match="says that it is not ready"):
        opened(stranger.url)


def test_a_missing_module_says_which_settings_bring_it(stranger: Any) -> None:
    """The hint names the server's settings for the image modules."""
    stranger.be_weaviate(**{"text2vec-openai": {}})
    with pytest.raises(TargetError, match="does not have the module multi2vec-clip") as caught:
        opened(stranger.url)
    assert "CLIP_INFERENCE_API" in caught.value.hint


def test_a_host_of_weaviate_cloud_is_known() -> None:
    """The image modules are not available there, and the error can say so."""
    assert is_cloud(parse("https://abc.c0.europe-west3.gcp.weaviate.cloud"))
    assert not is_cloud(parse("https://weaviate.example.org"))


def test_an_address_where_nobody_listens_is_unreachable() -> None:
    """A refused connection says so and asks whether the server runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(TargetError, match="there is no connection") as caught:
        opened(f"http://127.0.0.1:{port}")
    assert "running" in caught.value.hint


def test_a_host_without_an_address_is_unreachable() -> None:
    """A name that does not exist is an error of the address, not a traceback."""
    with pytest.raises(TargetError, match="there is no connection"):
        opened("http://nearimage.invalid:8080")


def test_https_to_a_server_that_speaks_plain_http_says_so(stranger: Any) -> None:
    """The hint names the other scheme."""
    with pytest.raises(TargetError, match="no secure connection") as caught:
        opened(stranger.url.replace("http://", "https://"))
    assert "http://" in caught.value.hint


@pytest.fixture
def chatterer() -> Iterator[int]:
    """A port that answers every connection with something that is no HTTP, then closes."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(1024)
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()


def test_what_does_not_speak_http_is_told_apart(chatterer: int) -> None:
    """Another protocol at the port is named as that."""
    with pytest.raises(TargetError, match="does not speak HTTP"):
        opened(f"http://127.0.0.1:{chatterer}")


@pytest.fixture
def grpc_server() -> Iterator[int]:
    """A gRPC server that knows no method at all, as a server that refuses our key might seem."""
    server = grpc.server(futures.ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield port
    server.stop(None).wait()


def test_grpc_that_answers_is_taken(stranger: Any, grpc_server: int) -> None:
    """Any answer in the protocol will do: whether it can search is the checks' business."""
    stranger.be_weaviate(**{"multi2vec-clip": {}})
    endpoint = opened(stranger.url.replace("grpc=off", f"grpc={grpc_server}"))
    assert endpoint.grpc == f"127.0.0.1:{grpc_server}"


def test_grpc_that_was_named_and_does_not_answer_is_an_error(stranger: Any) -> None:
    """A port that a person named is not dropped silently."""
    stranger.be_weaviate(**{"multi2vec-clip": {}})
    with pytest.raises(TargetError, match="gRPC does not answer"):
        opened(stranger.url.replace("grpc=off", f"grpc={stranger.port}"))


def test_grpc_that_was_not_named_is_left_out_with_a_note(stranger: Any) -> None:
    """Beside an unusual port gRPC is not guessed, and a person is told that only GraphQL is tested."""
    stranger.be_weaviate(**{"multi2vec-clip": {}})
    target = ExternalTarget(stranger.url.split("?")[0])
    with target.open(CLIP) as endpoint:
        assert endpoint.grpc == ""
    assert "only GraphQL is tested" in target.notes[0]


def test_a_proxy_of_the_environment_does_not_stand_before_loopback(
    stranger: Any, monkeypatch: pytest.MonkeyPatch, grpc_server: int
) -> None:
    """An address on this machine is reached without the proxy that the shell names."""
    for name in ("http_proxy", "HTTP_PROXY", "grpc_proxy"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:9")
    stranger.be_weaviate(**{"multi2vec-clip": {}})
    assert opened(stranger.url.replace("grpc=off", f"grpc={grpc_server}")).grpc
