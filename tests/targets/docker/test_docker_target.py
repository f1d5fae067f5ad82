"""The target docker with real containers of named fakes: what is started, what it can do, and that nothing stays."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from daemons import Left, MakeTarget
from docker.errors import APIError

from harness.abilities import CanKill, CanPause, CanRestart, CanShowLogs, CanShowStatistics, CanStartSecond
from harness.model import Endpoint, Needs
from harness.targets import ports
from harness.targets.docker import networks
from harness.targets.docker.target import DockerTarget

pytestmark = pytest.mark.docker
BOTH = Needs(modules=("img2vec-neural", "multi2vec-clip"))
ONE = Needs(modules=("img2vec-neural",))


def environment(endpoint: Endpoint) -> dict[str, str]:
    """The variables that a fake was started with."""
    return dict(httpx.get(f"{endpoint.url}/environment").json())


def inspected(target: DockerTarget, name: str, client: Any) -> dict[str, Any]:
    """What Docker knows of a container of an open target."""
    assert target._opened is not None
    return dict(client.api.inspect_container(target._opened.name(name)))


def test_weaviate_and_a_service_for_its_module_are_started_and_removed(make_target: MakeTarget, left: Left) -> None:
    """The endpoint names both on loopback, over HTTP and gRPC; afterwards nothing is left."""
    target = make_target()
    with target.open(ONE) as endpoint:
        assert endpoint.url.startswith("http://127.0.0.1:")
        assert endpoint.grpc.startswith("127.0.0.1:")
        assert (endpoint.version, endpoint.started, endpoint.weaviate) == ("1.39.0", True, True)
        service = endpoint.inference["img2vec-neural"]
        assert httpx.get(f"{service.url}/.well-known/ready").is_success
        assert (service.ours, service.device) == (False, "cpu")
        assert service.image.startswith("nearimage-test/fake:fine@sha256:")
        assert len(left.names()) == 4, "two containers, a network, a volume"
    assert left.names() == set()
    assert [*target.phases] == [
        "images",
        "network",
        "inference service",
        "database process",
        "database ready",
        "modules and gRPC",
    ]


def test_weaviate_finds_its_services_by_name(make_target: MakeTarget) -> None:
    """Inside the network the service has the name that Weaviate is given, and one image of ours serves both modules."""
    with make_target().open(BOTH) as endpoint:
        told = environment(endpoint)
        assert told["ENABLE_MODULES"] == "img2vec-neural,multi2vec-clip"
        assert told["IMAGE_INFERENCE_API"] == told["CLIP_INFERENCE_API"] == "http://inference:8080"
        assert told["DEFAULT_VECTORIZER_MODULE"] == "none"
        assert len(set(map(id, endpoint.inference.values()))) == 1


def test_no_module_needs_no_service(make_target: MakeTarget, left: Left) -> None:
    """Scenarios without a module get a Weaviate alone."""
    with make_target().open(Needs()) as endpoint:
        assert endpoint.inference == {}
        assert len(left.names()) == 3


def test_what_docker_publishes_is_published_on_loopback_alone(make_target: MakeTarget, docker_client: Any) -> None:
    """No port of a run can be reached from another machine."""
    target = make_target()
    with target.open(ONE):
        for name in ("weaviate", "i2v-neural"):
            bindings = inspected(target, name, docker_client)["HostConfig"]["PortBindings"]
            assert {each["HostIp"] for published in bindings.values() for each in published} == {"127.0.0.1"}


def test_a_target_of_docker_has_every_ability(make_target: MakeTarget) -> None:
    """Restart, kill, pause, logs, statistics and a second server."""
    target = make_target()
    for ability in (CanRestart, CanKill, CanPause, CanShowLogs, CanShowStatistics, CanStartSecond):
        assert isinstance(target, ability), ability


def test_a_restart_and_a_kill_keep_addresses_and_data(make_target: MakeTarget) -> None:
    """The endpoint is the same, and what was written is there."""
    target = make_target()
    with target.open(ONE) as endpoint:
        assert httpx.get(f"{endpoint.url}/lives").text == "x"
        assert target.restart() == endpoint
        assert httpx.get(f"{endpoint.url}/lives").text == "xx"
        assert target.kill() == endpoint
        assert httpx.get(f"{endpoint.url}/lives").text == "xxx"
        assert target.logs().count("Running on CPU") == 3, "the log is that of all lives"


def test_a_paused_server_says_nothing_and_goes_on_afterwards(make_target: MakeTarget) -> None:
    """It takes the question and answers it once it is let go on."""
    target = make_target()
    with target.open(Needs()) as endpoint:
        with target.paused(), pytest.raises(httpx.TimeoutException):
            httpx.get(f"{endpoint.url}/v1/meta", timeout=0.3)
        assert httpx.get(f"{endpoint.url}/v1/meta").is_success


def test_each_container_tells_what_it_uses(make_target: MakeTarget) -> None:
    """CPU seconds, resident and anonymous memory, and disk, of the database and of the service; and its heap."""
    target = make_target()
    with target.open(replace(ONE, settings={"PROMETHEUS_MONITORING_ENABLED": "true"})):
        database, service = target.statistics()
        assert target.metrics().startswith("go_memstats_heap_alloc_bytes")
    assert (database.part, service.part) == ("database", "inference img2vec-neural")
    for part in (database, service):
        assert part.cpu_seconds > 0
        assert part.resident >= (part.anonymous or 0) > 0
        assert part.disk is not None
    assert database.disk


def test_a_second_server_has_its_own_settings_and_the_same_services(make_target: MakeTarget, left: Left) -> None:
    """It runs beside the first one, and is gone after its block."""
    target = make_target(environment={"A": "first", "B": "both"})
    with target.open(ONE) as first:
        before = left.names()
        with target.second({"A": "second"}) as second:
            assert second.url != first.url
            told = environment(second)
            assert (told["A"], told["B"]) == ("second", "both")
            assert told["IMAGE_INFERENCE_API"] == environment(first)["IMAGE_INFERENCE_API"]
            assert second.inference == first.inference
        assert left.names() == before


def test_two_targets_run_side_by_side(make_target: MakeTarget) -> None:
    """Each has its own network, ports and data."""
    one, two = make_target(), make_target()
    with one.open(ONE) as first, two.open(ONE) as second:
        assert first.url != second.url
        assert first.inference["img2vec-neural"].url != second.inference["img2vec-neural"].url
        one.restart()
        assert httpx.get(f"{first.url}/lives").text == "xx"
        assert httpx.get(f"{second.url}/lives").text == "x"


def test_limits_of_a_person_win_over_those_of_a_scenario(make_target: MakeTarget, docker_client: Any) -> None:
    """What only the scenario says counts where the person says nothing."""
    target = make_target(cpus=0.5)
    with target.open(Needs(cpus=1.0, memory=256 << 20)):
        limits = inspected(target, "weaviate", docker_client)["HostConfig"]
        assert (limits["NanoCpus"], limits["Memory"]) == (500_000_000, 256 << 20)


def test_variables_of_a_person_win_over_those_of_a_scenario(make_target: MakeTarget) -> None:
    """And both over ours."""
    with make_target(environment={"A": "person"}).open(Needs(settings={"A": "scenario", "LOG_LEVEL": "debug"})) as end:
        told = environment(end)
        assert (told["A"], told["LOG_LEVEL"]) == ("person", "debug")


def test_a_server_that_wants_a_key_is_asked_with_it(make_target: MakeTarget) -> None:
    """The key stands in its own settings; it is in no description."""
    settings = {"AUTHENTICATION_APIKEY_ENABLED": "true", "AUTHENTICATION_APIKEY_ALLOWED_KEYS": "secret-of-a-test"}
    target = make_target(environment=settings)
    with target.open(Needs()) as endpoint:
        assert endpoint.headers == {"Authorization": "Bearer secret-of-a-test"}
    assert "secret-of-a-test" not in f"{endpoint} {target.describe()} {target.notes}"


def test_a_folder_is_mounted_and_stays(make_target: MakeTarget, tmp_path: Path, left: Left) -> None:
    """Data in a folder of the person's own are there after the run."""
    folder = tmp_path / "data"
    folder.mkdir()
    with make_target(volumes=(f"{folder}:/var/lib/weaviate",)).open(Needs()):
        assert len(left.names()) == 2, "no volume of ours"
    assert (folder / "lives").read_text() == "x"


