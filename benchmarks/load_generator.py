"""What the load generator's figures are worth, each beside a neighbour in the same run, on loopback.

    python benchmarks/load_generator.py [--only histogram,memory,clock,…] [--seconds 2] [--rounds 10]

`wrk` (from the system's packages) is the neighbour of `ceiling`, `clock` and `median`; Locust's FastHttpUser that of
`ceiling` (`pip install nearimage[distributed]`); a neighbour that is not installed is said and its row left open. Turns
are short and interleaved, so that a busy machine slows both; what counts are ratios of one run. `median` asks a real
server or the reference: `--target URL` names one that is up. Ends with code 1 if a figure is beyond its limit.
"""

from __future__ import annotations

import argparse
import ctypes
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from machine import watching

from harness.histogram import Histogram
from harness.load.http_lanes import GraphQLWire, request
from harness.load.lanes import Encoded
from harness.load.planned import Plan, delays, planned
from harness.load.runner import run_closed, run_open
from harness.load.samples import Fate
from harness.load.schedule import constant
from harness.model import Endpoint

BODY = 40_000
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
LUA = 'wrk.method = "POST"\nwrk.body = "{body}"\nwrk.headers["Content-Type"] = "application/json"\n'
LOCUST = """
from locust import FastHttpUser, constant, task
class Asks(FastHttpUser):
    wait_time = constant(0)
    body = "x" * {size}
    @task
    def ask(self):
        self.client.post("/v1/graphql", data=self.body)
"""

failed: list[str] = []


def row(name: str, figure: str, limit: str, *, good: bool) -> None:
    """Print a figure with its limit."""
    print(f"{'ok  ' if good else 'MISS'} {name:<34} {figure:<58} limit: {limit}", flush=True)
    if not good:
        failed.append(name)


class Wrk:
    """The program wrk against one address, posting one body."""

    def __init__(self, url: str, body: str, headers: str = "") -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._script = Path(self._folder.name, "post.lua")
        escaped = body.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        self._script.write_text(LUA.replace("{body}", escaped) + headers)
        self._url = f"{url}/v1/graphql"

    def run(self, connections: int, seconds: float) -> tuple[float, float]:
        """Return requests a second and the median in seconds."""
        words = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency", "-s", str(self._script)]
        said = subprocess.run([*words, self._url], capture_output=True, text=True, check=True).stdout
        median = re.search(r"50%\s+([\d.]+)(us|ms|s)", said)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
        assert median, said
        assert rate, said
        return float(rate[1]), float(median[1]) * UNITS[median[2]]


def ours(endpoint: Endpoint, body: bytes, connections: int, seconds: float) -> tuple[float, float]:
    """Return requests a second and the median in seconds of our closed loop, every sample recorded."""
    samples = run_closed(
        GraphQLWire(endpoint),
        [Encoded.of(request(endpoint, "/v1/graphql", body))],
        np.zeros(2_000_000, dtype=np.int32),
        concurrency=connections,
        seconds=seconds,
    )
    assert samples.counts()[Fate.OK] == len(samples)
    last = float(np.nanmax(samples.received))
    return len(samples) / last, float(np.median(samples.service))


def locust(url: str, connections: int, seconds: float) -> float | None:
    """Return the requests a second of Locust's FastHttpUser in one process; None where it is not installed."""
    program = Path(sys.executable).with_name("locust")
    if not program.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "asks.py")
        file.write_text(LOCUST.replace("{size}", str(BODY)))
        words = [str(program), "-f", str(file), "--headless", "-u", str(connections), "-r", str(connections)]
        words += ["-t", f"{max(3, round(seconds))}s", "--host", url, "--only-summary", "--loglevel", "ERROR"]
        said = subprocess.run(words, capture_output=True, text=True, check=False)
    found = re.search(r"Aggregated\s+(\d+)\s+\S+.*?\|\s+([\d.]+)\s+[\d.]+\s*$", said.stdout + said.stderr, re.MULTILINE)
    return float(found[2]) if found else None


