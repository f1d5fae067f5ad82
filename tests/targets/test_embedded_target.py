"""The embedded target, over a fake binary that misbehaves in each way that a real one can."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.abilities import CanRestart, CanShowLogs
from harness.errors import TargetError, UsageError
from harness.model import Needs
from harness.targets import ports
from harness.targets.binaries import Binary
from harness.targets.embedded import EmbeddedTarget, choose
from harness.targets.logs import is_weaviates
from harness.targets.state import start_time

BOTH = ("img2vec-neural", "multi2vec-clip")


def nothing_is_left(tmp_path: Path) -> bool:
    """No claim and no temporary folder is left."""
    return not list((tmp_path / "state").glob("*")) and not list((tmp_path / "tmp").glob("*"))


def test_it_yields_an_endpoint_that_answers_and_takes_everything_away(
    fake_embedded: EmbeddedTarget, tmp_path: Path
) -> None:
    """An opened target answers at its endpoint; closed, its address is free and no file of it is left."""
    with fake_embedded.open(Needs(modules=BOTH)) as endpoint:
        assert httpx.get(f"{endpoint.url}/v1/meta").json()["version"] == "1.39.0"
        assert (endpoint.version, endpoint.weaviate, endpoint.started) == ("1.39.0", True, True)
        assert set(endpoint.inference) == set(BOTH)
        assert httpx.get(endpoint.inference[BOTH[0]].url + "/.well-known/ready").status_code == 204
    with pytest.raises(httpx.ConnectError):
        httpx.get(endpoint.url)
    assert nothing_is_left(tmp_path)


def test_each_phase_of_the_start_is_timed(fake_embedded: EmbeddedTarget) -> None:
    """The record can say how long the inference service, the process and its readiness took."""
    with fake_embedded.open(Needs(modules=BOTH)):
        pass
    names = ["inference service", "database process", "database ready", "modules and gRPC"]
    assert list(fake_embedded.phases) == names
    assert all(seconds >= 0 for seconds in fake_embedded.phases.values())


def test_without_modules_no_inference_service_is_started(fake_embedded: EmbeddedTarget) -> None:
    """Scenarios that need no module get a server without any."""
    with fake_embedded.open(Needs()) as endpoint:
        assert not endpoint.modules
        assert not endpoint.inference
    assert "inference service" not in fake_embedded.phases


def test_a_server_that_exits_at_once_is_an_error_with_its_last_words(
    fake_embedded: EmbeddedTarget, tmp_path: Path
) -> None:
    """The error has the exit code, the readable end of the log and a hint, and nothing is left behind."""
    needs = Needs(modules=BOTH, settings={"FAKE": "exits"})
    with (
        pytest.raises(TargetError, match="ended with exit code 3 before it was ready") as caught,
        fake_embedded.open(needs),
    ):
        pytest.fail("it opened")
    assert caught.value.log == "fatal: could not load config (error=invalid config: no such setting)"
    assert "not accepted by this version" in caught.value.hint
    assert nothing_is_left(tmp_path)


def test_a_server_that_dies_while_it_starts_is_noticed(fake_embedded: EmbeddedTarget) -> None:
    """Death between answering and being ready is an error, not a long wait."""
    needs = Needs(modules=BOTH, settings={"FAKE": "dies-starting"})
    with pytest.raises(TargetError, match="exit code 4") as caught, fake_embedded.open(needs):
        pytest.fail("it opened")
    assert "raft is broken" in caught.value.log


def test_a_server_without_a_module_that_is_needed_is_an_error(fake_embedded: EmbeddedTarget) -> None:
    """Being ready is not enough: /v1/meta must list each module."""
    needs = Needs(modules=BOTH, settings={"FAKE": "no-module"})
    with (
        pytest.raises(TargetError, match="without the module img2vec-neural and multi2vec-clip"),
        fake_embedded.open(needs),
    ):
        pytest.fail("it opened")


def test_a_port_that_is_taken_in_between_is_tried_again(fake_embedded: EmbeddedTarget) -> None:
    """Another program may take a port between picking and binding: other ports are picked."""
    with fake_embedded.open(Needs(modules=BOTH, settings={"FAKE": "port-taken-once"})) as endpoint:
        assert httpx.get(f"{endpoint.url}/v1/meta").is_success
        assert "address already in use" in fake_embedded.logs()


def test_another_server_that_got_the_port_first_is_not_taken_for_ours(
    fake_embedded: EmbeddedTarget, stranger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Weaviate of somebody else, ready on the port that was picked, is never tested: other ports are picked."""
    stranger.be_weaviate(**{name: {} for name in BOTH})
    stranger.answers["GET /v1/nodes"] = (200, "application/json", b'{"nodes": [{"name": "theirs"}]}')
    stranger.answers["GET /v1/.well-known/live"] = (200, "text/plain", b"")
    pick, taken = ports.pick, [ports.Ports(stranger.port)]
    monkeypatch.setattr(ports, "pick", lambda: taken.pop() if taken else pick())
    with fake_embedded.open(Needs(modules=BOTH, settings={"FAKE": "slow-to-bind"})) as endpoint:
        assert endpoint.url != f"http://127.0.0.1:{stranger.port}"
    assert "GET /v1/nodes" in {what for what, _ in stranger.asked}


