"""An event loop that measures time: a fast one, and without pauses of its own."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

_Made = TypeVar("_Made")


@contextmanager
def without_pauses() -> Iterator[None]:
    """Collect garbage before and not meanwhile: a collection stops everything, and nothing here makes circles."""
    was = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def in_a_loop(work: Coroutine[Any, Any, _Made]) -> _Made:
    """Run something in an event loop of its own, uvloop's where that is installed."""
    try:
        import uvloop
    except ImportError:
        make = None
    else:
        make = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=make) as runner:
        return runner.run(work)


def event_loop() -> str:
    """Return which event loop that is."""
    try:
        import uvloop
    except ImportError:
        return "asyncio"
    return f"uvloop {uvloop.__version__}"