def ceiling(options: argparse.Namespace) -> None:
    """Requests a second with 40 kB bodies, one process, 16 connections, against a server that answers at once."""
    ratios, rates, theirs = [], [], []
    with planned() as server:
        wrk = Wrk(server.endpoint.url, "x" * BODY) if shutil.which("wrk") else None
        for _ in range(options.rounds):
            rate = ours(server.endpoint, b"x" * BODY, 16, options.seconds)[0]
            rates.append(rate)
            if wrk:
                theirs.append(wrk.run(16, options.seconds)[0])
                ratios.append(rate / theirs[-1])
            server.log()
        others = locust(server.endpoint.url, 16, options.seconds * 2)
        again = ours(server.endpoint, b"x" * BODY, 16, options.seconds)[0]
    middle = statistics.median(rates)
    if ratios:
        ratio = statistics.median(ratios)
        beside = f"wrk {statistics.median(theirs):,.0f}/s"
        said = f"{middle:,.0f}/s, {beside}: {ratio:.2f} x ({min(ratios):.2f}-{max(ratios):.2f})"
        row("ceiling, 40 kB bodies", said, ">= 0.5 x wrk", good=ratio >= 0.5)
    else:
        print("     ceiling: wrk is not installed")
    if others:
        ratio = min(middle, again) / others
        row("ceiling beside Locust", f"Locust's FastHttpUser {others:,.0f}/s: {ratio:.1f} x", ">= 2 x", good=ratio >= 2)
    else:
        print("     ceiling: Locust is not installed")


def clock(options: argparse.Namespace) -> None:
    """Our time of a request beside the server's own log of it, at the median, one connection; the same of wrk."""
    overs, theirs = [], []
    with planned(Plan(delays=(0.002,))) as server:
        wrk = Wrk(server.endpoint.url, "x" * BODY) if shutil.which("wrk") else None
        for _ in range(options.rounds):
            server.log()
            median = ours(server.endpoint, b"x" * BODY, 1, options.seconds)[1]
            overs.append(median - float(np.median(server.log().seconds)))
            if wrk:
                median = wrk.run(1, options.seconds)[1]
                theirs.append(median - float(np.median(server.log().seconds)))
    over = statistics.median(overs) * 1e6
    beside = statistics.median(theirs) * 1e6 if theirs else float("nan")
    said = f"{over:.0f} us over the server's own log; wrk {beside:.0f} us"
    row("clock", said, "<= wrk's + 30 us", good=not theirs or over <= beside + 30)


