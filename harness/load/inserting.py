"""Stores objects at a rate while a load searches, over a connection of its own, in the same event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from time import perf_counter
from typing import Any

from harness.interfaces.http import encode
from harness.interfaces.rest import Object
from harness.load.http_lanes import HttpLane, connected, request
from harness.load.samples import Fate
from harness.model import Endpoint

_ROUTE = "/v1/objects"
_OK = 200


class Inserting:
    """Stores objects, one after the other, each when it is due; what is not stored in time is not made up for.

    `tried` has the ids of those that were sent, `stored` of those that the database took, `refused` counts the others.

    Args:
        endpoint: the database.
        objects: what is stored, each once.
        rate: so many a second.
    """

    def __init__(self, endpoint: Endpoint, objects: Sequence[Object], rate: float) -> None:
        self.stored: list[str] = []
        self.tried: list[str] = []
        self.refused = 0
        self._endpoint = endpoint
        self._requests: Iterator[tuple[str, bytes]] = (
            (one.id, request(endpoint, _ROUTE, encode(one.as_json()))) for one in objects
        )
        self._gap = 1.0 / rate

    async def run(self) -> None:
        """Store until nothing is left, or until cancelled."""
        lane: HttpLane | None = None
        due = perf_counter()
        try:
            for id_, words in self._requests:
                await asyncio.sleep(max(0.0, due - perf_counter()))
                due = max(due + self._gap, perf_counter())
                with suppress(OSError):
                    if lane is None or not lane.usable:
                        lane = await connected(self._endpoint.url, self._lane)
                    self._over: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
                    self.tried.append(id_)
                    lane.send(0, words)
                    if await self._over == Fate.OK:
                        self.stored.append(id_)
                        continue
                self.refused += 1
        finally:
            if lane is not None and lane.usable:
                lane.abort()

    def _lane(self) -> HttpLane:
        return HttpLane(self._done, lambda _: None, lambda status, _: Fate.OK if status == _OK else Fate.REFUSED)

    def _done(self, lane: Any, fate: Fate, *_: Any) -> None:
        lane.row = -1
        if not self._over.done():
            self._over.set_result(fate)
