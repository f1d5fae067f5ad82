"""JSON as Weaviate prints it: float32 as the shortest decimal that reads back, also for whole vectors."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

import numpy as np

from harness.reference.request import Vector

# A vector is printed by NumPy, which knows the shortest float32, and put in the place of a mark that nobody can guess.
_MARK = secrets.token_hex(8)
_MARKED = re.compile(rf'"{_MARK}:(\d+)"')


def shortest(value: float) -> float:
    """The float64 whose decimal is the shortest that reads back as this float32."""
    return float(str(np.float32(value)))


def dumps(value: Any) -> bytes:
    """JSON of anything that may have float32 vectors in it; values that JSON cannot hold become null."""
    vectors: list[Vector] = []

    def mark(item: Any) -> str:
        if not isinstance(item, np.ndarray):
            raise TypeError(f"{type(item).__name__} has no place in an answer")
        vectors.append(item)
        return f"{_MARK}:{len(vectors) - 1}"

    text = json.dumps(value, default=mark, separators=(",", ":"), ensure_ascii=False)
    if vectors:
        text = _MARKED.sub(lambda found: _printed(vectors[int(found[1])]), text)
    return text.encode()


def _printed(vector: Vector) -> str:
    return "[" + ",".join(text.removesuffix(".0") for text in vector.astype(str).tolist()) + "]"