def median(options: argparse.Namespace) -> None:
    """The median of one connection, in interleaved rounds with wrk, on a server that takes a few milliseconds."""
    if not shutil.which("wrk"):
        print("     median: wrk is not installed")
        return
    with _asked(options) as (endpoint, body):
        wrk = Wrk(endpoint.url, body.decode())
        ratios = []
        for turn in range(options.rounds):
            both: dict[str, float] = {}
            order: list[str] = ["ours", "wrk"] if turn % 2 else ["wrk", "ours"]
            for who in order:
                mine = who == "ours"
                both[who] = ours(endpoint, body, 1, options.seconds)[1] if mine else wrk.run(1, options.seconds)[1]
            ratios.append(both["ours"] / both["wrk"])
    ordered = sorted(ratios)
    # the second lowest and second highest of ten hold the median with a confidence of 97.9 %
    low, high = ordered[max(0, len(ordered) // 5 - 1)], ordered[-max(1, len(ordered) // 5)]
    middle = statistics.median(ratios)
    said = f"{middle - 1:+.1%} of wrk's ({low - 1:+.1%} to {high - 1:+.1%}), {len(ratios)} interleaved rounds"
    row("median of a closed loop", said, "within 2 %", good=abs(middle - 1) <= 0.02)


@contextmanager
def _asked(options: argparse.Namespace) -> Iterator[tuple[Endpoint, bytes]]:
    """Yield a server and what is asked of it: one that is named, or a planned one of three milliseconds."""
    if options.target:
        yield Endpoint("named", options.target, ""), Path(options.body).read_bytes()
        return
    with planned(Plan(delays=(0.003,))) as server:
        yield server.endpoint, b"x" * BODY


def stall(options: argparse.Namespace) -> None:
    """A server stops for one second in twenty, at 200 requests a second: its true 99th percentile, and what we say."""
    del options
    seconds, rate = 20.0, 200
    with planned(Plan(delays=delays([2.0], 4000))) as server:
        encoded = [Encoded.of(request(server.endpoint, "/v1/graphql", b"x" * 1000))]
        server.log()
        server.stall(8.0, 1.0)
        schedule = constant(rate, seconds)
        samples = run_open(
            GraphQLWire(server.endpoint),
            encoded,
            schedule.times,
            np.zeros(len(schedule), dtype=np.int32),
            concurrency=256,
        )
        log = server.log()
        server.stall(4.0, 1.0)
        closed = run_closed(
            GraphQLWire(server.endpoint), encoded, np.zeros(100_000, dtype=np.int32), concurrency=1, seconds=10.0
        )
    # the true one, by the server's own log: from when each request was due until its answer was sent. Requests arrive
    # in the order in which they are sent; the clock is the same, and begins apart by what the quickest request took.
    sent = np.sort(samples.sent)
    began = float(np.min(np.sort(log.arrived) - sent))
    waits = np.sort(log.answered) - began - samples.intended
    true = float(np.quantile(waits, 0.99, method="inverted_cdf"))
    said = float(np.quantile(samples.response[samples.ok], 0.99, method="inverted_cdf"))
    hidden = float(np.quantile(closed.service[closed.ok], 0.99, method="inverted_cdf"))
    off = said / true - 1
    words = f"{said * 1000:.0f} ms, true {true * 1000:.0f} ms ({off:+.1%}); a closed loop says {hidden * 1000:.1f} ms"
    row("p99 with a stall of 1 s in 20 s", words, "within 5 %", good=abs(off) <= 0.05)


def histogram(options: argparse.Namespace) -> None:
    """Percentiles of the histogram beside the exact ones of the same samples."""
    del options
    worst = 0.0
    for middle in (0.4, 3.0, 150.0):
        samples = np.random.default_rng(0).lognormal(np.log(middle / 1000), 0.5, 1_000_000)
        made = Histogram.of(samples)
        for q in (50.0, 90.0, 95.0, 99.0, 99.9):
            exact = float(np.quantile(samples, q / 100, method="inverted_cdf"))
            worst = max(worst, abs(made.percentile(q) / exact - 1))
    rounded = abs(round(0.4) / 0.4 - 1)  # to whole milliseconds below 100, as Locust keeps its times
    row(
        "estimator, p50 to p99.9",
        f"{worst:.3%} at most; whole milliseconds at 0.4 ms: {rounded:.0%}",
        "<= 1 %",
        good=worst <= 0.01,
    )


def memory(options: argparse.Namespace) -> None:
    """What a histogram takes after so many samples: its counts, and what it is as a text."""
    del options
    sizes, made, recorded = {}, Histogram(), 0
    rng = np.random.default_rng(0)
    for n in (10_000, 10_000_000):
        while recorded < n:
            some = min(1_000_000, n - recorded)
            made.record(rng.lognormal(-6, 1, some))
            recorded += some
        assert len(made) == n
        sizes[n] = ctypes.sizeof(made._counts.counts), len(made.write())  # noqa: SLF001 - what the library keeps
    (first, text), (last, longer) = sizes.values()
    kept = f"{first / 1024:,.0f} KiB after 1e4, {last / 1024:,.0f} KiB after 1e7"
    said = f"{kept} (as text {text / 1024:.0f}, {longer / 1024:.0f}); raw {8 * 10_000_000 / 2**20:,.0f} MiB"
    row("memory of a histogram", said, "constant", good=first == last)


def distributed(options: argparse.Namespace) -> None:
    """Two workers of Locust beside one process of ours, the same schedule and server: do their intervals meet."""
    from harness.load.distributed import run_distributed
    from harness.load.percentiles import percentiles
    from harness.load.schedule import poisson

    del options
    schedule = poisson(60, 20.0)
    order = np.zeros(len(schedule), dtype=np.int32)
    with planned(Plan(delays=delays([20.0], 997))) as server:
        encoded = [Encoded.of(request(server.endpoint, "/v1/graphql", b"x" * BODY))]
        alone = run_open(GraphQLWire(server.endpoint), encoded, schedule.times, order, concurrency=16)
        both = run_distributed(server.endpoint, encoded, schedule.times, order, workers=2, concurrency=16, timeout=10.0)
    apart = []
    for q in (50.0, 90.0, 95.0):
        [one], [other] = (percentiles(each.response[each.ok], (q,)) for each in (alone, both.samples))
        assert one.value
        assert other.value
        print(f"     p{q:g}: one process {one.value * 1000:.1f} ms, two workers {other.value * 1000:.1f} ms")
        if (
            one.interval
            and other.interval
            and (one.interval.low > other.interval.high or other.interval.low > one.interval.high)
        ):
            apart.append(f"p{q:g}")
    said = "intervals meet at p50, p90, p95" if not apart else f"apart at {', '.join(apart)}"
    row("two Locust workers", said, "within their intervals", good=not apart)


ROWS: dict[str, Callable[[argparse.Namespace], None]] = {
    "histogram": histogram,
    "memory": memory,
    "clock": clock,
    "median": median,
    "ceiling": ceiling,
    "stall": stall,
    "distributed": distributed,
}


def main() -> int:
    """Measure the rows that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(ROWS), help="of " + ", ".join(ROWS))
    parser.add_argument("--seconds", type=float, default=2.0, help="of a turn")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--target", default="", help="of `median`: a server that is up, http://127.0.0.1:8080")
    parser.add_argument("--body", default="", help="of `median`: a file with the GraphQL body that it is asked")
    options = parser.parse_args()
    with watching() as watch:
        for name in options.only.split(","):
            ROWS[name](options)
    print(f"other programs, the servers among them, took {watch.others:.0%} of the machine meanwhile")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
