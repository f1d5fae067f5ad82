"""Our inference service as an image, and as a process that only a network of Docker reaches."""

from __future__ import annotations

import base64
import re
import shutil
import socket
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from daemons import Images, Left, MakeTarget, base

from harness.errors import TargetError, UsageError
from harness.images import shipped
from harness.inference.serving import serve
from harness.model import Needs
from harness.targets.docker import building
from harness.targets.docker.building import BASE_VARIABLE, our_image, recipe_of
from harness.targets.docker.daemon import connected

docker = pytest.mark.docker
TREE = Path(__file__).resolve().parents[3]
RECIPE = TREE / "compose" / "inference"
BOTH = Needs(modules=("img2vec-neural", "multi2vec-clip"))


def vectors(url: str) -> list[float]:
    """What a service makes of a photograph."""
    photo = base64.b64encode(shipped("photos").pictures[0].data).decode()
    return list(httpx.post(f"{url}/vectors", json={"id": "x", "image": photo}, timeout=30).json()["vector"])


@docker
def test_our_image_answers_as_our_service_here_does(make_target: MakeTarget, left: Left) -> None:
    """Built from what is installed, its vectors are the same, it says what it is, and its calls can be read."""
    with make_target(inference="harness", images={}, patience=60.0).open(BOTH) as endpoint:
        service = endpoint.inference["img2vec-neural"]
        assert endpoint.inference["multi2vec-clip"] is service
        assert (service.ours, service.encoder, service.device) == (True, "auto", "cpu")
        assert service.image.startswith(recipe_of().tag)
        there = vectors(service.url)
        assert [each["route"] for each in httpx.get(f"{service.url}/nearimage/calls").json()["calls"]] == ["/vectors"]
    with serve() as here:
        assert there == pytest.approx(vectors(here), abs=1e-4)
    assert left.names() == set()


@docker
def test_our_image_runs_as_nobody(images: Images) -> None:
    """It needs no rights, and none of the packages that the harness itself needs."""
    with connected() as daemon:
        image = our_image(daemon, {})
    client = images.client
    said = client.containers.run(image, ["-c", "import os; print(os.getuid())"], entrypoint="python3", remove=True)
    assert said.strip() == b"65534"
    listed = client.containers.run(image, ["-c", "ls /opt/nearimage"], entrypoint="sh", remove=True).decode().split()
    assert not {"pytest", "weaviate", "grpc", "docker"} & set(listed)


@docker
def test_a_base_without_python_is_said(images: Images, monkeypatch: pytest.MonkeyPatch, left: Left) -> None:
    """With what to do, and nothing is left of the attempt."""
    image = images.built("fake.py", "nearimage-test/fake:no-python", "RUN rm $(which python3)")
    monkeypatch.setenv(BASE_VARIABLE, image)
    with pytest.raises(TargetError) as caught, connected() as daemon:
        our_image(daemon, {})
    assert caught.value.what.startswith(f"the base image {image} has no python3 that answers")
    assert BASE_VARIABLE in caught.value.hint
    assert left.names() == set()


@docker
def test_a_build_that_fails_shows_its_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The last lines of what was said, and that pip here could not fetch anything either."""
    shutil.copytree(RECIPE, tmp_path / "recipe")
    (tmp_path / "recipe" / "Dockerfile").write_text(
        "ARG BASE\nFROM ${BASE}\nLABEL nearimage.stage=packages\nRUN echo almost there && false\n"
    )
    (tmp_path / "recipe" / "requirements.txt").write_text("no-such-package-of-anybody==1\n")
    monkeypatch.setattr(building, "_folder", lambda: tmp_path / "recipe")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(TargetError) as caught, connected() as daemon:
        our_image(daemon, {})
    assert caught.value.what == f"our inference image could not be built on {base()}"
    assert "almost there" in caught.value.log
    assert "no-such-package-of-anybody" in caught.value.log
    assert "--inference host" in caught.value.hint


@docker
def test_a_service_on_the_host_is_reached_from_the_network_alone(make_target: MakeTarget) -> None:
    """It listens on the gateway's address and on no other of this machine."""
    with make_target(inference="host", images={}).open(BOTH) as endpoint:
        service = endpoint.inference["multi2vec-clip"]
        told = httpx.get(f"{endpoint.url}/environment").json()
        assert told["CLIP_INFERENCE_API"] == told["IMAGE_INFERENCE_API"] == service.url
        assert httpx.get(f"{service.url}/.well-known/ready").is_success
        assert (service.ours, service.image) == (True, "")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", urlsplit(service.url).port or 0), timeout=5)


