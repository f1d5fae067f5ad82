"""The Compose files that we print: complete, with the names of Weaviate's documentation, and the same as shipped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.errors import UsageError
from harness.targets.compose.program import Compose
from harness.targets.compose.writing import MODULES, SHIPPED, composed, shipped
from harness.targets.versions import OFFICIAL

FOLDER = Path(__file__).parents[3] / "compose"
DATABASES = ("img2vec", "clip", "both", "cluster", "auth")


def read(name: str) -> dict[str, Any]:
    """The shipped file of a name, parsed."""
    return yaml.safe_load(shipped(name))


def nodes(name: str) -> list[dict[str, Any]]:
    """The Weaviate services of a shipped file."""
    return [each for each in read(name)["services"].values() if "weaviate:-" in each["image"].replace("}", ":-")]


def inference(name: str) -> list[dict[str, Any]]:
    """The other services of a shipped file."""
    return [each for each in read(name)["services"].values() if each not in nodes(name)]


@pytest.mark.parametrize("name", SHIPPED)
def test_the_file_in_the_folder_is_what_is_printed(name: str) -> None:
    """`compose/NAME.yaml` is the generator's text, word for word."""
    assert (FOLDER / f"{name}.yaml").read_text(encoding="utf-8") == shipped(name)


def test_the_folder_has_no_other_file() -> None:
    """Whatever lies there is printed, but for what asks a database and starts none."""
    assert {path.stem for path in FOLDER.glob("*.y*ml")} - {"load"} == set(SHIPPED)


def test_the_settings_of_the_documentation_for_img2vec() -> None:
    """The module, its address, the default vectorizer and the image are the documentation's own (B5 to B8)."""
    services = read("img2vec")["services"]
    settings = services["weaviate"]["environment"]
    assert settings["IMAGE_INFERENCE_API"] == "http://i2v-neural:8080"
    assert settings["DEFAULT_VECTORIZER_MODULE"] == settings["ENABLE_MODULES"] == "img2vec-neural"
    assert "semitechnologies/img2vec-pytorch:resnet50}" in services["i2v-neural"]["image"]


def test_the_settings_of_the_documentation_for_clip() -> None:
    """Module, address, default vectorizer, image and ENABLE_CUDA are the documentation's (B10 to B14)."""
    services = read("clip")["services"]
    settings = services["weaviate"]["environment"]
    assert settings["CLIP_INFERENCE_API"] == "http://multi2vec-clip:8080"
    assert settings["DEFAULT_VECTORIZER_MODULE"] == settings["ENABLE_MODULES"] == "multi2vec-clip"
    image = "semitechnologies/multi2vec-clip:sentence-transformers-clip-ViT-B-32-multilingual-v1}"
    assert image in services["multi2vec-clip"]["image"]
    assert services["multi2vec-clip"]["environment"]["ENABLE_CUDA"] == "0"


@pytest.mark.parametrize("name", DATABASES)
def test_a_file_is_complete(name: str) -> None:
    """Every Weaviate has a pinned version, data that stay, a name, a health check, patience and no telemetry."""
    whole = read(name)
    kept = [volume.split(":") for node in nodes(name) for volume in node["volumes"]]
    assert sorted(volume for volume, _ in kept) == sorted(whole["volumes"])
    for node, (_, path) in zip(nodes(name), kept, strict=True):
        settings = node["environment"]
        assert node["image"].endswith(f":${{WEAVIATE_VERSION:-{OFFICIAL}}}")
        assert settings["PERSISTENCE_DATA_PATH"] == path
        assert settings["CLUSTER_HOSTNAME"]
        assert settings["MODULES_CLIENT_TIMEOUT"] == "120s"
        assert settings["DISABLE_TELEMETRY"] == "true"
        assert node["healthcheck"]["test"][0] == "CMD-SHELL"


@pytest.mark.parametrize("name", DATABASES)
def test_weaviate_waits_for_its_inference_services(name: str) -> None:
    """Each Weaviate starts when every inference service is healthy, which each has a check for."""
    assert all(service["healthcheck"]["test"][1] == "python3" for service in inference(name))
    waits = {other for other in read(name)["services"] if not other.startswith("weaviate")}
    for node in nodes(name):
        healthy = {other for other, how in node["depends_on"].items() if how["condition"] == "service_healthy"}
        assert healthy == waits


