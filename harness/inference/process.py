"""The service as a child process that cannot outlive its parent. Light: imports neither models nor a server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from harness.door import address, door
from harness.errors import TargetError
from harness.inference.announce import read_ready_line

_BACKLOG = 128
_KEPT_LINES = 200
_TAIL = 20
_STOP = 5.0


@dataclass(frozen=True, slots=True)
class SpawnedService:
    """A running inference service: its URL without a final slash, its process, what it computes with and where."""

    url: str
    pid: int
    encoder: str
    device: str
    _child: _Child = field(repr=False, compare=False)

    def alive(self) -> bool:
        """Say whether its process still runs."""
        return self._child.process.poll() is None

    def log_tail(self) -> str:
        """Return the last lines that it wrote, both streams together."""
        return self._child.tail()


@dataclass(frozen=True, slots=True)
class StartingService:
    """A service that loads its models: its URL without a final slash, its process.

    Who connects to it now is let in as soon as it answers, or turned away when it ends.
    """

    url: str
    pid: int
    _child: _Child = field(repr=False, compare=False)

    def ready(self, timeout: float = 60.0) -> SpawnedService:
        """Wait until it answers.

        Args:
            timeout: seconds to wait for it.

        Raises:
            TargetError: it ended before it was ready or was not ready in time; with the last lines of its log.
        """
        url, served, device = self._child.wait_until_ready(timeout)
        return SpawnedService(url, self.pid, served, device, self._child)


@contextmanager
def starting(
    *,
    encoder: str = "auto",
    preload: bool = False,
    host: str = "127.0.0.1",
    env: Mapping[str, str] | None = None,
    delay: str = "",
) -> Iterator[StartingService]:
    """Start `python -m harness.inference` on a port that it is handed, and end it afterwards.

    It leaves when its standard input closes, so it is gone too when this process is killed.

    Args:
        encoder: "auto", "photo" or "planted".
        preload: load the models before it says that it is ready.
        host: the address that it listens on, on a free port.
        env: environment variables to set on top of this process's own (`ENABLE_CUDA` …).
        delay: how much later it answers, on purpose: `5%` or `2ms`.

    Raises:
        TargetError: the address can't be bound.
    """
    command = [sys.executable, "-P", "-m", "harness.inference", "--exit-with-parent", "--encoder", encoder]
    command += [*(["--preload"] if preload else []), *([f"--delay={delay}"] if delay else [])]
    with _listening(host) as listening:
        url = address(listening)
        handed = listening.fileno()
        child = _Child([*command, "--descriptor", str(handed)], dict(os.environ) | dict(env or {}), handed)
    # from here on the port is the child's alone: it is closed when that ends
    try:
        yield StartingService(url, child.process.pid, child)
    finally:
        child.stop()


@contextmanager
def spawn(
    *,
    encoder: str = "auto",
    preload: bool = False,
    env: Mapping[str, str] | None = None,
    timeout: float = 60.0,
) -> Iterator[SpawnedService]:
    """Start a service, wait until it answers, and end it afterwards; the arguments and errors are those of `starting`.

    Args:
        encoder: "auto", "photo" or "planted".
        preload: load the models before it says that it is ready.
        env: environment variables to set on top of this process's own.
        timeout: seconds to wait for it.
    """
    with starting(encoder=encoder, preload=preload, env=env) as service:
        yield service.ready(timeout)


@contextmanager
def _listening(host: str) -> Iterator[socket.socket]:
    """Listen on a free port of an address."""
    with ExitStack() as open_:
        try:
            listening = open_.enter_context(door(host, 0))
            listening.listen(_BACKLOG)
        except OSError as error:
            raise TargetError(f"the inference service cannot listen on {host}: {error}") from error
        yield listening


class _Child:
    """The process, with a thread that drains its output so that it never blocks on a full pipe."""

    def __init__(self, command: list[str], environment: dict[str, str], handed: int) -> None:
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._ready: tuple[str, str, str] | None = None
        self._settled = threading.Event()  # ready, or its output has ended
        self.process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            text=True,
            encoding="utf-8",
            errors="replace",
            pass_fds=(handed,),
            start_new_session=True,  # Ctrl-C in the terminal is the harness's to handle, in its own order
        )
        self._drain = threading.Thread(target=self._read, name="nearimage-inference-log", daemon=True)
        self._drain.start()

    def wait_until_ready(self, timeout: float) -> tuple[str, str, str]:
        if not self._settled.wait(timeout):
            raise self._failed(f"the inference service was not ready after {timeout:g} s")
        if self._ready is None:
            code = self.process.wait(_STOP)
            raise self._failed(f"the inference service ended at its start with code {code}")
        return self._ready

    def tail(self) -> str:
        return "\n".join(list(self._lines)[-_TAIL:])

    def stop(self) -> None:
        """Ask it to leave by closing its standard input, then insist."""
        pipes = (self.process.stdin, self.process.stdout)
        for insist in (self._close_stdin, self.process.terminate, self.process.kill):
            insist()
            try:
                self.process.wait(_STOP)
            except subprocess.TimeoutExpired:
                continue
            break
        self._drain.join(1.0)
        for pipe in pipes:
            if pipe is not None:
                pipe.close()

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self._lines.append(line.rstrip("\n"))
            self._ready = self._ready or read_ready_line(line)
            if self._ready:
                self._settled.set()
        self._settled.set()

    def _close_stdin(self) -> None:
        if self.process.stdin is not None:
            self.process.stdin.close()

    def _failed(self, what: str) -> TargetError:
        return TargetError(what, log=self.tail())
