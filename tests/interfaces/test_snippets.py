"""A snippet as a file: what the environment says reaches it, and what becomes of it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from badserver import BadServer, http

from harness.errors import AnswerError, UnsupportedError
from harness.interfaces.snippets import run
from harness.model import Endpoint

NOWHERE = Endpoint(target="test", url="http://127.0.0.1:9", grpc="127.0.0.1:10", version="1.39.0")


@pytest.fixture
def image(tmp_path: Path) -> str:
    """A file that is no image."""
    file = tmp_path / "Corgi.jpg"
    file.write_bytes(bytes(range(256)) * 800)
    return str(file)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A snippet of one's own, instead of those that come along."""
    monkeypatch.setattr("harness.interfaces.snippets.shipped_folder", lambda _: tmp_path)
    path = tmp_path / "snippets" / "python" / "fake.py"
    path.parent.mkdir(parents=True)
    return path


@pytest.mark.shell
def test_the_shells_snippet_sends_the_key_and_the_whole_image(image: str) -> None:
    """Two hundred kilobytes, more than an argument holds, arrive as base64, and the key as a bearer."""
    from base64 import b64encode

    with BadServer(http("200 OK", b'{"data": {}}')) as server:
        there = replace(NOWHERE, url=f"http://{server.address}", api_key="s3cret")
        ran = run("shell/near_image_distance.sh", "shell", there, IMAGE=image, COLLECTION="Dog", DISTANCE="0.25")
        [heard] = server.heard
    assert (ran.status, ran.printed) == (0, '{"data": {}}')
    assert b"Authorization: Bearer s3cret" in heard
    assert b"Content-Type: application/json" in heard
    assert b64encode(Path(image).read_bytes()) in heard
    assert b"Get { Dog(nearImage: {image: $image, distance: 0.25}) { breed } }" in heard


@pytest.mark.shell
def test_a_snippet_that_fails_says_why(image: str) -> None:
    """Nobody answers: the exit status says so, and the words of the program are kept."""
    ran = run("shell/near_image.sh", "shell", NOWHERE, IMAGE=image)
    assert ran.status != 0
    assert "curl" in ran.said


def test_the_environment_is_this_databases(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key and a proxy of the person's own reach no snippet that asks a database on this machine."""
    monkeypatch.setenv("WEAVIATE_API_KEY", "theirs")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    fake.write_text("import os\nfor name in sorted(os.environ): print(name, os.environ[name])\n")
    said = dict(
        line.split(" ", 1) for line in run("python/fake.py", "python", NOWHERE, DISTANCE="1").printed.splitlines()
    )
    assert (said["WEAVIATE_URL"], said["WEAVIATE_GRPC"], said["DISTANCE"]) == (NOWHERE.url, NOWHERE.grpc, "1")
    assert not {"WEAVIATE_API_KEY", "HTTP_PROXY"} & set(said)


def test_a_snippet_that_does_not_end_is_left(fake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its time is bounded, and nobody knows then what the server did."""
    monkeypatch.setattr("harness.interfaces.snippets._PATIENCE", 0.2)
    fake.write_text("import time\ntime.sleep(60)\n")
    with pytest.raises(AnswerError, match="did not end"):
        run("python/fake.py", "python", NOWHERE)


@pytest.mark.parametrize("client", ["python-v3", "typescript", "typescript-v1"])
def test_a_client_that_is_not_here_is_said(client: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is downloaded for a snippet: what it takes and how to get it is told."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(UnsupportedError) as raised:
        run("python/near_image_v3.py", client, NOWHERE)
    assert f"install {client}" in raised.value.hint
