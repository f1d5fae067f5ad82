"""Puts the same requests to two servers and stores both answers side by side.

    python -m benchmarks.wire --left reference --right embedded:/path/to/weaviate --out benchmarks/wire/side-by-side.md

A server is named as everywhere in nearimage: `reference`, `embedded…`, or `http://host:port?grpc=port`. Both need the
modules img2vec-neural and multi2vec-clip with an inference service that knows planted images; nothing but collections
whose names start with `Wire` is touched. A difference that `explained.yaml` does not explain makes the exit code 1, and
so does an explanation of a difference that is not there any more.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from benchmarks.wire import asking, comparing, page
from benchmarks.wire.sending import Reply, Server
from harness import targets
from harness.errors import HarnessError
from harness.model import Endpoint, Needs

PREFIX = "Wire"
EXPLAINED = Path(__file__).parent / "explained.yaml"
_NEEDS = Needs(
    modules=("img2vec-neural", "multi2vec-clip"),
    settings={"API_BASED_MODULES_DISABLED": "true"},  # else 1.39 offers fifty more modules, and hides Explore
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wire", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--left", required=True, help="a target: reference, embedded…, http://host:port?grpc=port")
    parser.add_argument("--right", required=True, help="a target, as --left")
    parser.add_argument("--out", required=True, type=Path, help="the Markdown file to write")
    options = parser.parse_args(arguments)
    requests = asking.load()
    try:
        left, left_is = answers(options.left, requests)
        right, right_is = answers(options.right, requests)
    except HarnessError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    images = {image: placeholder for request in requests for image, placeholder in request.filled.items()}
    answered = zip(requests, left, right, strict=True)
    compared = [comparing.compare(request, one, other, images) for request, one, other in answered]
    explained = yaml.safe_load(EXPLAINED.read_text(encoding="utf-8")) or {}
    options.out.write_text(page.render(compared, explained, left_is, right_is), encoding="utf-8")
    return judge(compared, explained)


def answers(target: str, requests: Sequence[asking.Request]) -> tuple[list[Reply], str]:
    """Put all requests to one target, in order; return its replies and what it is."""
    with targets.find(target).open(_NEEDS) as endpoint, Server(endpoint.url, endpoint.grpc) as server:
        server.remove_collections(PREFIX)
        try:
            return [server.send(request) for request in requests], _described(endpoint)
        finally:
            server.remove_collections(PREFIX)


def judge(compared: Sequence[comparing.Compared], explained: dict[str, str]) -> int:
    """Print what is different and not explained, or explained and not different; return the exit code."""
    different = {entry.request.id for entry in compared if entry.differences}
    bad = 0
    for entry in compared:
        if entry.request.id in different - explained.keys():
            bad += 1
            print(f"{entry.request.id}:")
            for difference in entry.differences:
                print(f"    {difference}")
    for stale in sorted(explained.keys() - different):
        bad += 1
        print(f"{stale}: explained, but no difference was seen")
    print(f"{len(compared)} requests, {len(different)} different, {bad} to be mended or explained")
    return 1 if bad else 0


def _described(endpoint: Endpoint) -> str:
    if endpoint.weaviate:
        return f"Weaviate {endpoint.version}"
    return f"the in-process reference, which follows Weaviate {endpoint.version}"


if __name__ == "__main__":
    sys.exit(main())
