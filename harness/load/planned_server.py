"""The process of a planned server: `python -m harness.load.planned_server PLAN`, a plan as JSON; prints its port."""

from __future__ import annotations

import asyncio
import heapq
import json
import os
import sys
import time
from array import array
from time import perf_counter
from typing import Any, cast

import httptools

from harness.load.pace import in_a_loop
from harness.load.planned import LOG, STALL
from harness.load.ticking import ticker


class _Server:
    def __init__(self, plan: dict[str, Any]) -> None:
        self._delays: list[float] = plan["delays"]
        body = plan["body"].encode()
        self._answer = _http(plan["status"], body)
        self._arrived, self._answered = array("d"), array("d")
        self._count = 0
        self._due: list[tuple[float, int, asyncio.Transport]] = []

    async def serve(self) -> None:
        self._ticker = ticker(self._answer_due)
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
        sys.stdout.flush()
        parent = os.getppid()
        while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells when a parent is gone
            await asyncio.sleep(1)

    def asked(self, connection: asyncio.Transport) -> None:
        now = perf_counter()
        place = len(self._arrived)
        self._arrived.append(now)
        self._answered.append(float("nan"))
        delay = self._delays[self._count % len(self._delays)]
        self._count += 1
        if delay <= 0.0:
            self._send(place, connection)
            return
        heapq.heappush(self._due, (now + delay, place, connection))
        if self._due[0][1] == place:
            self._ticker.at(now + delay)

    def _answer_due(self) -> None:
        while self._due and self._due[0][0] <= perf_counter():
            _, place, connection = heapq.heappop(self._due)
            self._send(place, connection)
        if self._due:
            self._ticker.at(self._due[0][0])

    def _send(self, place: int, connection: asyncio.Transport) -> None:
        if place < len(self._answered):
            self._answered[place] = perf_counter()  # before it is sent: nobody can have it earlier
        if not connection.is_closing():  # whoever asked may be gone
            connection.write(self._answer)

    def told(self, path: str, connection: asyncio.Transport) -> None:
        """Answer what is asked of the server itself."""
        if path == LOG:
            connection.write(_http(200, self._arrived.tobytes() + self._answered.tobytes()))
            self._arrived, self._answered = array("d"), array("d")
            return
        after, seconds = map(float, path.partition("?")[2].split("&"))
        connection.write(_http(200, b"{}"))
        # it sleeps in the event loop's own thread: nothing is read, nothing is answered
        asyncio.get_running_loop().call_later(after, time.sleep, seconds)


class _Connection(asyncio.Protocol):
    def __init__(self, server: _Server) -> None:
        self._server = server
        self._parser = httptools.HttpRequestParser(self)
        self._path = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = url

    def on_message_complete(self) -> None:
        path = self._path.decode()
        if path.startswith((LOG, STALL)):
            self._server.told(path, self._transport)
        else:
            self._server.asked(self._transport)


def _http(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d Planned\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        status,
        len(body),
        body,
    )


if __name__ == "__main__":
    in_a_loop(_Server(json.loads(sys.argv[1])).serve())
