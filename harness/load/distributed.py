"""Sends a load from the workers of Locust: its own master and workers, our schedule, our clocks, our samples.

The master is a process of this machine; the workers are too, or run elsewhere and find it (`--listen`). Each worker
sends its part of the schedule with as many of Locust's users as lanes fall to it, measures with the clocks of
`samples`, and hands its columns back; they are joined, never their percentiles averaged.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from harness.errors import AnswerError, UnsupportedError
from harness.load.answers import Answers
from harness.load.lanes import Encoded
from harness.load.samples import Fate, Floats, Samples
from harness.model import Endpoint

PROFILE, RESULT = "NEARIMAGE_LOAD_PROFILE", "NEARIMAGE_LOAD_RESULT"
"""Variables of the master's environment: files that it reads and writes."""

_FILE = Path(__file__).with_name("locustfile.py")
_SPARE = 60.0
"""Seconds that starting and handing back may take."""

_LAST_LINES = 5


@dataclass(frozen=True, slots=True)
class Distributed:
    """What the workers measured together; `cpu` is their processor seconds for each second, of the busiest of them."""

    samples: Samples
    answers: Answers
    cpu: float


def run_distributed(
    endpoint: Endpoint,
    requests: Sequence[Encoded],
    times: Floats,
    order: NDArray[np.int32],
    *,
    workers: int,
    concurrency: int,
    timeout: float,
    listen: str = "",
) -> Distributed:
    """Send requests from several processes at the intended times, and return what became of each.

    Args:
        endpoint: the database.
        requests: whole HTTP requests, encoded.
        times: n seconds since the start, ascending.
        order: n positions in `requests`.
        workers: so many processes; each needs a lane.
        concurrency: so many requests at once, over all workers.
        timeout: seconds that each piece of an answer may take.
        listen: HOST:PORT where workers of other machines find the master; empty starts them here.

    Raises:
        AnswerError: Locust's processes did not do it; with their last words.
        UnsupportedError: Locust is not installed, or there are more workers than lanes.
    """
    if find_spec("locust") is None:
        raise UnsupportedError("Locust is not installed", hint="pip install 'nearimage[distributed]'")
    if workers > concurrency:
        raise UnsupportedError(f"{workers} workers need as many lanes, and there are {concurrency}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        profile, result = folder / "profile", folder / "result"
        profile.write_bytes(_profile(endpoint, requests, times, order, timeout))
        host, _, port = listen.rpartition(":")
        with_port = port or _free_port()
        environment = {**os.environ, PROFILE: str(profile), RESULT: str(result)}
        words = [sys.executable, "-m", "locust", "-f", str(_FILE), "--loglevel", "WARNING"]
        bind = ["--master-bind-host", host or "127.0.0.1", "--master-bind-port", with_port]
        users = ["-u", str(concurrency), "-r", str(concurrency), "--host", endpoint.url]
        said = stack.enter_context((folder / "said").open("wb"))
        expected = ["--master", "--headless", "--only-summary", "--expect-workers", str(workers), *bind, *users]
        processes = [subprocess.Popen([*words, *expected], env=environment, stdout=said, stderr=said)]  # noqa: S603
        stack.callback(_end, processes)
        for _ in range(0 if listen else workers):
            worker = ["--worker", "--master-host", "127.0.0.1", "--master-port", with_port]
            processes.append(subprocess.Popen([*words, *worker], stdout=said, stderr=said))  # noqa: S603
        try:
            processes[0].wait(float(times[-1]) + timeout + _SPARE + (600.0 if listen else 0.0))
        except subprocess.TimeoutExpired:
            raise _silent(folder / "said", "did not come to an end") from None
        if not result.exists():
            raise _silent(folder / "said", "handed nothing back")
        return joined(json.loads(result.read_bytes()))


def _profile(
    endpoint: Endpoint, requests: Sequence[Encoded], times: Floats, order: NDArray[np.int32], timeout: float
) -> bytes:
    bodies = [[one.head.partition(b"\r\n\r\n")[2], one.tail] for one in requests]
    return orjson.dumps(
        {
            "url": endpoint.url,
            "headers": endpoint.headers,
            "timeout": timeout,
            "times": times.tolist(),
            "order": order.tolist(),
            "bodies": [[None if part is None else b64encode(part).decode() for part in body] for body in bodies],
        }
    )


def joined(parts: list[dict[str, Any]]) -> Distributed:
    """Return what the workers handed back as what one generator measured."""
    answers = Answers()
    samples = []
    for part in parts:
        columns = part["columns"]
        kinds = {"question": np.int32, "queued": np.bool_, "fate": np.int8}
        samples.append(
            Samples(**{name: np.array(values, dtype=kinds.get(name, np.float64)) for name, values in columns.items()})
        )
        for question, body, count in part["bodies"]:
            for _ in range(count):
                answers(0, question, Fate.OK, body.encode("utf-8", "surrogateescape"))
    return Distributed(Samples.joined(samples), answers, max(part["cpu"] for part in parts))


def _free_port() -> str:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _silent(said: Path, what: str) -> AnswerError:
    lines = said.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-_LAST_LINES:]
    return AnswerError("\n".join([f"the workers of the load {what}", *lines]))


if __name__ == "__main__":
    sys.stdout.write(f"{_FILE}\n")  # for `python -m locust -f` on another machine
