"""The services behind the image modules: official containers, ours as a container, or ours as a process out here."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from harness.errors import TargetError
from harness.model import Inference, Module
from harness.targets.docker import gpu
from harness.targets.docker.containers import Container, Order
from harness.targets.docker.daemon import Daemon
from harness.targets.readiness import POLL_SECONDS, hint_for

if TYPE_CHECKING:
    from testcontainers.core.network import Network

PORT = 8080
PATIENCE = 300.0
"""Seconds: a large model on a slow processor."""

_PROBE_SECONDS = 2.0
_ALIASES = {Module.IMG2VEC: "i2v-neural", Module.CLIP: "multi2vec-clip"}
"""The names that the document gives these services."""

# What the official services write when they start; they have no route that tells.
_ON_GPU = re.compile(r"CUDA_CORE set to (cuda:\d+)")
_ON_CPU = re.compile(r"Running on CPU")


@dataclass(frozen=True, slots=True)
class Service:
    """One started container and the modules that it stands behind.

    Args:
        container: it.
        modules: their names.
        inside: its address for the containers of its network.
        image: its name and digest.
    """

    container: Container
    modules: tuple[str, ...]
    inside: str
    image: str


def start(
    daemon: Daemon,
    network: Network,
    images: Mapping[str, tuple[str, ...]],
    made: Mapping[str, str],
    *,
    number: int | None,
    name: Callable[[str], str],
    labels: Mapping[str, str],
) -> list[Service]:
    """Start one container for each image; nothing is waited for.

    Args:
        daemon: where.
        network: the network of the run.
        images: the modules that each image stands behind.
        made: name and digest by image.
        number: the GPU that they compute on; None is the CPU.
        name: makes a container's name.
        labels: see `labels`.

    Raises:
        TargetError: one could not be started.
    """
    services = []
    for image, modules in images.items():
        alias = _ALIASES[Module(modules[0])] if len(modules) == 1 else "inference"
        order = Order(
            what=f"the inference service for {' and '.join(modules)} ({image})",
            image=image,
            name=name(alias),
            alias=alias,
            ports=(PORT,),
            labels=labels,
            environment=gpu.environment(number),
            options={} if number is None else gpu.request(),
        )
        services.append(
            Service(Container(daemon, order, network), modules, f"http://{alias}:{PORT}", made.get(image, image))
        )
    return services


def wait(service: Service, number: int | None, seconds: float = PATIENCE) -> Inference:
    """Wait until a service is ready; return it as this process reaches it.

    Args:
        service: which.
        number: the GPU that it was told to compute on; None is the CPU.
        seconds: how long it may take.

    Raises:
        TargetError: it died (noticed within a second), did not get ready in time, or computes on another device.
    """
    container = service.container
    url = container.url(PORT)
    deadline = time.monotonic() + seconds
    with httpx.Client(base_url=url, timeout=_PROBE_SECONDS, trust_env=False) as client:
        while not _ready(client):
            check_alive(container)
            if time.monotonic() > deadline:
                raise TargetError(
                    f"{container.what} did not get ready within {seconds:.0f} s",
                    log=container.tail(),
                    hint="Its model may be too large for this machine: try --inference harness, or more memory.",
                )
            time.sleep(POLL_SECONDS)
        ours = _is_ours(client)
        encoder, device = _introduced(client) if ours else ("", _device(container.log()))
    _check_device(container, device, number)
    return Inference(url=url, ours=ours, encoder=encoder, device=device, image=service.image)


def check_alive(container: Container) -> None:
    """Make sure that a container has not ended.

    Raises:
        TargetError: it has; with its last words.
    """
    code = container.exited()
    if code is None:
        return
    log = container.tail()
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    raise TargetError(f"{container.what} {how}", log=log, hint=hint_for(log))


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/.well-known/ready").is_success
    except httpx.HTTPError:
        return False


def _is_ours(client: httpx.Client) -> bool:
    """True if it tells what it was asked, which only our service does."""
    try:
        told: Any = client.get("/nearimage/calls", params={"since": 0}).json()
    except (httpx.HTTPError, ValueError):
        return False
    return isinstance(told, dict) and {"next", "calls"} <= told.keys()


def _introduced(client: httpx.Client) -> tuple[str, str]:
    """Return the encoder and the device that our service names; its ready line may come later than its first answer."""
    try:
        meta: Any = client.get("/meta").json()
    except (httpx.HTTPError, ValueError):
        return "", ""
    return str(meta.get("encoder", "")), str(meta.get("device", ""))


def _device(log: str) -> str:
    """Return the device that an official service names in its log; empty where it names none."""
    on_gpu = _ON_GPU.search(log)
    if on_gpu:
        return on_gpu[1]
    return "cpu" if _ON_CPU.search(log) else ""


def _check_device(container: Container, device: str, number: int | None) -> None:
    if number is not None and device and device != f"cuda:{number}":
        what = f"{container.what} was told to compute on GPU {number} and computes on {device}"
        raise TargetError(what, log=container.tail(), hint="Use an image that is built for CUDA.")
