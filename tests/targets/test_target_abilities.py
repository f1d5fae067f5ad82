"""What embedded servers and the reference can do while they are open, and that nothing of it outlives the harness."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from starting import start_fake_inference

from harness.abilities import (
    ABILITIES,
    CanKill,
    CanPause,
    CanRestart,
    CanShowStatistics,
    CanStartCluster,
    CanStartSecond,
)
from harness.errors import TargetError
from harness.model import Endpoint, Needs
from harness.targets import find
from harness.targets.base import DescribedTarget
from harness.targets.embedded import EmbeddedTarget
from harness.targets.reference import ReferenceTarget
from harness.targets.state import start_time
from harness.targets.usage import disk_of

BOTH = Needs(modules=("img2vec-neural", "multi2vec-clip"))
WaitUntil = Callable[[Callable[[], object]], None]


@pytest.fixture(params=["embedded", "reference"])
def target(request: pytest.FixtureRequest, fake_embedded: EmbeddedTarget) -> DescribedTarget:
    """Each of the two, over fakes where they would need a binary or a model."""
    fakes = {"embedded": fake_embedded, "reference": ReferenceTarget(start_inference=start_fake_inference)}
    return fakes[request.param]


@pytest.fixture
def opened(target: DescribedTarget) -> Iterator[Endpoint]:
    """The target's endpoint while it is open."""
    with target.open(BOTH) as endpoint:
        yield endpoint


def answers(endpoint: Endpoint) -> bool:
    """Whether it answers within half a second."""
    try:
        return httpx.get(f"{endpoint.url}/v1/meta", timeout=0.5).is_success
    except httpx.TransportError:
        return False


def test_it_has_every_ability(target: DescribedTarget) -> None:
    """No check is skipped there for want of one."""
    assert [name for name, (ability, _) in ABILITIES.items() if not isinstance(target, ability)] == []


def test_a_url_has_none() -> None:
    """A server that runs already is nobody's to restart."""
    stranger = find("http://127.0.0.1:8080")
    assert [name for name, (ability, _) in ABILITIES.items() if isinstance(stranger, ability)] == []


def test_a_kill_is_no_request_and_keeps_data_and_addresses(target: DescribedTarget, opened: Endpoint) -> None:
    """Another process serves at the same endpoint, on what the killed one left."""
    assert isinstance(target, CanKill)
    assert isinstance(target, CanShowStatistics)
    assert target.kill() == opened
    assert answers(opened)
    assert target.kill() == opened


def test_a_paused_target_is_silent_and_resumes(target: DescribedTarget, opened: Endpoint) -> None:
    """In the block nothing is answered; after it everything is, also if the block failed."""
    assert isinstance(target, CanPause)
    with target.paused():
        assert not answers(opened)
    assert answers(opened)
    with pytest.raises(KeyboardInterrupt), target.paused():
        raise KeyboardInterrupt
    assert answers(opened)


def test_a_restart_of_a_paused_target_is_not_waited_for_in_vain(target: DescribedTarget, opened: Endpoint) -> None:
    """A request to end wakes what is frozen."""
    assert isinstance(target, CanPause)
    assert isinstance(target, CanRestart)
    with target.paused():
        assert target.restart() == opened
        assert answers(opened)


def test_it_says_what_it_uses(target: DescribedTarget, opened: Endpoint) -> None:
    """Database and inference service use memory; the database's folder has a size, and processor time never falls."""
    assert isinstance(target, CanShowStatistics)
    before = {each.part: each for each in target.statistics()}
    answers(opened)
    after = {each.part: each for each in target.statistics()}
    assert list(before) == ["database", "inference"]
    for part, used in before.items():
        assert used.resident > 2**20
        assert used.anonymous is None or 0 < used.anonymous <= used.resident
        assert after[part].cpu_seconds >= used.cpu_seconds >= 0
    assert before["database"].disk is not None
    assert before["database"].disk > 0
    assert before["inference"].disk is None


