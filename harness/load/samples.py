"""What a load measured: one row for each request that was intended, whatever became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Fate(IntEnum):
    """What became of a request; only an answered one (`OK`) has a time that enters a percentile."""

    OK = 0
    REFUSED = 1
    TIMEOUT = 2
    BROKEN = 3
    NOT_SENT = 4

    @property
    def word(self) -> str:
        """As people and records write it: `ok`, `not sent`."""
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Columns of one length n, in the order in which the requests were intended.

    Times are seconds since the load began, NaN where there is none. A closed loop intends a request when the one before
    it on the same connection is over.

    question: which question of the mix was asked, from 0 (int32).
    intended: when it was to be sent.
    sent: when it was sent, NaN if never.
    received: when the whole answer was there, read and told apart from a refusal; NaN if it never was.
    own: seconds that this process itself worked on it: writing it, and reading its answer.
    queued: whether no connection was free when it was due (bool).
    fate: what became of it, a `Fate` (int8).
    """

    question: NDArray[np.int32]
    intended: Floats
    sent: Floats
    received: Floats
    own: Floats
    queued: NDArray[np.bool_]
    fate: NDArray[np.int8]

    def __post_init__(self) -> None:
        lengths = {len(getattr(self, one.name)) for one in fields(self)}
        if len(lengths) != 1:
            raise ValueError(f"the columns of samples have one length, not {sorted(lengths)}")

    def __len__(self) -> int:
        return len(self.fate)

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Which requests were answered."""
        answered: NDArray[np.bool_] = self.fate == Fate.OK
        return answered

    @property
    def response(self) -> Floats:
        """Seconds from the intended time to the answer, of each request: what a user waits; NaN without an answer."""
        return self.received - self.intended

    @property
    def service(self) -> Floats:
        """Seconds from sending to the answer, of each request; NaN without an answer."""
        return self.received - self.sent

    @property
    def lateness(self) -> Floats:
        """Seconds between the intended time and sending, of each request; NaN if it was never sent."""
        return self.sent - self.intended

    def counts(self) -> dict[Fate, int]:
        """How many requests came to each fate; all five are there."""
        return {fate: int((self.fate == fate).sum()) for fate in Fate}

    @property
    def errors(self) -> int:
        """How many requests were not answered."""
        return len(self) - int(self.ok.sum())

    def where(self, rows: NDArray[np.bool_]) -> Self:
        """Return these rows alone.

        Args:
            rows: n truth values.
        """
        return type(self)(**{one.name: getattr(self, one.name)[rows] for one in fields(self)})

    def between(self, start: float, end: float = np.inf) -> Self:
        """Return the requests that were intended at `start` or later and before `end`, in seconds."""
        return self.where((self.intended >= start) & (self.intended < end))

    @classmethod
    def joined(cls, parts: Sequence[Samples]) -> Samples:
        """Return the samples of several generators, whose clocks began together, as those of one."""
        whole = {one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(cls)}
        order = np.argsort(whole["intended"], kind="stable")
        return cls(**{name: column[order] for name, column in whole.items()})


class Rows:
    """Samples while they are being taken: columns that are there before the first request is sent.

    Args:
        intended: seconds since the start, ascending.
        question: which question each request asks.
    """

    def __init__(self, intended: Floats, question: NDArray[np.int32]) -> None:
        n = len(intended)
        self.intended, self.question = intended, question
        self.sent, self.received = np.full(n, np.nan), np.full(n, np.nan)
        self.own = np.zeros(n)
        self.queued = np.zeros(n, dtype=np.bool_)
        self.fate = np.full(n, Fate.NOT_SENT, dtype=np.int8)

    def samples(self, n: int | None = None) -> Samples:
        """Return the first n rows (all of them if None), frozen: nobody writes into them any more."""
        columns = {one.name: getattr(self, one.name)[:n] for one in fields(Samples)}
        for column in columns.values():
            column.flags.writeable = False
        return Samples(**columns)
