"""What Locust's master and workers run: users that send when a request is due, each over a connection of its own.

The master reads the profile, gives each worker every n-th request of the schedule, and writes what comes back. Locust
sees every request too, so its own reports and exporters work; its times count from when a request was due.
"""

from __future__ import annotations

import json
import logging
import os
import time
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

import gevent
import numpy as np
from gevent.event import Event
from gevent.queue import Queue
from gevent.socket import wait_read
from locust import User, events, task

from harness.exchange import exchange
from harness.interfaces.graphql import ROUTE
from harness.load.answers import Answers
from harness.load.distributed import PROFILE, RESULT
from harness.load.http_lanes import fate
from harness.load.lanes import Encoded
from harness.load.samples import Fate, Rows
from harness.load.ticking import TimerFile

logging.getLogger("httpx").setLevel(logging.WARNING)  # Locust logs what is below, and each line takes its time

_PART, _DONE = "nearimage-part", "nearimage-done"
_LEAD = 0.5


class _Engine:
    """One worker's part of a load."""

    def __init__(self, part: dict[str, Any]) -> None:
        self.url, self.headers, self.timeout = part["url"], part["headers"], part["timeout"]
        self.rows = Rows(np.array(part["times"], dtype=np.float64), np.array(part["order"], dtype=np.int32))
        self.first = part["first"]
        self.requests = [
            Encoded(b64decode(head), b64decode(tail) if tail is not None else None) for head, tail in part["bodies"]
        ]
        self.due: Queue[int] = Queue()
        self.idle = 0
        self.left = len(self.rows.intended)
        self.answers = Answers()
        self.over = Event()
        self.start = perf_counter() + _LEAD
        self.cpu = time.process_time()

    def pace(self) -> None:
        """Say when each request is due."""
        wait = _waiting()
        for row, intended in enumerate(self.rows.intended.tolist()):
            wait(self.start + intended)
            self.rows.queued[row] = self.idle <= self.due.qsize()
            self.due.put(row)
        if not self.left:
            self.over.set()

    def told(self) -> dict[str, Any]:
        """Return everything that was measured, as plain values."""
        rows = self.rows
        names = ("question", "intended", "sent", "received", "own", "queued", "fate")
        return {
            "columns": {name: getattr(rows, name).tolist() for name in names},
            "bodies": [
                [question, body.decode("utf-8", "surrogateescape"), count]
                for (question, body), count in self.answers.bodies.items()
            ],
            "cpu": (time.process_time() - self.cpu) / max(1e-9, perf_counter() - self.start),
        }


def _waiting() -> Callable[[float], None]:
    """Return what waits for a time without stopping the other greenlets: gevent's own timer is a millisecond coarse."""
    try:
        timer = TimerFile()
    except OSError:
        return lambda when: gevent.sleep(max(0.0, when - perf_counter()))

    def wait(when: float) -> None:
        if when > perf_counter():
            timer.set(when)
            wait_read(timer.file)
            timer.over()

    return wait


class _Worker:
    """What a worker's users share."""

    engine: _Engine | None = None
    begun = Event()


class Lane(User):  # type: ignore[misc, unused-ignore]
    """A user with one connection, who sends whatever is due next."""

    def on_start(self) -> None:
        """Wait until the worker has its part."""
        _Worker.begun.wait()
        assert _Worker.engine is not None
        self._engine = _Worker.engine
        self._wire = exchange(self._engine.url, headers=self._engine.headers, timeout=self._engine.timeout)

    def on_stop(self) -> None:
        """Close the connection."""
        self._wire.close()

    @task  # type: ignore[untyped-decorator, unused-ignore]
    def ask(self) -> None:
        """Send one request."""
        engine, rows = self._engine, self._engine.rows
        engine.idle += 1
        try:
            row = engine.due.get()
        finally:
            engine.idle -= 1
        question = int(rows.question[row])
        if perf_counter() - engine.start - rows.intended[row] > engine.timeout:
            self._finish(row, Fate.NOT_SENT, b"")
            return
        body = engine.requests[question].numbered(engine.first + row)
        sent = perf_counter()
        rows.sent[row] = sent - engine.start
        try:
            raw = self._wire.ask("POST", ROUTE, body=body)
        except TimeoutError:
            self._finish(row, Fate.TIMEOUT, b"")
            return
        except OSError:
            self._finish(row, Fate.BROKEN, b"")
            return
        came_to = fate(raw.status, raw.body)
        if came_to == Fate.OK:
            rows.received[row] = perf_counter() - engine.start
        self._finish(row, came_to, raw.body)

    def _finish(self, row: int, came_to: Fate, body: bytes) -> None:
        engine, rows = self._engine, self._engine.rows
        rows.fate[row], rows.own[row] = came_to, np.nan
        engine.answers(row, int(rows.question[row]), came_to, body)
        events.request.fire(
            request_type="nearImage",
            name=f"question {rows.question[row]}",
            response_time=(perf_counter() - engine.start - rows.intended[row]) * 1000,
            response_length=len(body),
            exception=None if came_to == Fate.OK else RuntimeError(came_to.word),
            context={},
        )
        engine.left -= 1
        if not engine.left:
            engine.over.set()


@events.init.add_listener  # type: ignore[untyped-decorator, unused-ignore]
def _join(environment: Any, **_: Any) -> None:
    runner = environment.runner
    if os.environ.get(PROFILE):
        _Master(environment)
    elif hasattr(runner, "client_id"):
        runner.register_message(_PART, _begin)


def _begin(environment: Any, msg: Any, **_: Any) -> None:
    """A worker got its part: its users may begin, and what they measure goes back when the last one is done."""
    engine = _Worker.engine = _Engine(msg.data)
    _Worker.begun.set()

    def work() -> None:
        engine.pace()
        engine.over.wait()
        environment.runner.send_message(_DONE, json.dumps(engine.told()))

    gevent.spawn(work)


class _Master:
    """Gives out parts, collects what comes back, and ends the run."""

    def __init__(self, environment: Any) -> None:
        self._runner = environment.runner
        self._profile = json.loads(Path(os.environ[PROFILE]).read_bytes())
        self._back: list[Any] = []
        self._wanted = 0
        environment.runner.register_message(_DONE, self._done)
        environment.events.spawning_complete.add_listener(self._give_out)

    def _give_out(self, **_: Any) -> None:
        if self._wanted:
            return
        workers = list(self._runner.clients)
        self._wanted = len(workers)
        profile = self._profile
        for place, worker in enumerate(workers):
            part = {
                **profile,
                "times": profile["times"][place :: self._wanted],
                "order": profile["order"][place :: self._wanted],
                "first": (place + 1) * 10**13,
            }
            self._runner.send_message(_PART, part, worker)

    def _done(self, environment: Any, msg: Any, **_: Any) -> None:
        del environment
        self._back.append(json.loads(msg.data))
        if len(self._back) == self._wanted:
            Path(os.environ[RESULT]).write_text(json.dumps(self._back))
            self._runner.quit()
