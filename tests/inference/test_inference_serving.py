"""The service on a real socket, in this process and as a program of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from inference_asking import planted

from harness.errors import ExitCode, TargetError
from harness.inference.announce import read_ready_line, ready_line
from harness.inference.encoders import load
from harness.inference.process import SpawnedService, spawn, starting
from harness.inference.serving import serve


def raw(url: str, request: bytes) -> tuple[bytes, dict[str, object]]:
    """Send bytes and return the status line and the JSON that come back."""
    address = urlsplit(url)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(request)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.splitlines()[0], json.loads(body)


def answers(url: str) -> bool:
    """Whether something still listens there."""
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname, address.port), timeout=5).close()
    except OSError:
        return False
    return True


def gone(url: str, seconds: float = 20) -> bool:
    """Wait until nothing listens there any more."""
    give_up = time.monotonic() + seconds
    while answers(url) and time.monotonic() < give_up:
        time.sleep(0.05)
    return not answers(url)


def test_a_post_without_content_type_is_answered() -> None:
    """The bytes that Weaviate sends, which name no Content-Type, get their vector."""
    body = json.dumps({"id": "search_1", "image": planted(4, 5)}).encode()
    head = f"POST /vectors HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    with serve(load("planted")) as url:
        assert raw(url, head + body) == (b"HTTP/1.1 200 OK", {"id": "search_1", "vector": [4.0, 5.0], "dim": 2})


def test_a_chunked_post_is_answered() -> None:
    """A body without a length, in chunks, is read to its end."""
    body = json.dumps({"texts": [], "images": [planted(6)]}).encode()
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:50], body[50:])) + b"0\r\n\r\n"
    head = b"POST /vectorize HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    with serve(load("planted")) as url:
        assert raw(url, head + chunks)[1] == {"textVectors": [], "imageVectors": [[6.0]]}


def test_the_port_is_free_afterwards() -> None:
    """Leaving the block ends the service."""
    with serve(load("planted")) as url:
        assert answers(url)
    assert gone(url)


def test_a_port_that_is_taken_is_said_to_be() -> None:
    """A second service on one port is a TargetError with the address and what to do."""
    with (
        serve(load("planted")) as url,
        pytest.raises(TargetError, match=r"cannot listen on 127\.0\.0\.1 port \d+") as caught,
        serve(load("planted"), port=urlsplit(url).port or 0),
    ):
        pass
    assert "--port" in caught.value.hint


def test_a_spawned_service_answers_and_is_gone_afterwards() -> None:
    """`spawn` gives the address of a program that serves, and takes it away at the end."""
    with spawn(encoder="planted") as service:
        assert (service.encoder, service.device, service.alive()) == ("planted", "cpu", True)
        reply = httpx.post(service.url + "/vectors", json={"id": "1", "image": planted(1, 2)})
        assert reply.json()["vector"] == [1.0, 2.0]
    assert not service.alive()
    assert gone(service.url)


def test_a_starting_service_answers_who_came_before_it_was_ready() -> None:
    """Its address is known at once, and a request that is sent meanwhile is answered."""
    with starting(encoder="planted") as service:
        reply = httpx.post(service.url + "/vectors", json={"id": "1", "image": planted(1, 2)}, timeout=60)
        assert reply.json()["vector"] == [1.0, 2.0]
        assert service.ready().url == service.url
    assert gone(service.url)


def test_a_service_that_ended_at_its_start_lets_nobody_wait() -> None:
    """Its address turns everybody away, also while whoever started it holds on to it."""
    with starting(encoder="nonsense") as service:
        with pytest.raises(TargetError, match="ended at its start"):
            service.ready()
        assert gone(service.url)


def test_a_descriptor_that_is_no_socket_is_said_to_be_none(tmp_path: Path) -> None:
    """What was handed down and can't be listened on is a TargetError that names it."""
    with (
        (tmp_path / "file").open("w") as file,
        pytest.raises(TargetError, match=f"cannot listen on descriptor {file.fileno()}"),
        serve(load("planted"), descriptor=file.fileno()),
    ):
        pass


def test_a_descriptor_below_zero_is_said_to_be_none() -> None:
    """There is none of that number."""
    with pytest.raises(TargetError, match="cannot listen on descriptor -3"), serve(load("planted"), descriptor=-3):
        pass


def test_a_spawned_service_is_taken_away_after_an_error() -> None:
    """An error inside the block takes the program away too."""
    seen: list[SpawnedService] = []

    def fail() -> None:
        with spawn(encoder="planted") as service:
            seen.append(service)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not seen[0].alive()


def test_a_service_that_dies_at_its_start_is_reported_with_its_last_words() -> None:
    """The error names the exit code and carries the log's tail."""
    with pytest.raises(TargetError, match="ended at its start with code 2") as caught, spawn(encoder="nonsense"):
        pass
    assert "invalid choice: 'nonsense'" in caught.value.log


def test_a_service_that_is_not_ready_in_time_is_reported() -> None:
    """The wait ends when it was said to end, and the program with it."""
    with pytest.raises(TargetError, match=r"not ready after 0\.001 s"), spawn(encoder="planted", timeout=0.001):
        pass


def test_a_service_is_told_by_its_environment() -> None:
    """Variables given to `spawn` reach the program: a CUDA_CORE that names nothing ends it with a sentence."""
    wrong = {"ENABLE_CUDA": "1", "CUDA_CORE": "gpu"}
    with pytest.raises(TargetError) as caught, spawn(encoder="planted", env=wrong):
        pass
    assert caught.value.log.splitlines()[0] == "CUDA_CORE is 'gpu', which names no device"


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_the_service_dies_with_a_parent_that_is_killed() -> None:
    """Nothing is left when the process that spawned the service is killed without a chance to clean up."""
    program = (
        "import time\nfrom harness.inference.process import spawn\n"
        "with spawn(encoder='planted') as s:\n    print(s.url, flush=True)\n    time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        assert answers(url)
        parent.kill()
    assert gone(url)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_program_quietly(number: signal.Signals) -> None:
    """Ctrl-C and a polite kill end the program with code 0 and not a word on its error stream."""
    command = [sys.executable, "-m", "harness.inference", "--encoder", "planted"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert read_ready_line(program.stdout.readline()) is not None
        program.send_signal(number)
        rest, errors = program.communicate(timeout=20)
    assert (program.returncode, rest, errors) == (ExitCode.HELD, "", "")


def test_a_wrong_address_ends_the_program_with_code_4() -> None:
    """What keeps the service from starting is one sentence on the error stream, and no traceback."""
    command = [sys.executable, "-m", "harness.inference", "--encoder", "planted", "--host", "192.0.2.1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == ExitCode.NO_TARGET
    assert done.stderr.startswith("the inference service cannot listen on 192.0.2.1")
    assert "Traceback" not in done.stderr


def test_the_ready_line_reads_back() -> None:
    """Whoever starts the program reads from its ready line what was written into it, and takes no other line for it."""
    facts = ("http://127.0.0.1:8080", "auto", "cuda:1")
    assert read_ready_line(ready_line(*facts) + "\n") == facts
    assert read_ready_line("nearimage inference ready soon") is None
