"""The copy of a Compose file that is started: beside whatever else runs, and without a trace in what is a person's.

Only Weaviate is in it, and what it needs. Ports are free ones, names are the project's own, volumes are new, folders of
a person's are mounted read-only, and nothing restarts behind our back.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any

from harness.errors import FileError, UsageError
from harness.model import Module
from harness.targets.compose.reading import Reading, data_folder
from harness.targets.compose.services import ASK_INFERENCE
from harness.targets.compose.source import Source

_ELSEWHERE = ("host", "container:")
_DROPPED = (
    "container_name", "external_links", "network_mode", "ports", "profiles", "restart", "scale", "labels", "networks",
)  # fmt: skip
_TRIES_OF_A_NODE = "on-failure:5"  # a node of a cluster may come a moment before the one that it wants to join


@dataclass(frozen=True, slots=True)
class Changes:
    """What a copy has that the file does not.

    Args:
        labels: on everything that is made.
        ports: by service, its ports inside to those published.
        bind: the address that they are published on.
        settings: variables of every Weaviate.
        images: by module, the image of the service behind it.
        gpu: the number of the GPU that those services compute on; None leaves them as they are.
        cpus: how many processors each Weaviate may use; 0 is no limit of ours.
        memory: bytes that each Weaviate may use; 0 is no limit of ours.
        volumes: a volume's name or a folder, to the path inside each Weaviate and the mode.
        binds: what every mount of a folder has, see `Compose.binds`.
        alone: Weaviate without what stands behind it, which is there already.
    """

    labels: Mapping[str, str]
    ports: Mapping[str, Mapping[int, int]]
    bind: str = "127.0.0.1"
    settings: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[Module, str] = field(default_factory=dict)
    gpu: int | None = None
    cpus: float = 0.0
    memory: int = 0
    volumes: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    binds: Mapping[str, Any] = field(default_factory=dict)
    alone: bool = False

    def but(self, settings: Mapping[str, str]) -> Changes:
        """The same for another Weaviate alone, with these settings on top."""
        return replace(self, alone=True, settings={**self.settings, **settings})


def needed(reading: Reading, *, alone: bool = False) -> tuple[str, ...]:
    """Return the services that are started: Weaviate, what stands behind it, and what they wait for."""
    kept: list[str] = []
    behind = () if alone else [each.service for each in reading.behind.values()]
    waiting = [*reading.nodes, *behind]
    while waiting:
        name = waiting.pop(0)
        if name not in kept and name in reading.whole["services"]:
            kept.append(name)
            waiting += [each for each in _wants(reading.service(name)) if not alone or each in reading.nodes]
    return tuple(kept)


def rewritten(source: Source, reading: Reading, changes: Changes) -> tuple[dict[str, Any], list[str]]:
    """Return the copy, and sentences about what is otherwise in it than a person might expect.

    Raises:
        FileError: a service uses the network of this machine, which cannot be shared.
        UsageError: several nodes would write their data into one volume.
    """
    _check_volumes(reading, changes)
    kept = needed(reading, alone=changes.alone)
    notes: list[str] = []
    volumes: dict[str, Any] = {}
    services = {}
    for name in kept:
        service = copy.deepcopy(dict(reading.service(name)))
        _check_network(source, name, service)
        service["networks"] = _networks(name, service)
        for key in _DROPPED:
            if key != "networks":
                service.pop(key, None)
        service["labels"] = dict(changes.labels)
        service["restart"] = "no"
        service["ports"] = [f"{changes.bind}:{outside}:{inside}" for inside, outside in _ports(changes, name)]
        service["depends_on"] = _waits(service, kept)
        if name in reading.nodes:
            service["environment"] = _with(service, changes.settings)
        data = data_folder(service) if name in reading.nodes else ""
        service["volumes"] = _volumes(name, service, data, _outside(reading), notes)
        if name in reading.nodes:
            _as_node(service, changes, cluster=len(reading.nodes) > 1)
        service["volumes"] = [
            {**each, **(changes.binds if each["type"] == "bind" else {})} for each in service["volumes"]
        ]
        _without_replicas(service)
        services[name] = {key: value for key, value in service.items() if value not in ([], {}, None)}
        volumes |= {volume: {"labels": dict(changes.labels)} for volume in _named(service)}
    for module, each in ({} if changes.alone else reading.behind).items():
        _as_inference(services[each.service], changes.images.get(module, ""), changes.gpu)
    volumes |= {name: {"external": True, "name": name} for name in changes.volumes if not name.startswith("/")}
    new = sorted(_outside(reading) & {*volumes})
    notes += [f"the volume {name} is a new, empty one here: yours is left alone" for name in new]
    networks = {name for service in services.values() for name in service["networks"]}
    whole: dict[str, Any] = {
        "services": services,
        "networks": {name: {"labels": dict(changes.labels)} for name in sorted(networks)},
        "volumes": volumes,
    }
    whole |= {key: reading.whole[key] for key in ("secrets", "configs") if reading.whole.get(key)}
    return whole, notes


def _wants(service: Mapping[str, Any]) -> Iterable[str]:
    """The services that one cannot be without."""
    yield from service.get("depends_on") or ()
    for text in service.get("links") or ():
        yield str(text).partition(":")[0]
    for text in service.get("volumes_from") or ():
        yield str(text).partition(":")[0]
    for key in ("network_mode", "ipc", "pid"):
        how = str(service.get(key) or "")
        if how.startswith("service:"):
            yield how.partition(":")[2]


def _check_network(source: Source, name: str, service: Mapping[str, Any]) -> None:
    how = str(service.get("network_mode") or "")
    if how.startswith((*_ELSEWHERE, "service:")):
        raise FileError(
            f"the service {name} is in a network that is not of this file (network_mode: {how})",
            path=source.path,
            line=source.lines().get(name),
            hint="Give it ports of its own, or start the file yourself and give its address: --target http://…",
        )


def _networks(name: str, service: Mapping[str, Any]) -> dict[str, Any]:
    """The networks of a service, as the project's own; the names that are given up otherwise stay names in them."""
    found = service.get("networks") or {"default": None}
    if isinstance(found, list):
        found = dict.fromkeys(found)
    given_up = [str(service["container_name"])] if service.get("container_name") else []
    networks = {}
    for network, how in found.items():
        aliases = [*((how or {}).get("aliases") or []), *given_up]
        networks[network] = {"aliases": sorted({alias for alias in aliases if alias != name})} if aliases else {}
    return networks


