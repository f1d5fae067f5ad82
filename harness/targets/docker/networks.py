"""A private network for each run, on a subnet that nothing else on the machine uses."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING

from harness.errors import TargetError
from harness.targets.docker.daemon import Daemon
from harness.targets.docker.trouble import explained, words

if TYPE_CHECKING:
    from testcontainers.core.network import Network

_TRIES = 20
# Docker hands out about thirty subnets by itself and then says one of these.
_NONE_LEFT = ("non-overlapping", "fully subnetted", "could not find free subnet")
_OVERLAPS = ("pool overlaps", "is already used", "conflicts with")


def private_network(daemon: Daemon, name: str, labels: Mapping[str, str]) -> Network:
    """Return a new network; Docker chooses its subnet, and where it has none left, we look for a small one.

    Args:
        daemon: where.
        name: its name.
        labels: see `labels`.

    Raises:
        TargetError: Docker made none.
    """
    from docker.errors import DockerException
    from docker.types import IPAMConfig, IPAMPool

    tried: IPAMConfig | None = None
    for _ in range(_TRIES):
        try:
            return _created(name, labels, tried)
        except DockerException as error:
            if not any(sign in words(error).lower() for sign in _NONE_LEFT + _OVERLAPS):
                raise explained(error, "make a network", daemon.where) from error
        tried = IPAMConfig(pool_configs=[IPAMPool(subnet=_small_subnet())])
    raise TargetError(
        "Docker found no free subnet for a network",
        hint="`docker network ls` shows them, `docker network prune` removes those that nothing uses.",
    )


def gateway(daemon: Daemon, network: Network) -> str:
    """Return the address that this machine has in a network, as its containers see it.

    Raises:
        TargetError: it has none.
    """
    with daemon.told("describe a network"):
        found = daemon.client.api.inspect_network(network.name)
    for config in (found.get("IPAM") or {}).get("Config") or []:
        address = str(config.get("Gateway") or "").partition("/")[0]
        if address and ":" not in address:
            return address
    raise TargetError("Docker gave this run's network no gateway address", hint="Use --inference harness instead.")


def _created(name: str, labels: Mapping[str, str], ipam: object) -> Network:
    from testcontainers.core.network import Network

    network = Network(docker_network_kw={"labels": dict(labels), **({"ipam": ipam} if ipam else {})})
    network.name = name
    try:
        return network.create()
    finally:
        network._docker.client.close()  # noqa: SLF001 (it has no other name, and would stay open)


def _small_subnet() -> str:
    """Sixteen addresses of a private range: enough for a run, and there are 65,536 of them."""
    number = random.SystemRandom().randrange(1 << 16)
    return f"10.{192 + (number >> 12)}.{(number >> 4) & 255}.{(number & 15) << 4}/28"
