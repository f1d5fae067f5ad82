"""The service on a socket, in a thread of this process."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from harness.errors import TargetError
from harness.inference.encoders import Encoders, load
from harness.inference.server import app

# Longer than the 90 seconds for which Go's HTTP client keeps an idle connection: whoever closes first must be the
# client, or Weaviate may send a call into a connection that is just being closed.
_KEEP_ALIVE = 300
_BACKLOG = 2048
_START = 10.0
_STOP = 5.0
_POLL = 0.005


@contextmanager
def serve(encoders: Encoders | None = None, *, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve the encoders (default: `auto`, its models loaded when needed) and yield the URL, without a final slash.

    Args:
        encoders: what to answer with.
        host: the address to bind; loopback unless a container must reach it.
        port: 0 lets the system choose a free one.

    Raises:
        TargetError: the address cannot be bound, or the server does not start.
    """
    listening = _listen(host, port)
    server = uvicorn.Server(
        uvicorn.Config(
            app(encoders or load()),
            http="httptools",
            loop="asyncio",
            ws="none",
            proxy_headers=False,
            log_config=None,  # the logging of whoever serves is theirs
            log_level="warning",
            access_log=False,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=1,
        )
    )
    thread = threading.Thread(target=server.run, args=([listening],), name="nearimage-inference", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield _url(listening)
    finally:
        server.should_exit = True
        thread.join(_STOP)
        listening.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's algorithm off only where it reads "TCP"; with it, each
    # answer on a kept connection waits 40 ms for the caller's acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it would let two programs share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listening.close()
        hint = "Choose another --host or --port; port 0 takes a free one."
        raise TargetError(f"the inference service cannot listen on {host} port {port}: {error}", hint=hint) from error
    return listening


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    give_up = time.monotonic() + _START
    while not server.started:
        if not thread.is_alive() or time.monotonic() > give_up:
            raise TargetError("the inference service did not start", hint="Its log says why.")
        time.sleep(_POLL)


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if listening.family == socket.AF_INET6 else f"http://{host}:{port}"