def test_a_restart_keeps_data_and_addresses(fake_embedded: EmbeddedTarget) -> None:
    """After a restart the same endpoint answers, on the data folder of its first life."""
    assert isinstance(fake_embedded, CanRestart)
    with fake_embedded.open(Needs(modules=BOTH)) as endpoint:
        started = dict(fake_embedded.phases)
        assert fake_embedded.restart() == endpoint
        assert fake_embedded.phases == started
        assert httpx.get(f"{endpoint.url}/v1/meta").is_success
        assert '"address": "xx"' in fake_embedded.logs()


def test_the_log_of_the_server_can_be_read(fake_embedded: EmbeddedTarget, tmp_path: Path) -> None:
    """The log is there while it runs, and in a folder of a person's choice afterwards too."""
    assert isinstance(fake_embedded, CanShowLogs)
    fake_embedded.log_folder = tmp_path / "kept"
    with fake_embedded.open(Needs(modules=BOTH)):
        assert "lives" in fake_embedded.logs()
    assert "lives" in (tmp_path / "kept" / "weaviate.log").read_text()


def test_an_exception_in_the_middle_takes_everything_away(fake_embedded: EmbeddedTarget, tmp_path: Path) -> None:
    """A run that fails, or that a person interrupts, leaves nothing behind."""
    with pytest.raises(KeyboardInterrupt), fake_embedded.open(Needs(modules=BOTH)) as endpoint:
        raise KeyboardInterrupt
    with pytest.raises(httpx.ConnectError):
        httpx.get(endpoint.url)
    assert nothing_is_left(tmp_path)


def test_a_server_that_ignores_requests_and_has_children_goes_all_the_same(fake_embedded: EmbeddedTarget) -> None:
    """The whole process group is killed, with what the server started."""
    with fake_embedded.open(Needs(modules=BOTH, settings={"FAKE": "parent"})):
        found = re.search(r"child (\d+)", fake_embedded.logs())
        assert found
        assert start_time(int(found[1]))
    assert not start_time(int(found[1]))


def test_a_person_s_shell_does_not_leak_into_the_server(
    fake_embedded: EmbeddedTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings of the surrounding shell are not the server's; those that the scenario names are."""
    monkeypatch.setenv("FAKE", "exits")
    with fake_embedded.open(Needs(modules=BOTH)) as endpoint:
        assert endpoint.version == "1.39.0"


def test_a_file_that_is_no_program_is_an_error_that_says_so(tmp_path: Path) -> None:
    """An executable file of another system is named, not shown as a traceback."""
    path = tmp_path / "weaviate"
    path.write_bytes(b"\x00\x01\x02")
    path.chmod(0o755)
    target = EmbeddedTarget("embedded:x", binary=Binary(path, "", "a test"))
    with pytest.raises(TargetError, match=r"cannot start .*weaviate") as caught, target.open(Needs()):
        pytest.fail("it opened")
    assert "built for this machine" in caught.value.hint
    assert nothing_is_left(tmp_path)


def test_a_program_that_is_no_weaviate_is_an_error_that_says_so(tmp_path: Path) -> None:
    """Whatever else can be run, such as `ls`, is not called a Weaviate; its own words are shown."""
    path = tmp_path / "ls"
    path.write_text("#!/bin/sh\necho \"$0: unrecognized option '$1'\" >&2\nexit 2\n")
    path.chmod(0o755)
    target = EmbeddedTarget("embedded:x", binary=Binary(path, "", "a test"))
    with (
        pytest.raises(TargetError, match="ls is probably not a Weaviate: it ended with exit code 2") as caught,
        target.open(Needs()),
    ):
        pytest.fail("it opened")
    assert "unrecognized option '--host'" in caught.value.log
    assert "embedded:/path/to/weaviate" in caught.value.hint
    assert nothing_is_left(tmp_path)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"action":"startup","level":"info","msg":"created","time":"2024-01-01T00:00:00Z"}', True),
        ('time="2024-01-01T00:00:00Z" level=info msg="created" action=startup', True),
        ("ls: unrecognized option '--host'", False),
        ('{"error": "no"}', False),
        ("", False),
    ],
)
def test_a_line_of_a_weaviates_log_is_known(line: str, found: bool) -> None:  # noqa: FBT001 - a table
    """Weaviate logs a level and a message, as JSON or as text, whatever else."""
    assert is_weaviates(f"first\n{line}\n") is found


