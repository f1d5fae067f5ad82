"""What `nearimage versions` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.fleet.versions import listed, resolve
from harness.targets import binaries
from harness.targets.versions import OFFICIAL


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with no Docker, no binary and nothing set."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path / 'no.sock'}")
    monkeypatch.delenv("WEAVIATE_BINARY", raising=False)


def test_a_bare_machine_has_the_pinned_version_alone() -> None:
    """Without binaries and without Docker there is what could be fetched, and why not more."""
    assert listed() == [
        "docker:VERSION  not here: no daemon answers",
        f"docker          {OFFICIAL}, the newest release that this nearimage was run against",
    ]


def test_binaries_are_listed_newest_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A named binary comes first, then the client's cache, each as the target that it is."""
    for path in (binaries.cached("1.32.27"), binaries.cached("1.39.0"), tmp_path / "mine"):
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    monkeypatch.setenv("WEAVIATE_BINARY", str(tmp_path / "mine"))
    assert [line.split()[0] for line in listed()][:3] == ["embedded", "embedded:1.39.0", "embedded:1.32.27"]


def test_a_binary_that_is_named_and_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong WEAVIATE_BINARY is a line of the list, not the end of it."""
    monkeypatch.setenv("WEAVIATE_BINARY", "/nowhere")
    assert listed()[0].startswith("embedded        WEAVIATE_BINARY: there is no file /nowhere")


def test_a_version_that_nobody_has_here_is_a_download() -> None:
    """Without its binary and without Docker a version would be fetched as the client fetches it, and that is said."""
    had = resolve("1.32.27")
    assert had.target == "embedded:1.32.27"
    assert "a download" in had.says


def test_the_versions_that_are_named_are_resolved() -> None:
    """`versions A,B` says what each comes to, and refuses what is no version."""
    lines = listed("1.32.27,v1.39.0")
    assert [line.split()[:2] for line in lines] == [["1.32.27", "embedded:1.32.27"], ["1.39.0", "embedded:1.39.0"]]
    with pytest.raises(UsageError, match="'newest' is none"):
        listed("newest")
