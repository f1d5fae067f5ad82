"""How much the reference adds to the time of the inference service, for one nearImage.

    python benchmarks/reference_overhead.py [--blocks 48] [--objects 168] [--also 2000] [--most-ms 2]

Five questions in turns, each about the same photograph. Three at the wire, by one stopwatch (`stopwatch.py`), from the
first byte sent until the last one came back: the service alone; the reference over GraphQL (the image as a variable);
the reference over gRPC. The difference of the medians is what the reference adds, and is judged. The other two as a run
asks them, with what our own interfaces and grpcio's client cost on top: printed, not judged.

Service and reference run in processes of their own, as in a run. The objects have vectors of 1,280 components; all are
compared with the question's. Judged is what the shipped scenario of photographs has: 168 views, by cosine. Printed are
other metrics and more objects, which only say what the comparison of every object costs, in a quarter of the turns.
Turns come in blocks; a block in which other programs took more than `--others` of the machine is not counted. Needs
`h2` (`pip install --group benchmarks`).
Ends with code 1 if more than `--most-ms` is added where it is judged, or if there were not enough quiet blocks.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from random import Random

import numpy as np
from machine import watching
from stopwatch import Grpc, Http

from harness.exchange import JSON
from harness.images import shipped
from harness.inference.process import spawn
from harness.interfaces import connect, graphql, grpc
from harness.interfaces.rest import Object, Rest
from harness.model import Endpoint, NearImage, Question, State
from harness.stubs import search_get_pb2

COMPONENTS = 1280
SEARCH = "/weaviate.v1.Weaviate/Search"
WAYS = ("graphql", "grpc")
OURS = "{} as we ask it"
SHUFFLED = Random(7)
TURNS = 10  # in a block
METRICS = ("cosine", "l2-squared", "manhattan")
JUDGED = METRICS[0]


@contextmanager
def reference(inference: str, folder: str) -> Iterator[tuple[Endpoint, int]]:
    """Run a reference in a process of its own and yield where it is, with its process id."""
    command = [sys.executable, "-m", "harness.reference", "--inference", inference, "--folder", folder]
    command.append("--exit-with-parent")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        yield Endpoint("reference", words[words.index("at") + 1], "1.39.0", grpc=words[-1]), process.pid
        process.communicate()  # closes its standard input, which ends it


def fill(endpoint: Endpoint, name: str, metric: str, objects: int) -> None:
    """Make a class and store objects with vectors of their own."""
    values = np.random.default_rng(7).random((objects, COMPONENTS), dtype=np.float32)
    definition = {
        "class": name,
        "vectorizer": "img2vec-neural",
        "vectorIndexConfig": {"distance": metric},
        "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
        "properties": [{"name": "image", "dataType": ["blob"]}],
    }
    with Rest(endpoint) as rest:
        rest.create_class(definition).need("create a class")
        made = rest.insert_batch(
            Object(name, f"00000000-0000-4000-8000-{number:012d}", {}, vector=tuple(row.tolist()))
            for number, row in enumerate(values)
        )
        assert all(one.state is State.OK for one in made)


def asked(service: str, endpoint: Endpoint, question: Question, stack: ExitStack) -> dict[str, Callable[[], float]]:
    """Return what asks the service, and what asks the reference in two ways; each returns milliseconds."""
    assert isinstance(question.near, NearImage)
    alone = json.dumps({"id": "alone", "image": question.near.image}).encode()
    query, variables = graphql.compose(question)
    request = json.dumps({"query": query, "variables": variables}).encode()
    message = grpc.compose(question).SerializeToString()

    def has_vector(body: bytes) -> None:
        assert len(json.loads(body)["vector"]) == COMPONENTS

    def has_hits(body: bytes) -> None:
        assert len(json.loads(body)["data"]["Get"][question.collection]) == question.limit

    def has_results(body: bytes) -> None:
        assert len(search_get_pb2.SearchReply.FromString(body).results) == question.limit

    return {
        "alone": stack.enter_context(Http(f"{service}/vectors", alone, "", has_vector)).ask,
        "graphql": stack.enter_context(Http(f"{endpoint.url}/v1/graphql", request, JSON, has_hits)).ask,
        "grpc": stack.enter_context(Grpc(endpoint.grpc, SEARCH, message, has_results)).ask,
        **{OURS.format(way): through(endpoint, way, question) for way in WAYS},
    }


def through(endpoint: Endpoint, interface: str, question: Question) -> Callable[[], float]:
    """Return what asks the reference as a run does, with what our own interface costs."""
    connected = connect(interface, endpoint)

    def ask() -> float:
        began = time.perf_counter()
        hits = connected.ask(question).hits
        ended = time.perf_counter()
        assert len(hits) == question.limit
        return (ended - began) * 1000

    return ask


def block(asks: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
    """Return the milliseconds of some turns."""
    times: dict[str, list[float]] = {name: [] for name in asks}
    for _ in range(TURNS):
        for name in SHUFFLED.sample(list(asks), len(asks)):  # who asks leaves the caches to who asks next
            times[name].append(asks[name]())
    return times


def added(
    asks: dict[str, Callable[[], float]], pids: tuple[int, int], blocks: int, options: argparse.Namespace
) -> dict[str, float]:
    """Return the median of the service alone and what each way through the reference adds to it, in milliseconds."""
    times: dict[str, list[float]] = {name: [] for name in asks}
    block(asks)  # warms up
    quiet = 0
    for _ in range(options.tries):
        with watching(*pids) as watch:
            found = block(asks)
        if watch.others <= options.others:
            quiet += 1
            for name, ms in found.items():
                times[name] += ms
        if quiet == blocks:
            break
    if quiet < blocks:
        raise SystemExit(f"only {quiet} of {options.tries} blocks were quiet; {blocks} are wanted")
    medians = {name: statistics.median(ms) for name, ms in times.items()}
    return {name: ms - (medians["alone"] if name != "alone" else 0.0) for name, ms in medians.items()}


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--blocks", type=int, default=48, help=f"quiet blocks of {TURNS} turns wanted where it is judged"
    )
    parser.add_argument("--tries", type=int, default=240, help="blocks at most, for each line")
    parser.add_argument("--others", type=float, default=0.05, help="most of the machine that others may take")
    parser.add_argument("--objects", type=int, default=168, help="judged with so many")
    parser.add_argument("--also", type=int, default=2000, help="printed, not judged")
    parser.add_argument("--most-ms", type=float, default=2.0)
    options = parser.parse_args()
    image = shipped("photos").by_name("chelsea.jpg").base64
    worst = 0.0
    with (
        tempfile.TemporaryDirectory() as folder,
        spawn(preload=True) as service,
        reference(service.url, folder) as (endpoint, pid),
    ):
        for metric in METRICS:
            for objects in (options.objects, options.also):
                name = f"C{metric.partition('-')[0]}{objects}"
                fill(endpoint, name, metric, objects)
                judged = objects == options.objects and metric == JUDGED
                with ExitStack() as stack:
                    asks = asked(service.url, endpoint, Question(name, NearImage(image), limit=10), stack)
                    blocks = options.blocks if judged else max(1, options.blocks // 4)
                    found = added(asks, (service.pid, pid), blocks, options)
                if judged:
                    worst = max(found[way] for way in WAYS)
                said = ", ".join(
                    f"{way} +{found[way]:.2f} ms (+{found[OURS.format(way)]:.2f} as we ask it)" for way in WAYS
                )
                print(f"{metric:11} {objects:5} objects: service {found['alone']:.2f} ms, {said}", flush=True)
    print(f"with {options.objects} objects by {JUDGED} at most +{worst:.2f} ms (allowed {options.most_ms:g})")
    return 0 if worst <= options.most_ms else 1


if __name__ == "__main__":
    sys.exit(main())
