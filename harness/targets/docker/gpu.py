"""A GPU for a container: whether this Docker can give one, and how it is asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

from harness.errors import TargetError
from harness.targets.docker.daemon import Daemon
from harness.targets.docker.images import local
from harness.targets.docker.trouble import words

_HINT = (
    "Install NVIDIA's driver and container toolkit (nvidia-ctk runtime configure, then restart Docker), "
    "or leave out --device gpu: the CPU is never used in its place."
)
_REFUSALS = ("device driver", "nvidia", "cdi", "gpu")


def request() -> dict[str, Any]:
    """Return what Docker's `create` takes for a container that computes on a GPU.

    All are asked for, because one that is asked for by its number is number 0 inside, and the record would name another
    device than the person did; CUDA_CORE says which of them is used.
    """
    from docker.types import DeviceRequest

    return {"device_requests": [DeviceRequest(count=-1, capabilities=[["gpu"]])]}


def environment(number: int | None) -> dict[str, str]:
    """Return the variables that tell an inference service what to compute on, by the names of Weaviate's own."""
    return {"ENABLE_CUDA": "0"} if number is None else {"ENABLE_CUDA": "1", "CUDA_CORE": f"cuda:{number}"}


def check(daemon: Daemon, number: int, images: Sequence[str], labels: dict[str, str]) -> None:
    """Make sure that Docker can give a GPU, before anything is started or a large image is pulled.

    A runtime called nvidia or a device of the CDI in Docker's own description is enough. Where it names neither, a
    container with the request is started and removed: the toolkit may be there without either.

    Args:
        daemon: where.
        number: the GPU that is asked for.
        images: those that will be started, which serve for the attempt if they are here.
        labels: for the container of the attempt.

    Raises:
        TargetError: it cannot.
    """
    with daemon.told("describe itself"):
        info = daemon.client.info()
    if described(info):
        return
    image = next((each for each in images if local(daemon, each)), "") or _any_image(daemon)
    refusal = _attempt(daemon, image, labels) if image else "it names no NVIDIA runtime and no such device"
    if refusal:
        raise TargetError(f"GPU {number} was asked for, and this Docker has none to give: {refusal}", hint=_HINT)


def described(info: dict[str, Any]) -> bool:
    """True if Docker's description of itself names NVIDIA's runtime, or a GPU of the CDI."""
    devices = [str(each.get("ID", "")) for each in info.get("DiscoveredDevices") or [] if isinstance(each, dict)]
    return "nvidia" in (info.get("Runtimes") or {}) or any(each.startswith("nvidia.com/gpu") for each in devices)


def _any_image(daemon: Daemon) -> str:
    with daemon.told("list its images"):
        return next((str(each["Id"]) for each in daemon.client.api.images()), "")


def _attempt(daemon: Daemon, image: str, labels: dict[str, str]) -> str:
    """Start a container that wants a GPU; return Docker's refusal of the device, empty for any other end."""
    from docker.errors import APIError

    api = daemon.client.api
    with daemon.told("try a container with a GPU"):
        host = api.create_host_config(**request())
        made = api.create_container(image, command=["true"], labels=labels, host_config=host)["Id"]
        try:
            api.start(made)
        except APIError as error:
            said = words(error)
            return said if any(sign in said.lower() for sign in _REFUSALS) else ""
        finally:
            with contextlib.suppress(APIError):
                api.remove_container(made, force=True, v=True)
    return ""
