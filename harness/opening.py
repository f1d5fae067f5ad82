"""Things that take a while, begun together and waited for together: in threads, each with its own end."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Mapping

from harness.errors import HarnessError

_UNWIND_SECONDS = 45.0
_LOOK_SECONDS = 0.5
"""An interruption that comes just before a wait begins is noticed when it ends, so no wait is long."""


class _Opening(threading.Thread):
    """One of them; what it raised is kept.

    `ended` is waited for in place of `join`, which takes a thread for ended that goes on when an interruption hits it.
    """

    def __init__(self, name: str, act: Callable[[], object]) -> None:
        super().__init__(name=f"nearimage-opening-{name}", daemon=True)
        self.raised: BaseException | None = None
        self.ended = threading.Event()
        self._act = act

    def run(self) -> None:
        try:
            self._act()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            self.raised = error
        finally:
            self.ended.set()

    def interrupt(self) -> None:
        """Let it be interrupted as the main thread is: what it has begun is taken away on the way out."""
        if self.ident is not None and not self.ended.is_set():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident), ctypes.py_object(KeyboardInterrupt))


def together(acts: Mapping[str, Callable[[], object]]) -> dict[str, HarnessError]:
    """Do all of these at once and wait for all.

    Returns:
        The trouble of those that failed, by name.

    Raises:
        BaseException: what was no `HarnessError`: a bug of ours, or an interruption, which ends all of them in order.
    """
    running = {name: _Opening(name, act) for name, act in acts.items()}
    try:
        for thread in running.values():
            thread.start()
        for thread in running.values():
            while not thread.ended.wait(_LOOK_SECONDS):
                pass
    except BaseException:
        for thread in running.values():
            thread.interrupt()
        for thread in running.values():
            if thread.ident is not None:
                thread.ended.wait(_UNWIND_SECONDS)
        raise
    for thread in running.values():
        if thread.raised is not None and not isinstance(thread.raised, HarnessError):
            raise thread.raised
    return {name: thread.raised for name, thread in running.items() if isinstance(thread.raised, HarnessError)}
