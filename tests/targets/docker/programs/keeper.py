"""Opens a target of fakes, says so, and keeps it until it is ended: `keeper.py WEAVIATE_IMAGE SERVICE_IMAGE`."""

from __future__ import annotations

import sys
import time

from harness.model import Needs
from harness.targets.docker.target import choose
from harness.targets.setup import Setup


def main() -> None:
    """Keep it."""
    target = choose(sys.argv[1], Setup(images={"img2vec-neural": sys.argv[2]}))
    with target.open(Needs(modules=("img2vec-neural",))):
        print("open", flush=True)  # noqa: T201 (its way to speak)
        while True:  # in short waits: an interruption that comes just before one is noticed after it
            time.sleep(0.2)


if __name__ == "__main__":
    main()
