"""Several things begun together."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from harness.errors import TargetError
from harness.opening import together

_LONG = 30.0


def test_all_are_begun_at_once() -> None:
    """Each waits for the other, which could not be if one came after the other."""
    meeting = threading.Barrier(2)
    assert together({name: lambda: meeting.wait(_LONG) for name in "ab"}) == {}


def test_one_that_fails_is_alone_in_that() -> None:
    """The trouble of one is told by its name, and the other is done all the same."""
    done = []

    def fails() -> None:
        raise TargetError("nobody is there")

    found = together({"bad": fails, "good": lambda: done.append("good")})
    assert [(name, error.what) for name, error in found.items()] == [("bad", "nobody is there")]
    assert done == ["good"]


def test_a_bug_is_not_taken_for_trouble() -> None:
    """What is no error of ours comes through, when all have ended."""
    done = []
    with pytest.raises(ZeroDivisionError):
        together({"bug": lambda: 1 // 0, "good": lambda: done.append("good")})
    assert done == ["good"]


def test_an_interruption_ends_all_of_them_in_order() -> None:
    """Ctrl-C while they are at work reaches each, what each has begun is taken away, and only then it goes on."""
    begun = {name: threading.Event() for name in "ab"}
    taken_away = []

    def at_work(name: str) -> None:
        try:
            begun[name].set()
            deadline = time.monotonic() + _LONG
            while time.monotonic() < deadline:
                time.sleep(0.01)
        finally:
            taken_away.append(name)

    def interrupt() -> None:
        assert all(one.wait(_LONG) for one in begun.values())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
    with pytest.raises(KeyboardInterrupt):
        together({"a": lambda: at_work("a"), "b": lambda: at_work("b")})
    assert sorted(taken_away) == ["a", "b"]
