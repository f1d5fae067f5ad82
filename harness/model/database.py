"""A database, as far as it is known from outside, and what scenarios need of it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


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
    scenarios need, `as_found` why not the settings; empty if it was. `api_key` never appears in a repr, a record or a
    message.
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
    as_found: str = ""
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
