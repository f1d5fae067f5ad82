"""The exact neighbours of many questions among more vectors than memory holds.

`harness.oracle` judges one question on a loaded collection. This does the same for questions by the hundred on vectors
that lie in shards: candidates in float32, a shard at a time, with a derived bound, so that no neighbour is lost; ranks
in float64; and at the edge, where rounding decides, the oracle's own bounds. What it returns is what the oracle would:
a test compares the two.
"""

from harness.truth.neighbours import NOTHING, Asked, Neighbours, Partial, edges, merged, settled
from harness.truth.scanning import nearest_in
from harness.truth.shards import InMemory, Shards

__all__ = [
    "NOTHING",
    "Asked",
    "InMemory",
    "Neighbours",
    "Partial",
    "Shards",
    "edges",
    "merged",
    "nearest_in",
    "settled",
]
