"""A run that is interrupted, killed, or loses its database: nothing stays behind, and what was found can be read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from urllib.request import urlopen

import pytest
from running import LARGE, TINY, Place, ended, wait_until

from harness.model import Outcome
from harness.record import read

MANY = TINY.replace("[near-image/ascending, threshold/inclusive]", '["*"]').replace("subjects: 4", "subjects: 30")


def classes(server: str) -> list[str]:
    """The collections of a server."""
    with urlopen(f"{server.partition('?')[0]}/v1/schema") as answer:
        return [one["class"] for one in json.load(answer)["classes"]]


def verdict_in(place: Place) -> bool:
    """Whether the first verdict stands in the record."""
    return bool(place.entries("verdict"))


def assert_interrupted(result: subprocess.CompletedProcess[str], place: Place) -> None:
    """It said so in order, and nothing is left but a readable record."""
    assert result.returncode == 130, result.stderr
    assert "Traceback" not in result.stderr
    assert "nterrupted" in result.stdout + result.stderr
    assert place.left() == []
    assert read(place.record).exit_code == 130


def test_before_the_database_is_ready(place: Place) -> None:
    """Ctrl-C while the target starts takes what was started of it away."""
    place.scenario()
    process = place.start("run", "tiny.yaml", "--target", "reference")
    wait_until(lambda: any(claim["processes"] for claim in place.claims()), process)
    process.send_signal(signal.SIGINT)
    assert_interrupted(ended(process), place)


def test_while_images_are_loaded(place: Place, server: str) -> None:
    """Ctrl-C while a collection is filled removes it from a server that is not ours."""
    place.scenario(LARGE)
    process = place.start("run", "tiny.yaml", "--target", server)
    wait_until(lambda: classes(server), process)
    process.send_signal(signal.SIGINT)
    assert_interrupted(ended(process), place)
    assert classes(server) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_checks_run(number: signal.Signals, place: Place) -> None:
    """Ctrl-C and a polite end from outside keep what was found until then, and its page."""
    place.scenario(MANY)
    process = place.start("run", "tiny.yaml", "--target", "reference")
    wait_until(lambda: verdict_in(place), process)
    process.send_signal(number)
    assert_interrupted(ended(process), place)
    assert place.record.with_name("report.html").exists()


def test_killed(place: Place) -> None:
    """After kill -9 the processes go by themselves, and `down` removes the rest; the record can be read."""
    place.scenario(MANY)
    process = place.start("run", "tiny.yaml", "--target", "reference")
    wait_until(lambda: verdict_in(place), process)
    process.kill()
    ended(process)
    down = place.run("down")
    assert down.returncode == 0
    assert place.left() == []
    assert read(place.record).truncated


def test_killed_beside_a_server_of_others(place: Place, server: str) -> None:
    """After kill -9, `down --target URL` removes the collections from the server, and the next run cleans up here."""
    place.scenario(MANY)
    process = place.start("run", "tiny.yaml", "--target", server)
    wait_until(lambda: verdict_in(place), process)
    process.kill()
    ended(process)
    assert classes(server)
    place.scenario(TINY)
    assert place.run("run", "tiny.yaml", "--target", server).returncode == 0
    assert place.left() == []
    down = place.run("down", "--target", server)
    assert "removed the collection" in down.stdout
    assert classes(server) == []


def test_a_database_that_dies(place: Place) -> None:
    """When the database dies, what was not asked is undecided, the person is told, and the run ends soon."""
    place.scenario(MANY)
    process = place.start("run", "tiny.yaml", "--target", "reference")
    wait_until(lambda: verdict_in(place), process)
    [reference] = [pid for claim in place.claims() for pid in references(claim)]
    os.kill(reference, signal.SIGKILL)
    result = ended(process)
    assert result.returncode in {1, 3}, result.stderr
    assert "the database does not answer any more" in result.stdout
    verdicts = place.entries("verdict")
    assert verdicts[-1]["outcome"] == "undecided"
    assert place.left() == []


def references(claim: dict[str, list[dict[str, int]]]) -> list[int]:
    """Process ids of the references that a claim names."""
    found = []
    for each in claim["processes"]:
        words = Path(f"/proc/{each['pid']}/cmdline").read_bytes().split(b"\0")
        if b"harness.reference" in words and not any(word.endswith(b"guard.py") for word in words):
            found.append(each["pid"])
    return found


DURABLE = TINY.replace(
    "checks: [near-image/ascending, threshold/inclusive]",
    'needs: {abilities: [restart, kill, pause, second]}\nchecks: ["durability/*", "settings/*"]',
).replace("load: {requests: 12, warmup: 2}\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_while_a_second_server_runs(number: signal.Signals, place: Place) -> None:
    """Interrupted or killed in the middle of what checks do to servers, it leaves neither the first nor the second."""
    place.scenario(DURABLE)
    process = place.start("run", "tiny.yaml", "--target", "reference", "--checks", "settings/default-limit")
    wait_until(lambda: any("second" in claim["what"] and claim["processes"] for claim in place.claims()), process)
    process.send_signal(number)
    if number is signal.SIGINT:
        assert_interrupted(ended(process), place)
    else:
        ended(process)
        assert place.run("down").returncode == 0
        assert place.left() == []


def test_a_whole_run_of_what_restarts_and_kills(place: Place) -> None:
    """Each clause holds on the reference in a process of its own, and nothing stays behind."""
    place.scenario(DURABLE)
    result = place.run("run", "tiny.yaml", "--target", "reference", "--interfaces", "grpc", "--quiet")
    assert result.returncode == 0, result.stdout + result.stderr
    assert {one.outcome for one in read(place.record).verdicts} == {Outcome.HELD}
    assert {"durability/kill-keeps", "settings/default-limit"} <= {one.check for one in read(place.record).verdicts}
    assert place.left() == []