def _ports(changes: Changes, name: str) -> Iterable[tuple[int, int]]:
    return changes.ports.get(name, {}).items()


def _waits(service: Mapping[str, Any], kept: Iterable[str]) -> Any:
    waits = service.get("depends_on") or {}
    if isinstance(waits, list):
        return [name for name in waits if name in kept]
    return {name: how for name, how in waits.items() if name in kept}


def _outside(reading: Reading) -> set[str]:
    """The volumes that the file does not make itself."""
    return {name for name, how in (reading.whole.get("volumes") or {}).items() if (how or {}).get("external")}


def _volumes(name: str, service: Mapping[str, Any], data: str, outside: set[str], notes: list[str]) -> list[Any]:
    """What a service mounts: folders read-only, and for the data of a Weaviate a volume of this project's own."""
    made: list[Any] = []
    if data:
        made.append({"type": "volume", "source": f"{name}-data", "target": data})
    for each in service.get("volumes") or ():
        mount = _long(each)
        target = str(mount.get("target", "")).rstrip("/")
        if data and (target == data or _within(data, target) or _within(target, data)):
            if mount["type"] == "bind" or mount.get("source") in outside:
                notes.append(f"{mount['source']} is left alone: {name} has new, empty data here")
            continue
        if mount["type"] == "bind":
            if not mount.get("read_only"):
                notes.append(f"{mount['source']} is mounted read-only into {name}")
            # As it is in the file, Compose would make a folder that is not there; and what is there stays as it is.
            mount = {"type": "bind", "source": mount["source"], "target": target, "read_only": True}
        made.append(mount)
    return made


