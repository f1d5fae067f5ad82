"""Starting and ending: in this process and as a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from planted_service import PlantedService, image
from reference_bench import object_id

from harness.errors import UsageError
from harness.model import Metric, Module
from harness.reference.inference import Services
from harness.reference.schema import VectorConfig
from harness.reference.server import rules_of, serve
from harness.reference.settings import Settings


def test_it_answers_until_the_block_ends(service: PlantedService, tmp_path: Path) -> None:
    """A served reference answers inside the block and refuses connections after it."""
    with serve(inference_url=service.url, folder=tmp_path) as served:
        assert httpx.get(f"{served.url}/v1/.well-known/ready").status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.url)


def test_objects_outlive_the_server(service: PlantedService, tmp_path: Path) -> None:
    """What one server stored, the next one on the same folder finds, without asking the service again."""
    body = {
        "class": "Photo",
        "vectorizer": "img2vec-neural",
        "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
    }
    body |= {"properties": [{"name": "image", "dataType": ["blob"]}]}
    with serve(inference_url=service.url, folder=tmp_path) as served:
        httpx.post(f"{served.url}/v1/schema", json=body)
        item = {"class": "Photo", "id": object_id(1), "properties": {"image": image(1, 0)}}
        httpx.post(f"{served.url}/v1/objects", json=item)
    with serve(inference_url=service.url, folder=tmp_path) as served:
        read = httpx.get(f"{served.url}/v1/objects/Photo/{object_id(1)}?include=vector").json()
    assert read["vector"] == [1, 0]
    assert len(service.calls) == 1


def test_a_taken_port_is_a_clear_error(service: PlantedService, tmp_path: Path) -> None:
    """A port that somebody else has is refused by its number."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(UsageError, match=f"port {port} of 127.0.0.1 cannot be used"),
            serve(inference_url=service.url, folder=tmp_path, http_port=port),
        ):
            pass


def test_an_unknown_fault_is_a_clear_error() -> None:
    """A mutant that is not there is refused by its name."""
    with pytest.raises(UsageError, match="there is no faulty reference called 'nix'"):
        rules_of("nix")


def test_settings_come_from_the_environment() -> None:
    """Weaviate's variables set limits and times; the rest keeps its default; nonsense is refused."""
    settings = Settings.from_environment({"QUERY_DEFAULTS_LIMIT": "25", "MODULES_CLIENT_TIMEOUT": "1m30s"})
    assert (settings.limit, settings.client_timeout, settings.maximum_results) == (25, 90, 10_000)
    for name, value in (("QUERY_DEFAULTS_LIMIT", "x"), ("MODULES_CLIENT_TIMEOUT", "5 apples")):
        with pytest.raises(UsageError, match=name):
            Settings.from_environment({name: value})


@pytest.mark.parametrize(
    ("environment", "enabled"),
    [
        ({}, {"img2vec-neural", "multi2vec-clip"}),
        ({"ENABLE_MODULES": ""}, set()),
        ({"ENABLE_MODULES": "multi2vec-clip, text2vec-openai"}, {"multi2vec-clip"}),
    ],
)
def test_modules_are_those_that_are_enabled(environment: dict[str, str], enabled: set[str]) -> None:
    """Both where nobody says; else those that are named, of the two that it knows."""
    assert Settings.from_environment(environment).modules == enabled


def test_a_process_of_its_own(service: PlantedService, tmp_path: Path) -> None:
    """`python -m harness.reference` says one line when it is ready, and ends when its parent lets go."""
    command = [sys.executable, "-m", "harness.reference", "--inference", service.url, "--folder", str(tmp_path)]
    with subprocess.Popen(
        [*command, "--exit-with-parent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        assert running.stdin is not None
        line = running.stdout.readline()
        assert line.startswith("nearimage reference ready at http://127.0.0.1:")
        url = line.split()[4]
        assert httpx.get(f"{url}/v1/.well-known/live").status_code == 200
        running.stdin.close()
        assert running.wait(20) == 0


def test_a_request_to_end_ends_it_in_order(service: PlantedService, tmp_path: Path) -> None:
    """Asked to end while it still watches for its parent, it ends with code 0 and without a word."""
    command = [sys.executable, "-m", "harness.reference", "--inference", service.url, "--folder", str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*command, "--exit-with-parent"], text=True, **pipes) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert "ready" in running.stdout.readline()
        running.terminate()
        assert running.wait(20) == 0
        assert not running.stderr.read()


def test_in_a_container_it_goes_by_weaviates_own_names(service: PlantedService, tmp_path: Path) -> None:
    """Service and folder come from the variables that Weaviate's container knows; it listens where it is told to."""
    environment = {**os.environ, "IMAGE_INFERENCE_API": service.url, "PERSISTENCE_DATA_PATH": str(tmp_path / "data")}
    command = [sys.executable, "-m", "harness.reference", "--host", "127.0.0.2", "--exit-with-parent"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as running:
        assert running.stdout is not None
        url = running.stdout.readline().split()[4]
        assert url.startswith("http://127.0.0.2:")
        assert httpx.get(f"{url}/v1/.well-known/live").status_code == 200
        running.communicate()
    assert (tmp_path / "data").is_dir()


def test_each_module_has_the_service_that_is_named_for_it() -> None:
    """`IMAGE_INFERENCE_API` and `CLIP_INFERENCE_API` may name two services, and a class a third."""
    named = {"IMAGE_INFERENCE_API": "http://one:1", "CLIP_INFERENCE_API": "http://two:2"}
    services = Services("http://all:0", 1.0, Settings.from_environment(named).services)
    own = VectorConfig("", Module.CLIP, {"inferenceUrl": "http://three:3"}, Metric.COSINE, "hnsw")
    plain = VectorConfig("", Module.CLIP, {}, Metric.COSINE, "hnsw")
    assert services.of(own) is not services.of(plain)
    assert services.of(plain) is services.behind(Module.CLIP)
    assert services.behind(Module.IMG2VEC) is not services.behind(Module.CLIP)
    alone = Services("http://all:0", 1.0)
    assert alone.behind(Module.IMG2VEC) is alone.behind(Module.CLIP)


@pytest.mark.parametrize(
    ("given", "missing"), [("PERSISTENCE_DATA_PATH", "--inference"), ("CLIP_INFERENCE_API", "--folder")]
)
def test_what_is_said_nowhere_is_asked_for(tmp_path: Path, given: str, missing: str) -> None:
    """Without an inference service, or a folder, the process ends with exit code 2 and says what to give."""
    command = [sys.executable, "-m", "harness.reference"]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, given: str(tmp_path)}
    )
    assert ended.returncode == 2
    assert f"give {missing}" in ended.stderr


def test_an_address_that_is_there_and_empty_is_a_mistake(tmp_path: Path) -> None:
    """An enabled module whose variable is empty keeps the process from starting, whatever other service is named."""
    command = [sys.executable, "-m", "harness.reference", "--inference", "http://one:1", "--folder", str(tmp_path)]
    empty = {**os.environ, "IMAGE_INFERENCE_API": ""}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=empty, timeout=60)
    assert ended.returncode != 0
    assert "IMAGE_INFERENCE_API" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_mistake_on_the_command_line_is_a_sentence(service: PlantedService, tmp_path: Path) -> None:
    """An unknown mutant ends the process with exit code 2 and one sentence."""
    command = [sys.executable, "-m", "harness.reference", "--inference", service.url, "--folder", str(tmp_path)]
    ended = subprocess.run([*command, "--mutant", "nix"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "there is no faulty reference called 'nix'" in ended.stderr
    assert "Traceback" not in ended.stderr
