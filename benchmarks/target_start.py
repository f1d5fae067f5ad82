"""How long it takes until a Weaviate in containers has answered its first nearImage.

    python benchmarks/target_start.py --weaviate IMAGE [--inference IMAGE] [--rounds 3] [--second IMAGE]

In turns, on the same images, which must be here already:

- ours: `--target docker` with our inference service as a container, a class, one image, one question;
- by hand: Testcontainers' own Weaviate module, an inference container started before it and waited for, then the same.

Then what this project has set itself: from "containers running and ready" to the first answer at most 1 s; a target
that was kept is taken again and has answered in at most 1.5 s; two versions start together in at most 1.3 times the
slower one. Each is a ratio or a difference within this run. Ends with code 1 if one of them is missed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import httpx
from testcontainers.community.weaviate import WeaviateContainer
from testcontainers.core.container import DockerContainer

from harness.images import shipped
from harness.interfaces import connect
from harness.interfaces.rest import Object, Rest
from harness.model import Endpoint, Module, NearImage, Needs, Question, State
from harness.targets import find
from harness.targets.detached import attached, start_detached, stop_detached
from harness.targets.docker.building import recipe_of
from harness.targets.docker.daemon import connected
from harness.targets.docker.reaper import with_or_without_reaper
from harness.targets.setup import Setup
from harness.targets.state import state_folder

NEEDS = Needs(modules=(str(Module.IMG2VEC),))
OURS = Setup(inference="harness")
CLASS = "TargetStart"


def first_answer(endpoint: Endpoint) -> None:
    """Make a class, store one photograph, ask with it, and make sure that it comes back."""
    picture = shipped("photos").by_name("chelsea.jpg").base64
    definition = {
        "class": CLASS,
        "vectorizer": str(Module.IMG2VEC),
        "moduleConfig": {str(Module.IMG2VEC): {"imageFields": ["image"]}},
        "properties": [{"name": "image", "dataType": ["blob"]}],
    }
    one = Object(CLASS, "00000000-0000-4000-8000-000000000001", {"image": picture})
    with Rest(endpoint) as rest:
        rest.delete_class(CLASS)
        rest.create_class(definition).need("create a class")
        assert all(each.state is State.OK for each in rest.insert_batch([one]))
    asked = connect("graphql", endpoint)
    assert len(asked.ask(Question(CLASS, NearImage(picture), limit=1)).hits) == 1
    asked.close()


def ours(image: str) -> tuple[float, float]:
    """Return the seconds until the first answer, and those of them from readiness on."""
    began = time.perf_counter()
    with find(f"docker:{image}", OURS).open(NEEDS) as endpoint:
        ready = time.perf_counter()
        first_answer(endpoint)
        return time.perf_counter() - began, time.perf_counter() - ready


def by_hand(image: str, inference: str) -> float:
    """Return the seconds until the first answer of Testcontainers' own module."""
    began = time.perf_counter()
    with DockerContainer(inference).with_exposed_ports(8080) as service:
        port = service.get_exposed_port(8080)
        _wait_for(f"http://127.0.0.1:{port}/.well-known/ready")
        # Its network has this gateway, always, behind which the service's published port is.
        variables = {"ENABLE_MODULES": str(Module.IMG2VEC), "IMAGE_INFERENCE_API": f"http://10.10.10.1:{port}"}
        with WeaviateContainer(image, env_vars=variables) as weaviate:
            url = f"http://{weaviate.get_http_host()}:{weaviate.get_http_port()}"
            first_answer(Endpoint("by hand", url, "1.39.0"))
            return time.perf_counter() - began


def _wait_for(url: str) -> None:
    while True:
        try:
            if httpx.get(url, timeout=1).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)


def together(images: list[str]) -> tuple[float, list[float]]:
    """Return how long two take that start at once, and how long each takes alone."""

    def opened(image: str) -> float:
        began = time.perf_counter()
        with ExitStack() as open_one:
            open_one.enter_context(find(f"docker:{image}", OURS).open(NEEDS))
            return time.perf_counter() - began

    alone = [opened(image) for image in images]
    with ThreadPoolExecutor(len(images)) as pool:
        return max(pool.map(opened, images)), alone


@contextmanager
def kept(image: str) -> Iterator[Callable[[], float]]:
    """A target that is left running; yields what takes it again and returns the seconds until its first answer."""
    start_detached(find(f"docker:{image}", OURS), NEEDS, state_folder() / "logs", OURS)

    def again() -> float:
        began = time.perf_counter()
        found = attached(find(f"docker:{image}", OURS), NEEDS, OURS)
        assert found is not None
        first_answer(found.endpoint)
        return time.perf_counter() - began

    try:
        yield again
    finally:
        stop_detached()


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weaviate", required=True, metavar="IMAGE", help="of a Weaviate, which is here")
    parser.add_argument("--inference", metavar="IMAGE", help="started by hand; our own by default")
    parser.add_argument("--second", metavar="IMAGE", help="of another version, started together with the first")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    with connected() as daemon:
        with_or_without_reaper(daemon)  # by hand without a reaper too, where its image cannot be had
    ours(options.weaviate)  # builds our image
    inference = options.inference or recipe_of().tag
    mine, mine_from_ready, theirs, missed = [], [], [], []
    for _ in range(options.rounds):
        whole, from_ready = ours(options.weaviate)
        mine.append(whole)
        mine_from_ready.append(from_ready)
        theirs.append(by_hand(options.weaviate, inference))
    ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
    said = f"ours {statistics.median(mine):.1f} s, by hand {statistics.median(theirs):.1f} s"
    print(f"to the first answer: {said}, median ratio {ratio:.2f} (at most 1)")
    missed += ["slower than by hand"] * (ratio > 1.0)
    first = statistics.median(mine_from_ready)
    print(f"from ready to the first answer: {first:.2f} s (at most 1)")
    missed += ["slow from ready on"] * (first > 1.0)
    with kept(options.weaviate) as again:
        taken = statistics.median(again() for _ in range(options.rounds))
    print(f"a kept target, to the first answer: {taken:.2f} s (at most 1.5)")
    missed += ["slow to take again"] * (taken > 1.5)
    if options.second:
        both, alone = together([options.weaviate, options.second])
        print(f"two versions together: {both:.1f} s, {both / max(alone):.2f} of the slower one alone (at most 1.3)")
        missed += ["slow together"] * (both > 1.3 * max(alone))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
