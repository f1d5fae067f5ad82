"""The target compose with real containers of named fakes: what is started, what it can do, and that nothing stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from composing import MakeTarget, write_file
from daemons import Images, Left

from harness.abilities import ABILITIES, CanLoseNode, CanShowMetrics
from harness.errors import TargetError
from harness.model import Endpoint, Needs
from harness.targets.compose.program import Compose
from harness.targets.compose.source import source
from harness.targets.compose.target import ComposeTarget
from harness.targets.setup import Setup

pytestmark = pytest.mark.docker
ONE = Needs(modules=("img2vec-neural",))


@dataclass(frozen=True)
class Open:
    """A target that is open while the tests of this file run, with options of every kind."""

    target: ComposeTarget
    endpoint: Endpoint
    folder: Path

    def inspected(self, service: str) -> dict[str, Any]:
        """What Docker knows of one of its containers."""
        opened = self.target._opened
        assert opened is not None
        return dict(opened.daemon.client.api.inspect_container(opened.project.containers[service].id))


@pytest.fixture(scope="module")
def opened(images: Images, compose: Compose, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:  # noqa: ARG001
    """One for all that does not end it."""
    folder = tmp_path_factory.mktemp("opened")
    file = write_file(images, folder / "file.yaml")
    (folder / "mine").mkdir()
    setup = Setup(
        environment={"A": "person", "COST": "1 $ or ${2}"},
        cpus=0.5,
        memory=256 << 20,
        volumes=(f"{folder}/mine:/mine:ro",),
        images={"img2vec-neural": images.fake("no-grpc")},
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEARIMAGE_STATE", str(folder))
        patch.setenv("NODE", "from-here")
        target = ComposeTarget(source(str(file)), setup=setup)
        settings = {"A": "scenario", "B": "scenario", "PROMETHEUS_MONITORING_ENABLED": "true"}
        with target.open(Needs(modules=ONE.modules, settings=settings)) as endpoint:
            yield Open(target, endpoint, folder)


def environment(endpoint: Endpoint) -> dict[str, str]:
    """The variables that a fake was started with."""
    return dict(httpx.get(f"{endpoint.url}/environment").json())


def test_nothing_of_the_file_gets_in_anybodys_way(opened: Open) -> None:
    """No container name, no restarts, no port but free ones of loopback, and nothing that Weaviate does not need."""
    found = opened.inspected("db")
    assert found["Name"] != "/the-database"
    assert found["HostConfig"]["RestartPolicy"]["Name"] in ("", "no")
    published = [each for ports in found["HostConfig"]["PortBindings"].values() for each in ports]
    assert {each["HostIp"] for each in published} == {"127.0.0.1"}
    assert {each["HostPort"] for each in published}.isdisjoint({"8080", "50051"})
    assert opened.target._opened is not None
    assert {*opened.target._opened.project.containers} == {"db", "vectors"}


def test_variables_and_dollar_signs_are_what_they_are_in_the_file(opened: Open) -> None:
    """A variable has its value from here, and what is written twice arrives once, also in what we add."""
    told = environment(opened.endpoint)
    assert (told["CLUSTER_HOSTNAME"], told["MONEY"], told["COST"]) == ("from-here", "a $ b", "1 $ or ${2}")


def test_settings_of_a_scenario_and_of_a_person_go_into_the_file(opened: Open) -> None:
    """A person's win, and all else stays."""
    told = environment(opened.endpoint)
    assert (told["A"], told["B"], told["ENABLE_MODULES"]) == ("person", "scenario", "img2vec-neural")


def test_limits_and_volumes_are_those_asked_for(opened: Open) -> None:
    """Processors, memory and a folder of a person's, for Weaviate."""
    found = opened.inspected("db")
    mounts = {each["Destination"]: each for each in found["Mounts"]}
    assert (found["HostConfig"]["NanoCpus"], found["HostConfig"]["Memory"]) == (500_000_000, 256 << 20)
    assert (mounts["/mine"]["Source"], mounts["/mine"]["RW"]) == (str(opened.folder / "mine"), False)


