"""How much the reference adds to the time of the inference service, for one nearImage.

    python benchmarks/reference_overhead.py [--rounds 120] [--objects 120,2000] [--most-ms 2]

The inference service is asked alone for the vector of a photograph over a connection that stays open; then the
reference, a process of its own as in a run, is asked with the same photograph over GraphQL (the image as a variable)
and over gRPC, in turns, so that a busy machine slows all three. What is added is the difference of the medians of one
run. Objects have vectors of their own, of 1,280 components. Ends with code 1 if more than `--most-ms` is added.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import numpy as np

from harness.images import shipped
from harness.interfaces import connect
from harness.interfaces.rest import Object, Rest
from harness.model import Endpoint, NearImage, Needs, Question, State
from harness.targets import find

COMPONENTS = 1280
WARMUP = 5


def fill(endpoint: Endpoint, name: str, metric: str, objects: int) -> None:
    """Make a class and store objects with vectors of their own."""
    values = np.random.default_rng(7).random((objects, COMPONENTS), dtype=np.float32)
    with Rest(endpoint) as rest:
        rest.create_class(
            {
                "class": name,
                "vectorizer": "img2vec-neural",
                "vectorIndexConfig": {"distance": metric},
                "moduleConfig": {"img2vec-neural": {"imageFields": ["image"]}},
                "properties": [{"name": "image", "dataType": ["blob"]}],
            }
        ).need("create a class")
        made = rest.insert_batch(
            Object(name, f"00000000-0000-4000-8000-{number:012d}", {}, vector=tuple(row.tolist()))
            for number, row in enumerate(values)
        )
        assert all(one.state is State.OK for one in made)


def main() -> int:
    """Measure in turns, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=120)
    parser.add_argument("--objects", default="120,2000")
    parser.add_argument("--most-ms", type=float, default=2.0)
    options = parser.parse_args()
    image = shipped("photos").by_name("chelsea.jpg").base64
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {options.rounds} rounds, {len(image) // 1000} kB")
    worst = 0.0
    needs = Needs(modules=("img2vec-neural",))
    with find("reference").open(needs) as endpoint:
        service = HTTPConnection(urlsplit(endpoint.inference["img2vec-neural"].url).netloc)
        body = json.dumps({"id": "alone", "image": image}).encode()
        interfaces = [connect(name, endpoint) for name in ("graphql", "grpc")]
        for metric in ("cosine", "l2-squared", "manhattan"):
            for objects in map(int, options.objects.split(",")):
                name = f"C{metric.partition('-')[0]}{objects}"
                fill(endpoint, name, metric, objects)
                question = Question(name, NearImage(image), limit=10)
                alone: list[float] = []
                through: dict[str, list[float]] = {interface.name: [] for interface in interfaces}
                for place in range(options.rounds + WARMUP):
                    began = time.perf_counter()
                    service.request("POST", "/vectors", body)
                    json.loads(service.getresponse().read())
                    took = time.perf_counter() - began
                    answers = {interface.name: interface.ask(question) for interface in interfaces}
                    if place >= WARMUP:
                        alone.append(took)
                        for key, answer in answers.items():
                            through[key].append(answer.seconds)
                base = statistics.median(alone)
                added = {key: (statistics.median(found) - base) * 1000 for key, found in through.items()}
                worst = max(worst, *added.values())
                said = ", ".join(f"{key} +{ms:.2f} ms" for key, ms in added.items())
                print(f"{metric:11} {objects:5} objects: service alone {base * 1000:.2f} ms, {said}")
    print(f"at most +{worst:.2f} ms (allowed {options.most_ms:g})")
    return 0 if worst <= options.most_ms else 1


if __name__ == "__main__":
    sys.exit(main())
