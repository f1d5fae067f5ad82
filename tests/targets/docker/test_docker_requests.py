"""What is asked of Docker, read from a recording daemon: images, a GPU, and what its refusals become."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from recording import Daemon, recording

from harness.errors import TargetError
from harness.model import Needs
from harness.targets.docker import database
from harness.targets.docker.labels import CLAIM, OWNER
from harness.targets.docker.target import choose
from harness.targets.setup import Setup

ONE = Needs(modules=("img2vec-neural",))
BOTH = Needs(modules=("img2vec-neural", "multi2vec-clip"))
IMG2VEC = "semitechnologies/img2vec-pytorch:resnet50"
CLIP = "semitechnologies/multi2vec-clip:sentence-transformers-clip-ViT-B-32-multilingual-v1"
WEAVIATE = "semitechnologies/weaviate:1.19.13"
NVIDIA = {"Runtimes": {"runc": {}, "nvidia": {}}}
CDI = {"Runtimes": {"runc": {}}, "DiscoveredDevices": [{"Source": "cdi", "ID": "nvidia.com/gpu=0"}]}
NO_DRIVER = 'could not select device driver "" with capabilities: [[gpu]]'


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A daemon that has the official images, as DOCKER_HOST names it."""
    with recording() as daemon:
        daemon.images = {WEAVIATE, IMG2VEC, CLIP}
        monkeypatch.setenv("DOCKER_HOST", daemon.address)
        monkeypatch.setattr(database, "_GRPC_OLD_SECONDS", 0.0)  # what it starts has no gRPC
        yield daemon


def opened(needs: Needs = ONE, **options: Any) -> None:
    """Open the target once."""
    with choose("1.19.13", Setup(**options)).open(needs):
        pass


def made(daemon: Daemon, image: str) -> dict[str, Any]:
    """What was asked for the container of an image."""
    [found] = [body for body in daemon.created() if body["Image"] == image]
    return dict(found)


def variables(container: dict[str, Any]) -> dict[str, str]:
    """The variables of a container."""
    return dict(each.split("=", 1) for each in container["Env"])


def left(daemon: Daemon) -> list[str]:
    """What there is still."""
    return [*daemon.containers, *daemon.networks, *daemon.volumes]


def test_the_images_are_those_of_the_document(daemon: Daemon) -> None:
    """Weaviate's of the version, and its own inference container for each module that is needed, in one network."""
    opened(BOTH)
    assert [body["Image"] for body in daemon.created()] == [IMG2VEC, CLIP, WEAVIATE]
    told = variables(made(daemon, WEAVIATE))
    assert told["IMAGE_INFERENCE_API"] == "http://i2v-neural:8080"
    assert told["CLIP_INFERENCE_API"] == "http://multi2vec-clip:8080"
    [network] = {name for body in daemon.created() for name in body["NetworkingConfig"]["EndpointsConfig"]}
    assert network.startswith("nearimage-")
    assert left(daemon) == []


def test_only_what_is_needed_is_started(daemon: Daemon) -> None:
    """A scenario of one module gets one service."""
    opened(ONE)
    assert [body["Image"] for body in daemon.created()] == [IMG2VEC, WEAVIATE]


def test_an_image_can_be_given_for_a_module(daemon: Daemon) -> None:
    """It takes the official one's place."""
    daemon.images.add("own/resnet:2")
    opened(ONE, images={"img2vec-neural": "own/resnet:2"})
    assert [body["Image"] for body in daemon.created()] == ["own/resnet:2", WEAVIATE]


