"""A program that runs behind a guard: started, watched, its log read, and gone when this process is."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from harness.errors import TargetError
from harness.targets import guard
from harness.targets.logs import tail
from harness.targets.usage import wait_until_stopped

_START_SECONDS = 10.0
_LOOK_SECONDS = 0.1
_STOP_SECONDS = guard.POLITE_SECONDS + 10.0


class Guarded:
    """A running program with its guard; `guard.py` says what is promised.

    Args:
        command: the program and its arguments.
        log: the file that its output is appended to.
        env: its whole environment.
        folder: removed by the guard when the program was stopped, or when this process dies.

    Raises:
        TargetError: the program could not be started at all.
    """

    def __init__(
        self, command: Sequence[str], *, log: Path, env: Mapping[str, str], folder: Path | None = None
    ) -> None:
        self.log = log
        self._code: int | None = None
        self._told = b""
        whose = ["--parent", str(os.getpid())]
        removing = ["--remove", str(folder)] if folder else []
        self._guard = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", guard.__file__, *whose, "--log", str(log), *removing, "--", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(env),
            start_new_session=True,  # Ctrl-C goes to the harness alone, which then ends things in order
        )
        try:
            self.pid = self._first_word(command[0])
        except BaseException:
            self.stop()
            raise

    @property
    def pids(self) -> tuple[int, int]:
        """Ids of the program and of its guard."""
        return self.pid, self._guard.pid

    def exited(self) -> int | None:
        """The exit code of the program (negative: the signal that ended it); None while it runs."""
        if self._code is None:
            self._listen(0.0)
            for line in self._told.splitlines():
                if line.startswith(b"exited "):
                    self._code = int(line.split()[1])
            if self._code is None and self._guard.poll() is not None:
                self._code = -9  # somebody killed the guard, and the program went with it
        return self._code

    def tail(self, lines: int = 12) -> str:
        """The end of its log, readable."""
        return tail(self.log, lines)

    def kill(self) -> None:
        """Kill the program alone, as the system does when memory runs out, and keep its folder."""
        if self.exited() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        deadline = time.monotonic() + _STOP_SECONDS
        while self.exited() is None and time.monotonic() < deadline:
            self._listen(_LOOK_SECONDS)
        self.set_aside()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Freeze the program and everything that it started for as long as the block lasts.

        If this process dies meanwhile, the guard kills what is frozen.

        Raises:
            TargetError: it is not there any more.
        """
        try:
            os.killpg(self.pid, signal.SIGSTOP)
        except ProcessLookupError as error:
            raise TargetError("what was to be paused has ended", log=self.tail()) from error
        try:
            wait_until_stopped(self.pid)
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGCONT)

    def set_aside(self) -> None:
        """End the program politely and keep its folder."""
        self._end(b"set-aside\n")

    def stop(self) -> None:
        """Kill the program and everything that it started, and remove the folder."""
        self._end(b"")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _end(self, orders: bytes) -> None:
        stdin, stdout = self._guard.stdin, self._guard.stdout
        if stdin is not None and not stdin.closed:
            with contextlib.suppress(OSError):
                stdin.write(orders)
                stdin.flush()
            with contextlib.suppress(OSError):
                stdin.close()
        try:
            self._guard.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._guard.kill()  # the program dies with its guard, or the next sweep finds it
            self._guard.wait()
        if stdout is not None:
            stdout.close()

    def _first_word(self, program: str) -> int:
        deadline = time.monotonic() + _START_SECONDS
        while b"\n" not in self._told and time.monotonic() < deadline:
            if not self._listen(0.5) and self._guard.poll() is not None:
                break
        word, _, rest = self._told.splitlines()[0].decode().partition(" ") if self._told else ("", "", "")
        if word != "pid":
            raise TargetError(
                f"cannot start {program}: {rest or 'its guard process did not answer'}",
                hint="It must be an executable file built for this machine's processor and operating system.",
            )
        return int(rest)

    def _listen(self, seconds: float) -> bool:
        """Take what the guard has said; True if it said something."""
        stdout = self._guard.stdout
        if stdout is None or stdout.closed or not select.select([stdout], [], [], seconds)[0]:
            return False
        part = os.read(stdout.fileno(), 1024)
        self._told += part
        return bool(part)
