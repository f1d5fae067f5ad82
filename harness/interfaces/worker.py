"""One thread that works off what it is given, and can be left behind when something in it hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any

_Task = tuple[Callable[[], Any], "Future[Any]"]


class Worker:
    """Does one thing after the other in a thread of its own, because a library may wait longer than anybody should.

    Args:
        leave: called in that thread when it ends, to free what it held.
    """

    def __init__(self, leave: Callable[[], None]) -> None:
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._leave = leave
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def do(self, task: Callable[[], Any], *, within: float) -> Any:
        """Do something and return what comes of it.

        Args:
            task: what is done.
            within: seconds that it may take.

        Raises:
            TimeoutError: it takes longer; it goes on alone, so this worker is of no more use.
            Exception: whatever the task raises.
        """
        future: Future[Any] = Future()
        self._tasks.put((task, future))
        return future.result(timeout=within)

    def end(self, *, within: float = 0.0) -> None:
        """End after what is under way, and wait for that so many seconds at most."""
        self._tasks.put(None)
        self._thread.join(within)

    def _work(self) -> None:
        while (next_one := self._tasks.get()) is not None:
            task, future = next_one
            try:
                future.set_result(task())
            except BaseException as error:  # noqa: BLE001 - whoever waits gets it
                future.set_exception(error)
            del task, future, next_one
        self._leave()
