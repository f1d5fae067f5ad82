"""What a service was asked and how long each call took: the ring that the harness reads."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Any

_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Call:
    """One finished call.

    `texts` and `images` count what it asked for (0 where the body could not be read), `bytes` is the length of the
    body; `inputs` are the fingerprints of the texts and then of the images, in their order. `waited_ms` is the time in
    the queue, for a worker and for other forward passes; `computed_ms` the work on this call: reading, decoding,
    resizing, forward passes, writing; `total_ms` the time from its headers to its answer, the arrival of the body
    included. `at` is when it was answered, in seconds since 1970.
    """

    seq: int
    route: str
    id: str
    texts: int
    images: int
    bytes: int
    status: int
    waited_ms: float
    computed_ms: float
    total_ms: float
    at: float
    inputs: tuple[str, ...] = ()


class Calls:
    """The last 10,000 calls, numbered from 0; filled and read on the server's event loop, so it needs no lock."""

    def __init__(self, kept: int = _KEPT) -> None:
        self._ring: deque[Call] = deque(maxlen=kept)
        self._next = 0

    def add(self, **facts: Any) -> None:
        """Remember a call, given the fields of `Call` without `seq`."""
        self._ring.append(Call(seq=self._next, **facts))
        self._next += 1

    def since(self, seq: int) -> dict[str, Any]:
        """Return the calls with that number or a later one.

        `next` is what to ask with the next time; `lost` counts the calls that are wanted and no longer kept.
        """
        first = len(self._ring) - (self._next - max(seq, 0))
        wanted = [_as_json(call) for call in islice(self._ring, max(first, 0), None)]
        return {"next": self._next, "lost": max(0, self._next - max(seq, 0) - len(wanted)), "calls": wanted}


def _as_json(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in Call.__slots__}
