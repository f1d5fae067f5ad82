"""Where the binary of a real Weaviate comes from."""

from __future__ import annotations

import hashlib
import io
import platform
import tarfile
from pathlib import Path
from typing import Any

import pytest

from harness.errors import TargetError, UsageError
from harness.targets import binaries
from harness.targets.phases import Phases


def put(path: Path, content: str = "#!/bin/sh\n") -> Path:
    """Write an executable file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def archive(name: str = "weaviate", kind: bytes = tarfile.REGTYPE) -> bytes:
    """Return a release as it is published: one program in a compressed tar."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        member = tarfile.TarInfo(name)
        member.type = kind
        member.size = 10 if kind == tarfile.REGTYPE else 0
        tar.addfile(member, io.BytesIO(b"#!/bin/sh\n"))
    return packed.getvalue()


@pytest.fixture
def releases(stranger: Any) -> Any:
    """A place that publishes version 1.39.0 for this machine."""
    if platform.system() == "Darwin":
        pytest.skip("releases for macOS are zip files")
    stranger.base = f"http://127.0.0.1:{stranger.port}/r"
    url = binaries.download_url("1.39.0", "/r", platform.system(), platform.machine())
    stranger.path = f"GET {url}"
    stranger.answers[stranger.path] = (200, "application/gzip", archive())
    return stranger


def test_the_cache_is_the_python_client_s(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Folder and file name are those of weaviate.embedded, so either finds what the other has fetched."""
    assert binaries.cached("1.39.0").name == "weaviate-v1.39.0-" + hashlib.sha256(b"v1.39.0").hexdigest()
    assert binaries.cached("1.39.0").parent == tmp_path / "cache"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert binaries.cache_folder() == Path.home() / ".cache" / "weaviate-embedded"


def test_the_newest_version_of_the_cache_comes_first() -> None:
    """Versions are compared as numbers, and a release goes before its candidates."""
    for version in ("1.9.0", "1.32.27", "1.39.0-rc.1", "1.39.0"):
        put(binaries.cached(version))
    assert [each.version for each in binaries.in_cache()] == ["1.39.0", "1.39.0-rc.1", "1.32.27", "1.9.0"]


def test_what_only_looks_like_a_binary_is_left_out() -> None:
    """A wrong hash, a file that may not be run, and other files of the cache are none."""
    put(binaries.cached("1.39.0")).chmod(0o644)
    put(binaries.cache_folder() / f"weaviate-v1.38.0-{'0' * 64}")
    put(binaries.cache_folder() / "tmp_weaviate.tgz")
    assert binaries.in_cache() == []


def test_a_symbolic_link_in_the_cache_will_do(tmp_path: Path) -> None:
    """The client follows links there, and so do we."""
    binaries.cached("1.39.0").symlink_to(put(tmp_path / "weaviate"))
    assert [each.version for each in binaries.in_cache()] == ["1.39.0"]


def test_a_cached_version_is_not_downloaded() -> None:
    """What is there is taken without asking the network."""
    path = put(binaries.cached("1.39.0"))
    assert binaries.fetched("1.39.0", Phases(), "http://127.0.0.1:9").path == path


def test_a_download_lands_in_the_cache_and_can_be_run(releases: Any) -> None:
    """The program of the archive is stored under the client's name, executable, and nothing else is left there."""
    phases = Phases()
    binary = binaries.fetched("1.39.0", phases, releases.base)
    assert binary.path == binaries.cached("1.39.0")
    assert binaries.is_program(binary.path)
    assert list(binaries.cache_folder().iterdir()) == [binary.path]
    assert list(phases) == ["download"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ((404, "text/plain", b""), "answered 404"),
        ((200, "application/gzip", b"<html>"), "cannot store"),
        ((200, "application/gzip", archive()[:40]), "cannot store"),
        ((200, "application/gzip", archive("../weaviate")), "cannot store"),
        ((200, "application/gzip", archive(kind=tarfile.DIRTYPE)), "cannot store"),
    ],
)
def test_a_bad_download_is_an_error_and_leaves_nothing(
    releases: Any, answer: tuple[int, str, bytes], message: str
) -> None:
    """A missing version or a damaged archive is an error with a way out, and the cache stays clean."""
    releases.answers[releases.path] = answer
    with pytest.raises(TargetError, match=message) as caught:
        binaries.fetched("1.39.0", Phases(), releases.base)
    assert "--target reference" in caught.value.hint
    assert list(binaries.cache_folder().iterdir()) == []


def test_without_a_network_the_download_is_an_error_soon() -> None:
    """A host without an address is told as being offline."""
    with pytest.raises(TargetError, match="seems to be offline"):
        binaries.fetched("1.39.0", Phases(), "https://nearimage.invalid/r")


def test_a_connection_that_is_refused_is_an_error() -> None:
    """A host that does not answer is named with its address."""
    with pytest.raises(TargetError, match="could not be read"):
        binaries.fetched("1.39.0", Phases(), "http://127.0.0.1:9/r")


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("Linux", "x86_64", "Linux-amd64.tar.gz"),
        ("Linux", "aarch64", "Linux-arm64.tar.gz"),
        ("Darwin", "arm64", "Darwin-all.zip"),
    ],
)
def test_the_download_address_fits_the_machine(system: str, machine: str, name: str) -> None:
    """The address is the one that the Python client would use there."""
    assert binaries.download_url("1.39.0", "R", system, machine) == f"R/v1.39.0/weaviate-v1.39.0-{name}"


def test_the_named_binary_must_be_there_and_executable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """WEAVIATE_BINARY was meant: what cannot be run is an error, not a reason to look elsewhere."""
    assert binaries.named() is None
    monkeypatch.setenv("WEAVIATE_BINARY", str(tmp_path / "weaviate"))
    with pytest.raises(UsageError, match="WEAVIATE_BINARY: there is no file"):
        binaries.named()
    put(tmp_path / "weaviate").chmod(0o644)
    with pytest.raises(UsageError, match="is not executable") as caught:
        binaries.named()
    assert "chmod +x" in caught.value.hint
