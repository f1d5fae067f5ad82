"""One forward pass at a time, as the containers that this service stands for do it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A queue for the models of one service; knows how long each thread stood in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mine = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other model runs, and keep the others waiting inside the block."""
        asked = time.perf_counter()
        with self._lock:
            self._mine.waited = getattr(self._mine, "waited", 0.0) + time.perf_counter() - asked
            yield

    def waited(self) -> float:
        """Return the seconds that this thread has waited since it asked last, and start again from zero."""
        seconds: float = getattr(self._mine, "waited", 0.0)
        self._mine.waited = 0.0
        return seconds