def test_the_tag_follows_what_goes_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Another base, a changed file or another version of a package is another image; nothing else is."""
    monkeypatch.delenv(BASE_VARIABLE, raising=False)
    tags = {recipe_of().tag}
    assert {recipe_of().tag} == tags
    monkeypatch.setenv(BASE_VARIABLE, "own/python:3")
    tags.add(recipe_of().tag)
    monkeypatch.delenv(BASE_VARIABLE)
    tags.add(recipe_of(cuda=True).tag)
    monkeypatch.setattr(building.metadata, "version", lambda _: "1.2.3")
    tags.add(recipe_of().tag)
    shutil.copytree(RECIPE, tmp_path / "recipe")
    (tmp_path / "recipe" / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.setattr(building, "_folder", lambda: tmp_path / "recipe")
    tags.add(recipe_of().tag)
    assert len(tags) == 5
    assert all(re.fullmatch(r"nearimage-local/inference(-cuda)?:[\w.-]+-[0-9a-f]{12}", tag) for tag in tags)


def test_the_image_has_what_the_service_needs_of_this_package() -> None:
    """Its code, its models, and nothing that is compiled."""
    files = recipe_of().files
    assert {"harness/inference/__main__.py", "harness/images/__init__.py", "harness/model/__init__.py"} <= files.keys()
    assert "fixtures/models/efficientnet-lite0.onnx" in files
    assert not [path for path in files if "__pycache__" in path]


def test_a_base_that_is_no_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said before Docker is asked."""
    monkeypatch.setenv(BASE_VARIABLE, "Not An Image")
    with pytest.raises(UsageError, match="is no name of a container image"):
        recipe_of()


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-cuda.txt"])
def test_the_packages_of_the_image_are_those_of_the_project(name: str) -> None:
    """Each line is one of pyproject.toml's, but for the onnxruntime that is built for CUDA."""
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    lines = [line for line in (RECIPE / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    other = [line for line in lines if line not in project]
    assert other == (["onnxruntime-gpu[cuda,cudnn]>=1.21"] if "cuda" in name else [])


def test_both_variants_do_the_same_but_for_cuda() -> None:
    """What one copies and starts the other does: they differ in packages, libraries and variables."""
    plain, cuda = ((RECIPE / name).read_text(encoding="utf-8") for name in ("Dockerfile", "Dockerfile.cuda"))
    for word in ("COPY --from", "COPY harness", "COPY fixtures", "ENTRYPOINT", "USER", "EXPOSE", "ARG", "FROM"):
        assert _lines(plain, word) == _lines(cuda, word), word


def _lines(text: str, word: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(word)]


@docker
def test_a_gpu_that_this_machine_lacks_is_missed_before_anything_starts(
    make_target: MakeTarget, left: Left, docker_client: Any
) -> None:
    """A real daemon without NVIDIA's toolkit refuses; one with it has nothing to miss."""
    if "nvidia" in docker_client.info()["Runtimes"]:
        pytest.skip("this Docker can give a GPU")
    target = make_target(gpu=0)
    with pytest.raises(TargetError, match="GPU 0 was asked for, and this Docker has none to give"), target.open(BOTH):
        pytest.fail("it opened")
    assert left.names() == set()
