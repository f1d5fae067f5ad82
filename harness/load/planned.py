"""A server that takes as long as it was told to, and keeps a log of its own: what a measurement is held against.

It answers every request with the same bytes after a delay of a plan, in a process of its own; it can stop altogether
for a while, as a server does whose disk or garbage collector stops it. Its clock is `time.perf_counter`, which on Linux
all processes of a machine share, so its log can be laid beside what a generator measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass

import numpy as np

from harness.exchange import exchange
from harness.load.samples import Floats
from harness.model import Endpoint

BODY = b'{"data":{"Get":{"Planned":[]}}}'
LOG, STALL = "/log", "/stall"
_PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How a planned server behaves.

    `delays` are seconds that answers take, one request after the other, again and again from the first one. `body` is
    the answer, GraphQL of no hits by default. `status` is its HTTP status.
    """

    delays: tuple[float, ...] = (0.0,)
    body: str = BODY.decode()
    status: int = 200


@dataclass(frozen=True, slots=True)
class Log:
    """What a planned server saw, in the order of arrival: seconds of `time.perf_counter`.

    `arrived` is when the last byte of each request was read, `answered` just before its answer was sent.
    """

    arrived: Floats
    answered: Floats

    @property
    def seconds(self) -> Floats:
        """How long each request took there."""
        return self.answered - self.arrived


class Planned:
    """A planned server that runs; `endpoint` is where, as of a database."""

    def __init__(self, port: int) -> None:
        self.endpoint = Endpoint("planned", f"http://127.0.0.1:{port}", "0")

    def log(self) -> Log:
        """Return the log so far, and begin a new one."""
        times = np.frombuffer(self._asked(LOG), dtype=np.float64).reshape(2, -1)
        return Log(times[0], times[1])

    def stall(self, after: float, seconds: float) -> None:
        """Have the whole server stop for so many seconds, so many seconds from now."""
        self._asked(f"{STALL}?{after}&{seconds}")

    def _asked(self, path: str) -> bytes:
        with closing(exchange(self.endpoint.url, timeout=_PATIENCE)) as server:
            return server.ask("GET", path).body


@contextmanager
def planned(plan: Plan | None = None) -> Iterator[Planned]:
    """Yield a planned server, on a free port of this machine; it ends with the block."""
    words = [sys.executable, "-m", "harness.load.planned_server", json.dumps(asdict(plan or Plan()))]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)  # noqa: S603 - our own program
    assert process.stdout is not None
    try:
        yield Planned(int(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def delays(milliseconds: Sequence[float], n: int, seed: int = 0, spread: float = 0.2) -> tuple[float, ...]:
    """Return n delays in seconds, drawn around these medians (equally often) with a log-normal spread."""
    rng = np.random.default_rng(seed)
    drawn = rng.choice(np.asarray(milliseconds), size=n) * rng.lognormal(0.0, spread, n) / 1000
    return tuple(float(one) for one in drawn)
