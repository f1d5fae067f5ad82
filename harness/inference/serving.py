"""The service on a socket, in threads of this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from harness.door import door, handed, opened
from harness.errors import TargetError
from harness.inference.encoders import Encoders, load
from harness.inference.server import LARGEST_BODY, service

_SERVER = "nearimage-inference"


@contextmanager
def serve(
    encoders: Encoders | None = None, *, host: str = "127.0.0.1", port: int = 0, descriptor: int | None = None
) -> Iterator[str]:
    """Serve the encoders (default: `auto`, its models loaded when needed) and yield the URL, without a final slash.

    Args:
        encoders: what to answer with.
        host: the address to bind; loopback unless a container must reach it.
        port: 0 lets the system choose a free one.
        descriptor: a bound socket that this process was handed, in place of a host and a port.

    Raises:
        TargetError: the address cannot be bound, or there is no such socket.
    """
    with ExitStack() as open_:
        try:
            listening = open_.enter_context(door(host, port) if descriptor is None else handed(descriptor))
        except (OSError, OverflowError, ValueError) as error:
            if descriptor is not None:
                raise TargetError(f"the inference service cannot listen on descriptor {descriptor}: {error}") from error
            hint = "Choose another --host or --port; port 0 takes a free one."
            raise TargetError(
                f"the inference service cannot listen on {host} port {port}: {error}", hint=hint
            ) from error
        answers = service(encoders or load())
        yield open_.enter_context(opened(listening, answers, _SERVER, longest=LARGEST_BODY))
