"""What is asked when: how often each question comes, in which order, and an image that no cache has seen."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from harness.load.lanes import STAMP

Draw = Literal["uniform", "zipf", "in-turn"]


def order(draw: Draw, n: int, questions: int, *, exponent: float = 1.0, seed: int = 0) -> NDArray[np.int32]:
    """Return which question each of n requests asks.

    Args:
        draw: `uniform` draws each equally often, `zipf` the k-th most popular 1 / k ** exponent times as often as the
            first (which is the most popular one is drawn too), `in-turn` asks one after the other.
        n: how many requests.
        questions: how many questions.
        exponent: of `zipf`.
        seed: another one draws otherwise.
    """
    rng = np.random.default_rng(seed)
    match draw:
        case "uniform":
            return rng.integers(questions, size=n, dtype=np.int32)
        case "zipf":
            weights = np.arange(1, questions + 1, dtype=np.float64) ** -exponent
            popular = rng.permutation(questions)
            ranks = np.searchsorted(np.cumsum(weights / weights.sum()), rng.uniform(size=n), side="right")
            return popular[np.minimum(ranks, questions - 1)].astype(np.int32)
        case "in-turn":
            return (np.arange(n) % questions).astype(np.int32)


def stamped(base64: str) -> str:
    """Return an image (base64) with room for a number of its own after its last byte.

    Decoders read an image to its end and leave alone what follows, so the picture, and its vector, is the same; its
    bytes are not, so nothing that goes by them has seen it before. The number replaces `STAMP`.
    """
    data = b64decode(base64)
    return b64encode(data + b"\0" * (-len(data) % 3)).decode("ascii") + STAMP
