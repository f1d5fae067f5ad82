"""What came back, and the one way to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from harness.model.questions import Aggregation, Question


@dataclass(frozen=True, slots=True)
class Hit:
    """One object of a result; what was not asked for is None (or empty)."""

    id: str
    distance: float | None = None
    certainty: float | None = None
    vector: tuple[float, ...] | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    vectors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    references: Mapping[str, tuple[Hit, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """Hits that share a value, best first: `count`, `smallest` and `largest` distance are as the server says them."""

    value: str
    count: int
    smallest: float
    largest: float
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What an `Aggregate` counted.

    `objects` is the number of objects, `values` that of values of the property that was named, and `occurrences` how
    many objects have each (the most frequent ones); both are empty if no property was named.
    """

    objects: int
    values: int = 0
    occurrences: Mapping[str, int] = field(default_factory=dict)


class State(StrEnum):
    """What became of a question: only `interfaces/` decides which."""

    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    `ok` has hits (possibly none); `refused` has a message; `unknown` means that nobody can say what the server
    did: timed out, connection broke, or a body that is no answer (a 200 that is empty or not JSON); its message says.
    Of a grouped search `groups` are the groups, best first, and `hits` those of all groups, one group after the other.
    An aggregation has a `tally` and no hits.
    `code` is the HTTP status or the gRPC status name. `sent` and `received` are seconds of `time.perf_counter`.
    """

    state: State
    hits: tuple[Hit, ...] = ()
    message: str = ""
    code: str = ""
    sent: float = 0.0
    received: float = 0.0
    groups: tuple[Group, ...] = ()
    tally: Tally | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        """Object ids, best first."""
        return tuple(hit.id for hit in self.hits)

    @property
    def seconds(self) -> float:
        """Time from sending to having the decoded answer."""
        return self.received - self.sent


class Interface(Protocol):
    """One way to ask. Closing frees its connections; asking never raises for what a server did.

    What cannot be said over an interface is an `errors.UnsupportedError`: nothing was asked, nothing is judged.
    """

    name: str

    def ask(self, question: Question) -> Answer:
        """Send one question and wait for its answer."""

    def aggregate(self, aggregation: Aggregation) -> Answer:
        """Have counted what a search finds, and wait for the answer."""

    def renew(self) -> None:
        """Forget the connections, because the server was away; the next question makes new ones."""

    def close(self) -> None:
        """Free the connections."""