def test_a_persons_own_volume_stays(make_target: MakeTarget, docker_client: Any) -> None:
    """A volume that a person names is theirs: it is mounted, and not removed."""
    name = "nearimage-test-own-volume"
    try:
        with make_target(volumes=(f"{name}:/own:ro",)).open(Needs()):
            pass
        assert docker_client.volumes.get(name)
    finally:
        docker_client.volumes.get(name).remove()


def test_the_reference_in_a_container_is_no_weaviate(make_target: MakeTarget) -> None:
    """It says so in its header, and the description and the endpoint repeat it."""
    target = make_target("reference")
    with target.open(Needs()) as endpoint:
        assert not endpoint.weaviate
    assert target.describe().startswith("no Weaviate was tested")


def test_an_old_version_without_grpc_is_asked_over_the_rest(make_target: MakeTarget) -> None:
    """The endpoint has no gRPC, and a note says why."""
    target = make_target("no-grpc", environment={"VERSION": "1.19.13"})
    with target.open(Needs()) as endpoint:
        assert (endpoint.grpc, endpoint.version) == ("", "1.19.13")
    assert target.notes == ["Weaviate 1.19.13 answers no gRPC: it is asked over GraphQL and REST alone"]


def test_logs_are_kept_where_a_person_wants_them(make_target: MakeTarget, tmp_path: Path) -> None:
    """One file for each container, written at the end."""
    target = make_target()
    target.log_folder = tmp_path / "logs"
    with target.open(ONE):
        pass
    assert sorted(path.name for path in target.log_folder.iterdir()) == [
        "inference-img2vec-neural.log",
        "weaviate.log",
    ]
    assert "Running on CPU" in (target.log_folder / "weaviate.log").read_text()


def test_the_first_ports_may_be_taken(make_target: MakeTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who takes a port between picking and publishing costs nothing but another try."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = ports.Ports(other.getsockname()[1])
        picked = [taken, ports.pick()]
        monkeypatch.setattr(ports, "pick", lambda: picked.pop(0))
        with make_target().open(Needs()) as endpoint:
            assert endpoint.url != f"http://127.0.0.1:{taken.http}"
    assert picked == []


def test_docker_without_a_free_subnet_gets_a_small_one(
    make_target: MakeTarget, monkeypatch: pytest.MonkeyPatch, docker_client: Any
) -> None:
    """Where Docker has handed out all its subnets, the run's network is one of sixteen addresses."""
    created = networks._created

    def crowded(name: str, labels: Mapping[str, str], ipam: object) -> object:
        if ipam is None:
            raise APIError("could not find an available, non-overlapping IPv4 address pool among the defaults")
        return created(name, labels, ipam)

    monkeypatch.setattr(networks, "_created", crowded)

    target = make_target()
    with target.open(Needs()):
        assert target._opened is not None
        [config] = docker_client.api.inspect_network(target._opened.network.name)["IPAM"]["Config"]
        assert config["Subnet"].endswith("/28")