def test_another_image_stands_behind_the_module(opened: Open) -> None:
    """--image takes the place of the file's, and is asked for its health with what it has."""
    assert opened.endpoint.inference["img2vec-neural"].image.startswith("nearimage-test/fake:no-grpc@sha256:")


def test_every_ability(opened: Open) -> None:
    """No check is skipped for want of one, and no survey."""
    for ability in (*(each for each, _ in ABILITIES.values()), CanLoseNode, CanShowMetrics):
        assert isinstance(opened.target, ability), ability


def test_a_restart_and_a_kill_keep_addresses_and_data(opened: Open) -> None:
    """The endpoint is the same, and what was written is there."""
    assert httpx.get(f"{opened.endpoint.url}/lives").text == "x"
    assert opened.target.restart() == opened.endpoint
    assert opened.target.kill() == opened.endpoint
    assert httpx.get(f"{opened.endpoint.url}/lives").text == "xxx"
    assert opened.target.logs().count("Running on CPU") == 3, "the log is that of all lives"


def test_a_paused_server_says_nothing_and_goes_on_afterwards(opened: Open) -> None:
    """It takes the question and answers it once it is let go on."""
    with opened.target.paused(), pytest.raises(httpx.TimeoutException):
        httpx.get(f"{opened.endpoint.url}/v1/meta", timeout=0.3)
    assert httpx.get(f"{opened.endpoint.url}/v1/meta").is_success


def test_each_container_tells_what_it_uses(opened: Open) -> None:
    """CPU seconds, memory, and disk, of the database and of the service behind it."""
    database, service = opened.target.statistics()
    assert (database.part, service.part) == ("database", "inference img2vec-neural")
    assert min(database.cpu_seconds, service.cpu_seconds) > 0
    assert min(database.resident, service.resident) > 0
    assert database.disk


def test_its_metrics_are_published_where_its_settings_say_so(opened: Open) -> None:
    """Their port is published on loopback with the others."""
    assert opened.target.metrics().startswith("go_memstats_heap_alloc_bytes")


def test_a_second_server_has_its_own_settings_and_the_same_services(opened: Open, left: Left) -> None:
    """It runs beside the first one, and is gone after its block."""
    before = left.names()
    with opened.target.second({"A": "second"}) as second:
        assert second.url != opened.endpoint.url
        told = environment(second)
        assert (told["A"], told["B"]) == ("second", "scenario")
        assert second.inference == opened.endpoint.inference
        assert len(left.names() - before) == 3, "a container, a network, a volume"
    assert left.names() == before
    assert environment(opened.endpoint)["A"] == "person"


def test_one_weaviate_is_started_as_a_cluster_beside_it(opened: Open, left: Left) -> None:
    """Each node has its own address, data and name; one that is lost comes back where it was, and then all are gone."""
    before = left.names()
    with opened.target.cluster(3) as nodes:
        told = [environment(each) for each in nodes]
        assert [each["CLUSTER_HOSTNAME"] for each in told] == ["node1", "node2", "node3"]
        assert {each["RAFT_JOIN"] for each in told} == {"node1,node2,node3"}
        assert {(each["A"], each["MONEY"]) for each in told} == {("person", "a $ b")}
        assert len({each.url for each in (opened.endpoint, *nodes)}) == 4
        assert {each.inference == opened.endpoint.inference for each in nodes} == {True}
        assert len(left.names() - before) == 7, "three containers, three volumes, a network"
        with opened.target.lost(nodes[2]):
            assert httpx.get(f"{nodes[1].url}/lives").text == "x"
            with pytest.raises(httpx.TransportError):
                httpx.get(f"{nodes[2].url}/lives")
        assert httpx.get(f"{nodes[2].url}/lives").text == "xx", "on the same data"
    assert left.names() == before


def test_the_same_file_twice_at_once(make_target: MakeTarget, opened: Open, left: Left) -> None:
    """Two runs have nothing in common."""
    before = left.names()
    with make_target(path=opened.folder / "file.yaml").open(ONE) as other:
        assert other.url != opened.endpoint.url
        assert len(left.names() - before) == 4
    assert left.names() == before


