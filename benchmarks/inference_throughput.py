"""How many images per second the inference service answers, beside a plain loop without any service.

    python benchmarks/inference_throughput.py [--rounds 15] [--images 60] [--connections 4] [--least 0.85]

The loop is what one would write without a server: decode, resize, forward, one image after the other, in one process
with onnxruntime's own settings. The service runs in a process of its own and is called as Weaviate calls it, over a few
connections; whoever calls it is on the same machine and takes its time from it. Both work on the same photographs, in
short turns. A round in which other programs took more than `--others` of the machine is not counted: the loop's threads
spin while they wait and lose far more to a busy neighbour than the service does, which would flatter the service.
Ends with code 1 if the median ratio is below `--least`, or if there were not enough quiet rounds.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import io
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import numpy as np
import onnxruntime
from machine import watching
from PIL import Image

from harness.images import shipped
from harness.inference.models import model_file
from harness.inference.process import spawn


def plain_loop() -> Callable[[bytes], list[float]]:
    """Return a function that turns an image file into features with nothing around it."""
    session = onnxruntime.InferenceSession(str(model_file("efficientnet-lite0.onnx")))

    def features(data: bytes) -> list[float]:
        small = Image.open(io.BytesIO(data)).convert("RGB").resize((224, 224), Image.Resampling.BICUBIC)
        values = ((np.asarray(small, np.float32) - 127) / 128).transpose(2, 0, 1)[None]
        return session.run(["features"], {"pixel_values": values})[0][0].tolist()

    return features


def ask_all(url: str, bodies: list[bytes], connections: int) -> None:
    """Post all bodies, each connection one after the other; an answer that is not 200 ends the benchmark."""
    address = urlsplit(url).netloc

    def ask(share: list[bytes]) -> None:
        connection = http.client.HTTPConnection(address, timeout=60)
        for body in share:
            connection.request("POST", "/vectors", body)
            response = connection.getresponse()
            answer = response.read()
            if response.status != http.client.OK:
                raise SystemExit(f"the service answered {response.status}: {answer[:200]!r}")
        connection.close()

    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(ask, [bodies[n::connections] for n in range(connections)]))


def rate(count: int, work: Callable[[], object]) -> float:
    """Return images per second of a piece of work."""
    began = time.perf_counter()
    work()
    return count / (time.perf_counter() - began)


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15, help="quiet rounds wanted")
    parser.add_argument("--tries", type=int, default=150, help="rounds at most")
    parser.add_argument("--images", type=int, default=60, help="images in a round, the photographs over and over")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--others", type=float, default=0.05, help="most of the machine that others may take")
    parser.add_argument("--each", action="store_true", help="print each round")
    parser.add_argument("--least", type=float, default=0.85, help="smallest ratio that is good enough")
    options = parser.parse_args()

    files = list(itertools.islice(itertools.cycle(p.data for p in shipped("photos").pictures), options.images))
    bodies = [json.dumps({"id": f"x_{n}", "image": base64.b64encode(f).decode()}).encode() for n, f in enumerate(files)]
    features = plain_loop()
    rounds: list[tuple[float, float]] = []
    with spawn(encoder="photo", preload=True) as service:
        for number in range(options.tries):
            with watching(service.pid) as watch:
                loop = rate(len(files), lambda: [features(file) for file in files])
                served = rate(len(files), lambda: ask_all(service.url, bodies, options.connections))
            counts = number > 0 and watch.others <= options.others  # the first warms both up
            rounds += [(loop, served)] if counts else []
            if options.each:
                told = f"loop {loop:6.1f}/s  service {served:6.1f}/s  ratio {served / loop:.3f}"
                print(f"{told}  others {watch.others:.0%}{'' if counts else '  not counted'}")
            if len(rounds) == options.rounds:
                break
    if len(rounds) < options.rounds:
        print(f"only {len(rounds)} of {number + 1} rounds were quiet; {options.rounds} are wanted")
        return 1
    ratios = [served / loop for loop, served in rounds]
    ratio = statistics.median(ratios)
    loop, served = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(
        f"loop {loop:.0f}/s, service {served:.0f}/s over {options.connections} connections, {len(rounds)} quiet rounds"
    )
    print(f"median ratio {ratio:.3f} (least {options.least}), from {min(ratios):.3f} to {max(ratios):.3f}")
    return 0 if ratio >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