def _within(inner: str, outer: str) -> bool:
    return bool(outer) and PurePosixPath(outer) in PurePosixPath(inner).parents


def _long(mount: Any) -> dict[str, Any]:
    """A mount in the long form: the older Compose prints the short one."""
    if isinstance(mount, dict):
        return dict(mount)
    parts = str(mount).split(":")
    if len(parts) == 1:
        return {"type": "volume", "target": parts[0]}
    found: dict[str, Any] = {"type": "bind" if parts[0].startswith(("/", ".", "~")) else "volume"}
    found |= {"source": parts[0], "target": parts[1]}
    if len(parts) > 2 and "ro" in parts[2].split(","):  # noqa: PLR2004 (source, target, mode)
        found["read_only"] = True
    return found


def _named(service: Mapping[str, Any]) -> list[str]:
    return [each["source"] for each in service["volumes"] if each["type"] == "volume" and each.get("source")]


def _check_volumes(reading: Reading, changes: Changes) -> None:
    """Refuse what would destroy data: nodes that open the same files."""
    if len(reading.nodes) == 1:
        return
    for name in reading.nodes:
        data = PurePosixPath(data_folder(reading.service(name)))
        for source, (path, mode) in changes.volumes.items():
            if mode != "ro" and data.is_relative_to(path):
                what = f"{len(reading.nodes)} nodes cannot keep their data in one place, which {source}:{path} would be"
                raise UsageError(what, hint="Leave the volume out: each node has one of its own.")


def _as_node(service: dict[str, Any], changes: Changes, *, cluster: bool) -> None:
    if cluster:
        service["restart"] = _TRIES_OF_A_NODE
    if changes.cpus:
        service["cpus"] = changes.cpus
        _limits(service).pop("cpus", None)
    if changes.memory:
        service["mem_limit"] = changes.memory
        _limits(service).pop("memory", None)
    for source, (path, mode) in changes.volumes.items():
        service["volumes"] = [each for each in service["volumes"] if each["target"] != path]
        kind = "bind" if source.startswith("/") else "volume"
        service["volumes"].append({"type": kind, "source": source, "target": path, "read_only": mode == "ro"})


def _as_inference(service: dict[str, Any], image: str, gpu: int | None) -> None:
    if image:
        service["image"] = image
        for key in ("build", "command", "entrypoint", "user", "working_dir"):
            service.pop(key, None)
        test = ["CMD", "python3", "-ISc", ASK_INFERENCE]
        service["healthcheck"] = {
            "test": test, "interval": "2s", "timeout": "10s", "retries": 6, "start_period": "10m",
        }  # fmt: skip
    if gpu is not None:
        service["environment"] = _with(service, {"ENABLE_CUDA": "1", "CUDA_CORE": f"cuda:{gpu}"})
        # All of them, for one that is reserved by its number is number 0 inside; CUDA_CORE says which is used.
        devices = [{"driver": "nvidia", "count": "all", "capabilities": ["gpu"]}]
        service.setdefault("deploy", {}).setdefault("resources", {})["reservations"] = {"devices": devices}


def _with(service: Mapping[str, Any], settings: Mapping[str, str]) -> dict[str, Any]:
    found = service.get("environment") or {}
    if isinstance(found, list):
        found = {name: value if given else None for name, given, value in (str(one).partition("=") for one in found)}
    return {**found, **{name: value.replace("$", "$$") for name, value in settings.items()}}


def _limits(service: Mapping[str, Any]) -> dict[str, Any]:
    deploy = service.get("deploy") or {}
    limits: dict[str, Any] = (deploy.get("resources") or {}).get("limits") or {}
    return limits


def _without_replicas(service: Mapping[str, Any]) -> None:
    deploy = service.get("deploy") or {}
    for key in ("replicas", "restart_policy", "mode", "placement"):
        deploy.pop(key, None)