def test_a_volume_with_a_name_is_there_afterwards(make_target: MakeTarget, docker_client: Any) -> None:
    """What a person named with --volume is theirs."""
    target = make_target(volumes=("nearimage-test-kept:/kept",))
    try:
        with target.open(ONE):
            pass
        assert docker_client.volumes.get("nearimage-test-kept").name
    finally:
        docker_client.volumes.get("nearimage-test-kept").remove()


def test_several_nodes_are_one_database(images: Images, make_target: MakeTarget, tmp_path: Path, left: Left) -> None:
    """Nodes that join each other are started together, and the first is asked; they are the cluster that is wanted."""
    always = {"PERSISTENCE_DATA_PATH": "/data", "ENABLE_MODULES": "", "RAFT_BOOTSTRAP_EXPECT": "3"}
    joining = {**always, "CLUSTER_JOIN": "one:7946"}
    nodes = {"one": always, "two": joining, "three": joining}
    image = images.fake()
    services: Mapping[str, Any] = {
        name: {"image": image, "environment": {**settings, "CLUSTER_HOSTNAME": name}}
        for name, settings in nodes.items()
    }
    path = tmp_path / "cluster.yaml"
    path.write_text(json.dumps({"services": services}))
    target = make_target(path=path)
    with target.open(Needs()) as endpoint:
        assert environment(endpoint)["CLUSTER_HOSTNAME"] == "one"
        assert [each.part for each in target.statistics()] == ["database one", "database two", "database three"]
        assert "3 nodes" in target.describe()
        assert target.logs().count("--- ") == 3
        before = left.names()
        with target.cluster(3) as found:
            assert found[0] == endpoint
            assert [environment(each)["CLUSTER_HOSTNAME"] for each in found] == ["one", "two", "three"]
            with target.lost(found[1]), pytest.raises(httpx.TransportError):
                environment(found[1])
            assert environment(found[1])["CLUSTER_HOSTNAME"] == "two"
            assert left.names() == before
        with pytest.raises(TargetError, match="has a cluster of 3 nodes, and one of 5 is asked for"), target.cluster(5):
            pytest.fail("it opened")


def test_a_key_of_the_file_is_the_endpoints(make_file: Callable[..., Path], make_target: MakeTarget) -> None:
    """It is found in the environment of Weaviate, and is in no text of ours."""
    path = make_file()
    keys = "AUTHENTICATION_APIKEY_ENABLED: 'true'\n      AUTHENTICATION_APIKEY_ALLOWED_KEYS: 'a$$ecret,another'"
    path.write_text(path.read_text().replace("MONEY:", f"{keys}\n      MONEY:"))
    target = make_target(path=path)
    with target.open(ONE) as endpoint:
        assert endpoint.api_key == "a$ecret"
        assert "ecret" not in repr(endpoint) + target.describe() + str(target.notes)
        with target.second({"AUTHENTICATION_APIKEY_ALLOWED_KEYS": "new"}) as second:
            assert second.api_key == "new"


def test_a_file_is_started_and_taken_away(make_target: MakeTarget, left: Left, tmp_path: Path) -> None:
    """The endpoint is on loopback, over HTTP and gRPC, with what stands behind it; afterwards nothing is left."""
    before = left.names()
    target = make_target()
    target.log_folder = tmp_path / "logs"
    with target.open(ONE) as endpoint:
        assert endpoint.url.startswith("http://127.0.0.1:")
        assert (endpoint.version, endpoint.started, endpoint.weaviate) == ("1.39.0", True, True)
        service = endpoint.inference["img2vec-neural"]
        assert httpx.get(f"{service.url}/.well-known/ready").is_success
        assert (service.ours, service.device) == (False, "cpu")
        assert service.image.startswith("nearimage-test/fake:fine@sha256:")
        assert len(left.names() - before) == 4, "two containers, a network, a volume"
    assert left.names() == before
    assert {path.name for path in target.log_folder.iterdir()} == {"db.log", "vectors.log"}
    assert "Running on CPU" in target.logs(), "its last words"
    assert {"images", "network", "inference service", "database process", "database ready"} <= {*target.phases}
