"""Which versions of Weaviate can be had on this machine, and what each name of a version comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.errors import HarnessError, UsageError
from harness.targets import binaries
from harness.targets.setup import Setup
from harness.targets.versions import OFFICIAL

_ONLY_CONTAINERS = ("inference", "images", "cpus", "memory", "volumes")


@dataclass(frozen=True, slots=True)
class Had:
    """A Weaviate that can be had: the target that it is, and where it comes from."""

    target: str
    says: str


def versions_in(text: str) -> list[str]:
    """Return the versions of a list with commas.

    Raises:
        UsageError: one of them is no whole version, or there is none.
    """
    found = [part.strip().removeprefix("v") for part in text.split(",")]
    for part in found:
        if not binaries.VERSION.fullmatch(part):
            what = f"--versions takes whole versions with commas between, and {part!r} is none"
            raise UsageError(what, hint="Such as --versions 1.32.27,1.39.0; `nearimage versions` says what is here.")
    return found


def resolve(version: str, setup: Setup | None = None) -> Had:
    """Return what a version is tested as: its binary if it is here, else a container, else its download.

    With options that only containers take it is a container.
    """
    path = binaries.cached(version)
    contained = setup is not None and any(getattr(setup, name) for name in _ONLY_CONTAINERS)
    if binaries.is_program(path) and not contained:
        return Had(f"embedded:{version}", f"the binary {path}")
    trouble = _no_docker()
    if contained or not trouble:
        return Had(f"docker:{version}", "a container" + (f", but {trouble}" if trouble else ""))
    return Had(f"embedded:{version}", f"a download: no binary is here, and for a container {trouble}")


def listed(text: str = "") -> list[str]:
    """Return lines: what can be had here, or what these versions come to.

    Raises:
        UsageError: one of them is no version.
    """
    if text:
        return [f"{version:14} {had.target:24} {had.says}" for version, had in _resolved(versions_in(text))]
    pinned = Had("docker", f"{OFFICIAL}, the newest release that this nearimage was run against")
    found = [*_binaries(), *_images(), pinned]
    width = max(len(had.target) for had in found)
    return [f"{had.target:{width}}  {had.says}" for had in found]


def _resolved(versions: list[str]) -> Iterator[tuple[str, Had]]:
    for version in versions:
        yield version, resolve(version)


def _binaries() -> Iterator[Had]:
    try:
        named = binaries.named()
    except UsageError as error:
        yield Had("embedded", str(error))
        named = None
    if named is not None:
        yield Had("embedded", f"{named.path} ({named.origin})")
    for one in binaries.in_cache():
        yield Had(f"embedded:{one.version}", f"{one.path} ({one.origin})")


def _images() -> Iterator[Had]:
    """The images of Weaviate that Docker has here, if it answers: official ones, and what was packed from a binary."""
    trouble = _no_docker()
    if trouble:
        yield Had("docker:VERSION", f"not here: {trouble}")
        return
    from harness.targets.docker import daemon, images

    try:
        with daemon.connected() as docker:
            tags = sorted({tag for image in docker.client.images.list() for tag in image.tags})
    except HarnessError as error:
        yield Had("docker:VERSION", f"not here: {error.what}")
        return
    for tag in tags:
        name, _, version = tag.rpartition(":")
        if name == images.WEAVIATE:
            yield Had(f"docker:{version}", f"the image {tag}")
        elif name.rpartition("/")[2].startswith("weaviate"):
            yield Had(f"docker:{tag}", "an image of this machine's own")


def _no_docker() -> str:
    """Why there is no Docker here; empty if there is."""
    from harness.targets.docker.daemon import silence

    return silence()
