"""Where the binary of a real Weaviate comes from: named by a person, the embedded client's cache, or its download.

The cache, its file names and the download addresses are those of the official Python client (`weaviate.embedded`), so
what either of the two has fetched, the other finds.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import socket
import stat
import tarfile
import tempfile
import threading
import time
import urllib.parse
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from harness.errors import TargetError, UsageError
from harness.targets.phases import Phases

RELEASES = "https://github.com/weaviate/weaviate/releases/download"
VERSION = re.compile(r"\d+\.\d+\.\d+(-(rc|alpha|beta)\.\d+)?")
_CACHED = re.compile(rf"weaviate-v({VERSION.pattern})-([0-9a-f]{{64}})")
_CONNECT_SECONDS = 5.0
_READ_SECONDS = 20.0
_DOWNLOAD_SECONDS = 900.0
_CHUNK = 1 << 20
_LARGEST = 2 << 30


@dataclass(frozen=True, slots=True)
class Binary:
    """A binary on this machine; `version` is empty where only starting it would tell; `origin` is for people."""

    path: Path
    version: str
    origin: str


def cache_folder() -> Path:
    """Return the folder in which the Python client keeps its binaries."""
    named = os.environ.get("XDG_CACHE_HOME")
    return Path(named) if named else Path.home() / ".cache" / "weaviate-embedded"


def cached(version: str) -> Path:
    """Return the path that the client's cache has for a version, whether it is there or not."""
    tag = f"v{version}"
    return cache_folder() / f"weaviate-{tag}-{hashlib.sha256(tag.encode()).hexdigest()}"


def in_cache() -> list[Binary]:
    """Return the usable binaries of the cache, newest version first."""
    try:
        paths = list(cache_folder().iterdir())
    except OSError:
        return []
    found = []
    for path in paths:
        match = _CACHED.fullmatch(path.name)
        if match and path == cached(match[1]) and is_program(path):
            found.append(Binary(path, match[1], "the embedded client's cache"))
    return sorted(found, key=lambda binary: _order(binary.version), reverse=True)


def named() -> Binary | None:
    """Return the binary that WEAVIATE_BINARY names, if it names one.

    Raises:
        UsageError: it names something that cannot be run.
    """
    text = os.environ.get("WEAVIATE_BINARY", "")
    return at(Path(text), "WEAVIATE_BINARY") if text else None


def at(path: Path, origin: str) -> Binary:
    """Return the binary at a path that a person gave.

    Raises:
        UsageError: there is no such file, or it cannot be run.
    """
    path = path.expanduser().absolute()
    if not path.is_file():
        raise UsageError(f"{origin}: there is no file {path}", hint="Give the path of a Weaviate server binary.")
    if not is_program(path):
        raise UsageError(f"{origin}: {path} is not executable", hint=f"Allow it: chmod +x {path}")
    return Binary(path, "", origin)


def is_program(path: Path) -> bool:
    """True for a file that this user may run."""
    return path.is_file() and os.access(path, os.X_OK)


def fetched(version: str, phases: Phases, releases: str = RELEASES) -> Binary:
    """Return the binary of a version, from the cache or by the client's ordinary download into the cache.

    Args:
        version: such as "1.39.0".
        phases: gets the time of a download.
        releases: where the releases are.

    Raises:
        TargetError: it is not in the cache and could not be downloaded.
    """
    path = cached(version)
    if not is_program(path):
        with phases.timed("download"):
            _download(version, path, releases)
    return Binary(path, version, "the embedded client's cache")


def download_url(version: str, releases: str, system: str, processor: str) -> str:
    """Return the address of a version for a machine, whose names are those of `platform.system` and `machine`."""
    if system == "Darwin":
        return f"{releases}/v{version}/weaviate-v{version}-Darwin-all.zip"
    processor = {"x86_64": "amd64", "aarch64": "arm64"}.get(processor, processor)
    return f"{releases}/v{version}/weaviate-v{version}-{system}-{processor}.tar.gz"


def _download(version: str, path: Path, releases: str) -> None:
    url = download_url(version, releases, platform.system(), platform.machine())
    hint = (
        f"Put a binary at {path} (a symbolic link will do), or name one: --target embedded:/path/to/weaviate. "
        "Without any Weaviate, --target reference tests none but runs."
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent) as archive:
            trouble = _fill(archive, url)
            if trouble:
                raise TargetError(f"Weaviate {version} is not in {path.parent}, and {url} {trouble}", hint=hint)
            archive.seek(0)
            _unpack(archive, path, zipped=url.endswith(".zip"))
    except (OSError, EOFError, KeyError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise TargetError(f"cannot store Weaviate {version} as {path}: {error}", hint=hint) from error


def _fill(archive: IO[bytes], url: str) -> str:
    """Download into a file; return what went wrong, empty if nothing did."""
    import httpx

    if not urllib.request.getproxies() and not _resolves(urllib.parse.urlsplit(url).hostname or ""):
        return "has no address here: this machine seems to be offline"
    deadline = time.monotonic() + _DOWNLOAD_SECONDS
    limits = httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS)
    size = 0
    try:
        with httpx.stream("GET", url, timeout=limits, follow_redirects=True) as answer:
            if answer.status_code != httpx.codes.OK:
                return f"answered {answer.status_code}"
            for part in answer.iter_bytes(_CHUNK):
                size += archive.write(part)
                if size > _LARGEST or time.monotonic() > deadline:
                    return f"did not end after {size >> 20} MiB"
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"could not be read ({str(error) or type(error).__name__})"
    return ""


def _resolves(host: str) -> bool:
    """True if the host has an address; asked in a thread because looking it up knows no deadline of its own."""
    found = threading.Event()

    def look() -> None:
        try:
            socket.getaddrinfo(host, 443)
        except OSError:
            return
        found.set()

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    looking.join(_CONNECT_SECONDS)
    return found.is_set()


def _unpack(archive: IO[bytes], path: Path, *, zipped: bool) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".weaviate-")
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as program:
            _copy_program(archive, program, zipped=zipped)
        new.chmod(new.stat().st_mode | stat.S_IRUSR | stat.S_IXUSR | stat.S_IRGRP | stat.S_IXGRP)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _copy_program(archive: IO[bytes], program: IO[bytes], *, zipped: bool) -> None:
    """Copy the one file `weaviate` of an archive; nothing else of it is ever unpacked."""
    if zipped:
        with zipfile.ZipFile(archive) as whole, whole.open("weaviate") as member:
            shutil.copyfileobj(member, program, _CHUNK)
        return
    with tarfile.open(fileobj=archive, mode="r:gz") as whole_tar:
        inner = whole_tar.extractfile("weaviate")
        if inner is None:
            raise tarfile.TarError("`weaviate` in it is not a file")
        shutil.copyfileobj(inner, program, _CHUNK)


def _order(version: str) -> tuple[list[int], bool, str]:
    plain, _, suffix = version.partition("-")
    return [int(part) for part in plain.split(".")], not suffix, suffix
