"""Sends requests over the lanes of a wire, on a clock (open loop) or each after the one before (closed loop).

An open loop sends at the intended time whether or not earlier requests are answered, as users do who know nothing of
each other; so a server that stops makes its requests late, and they are counted as late. It has a bounded number of
lanes: what finds none free waits its turn, its time running, and what has waited as long as an answer may take is never
sent and is counted as that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from harness.load.lanes import Lane, Request, Wire
from harness.load.pace import in_a_loop
from harness.load.running import Beside, Heard, Run
from harness.load.samples import Floats, Rows, Samples
from harness.load.ticking import Ticker, ticker

TIMEOUT = 10.0
"""Seconds that an answer may take, and that a request may wait for a lane."""

CONCURRENCY = 64
"""Lanes of an open loop."""


def run_open(
    wire: Wire,
    requests: Sequence[Request],
    times: Floats,
    order: NDArray[np.int32],
    *,
    concurrency: int = CONCURRENCY,
    timeout: float = TIMEOUT,
    heard: Heard | None = None,
    beside: Beside | None = None,
) -> Samples:
    """Send requests at the intended times, and return what became of each.

    Args:
        wire: how they are sent.
        requests: the questions, encoded.
        times: n seconds since the start, ascending.
        order: n positions in `requests`: what is asked when.
        concurrency: so many may be on their way at once.
        timeout: seconds that an answer may take.
        heard: told of each request.
        beside: what else is done in the same event loop, from the first intended time to the end.

    Raises:
        AnswerError: not one connection could be made.
    """
    rows = Rows(np.asarray(times, dtype=np.float64), np.asarray(order, dtype=np.int32))
    run = _Open(wire, requests, rows, concurrency, timeout, heard)
    run.beside = beside
    in_a_loop(run.all())
    return rows.samples()


def run_closed(
    wire: Wire,
    requests: Sequence[Request],
    order: NDArray[np.int32],
    *,
    concurrency: int = 1,
    seconds: float = np.inf,
    timeout: float = TIMEOUT,
    heard: Heard | None = None,
) -> Samples:
    """Send each request when the one before on the same lane is over, and return what became of those that were sent.

    Args:
        wire: how they are sent.
        requests: the questions, encoded.
        order: n positions in `requests`: what is asked, one after the other, at most.
        concurrency: so many lanes do so.
        seconds: after this time no more are sent.
        timeout: seconds that an answer may take.
        heard: told of each request.

    Raises:
        AnswerError: not one connection could be made.
    """
    rows = Rows(np.full(len(order), np.nan), np.asarray(order, dtype=np.int32))
    run = _Closed(wire, requests, rows, concurrency, timeout, heard)
    run.seconds = seconds
    in_a_loop(run.all())
    return rows.samples(run.next)


class _Open(Run):
    """Sends by the clock."""

    _ticker: Ticker | None = None

    def begin(self) -> None:
        self._waiting: deque[int] = deque()
        self._ticker = ticker(self._due)
        if self._n:
            self._ticker.at(self.start + self._intended[0])
        else:
            self._over.set()

    def end(self) -> None:
        if self._ticker is not None:
            self._ticker.close()

    def _due(self) -> None:
        """Send everything whose time has come."""
        assert self._ticker is not None
        row = self.next
        while row < self._n and self._intended[row] <= perf_counter() - self.start:
            self.next = row + 1
            if self._idle:
                self.send(self._idle.pop(), row)
            else:
                self._queued[row] = True
                self._waiting.append(row)
            row = self.next
        if row < self._n:
            self._ticker.at(self.start + self._intended[row])
        else:
            self.settle()

    def more(self, lane: Lane) -> bool:
        if not self._waiting:
            return False
        self.send(lane, self._waiting.popleft())
        return True

    def expire(self, now: float) -> None:
        while self._waiting and now - self.start - self._intended[self._waiting[0]] > self._timeout:
            self._waiting.popleft()

    def done_sending(self) -> bool:
        return self.next >= self._n and not self._waiting


class _Closed(Run):
    """Sends when an answer has come."""

    seconds = np.inf

    def begin(self) -> None:
        self.start = perf_counter()
        lanes, self._idle = self._idle, []
        for lane in lanes:
            if not self.more(lane):
                self._idle.append(lane)
        self.settle()

    def end(self) -> None:
        """Nothing was taken."""

    def more(self, lane: Lane) -> bool:
        if self.done_sending():
            return False
        row = self.next
        self.next = row + 1
        self.send(lane, row)
        self._intended[row] = self._sent[row]
        return True

    def expire(self, now: float) -> None:
        del now  # nothing waits: a request is intended when a lane is free

    def done_sending(self) -> bool:
        return self.next >= self._n or perf_counter() - self.start >= self.seconds
