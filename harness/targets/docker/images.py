"""Container images: which ones, and having them here."""

from __future__ import annotations

import difflib
import os
import re
from typing import Any

from harness.errors import TargetError, UsageError
from harness.model import Module
from harness.targets.docker.daemon import Daemon
from harness.targets.docker.trouble import explained, words

WEAVIATE = "semitechnologies/weaviate"
INFERENCE = {
    Module.IMG2VEC: "semitechnologies/img2vec-pytorch:resnet50",
    Module.CLIP: "semitechnologies/multi2vec-clip:sentence-transformers-clip-ViT-B-32-multilingual-v1",
}
"""The images of the document that this harness is the test of."""

_REFERENCE = re.compile(
    r"(?:[a-zA-Z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:(?:[._/]|__|-+)[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_ABSENT = ("manifest unknown", "not found", "pull access denied", "does not exist", "no such image")
_AWAY = ("no such host", "dial tcp", "timeout", "deadline exceeded", "tls", "connection refused", "proxyconnect", "eof")


def checked(name: str) -> str:
    """Return an image's name if it can be one.

    Raises:
        UsageError: it cannot.
    """
    if not _REFERENCE.fullmatch(name):
        hint = "Write NAME[:TAG], in small letters: docker:semitechnologies/weaviate:1.39.0"
        raise UsageError(f"{name!r} is no name of a container image", hint=hint)
    return name


def have(daemon: Daemon, name: str) -> str:
    """Have an image here, pulled if it is not; return what it is: its name and its digest.

    Args:
        daemon: where.
        name: the image.

    Raises:
        TargetError: there is none of that name, or it cannot be had from here.
    """
    image = local(daemon, name)
    if image is None:
        _pull(daemon, name)
        image = local(daemon, name)
    if image is None:
        raise TargetError(f"Docker pulled {name} and does not have it", hint="Pull it by hand: docker pull " + name)
    return f"{name.partition('@')[0]}@{digest(image)}"


def local(daemon: Daemon, name: str) -> dict[str, Any] | None:
    """Return what Docker knows of an image that is here; None if it is not."""
    from docker.errors import ImageNotFound

    with daemon.told(f"look for the image {name}"):
        try:
            return dict(daemon.client.api.inspect_image(name))
        except ImageNotFound:
            return None


def digest(image: dict[str, Any]) -> str:
    """Return what names an image's content: the registry's digest, or its id where no registry gave it one."""
    for each in image.get("RepoDigests") or []:
        return str(each).rpartition("@")[2]
    return str(image["Id"])


def mirrored(name: str) -> str:
    """Return an official image's name behind the mirror that TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX names, if it does."""
    return os.environ.get("TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX", "") + name


def _pull(daemon: Daemon, name: str) -> None:
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    repository, tag = name, None
    if "@" not in name and ":" in name.rpartition("/")[2]:
        repository, _, tag = name.rpartition(":")
    try:
        daemon.client.images.pull(repository, tag=tag or (None if "@" in name else "latest"))
    except (DockerException, RequestException) as error:
        raise _pull_error(daemon, name, error) from error


def _pull_error(daemon: Daemon, name: str, error: Exception) -> TargetError:
    said = words(error).lower()
    near = _nearest(daemon, name)
    hint = f"Did you mean {near}, which is here?" if near else ""
    if any(sign in said for sign in _ABSENT):
        hint = hint or "Check its name and tag at its registry; `docker image ls` shows those that are here."
        return TargetError(f"there is no image {name}, neither here nor at its registry: {words(error)}", hint=hint)
    if "no space" not in said and any(sign in said for sign in _AWAY):
        hint = hint or f"Pull it where there is a network (docker pull {name}; docker save, docker load), or build it."
        return TargetError(f"the image {name} is not here, and cannot be pulled: {words(error)}", hint=hint)
    return explained(error, f"pull the image {name}", daemon.where)


def _nearest(daemon: Daemon, name: str) -> str:
    with daemon.told("list its images"):
        tags = [tag for each in daemon.client.api.images() for tag in each.get("RepoTags") or []]
    # The part before the tag decides much of a name's length, and so hides that 1.93.0 is not 1.39.0.
    near = difflib.get_close_matches(name, tags, 1, 0.8)
    return near[0] if near else ""
