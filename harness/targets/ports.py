"""Free ports on loopback for servers that cannot be handed a socket."""

from __future__ import annotations

import contextlib
import random
import socket
from dataclasses import dataclass

from harness.errors import TargetError

_FIRST, _LAST = 20_000, 32_000  # below what Linux and macOS hand out by themselves, so nobody gets one by accident
_TRIES = 200


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one Weaviate server, one behind the other.

    Older versions need the data port to be the gossip port + 1, and the four cluster ports must differ.
    """

    http: int

    COUNT = 8

    @property
    def grpc(self) -> int:
        """For clients, gRPC."""
        return self.http + 1

    @property
    def gossip(self) -> int:
        """Between nodes: membership, TCP and UDP."""
        return self.http + 2

    @property
    def data(self) -> int:
        """Between nodes: the cluster's own HTTP."""
        return self.http + 3

    @property
    def raft(self) -> int:
        """Between nodes: Raft."""
        return self.http + 4

    @property
    def raft_internal(self) -> int:
        """Between nodes: calls to the Raft leader."""
        return self.http + 5

    @property
    def profiling(self) -> int:
        """For versions that cannot switch their debug listener off but can move it."""
        return self.http + 6

    @property
    def metrics(self) -> int:
        """For Prometheus, if that is switched on."""
        return self.http + 7


def pick() -> Ports:
    """Return ports that were free a moment ago; whoever binds them must be ready to try again.

    Raises:
        TargetError: not so many ports in a row are free.
    """
    dice = random.SystemRandom()
    for _ in range(_TRIES):
        ports = Ports(dice.randrange(_FIRST, _LAST - Ports.COUNT))
        if all(is_free(ports.http + each) for each in range(Ports.COUNT)):
            return ports
    raise TargetError(
        f"no {Ports.COUNT} free ports in a row between {_FIRST} and {_LAST}",
        hint="Stop servers that are not needed; `nearimage down` stops those that nearimage left running.",
    )


def is_free(port: int) -> bool:
    """True if nobody listens on that port, TCP or UDP, on any address of this machine."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        for address in ("", "127.0.0.1"):
            with socket.socket(socket.AF_INET, kind) as probe:
                if kind == socket.SOCK_STREAM:  # else the last server's connections, which nobody holds, look taken
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((address, port))
                except OSError:
                    return False
    return not takes_connections("::1", port, within=0.2)


def takes_connections(host: str, port: int, *, within: float) -> bool:
    """True if somebody who listens there takes a connection within so many seconds."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=within):
        return True
    return False
