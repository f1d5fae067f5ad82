"""What an open and a closed loop have in common: lanes that are opened, given up and opened again, rows filled in."""

from __future__ import annotations

import asyncio
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from time import perf_counter
from typing import Any

from numpy.typing import NDArray

from harness.errors import AnswerError
from harness.load.lanes import Lane, Request, Wire
from harness.load.pace import without_pauses
from harness.load.samples import Fate, Rows

_AGAIN = 0.1
"""Seconds after which a connection that could not be made is tried again."""

_LEAD = 0.02
"""Seconds between the last preparation and the first intended time."""

_GONE = "Event loop is closed"

Heard = Callable[[int, int, Fate, bytes], None]
"""Told each request's row, its question, what became of it and the body of its answer, while time is being measured."""


Beside = Callable[[], Coroutine[Any, Any, None]]
"""What else is done while a load runs; it is cancelled when the load is over."""


class Run(ABC):
    """What both loops have in common: lanes that are opened, given up and opened again, and rows that are filled in."""

    def __init__(
        self,
        wire: Wire,
        requests: Sequence[Request],
        rows: Rows,
        concurrency: int,
        timeout: float,
        heard: Heard | None,
    ) -> None:
        self.next = self.finished = 0
        self._wire, self._requests, self._heard = wire, requests, heard
        self._concurrency, self._timeout = concurrency, timeout
        self._order, self._intended, self._queued = _view(rows.question), _view(rows.intended), _view(rows.queued)
        self._sent, self._received = _view(rows.sent), _view(rows.received)
        self._own, self._fate = _view(rows.own), _view(rows.fate)
        self._n = len(rows.question)
        self._first = secrets.randbelow(10**5) * 10**11
        self._bug: BaseException | None = None
        self._leaving = False
        self.beside: Beside | None = None
        self._busy: set[Lane] = set()
        self._idle: list[Lane] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.start = 0.0

    async def all(self) -> None:
        """Open the lanes, send everything, close them."""
        self._over = asyncio.Event()
        asyncio.get_running_loop().set_exception_handler(self._failed)
        try:
            await self._open_lanes()
            self.start = perf_counter() + _LEAD
            self._spawn(self._give_up_in_time())
            if self.beside is not None:
                self._spawn(self.beside())
            with without_pauses():
                self.begin()
                await self._over.wait()
            if self._bug is not None:
                raise self._bug
        finally:
            self._leaving = True
            self.end()
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for lane in [*self._busy, *self._idle]:
                lane.abort()
            await self._wire.close()
            await asyncio.sleep(0)  # connections are closed by the loop, not at once

    def _failed(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """End the run with what a callback raised: the loop itself would only log it."""
        error = context.get("exception")
        if isinstance(error, RuntimeError) and str(error) == _GONE:
            return  # this loop is not: gRPC, with one queue for all of a process, tells of a request that was given up
        if isinstance(error, Exception) and not isinstance(error, OSError):
            self._bug = error
            self._over.set()
        elif error is None:
            loop.default_exception_handler(context)

    @abstractmethod
    def begin(self) -> None:
        """Have the first request sent at `_start`."""

    @abstractmethod
    def end(self) -> None:
        """Free what `begin` took; it may not have been called."""

    @abstractmethod
    def more(self, lane: Lane) -> bool:
        """Send the next request that waits for a lane; tell whether there was one."""

    def settle(self) -> None:
        """End the run if nothing is left to do."""
        if not self._busy and self.done_sending():
            self._over.set()

    @abstractmethod
    def done_sending(self) -> bool:
        """Tell whether no request is to be sent any more."""

    # --- one request -----------------------------------------------------------------------------

    def send(self, lane: Lane, row: int) -> None:
        """Send a request."""
        self._busy.add(lane)
        lane.send(row, self._requests[self._order[row]].numbered(self._first + row))
        self._sent[row] = lane.sent - self.start

    def done(self, lane: Lane, fate: Fate, received: float, own: float, body: bytes) -> None:
        """Note what became of the request of a lane, and send the next one."""
        row, lane.row = lane.row, -1
        self._fate[row] = fate
        self._own[row] = own
        if fate == Fate.OK:
            self._received[row] = received - self.start
        self._busy.discard(lane)
        if self._heard is not None:
            self._heard(row, self._order[row], fate, body)
        if not lane.usable:
            self.settle()
        elif not self.more(lane):
            self._idle.append(lane)
            self.settle()

    # --- lanes -----------------------------------------------------------------------------------

    async def _open_lanes(self) -> None:
        try:
            for _ in range(self._concurrency):
                self._idle.append(await self._wire.open(self.done, self.lost))
        except OSError as error:
            if not self._idle:
                raise AnswerError(f"no connection for a load: {error or type(error).__name__}") from error
            self._spawn(self._open_again(self._concurrency - len(self._idle)))

    def lost(self, lane: Lane) -> None:
        """Open another lane in place of one whose connection is gone."""
        if self._leaving:
            return
        if lane in self._idle:
            self._idle.remove(lane)
        self._spawn(self._open_again(1))

    async def _open_again(self, count: int) -> None:
        for _ in range(count):
            while True:
                try:
                    lane = await self._wire.open(self.done, self.lost)
                    break
                except OSError:
                    await asyncio.sleep(_AGAIN)
            if not self.more(lane):
                self._idle.append(lane)

    async def _give_up_in_time(self) -> None:
        """Give up requests whose time is over, now and then: what becomes of them has no exact time."""
        while True:
            await asyncio.sleep(min(0.25, self._timeout / 10))
            now = perf_counter()
            for lane in [one for one in self._busy if now - one.sent > self._timeout]:
                lane.abort()
                self.done(lane, Fate.TIMEOUT, now, 0.0, b"")
                self.lost(lane)
            self.expire(now)
            self.settle()

    @abstractmethod
    def expire(self, now: float) -> None:
        """Give up what has waited for a lane too long."""

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failed(task.get_loop(), {"exception": error})


def _view(column: NDArray[Any]) -> Any:
    """A column through which one number is read or written in half the time that the array takes."""
    return memoryview(column.data)
