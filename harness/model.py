"""The frozen values that travel between the parts: questions, answers, endpoints, verdicts.

Imports nothing of the package, so every part may import it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol, Self


class Metric(StrEnum):
    """The distance metrics of a vector index, by Weaviate's names."""

    COSINE = "cosine"
    DOT = "dot"
    L2 = "l2-squared"
    MANHATTAN = "manhattan"
    HAMMING = "hamming"


class Module(StrEnum):
    """The vectorizer modules that give a class `nearImage` and call an inference service."""

    IMG2VEC = "img2vec-neural"
    CLIP = "multi2vec-clip"


# --- questions -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NearImage:
    """Like this image; `image` is the text that is sent, base64 unless a check wants it wrong."""

    image: str


@dataclass(frozen=True, slots=True)
class NearVector:
    """Like this vector, n float32 components."""

    vector: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class NearObject:
    """Like the stored object with this id (UUID)."""

    id: str


@dataclass(frozen=True, slots=True)
class NearText:
    """Like these texts; only modules with a text encoder know it."""

    concepts: tuple[str, ...]


Near = NearImage | NearVector | NearObject | NearText


@dataclass(frozen=True, slots=True)
class Where:
    """A filter in Weaviate's own terms.

    A leaf has `path` and `value` (bool, int, float or str: the Python type chooses valueBoolean, valueInt,
    valueNumber or valueText); `And` and `Or` have `operands` and nothing else.
    """

    operator: str
    path: tuple[str, ...] = ()
    value: bool | int | float | str | None = None
    operands: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort:
    """Sort by one property."""

    path: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """One search, in Weaviate's own terms; `None` or an empty tuple means that the argument is not sent.

    `additional` names the fields of `_additional` (GraphQL) or of the metadata request (gRPC) that are asked for,
    among id, distance, certainty, vector; `vectors` names the named vectors to bring back.
    """

    collection: str
    near: Near
    distance: float | None = None
    certainty: float | None = None
    limit: int | None = None
    offset: int | None = None
    autocut: int | None = None
    where: Where | None = None
    sort: tuple[Sort, ...] = ()
    target_vectors: tuple[str, ...] = ()
    tenant: str | None = None
    properties: tuple[str, ...] = ()
    additional: tuple[str, ...] = ("id", "distance")
    vectors: tuple[str, ...] = ()

    def but(self, **changes: Any) -> Self:
        """The same question with these fields changed."""
        return replace(self, **changes)


# --- answers -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hit:
    """One object of a result; what was not asked for is None (or empty)."""

    id: str
    distance: float | None = None
    certainty: float | None = None
    vector: tuple[float, ...] | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    vectors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)


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
    `code` is the HTTP status or the gRPC status name. `sent` and `received` are seconds of `time.perf_counter`.
    """

    state: State
    hits: tuple[Hit, ...] = ()
    message: str = ""
    code: str = ""
    sent: float = 0.0
    received: float = 0.0

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

    def renew(self) -> None:
        """Forget the connections, because the server was away; the next question makes new ones."""

    def close(self) -> None:
        """Free the connections."""


# --- the database --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Inference:
    """An inference service that stands behind a database, as this process can reach it.

    `ours` is True for the harness's own service, which also counts and times its calls. `device` is what it says that
    it computes on, `cpu` or `cuda:N`; empty if it does not say. `image` is its container image, if it is a container.
    """

    url: str
    ours: bool
    encoder: str = ""
    device: str = ""
    image: str = ""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A database that a real client can connect to; how it came to be is not told.

    `url` is `http(s)://host:port` without a trailing slash; `grpc` is `host:port` or empty. `modules` is `/v1/meta`'s
    entry. `weaviate` is False for the in-process reference: then no Weaviate was tested. `started` is True if the
    harness started it: questions that might harm or hang go only to such. `inference` maps a module name to the service
    behind it where that is known. `unlimited` says why it was not given the processors, memory and volumes that
    scenarios need; empty if it was. `api_key` never appears in a repr, a record or a message.
    """

    target: str
    url: str
    version: str
    grpc: str = ""
    grpc_secure: bool = False
    modules: Mapping[str, Any] = field(default_factory=dict)
    weaviate: bool = True
    started: bool = False
    read_only: bool = False
    inference: Mapping[str, Inference] = field(default_factory=dict)
    unlimited: str = ""
    api_key: str = field(default="", repr=False)

    @property
    def release(self) -> tuple[int, ...]:
        """The version as numbers, for comparing: (1, 39, 0); a suffix such as `-rc.1` is left out."""
        numbers = []
        for part in self.version.split("-")[0].split("."):
            if not part.isdigit():
                break
            numbers.append(int(part))
        return tuple(numbers)

    @property
    def headers(self) -> dict[str, str]:
        """HTTP headers that every request needs."""
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}


@dataclass(frozen=True, slots=True)
class Needs:
    """What scenarios need of a server: modules, a version range (PEP 440 specifiers), settings (environment), limits.

    `cpus` and `memory` (bytes) limit the database, 0 for none; `volumes` are `NAME_OR_FOLDER:/PATH[:ro]` as Docker
    writes them; `abilities` names what checks will ask of the target, see `harness.abilities`.
    """

    modules: tuple[str, ...] = ()
    weaviate: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    cpus: float = 0.0
    memory: int = 0
    volumes: tuple[str, ...] = ()
    abilities: tuple[str, ...] = ()


class Target(Protocol):
    """One way to get a database.

    Abilities that only some targets have are the protocols of `abilities`: ask with `isinstance`, never stub.
    """

    name: str

    def open(self, needs: Needs) -> AbstractContextManager[Endpoint]:
        """Yield a ready endpoint and take everything away afterwards, also after a failure.

        Raises:
            TargetError: with the cause, the log tail and what to do; nothing is left behind.
        """


# --- verdicts ------------------------------------------------------------------------------------


class Level(StrEnum):
    """How much a clause is worth: documented, follows from what is documented, or only seen."""

    MUST = "must"
    SHOULD = "should"
    OBSERVED = "observed"


class Outcome(StrEnum):
    """What a check came to."""

    HELD = "held"
    VIOLATED = "violated"
    KNOWN = "known"
    FIXED = "fixed"
    UNDECIDED = "undecided"
    INVALID = "invalid"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One check on one collection over one interface: what it came to, in a sentence, with the evidence.

    `evidence` is JSON: facts by name, floats finite. `repeat` is one command that asks again. `target` is what the
    target is called in a run that may have several.
    """

    check: str
    level: Level
    outcome: Outcome
    sentence: str
    scenario: str
    collection: str
    interface: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    asked: int = 0
    seconds: float = 0.0
    repeat: str = ""
    target: str = ""