def test_a_binary_that_is_not_the_version_asked_for_is_an_error(fake_binary: Path) -> None:
    """A wrong file in the cache is not reported as the version that its name claims."""
    target = EmbeddedTarget("embedded:1.38.0", binary=Binary(fake_binary, "1.38.0", "the cache"), version="1.38.0")
    with (
        pytest.raises(TargetError, match=r"taken for Weaviate 1\.38\.0 but says that it is 1\.39\.0"),
        target.open(Needs()),
    ):
        pytest.fail("it opened")


KILLED = """
    import os, sys
    sys.path.insert(0, {tests!r})
    from starting import start_fake_inference
    from harness.model import Needs
    from harness.targets.binaries import Binary
    from harness.targets.embedded import EmbeddedTarget
    from pathlib import Path
    binary = Binary(Path({binary!r}), "", "a test")
    target = EmbeddedTarget("embedded:x", binary=binary, start_inference=start_fake_inference)
    with target.open(Needs(modules=("img2vec-neural",))) as endpoint:
        print(endpoint.url, flush=True)
        sys.stdin.read()
"""


def test_a_killed_harness_leaves_no_server_and_no_folder(
    fake_binary: Path, tmp_path: Path, wait_until: Callable[[Callable[[], object]], None]
) -> None:
    """After `kill -9` of the harness its server, its inference service and its folders are gone without any help."""
    script = textwrap.dedent(KILLED).format(tests=str(Path(__file__).parent), binary=str(fake_binary))
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as harness:
        assert harness.stdout is not None
        url = harness.stdout.readline().decode().strip()
        assert httpx.get(f"{url}/v1/meta").is_success
        claim = json.loads(next((tmp_path / "state").glob("claim-*")).read_text())
        os.kill(harness.pid, signal.SIGKILL)
    wait_until(lambda: not any(start_time(each["pid"]) for each in claim["processes"]))
    wait_until(lambda: not Path(claim["folder"]).exists())


def test_embedded_takes_the_binary_that_the_environment_names(
    fake_binary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`embedded` alone is WEAVIATE_BINARY; its name finds the very same target again."""
    monkeypatch.setenv("WEAVIATE_BINARY", str(fake_binary))
    assert choose("").name == f"embedded:{fake_binary}"
    assert choose(str(fake_binary)).name == f"embedded:{fake_binary}"


def test_embedded_with_nothing_here_says_what_to_do() -> None:
    """Without a binary named or cached there is no target, and the sentence says how to get one."""
    with pytest.raises(TargetError, match="no Weaviate binary here") as caught:
        choose("")
    assert "embedded:1.39.0" in caught.value.hint


@pytest.mark.parametrize("rest", ["latest", "1.39", "main"])
def test_what_is_neither_a_version_nor_a_file_is_refused(rest: str) -> None:
    """A partial version is not guessed at."""
    with pytest.raises(UsageError, match="neither a version nor a file"):
        choose(rest)


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A misspelt path is a usage error before anything is started."""
    with pytest.raises(UsageError, match="there is no file"):
        choose(str(tmp_path / "nothing"))


def test_the_description_names_the_version_and_the_binary(fake_embedded: EmbeddedTarget, fake_binary: Path) -> None:
    """A report says which Weaviate was tested and where it came from."""
    with fake_embedded.open(Needs(modules=BOTH)):
        said = fake_embedded.describe()
    assert said.startswith("Weaviate 1.39.0 was tested")
    assert str(fake_binary) in said
