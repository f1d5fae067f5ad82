"""What is what in a Compose file: which services are Weaviate, which nodes are one cluster, what stands behind them."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from harness.errors import FileError
from harness.model import Module
from harness.targets.compose.program import Compose
from harness.targets.compose.services import SERVICES
from harness.targets.compose.source import Source

HTTP, GRPC = 8080, 50051
DATA = "/var/lib/weaviate"
KEY = "WEAVIATE_API_KEY"
_SECONDS = 60.0
_OURS = ("ENABLE_MODULES", "DEFAULT_VECTORIZER_MODULE", "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED")
_SHOWN = 600


@dataclass(frozen=True, slots=True)
class Behind:
    """A service of the file that a module of Weaviate calls.

    Args:
        service: its name.
        port: where it listens, inside.
    """

    service: str
    port: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A Compose file with everything filled in, as Compose itself gives it, and what matters in it.

    Args:
        whole: the configuration; a dollar sign is written twice in it.
        nodes: the services that are Weaviate, one database together; the first is the one that is asked.
        behind: by module, the service that it calls, where that is one of the file.
    """

    whole: Mapping[str, Any]
    nodes: tuple[str, ...]
    behind: Mapping[Module, Behind]

    def service(self, name: str) -> Mapping[str, Any]:
        """One service of the file."""
        found: Mapping[str, Any] = self.whole["services"][name] or {}
        return found

    def settings(self, name: str) -> dict[str, str]:
        """The environment of one service, as the container gets it."""
        return environment(self.service(name))


def read(source: Source, compose: Compose, copy: Path) -> Reading:
    """Return what a file says, its variables filled in from the environment and the file `.env` beside it.

    Args:
        source: which.
        compose: asked for it.
        copy: where one of ours is written to be read.

    Raises:
        FileError: Compose does not accept it, or it has no Weaviate, or several and none was named.
    """
    path = source.path
    if source.content:
        path = copy
        path.write_text(source.content, encoding="utf-8")
    asked = compose.run(["-f", str(path), "--project-directory", str(source.folder), "config"], seconds=_SECONDS)
    if asked.code:
        raise _refused(source, asked.err)
    whole = yaml.safe_load(asked.out)
    nodes = _nodes(source, whole["services"])
    return Reading(whole, nodes, _behind(whole["services"], nodes))


def key_variable(source: Source) -> dict[str, str]:
    """Return a key made up for a file that wants one from WEAVIATE_API_KEY where nobody has set it."""
    if KEY in os.environ or _names_key(source.folder / ".env"):
        return {}
    return {KEY: secrets.token_hex(16)}


def environment(service: Mapping[str, Any]) -> dict[str, str]:
    """Return the environment of a service, as the container gets it."""
    found = service.get("environment") or {}
    if isinstance(found, list):
        found = dict(str(entry).partition("=")[::2] for entry in found)
    return {str(name): "" if value is None else str(value).replace("$$", "$") for name, value in found.items()}


def http_port(service: Mapping[str, Any]) -> int:
    """Return where a Weaviate's HTTP listens, inside: its `--port`, or what its image has."""
    words = service.get("command") or []
    words = words.split() if isinstance(words, str) else [str(word) for word in words]
    found = re.search(r"--port[= ](\d+)", " ".join(words))
    return int(found[1]) if found else HTTP


def grpc_port(service: Mapping[str, Any]) -> int:
    """Return where a Weaviate's gRPC listens, inside."""
    named = environment(service).get("GRPC_PORT", "")
    return int(named) if named.isdigit() else GRPC


def data_folder(service: Mapping[str, Any]) -> str:
    """Return where a Weaviate keeps its data, inside."""
    named = environment(service).get("PERSISTENCE_DATA_PATH", DATA)
    return "/" + named.strip("/").removeprefix("./")


def _names_key(path: Path) -> bool:
    try:
        return any(line.strip().startswith(f"{KEY}=") for line in path.read_text(encoding="utf-8").splitlines())
    except (OSError, ValueError):
        return False


