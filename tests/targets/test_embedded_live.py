"""The embedded target with a real Weaviate: run only where WEAVIATE_BINARY names one."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from starting import start_fake_inference

from harness.errors import TargetError
from harness.model import Endpoint, Needs
from harness.targets import binaries, ports
from harness.targets.embedded import EmbeddedTarget
from harness.targets.state import start_time

pytestmark = pytest.mark.live
BOTH = Needs(modules=("img2vec-neural", "multi2vec-clip"))
BINARY = os.environ.get("WEAVIATE_BINARY", "")  # read before a test's own folders take it away
DOG = {
    "class": "Dog",
    "vectorizer": "img2vec-neural",
    "properties": [{"name": "image", "dataType": ["blob"]}],
    "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
}


@pytest.fixture
def target() -> EmbeddedTarget:
    """The real binary, with the fake inference service: models are another test's business."""
    binary = binaries.at(Path(BINARY), "WEAVIATE_BINARY")
    return EmbeddedTarget(f"embedded:{binary.path}", binary=binary, start_inference=start_fake_inference)


def store(endpoint: Endpoint, image: str) -> None:
    """Create a class and store one image."""
    assert httpx.post(f"{endpoint.url}/v1/schema", json=DOG).is_success
    stored = httpx.post(f"{endpoint.url}/v1/objects", json={"class": "Dog", "properties": {"image": image}})
    assert stored.is_success, stored.text


def distances(endpoint: Endpoint, image: str) -> list[float]:
    """Search for an image."""
    query = '{Get{Dog(nearImage:{image:"%s"}){_additional{distance}}}}' % image  # noqa: UP031 (braces)
    found = httpx.post(f"{endpoint.url}/v1/graphql", json={"query": query}).json()
    return [hit["_additional"]["distance"] for hit in found["data"]["Get"]["Dog"]]


def test_a_real_server_searches_by_image_also_after_a_restart(target: EmbeddedTarget) -> None:
    """A stored image is found by itself, and again after a restart on the same addresses."""
    image = base64.b64encode(b"an image").decode()
    with target.open(BOTH) as endpoint:
        store(endpoint, image)
        before = distances(endpoint, image)
        assert target.restart() == endpoint
        assert distances(endpoint, image) == before
    assert before == pytest.approx([0.0], abs=1e-6)


def test_two_real_servers_run_side_by_side(target: EmbeddedTarget) -> None:
    """Ports and data folders never meet."""
    other = EmbeddedTarget(target.name, binary=binaries.at(Path(BINARY), "x"), start_inference=start_fake_inference)
    with target.open(BOTH) as one, other.open(BOTH) as two:
        store(one, "YQ==")
        assert one.url != two.url
        assert httpx.get(f"{two.url}/v1/schema").json()["classes"] == []


@pytest.mark.parametrize("which", ["http", "grpc", "gossip"])
def test_a_real_server_whose_port_is_taken_gets_others(
    target: EmbeddedTarget, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """Whatever port somebody takes in between, the server is started again on others; every version minds these."""
    pick = ports.pick
    with ExitStack() as taken:

        def pick_one_that_is_taken() -> ports.Ports:
            found = pick()
            monkeypatch.setattr(ports, "pick", pick)
            taken.enter_context(socket.create_server(("", getattr(found, which))))
            first.append(found)
            return found

        first: list[ports.Ports] = []
        monkeypatch.setattr(ports, "pick", pick_one_that_is_taken)
        with target.open(BOTH) as endpoint:
            assert httpx.get(f"{endpoint.url}/v1/meta").is_success
            assert endpoint.url != f"http://127.0.0.1:{first[0].http}"


def test_a_setting_that_the_server_refuses_is_an_error_in_its_words(target: EmbeddedTarget) -> None:
    """The server ends at its start, and the error shows why."""
    needs = Needs(modules=("img2vec-neural",), settings={"DEFAULT_VECTOR_DISTANCE_METRIC": "furlongs"})
    with pytest.raises(TargetError, match="before it was ready") as caught, target.open(needs):
        pytest.fail("it opened")
    assert "l2-squared" in caught.value.log


RUN = """
import sys
from harness.model import Needs
from harness.targets import find
with find(sys.argv[1]).open(Needs(modules=("img2vec-neural", "multi2vec-clip"))) as endpoint:
    print(endpoint.url, flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_harness_that_is_ended_leaves_nothing_of_a_real_server(
    tmp_path: Path, wait_until: Callable[[Callable[[], object]], None], number: signal.Signals
) -> None:
    """With the real inference service too: after any signal no process and no folder is left."""
    command = [sys.executable, "-c", RUN, f"embedded:{BINARY}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as harness:
        assert harness.stdout is not None
        url = harness.stdout.readline().decode().strip()
        assert httpx.get(f"{url}/v1/meta").is_success
        text = next((tmp_path / "state").glob("claim-*")).read_text()
        harness.send_signal(number)
    pids = [each["pid"] for each in json.loads(text)["processes"]]
    assert len(pids) == 3
    wait_until(lambda: not any(start_time(pid) for pid in pids))
    wait_until(lambda: not list((tmp_path / "tmp").iterdir()))


def test_a_real_server_is_killed_frozen_measured_and_has_another_beside_it(target: EmbeddedTarget) -> None:
    """What was stored alone is found after a kill and after a pause; the second one has its own data and settings."""
    image = base64.b64encode(b"an image").decode()
    with target.open(BOTH) as endpoint:
        store(endpoint, image)
        before = distances(endpoint, image)
        assert target.kill() == endpoint
        assert distances(endpoint, image) == before
        with target.paused(), pytest.raises(httpx.TimeoutException):
            httpx.get(f"{endpoint.url}/v1/meta", timeout=0.5)
        assert distances(endpoint, image) == before
        with target.second({"ENABLE_MODULES": ""}) as second:
            assert not second.modules
            assert httpx.get(f"{second.url}/v1/schema").json()["classes"] == []
        database, inference = target.statistics()
        assert database.resident > inference.resident
        assert database.disk