@pytest.mark.parametrize("name", DATABASES)
def test_everything_is_published_on_loopback(name: str) -> None:
    """No port of any service is open to another machine."""
    published = [port for each in read(name)["services"].values() for port in each.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_nobody_waits_for_what_a_health_check_of_weaviate_needs() -> None:
    """An image without wget and bash is called unhealthy and no service fails to start for it."""
    conditions = [how["condition"] for node in nodes("cluster") for how in node["depends_on"].values()]
    assert conditions.count("service_started") == 2
    assert [
        other
        for node in nodes("cluster")
        for other, how in node["depends_on"].items()
        if other.startswith("weaviate") and how["condition"] == "service_healthy"
    ] == []


def test_a_cluster_is_of_three_nodes() -> None:
    """Three names and three volumes, one Raft of three, and a replication factor of three."""
    settings = [node["environment"] for node in nodes("cluster")]
    names = [each["CLUSTER_HOSTNAME"] for each in settings]
    assert len(set(names)) == len({node["volumes"][0] for node in nodes("cluster")}) == 3
    for each in settings:
        assert each["RAFT_JOIN"].split(",") == names
        assert each["RAFT_BOOTSTRAP_EXPECT"] == each["REPLICATION_MINIMUM_FACTOR"] == 3


def test_there_is_no_key_until_one_is_chosen() -> None:
    """The key comes from a variable without a default, and nobody gets in without it."""
    settings = nodes("auth")[0]["environment"]
    assert settings["AUTHENTICATION_APIKEY_ALLOWED_KEYS"].startswith("${WEAVIATE_API_KEY:?")
    assert settings["AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED"] == "false"


@pytest.mark.parametrize("name", MODULES)
def test_a_gpu_is_reserved_and_turned_on(name: str) -> None:
    """With --gpu every inference service of the file has the device and the switch."""
    for service in yaml.safe_load(composed(name, gpu=True))["services"].values():
        if "ENABLE_CUDA" in service["environment"]:
            assert service["environment"]["ENABLE_CUDA"] == "1"
            [device] = service["deploy"]["resources"]["reservations"]["devices"]
            assert device == {"driver": "nvidia", "device_ids": ["0"], "capabilities": ["gpu"]}


@pytest.mark.docker
@pytest.mark.parametrize("name", DATABASES)
def test_compose_accepts_a_file_alone_and_with_the_override(name: str, compose: Compose) -> None:
    """In whichever spelling this machine has; with a GPU each inference service has the switch and the device."""
    asks = replace(compose, environment={"WEAVIATE_API_KEY": "k"})
    file, override = ["-f", str(FOLDER / f"{name}.yaml")], ["-f", str(FOLDER / "gpu.yaml")]
    for files in (file, [*file, *override]):
        done = asks.run([*files, "config"], seconds=60)
        assert done.code == 0, done.err
    for service in yaml.safe_load(done.out)["services"].values():
        settings = service["environment"]
        if "ENABLE_CUDA" in settings:
            assert (settings["ENABLE_CUDA"], settings["CUDA_CORE"]) == ("1", "cuda:0")
            assert service["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"] == ["gpu"]


@pytest.mark.docker
def test_a_file_with_keys_is_refused_without_one(compose: Compose) -> None:
    """Compose says which variable it wants."""
    done = compose.run(["-f", str(FOLDER / "auth.yaml"), "config"], seconds=60)
    assert done.code != 0
    assert "must be a key of yours" in done.err


def test_the_override_for_a_gpu_says_the_same_as_the_option() -> None:
    """gpu.yaml on top of both.yaml has the inference services of `compose both --gpu`."""
    whole = yaml.safe_load(composed("both", gpu=True))["services"]
    for name, service in read("gpu")["services"].items():
        assert all(whole[name][key] == value for key, value in service.items())


def test_another_version_is_in_the_file_and_in_how_it_was_printed() -> None:
    """--version changes the image's tag, and the file says which command printed it."""
    text = composed("clip", cluster=True, version="v1.32.27")
    assert "${WEAVIATE_VERSION:-1.32.27}" in text
    assert "nearimage compose clip --cluster --version 1.32.27\n" in text


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"name": "cilp"}, "Did you mean clip"),
        ({"name": "something"}, "There are: img2vec, clip, both, gpu"),
        ({"name": "both", "version": "latest"}, "whole version"),
        ({"name": "gpu", "cluster": True}, "no options"),
    ],
)
def test_what_cannot_be_printed_is_said(asked: dict[str, Any], says: str) -> None:
    """A name that is none, and a version that moves, are refused in a sentence."""
    with pytest.raises(UsageError, match=says):
        composed(**asked)
