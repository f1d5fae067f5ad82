"""Wakes an event loop at a time, to some fifty microseconds where the system can.

An event loop's own timers are whole milliseconds, late on average by half of one: as long as a fast search takes. Linux
has timers that are files, which a loop watches like a connection.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Protocol

_CLOCK_MONOTONIC = 1
"""What `time.perf_counter` reads on Linux."""

_ABSOLUTE = 1
_NANO = 1_000_000_000
_FLAGS = os.O_NONBLOCK | os.O_CLOEXEC


class Ticker(Protocol):
    """Calls a function once, at the time it was last set to."""

    def at(self, when: float) -> None:
        """Set the time (`time.perf_counter`); one that is over is now."""

    def close(self) -> None:
        """Call no more."""


def ticker(call: Callable[[], None]) -> Ticker:
    """Return a ticker of the running event loop."""
    try:
        return _FileTicker(call)
    except OSError:
        return _LoopTimer(call)


class _Span(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _Span), ("value", _Span))


class TimerFile:
    """A timer that is a file: it can be read when its time has come. Linux.

    Raises:
        OSError: the system gives none.
    """

    def __init__(self) -> None:
        if sys.platform != "linux":
            raise OSError("no such timer here")
        self._system = ctypes.CDLL(None, use_errno=True)
        self.file: int = self._system.timerfd_create(_CLOCK_MONOTONIC, _FLAGS)
        if self.file < 0:
            raise OSError(ctypes.get_errno(), "no timer")

    def set(self, when: float) -> None:
        """Set the time (`time.perf_counter`); one that is over is now."""
        seconds, nanoseconds = divmod(max(1, int(when * _NANO)), _NANO)
        setting = _Setting(_Span(0, 0), _Span(seconds, nanoseconds))
        self._system.timerfd_settime(self.file, _ABSOLUTE, ctypes.byref(setting), None)

    def over(self) -> bool:
        """Take note that the time has come; False if it was set anew meanwhile."""
        try:
            os.read(self.file, 8)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        """Give the file back."""
        os.close(self.file)


class _FileTicker:
    def __init__(self, call: Callable[[], None]) -> None:
        self._timer = TimerFile()
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._timer.file, self._over)

    def _over(self) -> None:
        if self._timer.over():
            self._call()

    def at(self, when: float) -> None:
        self._timer.set(when)

    def close(self) -> None:
        self._loop.remove_reader(self._timer.file)
        self._timer.close()


class _LoopTimer:
    def __init__(self, call: Callable[[], None]) -> None:
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.Handle | None = None

    def at(self, when: float) -> None:
        self.close()
        self._handle = self._loop.call_later(max(0.0, when - perf_counter()), self._call)

    def close(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
