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
    if sys.platform == "linux":
        try:
            return _TimerFile(call)
        except OSError:  # such a timer is not given to everybody
            pass
    return _LoopTimer(call)


class _Span(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Setting(ctypes.Structure):
    _fields_ = (("interval", _Span), ("value", _Span))


class _TimerFile:
    def __init__(self, call: Callable[[], None]) -> None:
        self._system = ctypes.CDLL(None, use_errno=True)
        self._file = self._system.timerfd_create(_CLOCK_MONOTONIC, _FLAGS)
        if self._file < 0:
            raise OSError(ctypes.get_errno(), "no timer")
        self._call = call
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._file, self._over)

    def _over(self) -> None:
        try:
            os.read(self._file, 8)
        except BlockingIOError:  # it was set anew meanwhile
            return
        self._call()

    def at(self, when: float) -> None:
        seconds, nanoseconds = divmod(max(1, int(when * _NANO)), _NANO)
        setting = _Setting(_Span(0, 0), _Span(seconds, nanoseconds))
        self._system.timerfd_settime(self._file, _ABSOLUTE, ctypes.byref(setting), None)

    def close(self) -> None:
        self._loop.remove_reader(self._file)
        os.close(self._file)


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