def _refused(source: Source, said: str) -> FileError:
    """What Compose says of a file, with the line of the service that it names."""
    text = " ".join(said.split())
    known = {} if source.content else source.lines()
    pattern = r"(services\.|service[: ]\W?|\bfor )'?{}\b"
    named = (name for name in known if re.search(pattern.format(re.escape(name)), text, re.IGNORECASE))
    line = next((known[name] for name in named), None)
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return FileError(f"Compose does not accept this file: {text}", path=source.path, line=line)


def _nodes(source: Source, services: Mapping[str, Any]) -> tuple[str, ...]:
    """The Weaviate that is meant, with the other nodes of its cluster behind it."""
    order = {name: place for place, name in enumerate(source.lines())}  # Compose gives them by the alphabet
    found = [name for name, service in services.items() if _is_weaviate(service or {})]
    found.sort(key=lambda name: order.get(name, len(order)))
    if not found:
        hint = "A service counts as one if its image is called weaviate, or its environment has ENABLE_MODULES."
        raise FileError("this Compose file has no Weaviate", path=source.path, hint=hint)
    if source.service and source.service not in services:
        what = f"this Compose file has no service {source.service!r}"
        raise FileError(what, path=source.path, hint=f"Weaviate is: {', '.join(found)}.")
    if source.service and source.service not in found:
        line = source.lines().get(source.service)
        what = f"the service {source.service!r} is no Weaviate"
        raise FileError(what, path=source.path, line=line, hint=f"Weaviate is: {', '.join(found)}.")
    first = source.service or found[0]
    together = _together(services, first, found)
    nodes = (first, *(name for name in found if name in together and name != first))
    if not source.service and len(nodes) < len(found):
        what = f"this Compose file has several databases: {', '.join(found)}"
        raise FileError(what, path=source.path, hint=f"Say which: --target 'compose:{source.text}#{first}'")
    return nodes


def _is_weaviate(service: Mapping[str, Any]) -> bool:
    image = str(service.get("image") or "").partition("@")[0].rpartition("/")[2].partition(":")[0]
    return image == "weaviate" or any(name in environment(service) for name in _OURS)


def _together(services: Mapping[str, Any], first: str, found: list[str]) -> set[str]:
    """The nodes of one cluster, as far as their settings name each other, or the same others."""
    circles = {name: _circle(services, name) for name in found}
    nodes: set[str] = set()
    known = circles[first]
    while len(nodes) < len(nodes := {name for name in found if circles[name] & known}):
        known = set().union(*(circles[name] for name in nodes))
    return nodes


def _circle(services: Mapping[str, Any], name: str) -> set[str]:
    """The names of a node and of those that it wants to join."""
    settings = environment(services[name])
    own = names_of(name, services[name] or {})
    joined = f"{settings.get('CLUSTER_JOIN', '')},{settings.get('RAFT_JOIN', '')}"
    hosts = {host.strip().partition(":")[0].lower() for host in joined.split(",")} - {""}
    node = settings.get("CLUSTER_HOSTNAME", "").lower()
    return own | hosts | {node} - {""} if hosts - own - {node} else own


def _behind(services: Mapping[str, Any], nodes: tuple[str, ...]) -> dict[Module, Behind]:
    settings = environment(services[nodes[0]])
    found = {}
    for module, known in SERVICES.items():
        address = urlsplit(settings.get(known.api, ""))
        name = next((each for each, says in services.items() if address.hostname in names_of(each, says or {})), "")
        if name:
            found[module] = Behind(name, address.port or (443 if address.scheme == "https" else 80))
    return found


def names_of(name: str, service: Mapping[str, Any]) -> set[str]:
    """Return the names by which other services find one, in small letters as in an address."""
    return {each.lower() for each in (name, *_other_names(service))}


def _other_names(service: Mapping[str, Any]) -> Iterator[str]:
    for key in ("container_name", "hostname"):
        if service.get(key):
            yield str(service[key])
    networks = service.get("networks")
    for network in networks.values() if isinstance(networks, dict) else ():
        yield from (str(alias) for alias in (network or {}).get("aliases") or ())
