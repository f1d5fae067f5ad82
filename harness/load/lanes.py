"""What sends requests: a wire opens lanes, and each lane has at most one request on its way.

A wire knows one protocol and encodes questions beforehand; a lane is one of its connections. They say what became of a
request and when, and leave to the runner what is sent next.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from harness.load.samples import Fate

if TYPE_CHECKING:
    from harness.model import Answer, Question

STAMP = "nearimagestampAA"
"""Stands in an image's base64 where each request gets a number of its own; sixteen letters that base64 may have."""


class Request(Protocol):
    """A question as a wire sends it."""

    def numbered(self, number: int) -> Any:
        """Return what is handed to a lane as the request of this number, below 1e16."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A request as bytes; with a `tail` each one gets its own number between `head` and it, and no two are alike."""

    head: bytes
    tail: bytes | None = None

    @classmethod
    def of(cls, whole: bytes) -> Encoded:
        """Return a request, split where `STAMP` stands in it, if it does."""
        head, stamp, tail = whole.partition(STAMP.encode())
        return cls(head, tail) if stamp else cls(whole)

    def numbered(self, number: int) -> bytes:
        """Return what is sent as the request of this number."""
        return self.head if self.tail is None else b"%b%016d%b" % (self.head, number, self.tail)


class Lane(Protocol):
    """One connection.

    `row` is the request that is on its way, -1 if none is; the runner sets it back. `sent` is when it was handed over
    (`time.perf_counter`), `usable` whether another request may follow.
    """

    row: int
    sent: float
    usable: bool

    def send(self, row: int, request: Any) -> None:
        """Send a request; what becomes of it is told to the `Done` that the lane was opened with."""

    def abort(self) -> None:
        """Give the request up: close the connection, tell nobody."""


Done = Callable[[Any, Fate, float, float, bytes], None]
"""Told the lane, what became of its request, when (`time.perf_counter`), our own seconds for it, and the answer."""

Lost = Callable[[Any], None]
"""Told the lane whose connection is gone; if a request was on its way, `Done` was told that first."""


class Wire(Protocol):
    """One way to send encoded questions to one database."""

    name: str

    def encode(self, question: Question) -> Request:
        """Return a question as it is sent.

        Raises:
            UnsupportedError: it cannot be said over this wire.
        """

    async def open(self, done: Done, lost: Lost) -> Lane:
        """Return a new lane, connected.

        Raises:
            OSError: no connection.
        """

    async def close(self) -> None:
        """Free what the lanes have in common; the runner has closed the lanes."""

    def decoded(self, body: bytes, question: Question) -> Answer:
        """Return a body that a lane told as the answer to a question."""