def test_a_mirror_has_the_official_images(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """The prefix that every Testcontainers program takes goes before them, and before no image that a person names."""
    monkeypatch.setenv("TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX", "mirror.example.org/")
    daemon.images |= {f"mirror.example.org/{WEAVIATE}", f"mirror.example.org/{IMG2VEC}", "own/clip:2"}
    opened(BOTH, images={"multi2vec-clip": "own/clip:2"})
    asked = [body["Image"] for body in daemon.created()]
    assert asked == [f"mirror.example.org/{IMG2VEC}", "own/clip:2", f"mirror.example.org/{WEAVIATE}"]


def test_an_image_that_is_not_here_is_pulled(daemon: Daemon) -> None:
    """By its name and its tag, and nothing else is."""
    daemon.images.remove(IMG2VEC)
    opened(ONE)
    pulls = [query for route, query, _ in daemon.asked if route == "POST /images/create"]
    assert [(each["fromImage"], each["tag"]) for each in pulls] == [
        (["semitechnologies/img2vec-pytorch"], ["resnet50"])
    ]


def test_everything_carries_its_owner(daemon: Daemon) -> None:
    """Containers, the network and the volume are labelled as they are made, so none is ever without an owner."""
    opened(ONE)
    bodies = [body for route, _, body in daemon.asked if route.endswith("/create") and body]
    assert len(bodies) == 4
    assert all({CLAIM, OWNER} <= body["Labels"].keys() for body in bodies)
    assert len({body["Labels"][CLAIM] for body in bodies}) == 1


def test_the_entrypoint_of_an_image_is_its_own(daemon: Daemon) -> None:
    """Neither command nor entrypoint is replaced: the official defaults are what is tested."""
    opened(ONE)
    assert {(body.get("Cmd"), body.get("Entrypoint")) for body in daemon.created()} == {(None, None)}


def test_on_the_cpu_no_device_is_asked_for(daemon: Daemon) -> None:
    """And the service is told so."""
    opened(ONE)
    assert all(not body["HostConfig"].get("DeviceRequests") for body in daemon.created())
    assert variables(made(daemon, IMG2VEC))["ENABLE_CUDA"] == "0"


@pytest.mark.parametrize("info", [NVIDIA, CDI], ids=["runtime", "cdi"])
def test_a_gpu_is_asked_for_the_services_and_for_nothing_else(daemon: Daemon, info: dict[str, Any]) -> None:
    """A device request, and the two variables of Weaviate's own containers; Weaviate itself needs no GPU."""
    daemon.info, daemon.log = info, "CUDA_CORE set to cuda:1\n"
    opened(BOTH, gpu=1)
    for image in (IMG2VEC, CLIP):
        [request] = made(daemon, image)["HostConfig"]["DeviceRequests"]
        assert (request["Count"], request["Capabilities"]) == (-1, [["gpu"]])
        told = variables(made(daemon, image))
        assert (told["ENABLE_CUDA"], told["CUDA_CORE"]) == ("1", "cuda:1")
    assert not made(daemon, WEAVIATE)["HostConfig"].get("DeviceRequests")


def test_the_endpoint_says_which_gpu_it_was(daemon: Daemon) -> None:
    """As the service wrote it into its log."""
    daemon.info, daemon.log = NVIDIA, "INFO: CUDA_CORE set to cuda:0\n"
    with choose("1.19.13", Setup(gpu=0)).open(ONE) as endpoint:
        assert endpoint.inference["img2vec-neural"].device == "cuda:0"


def test_a_gpu_that_docker_cannot_give_is_missed_before_anything_starts(daemon: Daemon) -> None:
    """Docker names no runtime: one attempt is made, and its refusal told; nothing is pulled, started or left."""
    daemon.info = {"Runtimes": {"runc": {}}}
    daemon.images = {WEAVIATE}
    daemon.refuses = {"POST /containers/nameless-0/start": (500, NO_DRIVER)}
    with pytest.raises(TargetError) as caught:
        opened(ONE, gpu=0)
    assert caught.value.what == f"GPU 0 was asked for, and this Docker has none to give: {NO_DRIVER}"
    assert "container toolkit" in caught.value.hint
    assert "POST /images/create" not in daemon.routes()
    assert "POST /networks/create" not in daemon.routes()
    assert left(daemon) == []


def test_a_gpu_without_a_runtime_of_that_name_is_tried(daemon: Daemon) -> None:
    """The toolkit may be there all the same: what Docker can start, it may use."""
    daemon.info, daemon.log = {"Runtimes": {"runc": {}}}, "CUDA_CORE set to cuda:0\n"
    opened(ONE, gpu=0)
    attempt, service, _ = daemon.created()
    assert attempt["HostConfig"]["DeviceRequests"] == service["HostConfig"]["DeviceRequests"]
    assert left(daemon) == []


def test_a_gpu_is_missed_where_docker_has_no_image_to_try(daemon: Daemon) -> None:
    """Several gigabytes are not pulled to find that out."""
    daemon.images = set()
    with pytest.raises(TargetError, match="it names no NVIDIA runtime and no such device"):
        opened(ONE, gpu=0)
    assert "POST /images/create" not in daemon.routes()


def test_a_service_that_falls_back_to_the_cpu_is_an_error(daemon: Daemon) -> None:
    """A GPU was asked for: the CPU is never taken silently."""
    daemon.info, daemon.log = NVIDIA, "Running on CPU\n"
    with pytest.raises(TargetError) as caught:
        opened(ONE, gpu=0)
    assert caught.value.what.endswith("was told to compute on GPU 0 and computes on cpu")
    assert left(daemon) == []


@pytest.mark.parametrize(
    ("route", "status", "said", "what", "hint"),
    [
        (
            "POST /images/create",
            404,
            "manifest for semitechnologies/weaviate:1.19.13 not found: manifest unknown",
            "there is no image semitechnologies/weaviate:1.19.13, neither here nor at its registry",
            "docker image ls",
        ),
        (
            "POST /images/create",
            500,
            "Get https://registry-1.docker.io/v2/: dial tcp: lookup registry-1.docker.io: no such host",
            "the image semitechnologies/weaviate:1.19.13 is not here, and cannot be pulled",
            "docker save",
        ),
        (
            "POST /images/create",
            500,
            "write /var/lib/docker/tmp/GetImageBlob1: no space left on device",
            "Docker has no space left to pull the image semitechnologies/weaviate:1.19.13",
            "docker system df",
        ),
        (
            "POST /containers/create",
            500,
            "mkdir /var/lib/docker/overlay2/1: no space left on device",
            "Docker has no space left to start a container of semitechnologies/weaviate:1.19.13",
            "docker system df",
        ),
        (
            "POST /volumes/create",
            500,
            "no space left on device",
            "Docker has no space left to make a volume for semitechnologies/weaviate:1.19.13",
            "docker system df",
        ),
        (
            "POST /networks/create",
            500,
            "iptables failed",
            "Docker could not make a network: iptables failed",
            "journalctl",
        ),
        (
            "POST /containers/create",
            500,
            "error setting rlimit type 7: operation not permitted",
            "this machine does not let Docker set the limits of a container",
            "default-ulimits",
        ),
        (
            "GET /version",
            400,
            "client version 1.41 is too old. Minimum supported API version is 1.44",
            "this Docker daemon and the Python package docker do not speak a common version",
            "pip install -U docker",
        ),
    ],
)
def test_a_refusal_of_docker_becomes_a_sentence(
    daemon: Daemon, route: str, status: int, said: str, what: str, hint: str
) -> None:
    """With Docker's own words and what to do; nothing is left."""
    if route == "POST /images/create":
        daemon.images = set()
    daemon.refuses[route] = (status, said)
    with pytest.raises(TargetError) as caught:
        opened(Needs())
    assert caught.value.what.startswith(what)
    assert hint in caught.value.hint
    assert left(daemon) == []


def test_what_docker_will_not_remove_is_said(daemon: Daemon) -> None:
    """The run is over all the same; a note names it and the command that tries again."""
    target = choose("1.19.13")
    with target.open(Needs()):
        daemon.refuses["DELETE /volumes/*"] = (409, "volume is in use")
    [note] = [each for each in target.notes if each.startswith("Docker still has")]
    assert "volume is in use" in note
    assert "nearimage down" in note