def test_a_second_one_has_its_own_place_and_settings(target: DescribedTarget, opened: Endpoint, tmp_path: Path) -> None:
    """It answers beside the first, with the same service and without the modules that its settings leave out."""
    assert isinstance(target, CanStartSecond)
    with target.second({"ENABLE_MODULES": "multi2vec-clip"}) as second:
        assert answers(second)
        assert answers(opened)
        assert second.url != opened.url
        assert second.grpc != opened.grpc
        assert set(second.modules) == {"multi2vec-clip"}
        assert second.inference["multi2vec-clip"] == opened.inference["multi2vec-clip"]
        assert len(list((tmp_path / "tmp").glob("nearimage-*"))) == 2
    assert not answers(second)
    assert answers(opened)
    assert len(list((tmp_path / "tmp").glob("nearimage-*"))) == 1


def test_a_cluster_has_an_address_for_each_node(target: DescribedTarget, opened: Endpoint, tmp_path: Path) -> None:
    """Its nodes answer beside the first database, each for itself, and are gone afterwards."""
    assert isinstance(target, CanStartCluster)
    with target.cluster(3) as nodes:
        assert len({one.url for one in (opened, *nodes)}) == 4
        assert len({one.grpc for one in (opened, *nodes)}) == 4
        assert all(map(answers, nodes))
    assert not any(map(answers, nodes))
    assert answers(opened)
    assert len(list((tmp_path / "tmp").glob("nearimage-*"))) == 1


def test_a_node_that_is_lost_comes_back(fake_embedded: EmbeddedTarget) -> None:
    """While it is away the others answer; after the block it is at the address where it was."""
    with fake_embedded.open(BOTH), fake_embedded.cluster(3) as nodes:
        with fake_embedded.lost(nodes[2]):
            assert [answers(one) for one in nodes] == [True, True, False]
        assert all(map(answers, nodes))


def test_a_second_one_that_does_not_start_leaves_the_first_alone(fake_embedded: EmbeddedTarget, tmp_path: Path) -> None:
    """Its failure is an error with its own log, and nothing of it is left."""
    with fake_embedded.open(BOTH) as opened:
        with pytest.raises(TargetError, match="exit code 3") as caught, fake_embedded.second({"FAKE": "exits"}):
            pytest.fail("it opened")
        assert "could not load config" in caught.value.log
        assert answers(opened)
        assert len(list((tmp_path / "tmp").glob("nearimage-*"))) == 1


def test_what_is_not_open_can_do_nothing(target: DescribedTarget) -> None:
    """Each ability is one of an open target; asked too early it is a mistake of the asker's."""
    assert isinstance(target, CanRestart)
    with pytest.raises(RuntimeError, match="is not open"):
        target.restart()


def test_a_folder_s_size_on_disk_counts_its_files(tmp_path: Path) -> None:
    """Files in sub-folders count, and a folder that is not there has none."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b").write_bytes(os.urandom(8192))
    assert disk_of(tmp_path / "a") >= 8192
    assert disk_of(tmp_path / "nothing") == 0


KILLED = """
    import os, sys
    from contextlib import nullcontext
    sys.path.insert(0, {tests!r})
    from starting import start_fake_inference
    from harness.model import Needs
    from harness.targets.binaries import Binary
    from harness.targets.embedded import EmbeddedTarget
    from pathlib import Path
    binary = Binary(Path({binary!r}), "", "a test")
    target = EmbeddedTarget("embedded:x", binary=binary, start_inference=start_fake_inference)
    with target.open(Needs(modules=("img2vec-neural",))):
        with target.second({{}}), target.paused():
            print("now", flush=True)
            sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_harness_that_ends_in_the_middle_leaves_nothing(
    number: signal.Signals, fake_binary: Path, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """Killed or interrupted while its server is frozen and a second one runs, it leaves no process and no folder."""
    script = textwrap.dedent(KILLED).format(tests=str(Path(__file__).parent), binary=str(fake_binary))
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"now\n"
        claims = [json.loads(path.read_text()) for path in (tmp_path / "state").glob("claim-*")]
        os.kill(harness.pid, number)
    assert len(claims) == 2
    processes = [each["pid"] for claim in claims for each in claim["processes"]]
    wait_until(lambda: not any(start_time(pid) for pid in processes))
    wait_until(lambda: not any(Path(claim["folder"]).exists() for claim in claims))
