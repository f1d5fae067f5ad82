"""The environments that an embedded Weaviate and the reference are started with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from harness.model import Inference, Module, Needs
from harness.targets.ports import Ports

# What a program may need of its surroundings; everything else of the person's shell (a QUERY_DEFAULTS_LIMIT, say) would
# change what is tested without a trace in the record.
_KEPT = ("PATH", "HOME", "LANG", "TZ", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "GOMAXPROCS", "GOMEMLIMIT", "GOGC")

_APIS = {Module.IMG2VEC: "IMAGE_INFERENCE_API", Module.CLIP: "CLIP_INFERENCE_API"}


def environment(needs: Needs, ports: Ports, data: Path, inference: Inference | None, node: str) -> dict[str, str]:
    """Return the environment for one server; what `needs.settings` says comes last and wins.

    One set does for every version from 1.19 on: a version ignores what it does not know.

    Args:
        needs: modules and settings.
        ports: where it shall listen.
        data: its data folder.
        inference: the service behind its modules; None if no module is needed.
        node: its name in its cluster of one.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    behind = inference.url if inference else ""
    return kept | _base(data) | _network(ports, node) | _modules(needs, behind) | dict(needs.settings)


def reference_environment(needs: Needs, inference: str) -> dict[str, str]:
    """Return the environment for the reference: what Python needs, and the same settings as a real server's.

    Args:
        needs: modules and settings.
        inference: the URL of the service behind its modules.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or name in ("TMPDIR", "VIRTUAL_ENV") or name.startswith(("PYTHON", "COVERAGE", "LC_"))
    }
    return kept | _modules(needs, inference) | dict(needs.settings)


def with_settings(needs: Needs, settings: Mapping[str, str]) -> Needs:
    """Return what a second server needs that has these settings on top: no module that they leave out.

    Args:
        needs: what the first server needed.
        settings: the settings on top.
    """
    return replace(needs, modules=left_of(needs.modules, settings), settings={**needs.settings, **settings})


def left_of(modules: tuple[str, ...], settings: Mapping[str, str]) -> tuple[str, ...]:
    """Return which of these modules a second server has: all, unless its settings say which."""
    if "ENABLE_MODULES" not in settings:
        return modules
    names = [name.strip() for name in settings["ENABLE_MODULES"].split(",")]
    return tuple(module for module in modules if module in names)


def _base(data: Path) -> dict[str, str]:
    return {
        "PERSISTENCE_DATA_PATH": str(data),
        "TMPDIR": str(data.parent),
        "AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true",
        "DISABLE_TELEMETRY": "true",
        "GO_PROFILING_DISABLE": "true",
        # Nothing but the two image modules, and GraphQL keeps Explore (from 1.33 on the others are on by default).
        "API_BASED_MODULES_DISABLED": "true",
        "LOG_LEVEL": "info",
    }


def _network(ports: Ports, node: str) -> dict[str, str]:
    """Everything on loopback that can be: gRPC and the cluster's HTTP always bind all interfaces."""
    return {
        "GRPC_PORT": str(ports.grpc),
        "CLUSTER_HOSTNAME": node,
        "CLUSTER_ADVERTISE_ADDR": "127.0.0.1",
        "CLUSTER_BIND_ADDR": "127.0.0.1",
        "CLUSTER_GOSSIP_BIND_PORT": str(ports.gossip),
        "CLUSTER_DATA_BIND_PORT": str(ports.data),
        "RAFT_PORT": str(ports.raft),
        "RAFT_INTERNAL_RPC_PORT": str(ports.raft_internal),
        "RAFT_BOOTSTRAP_EXPECT": "1",
        "RAFT_JOIN": f"{node}:{ports.raft}",
        # A node alone has nobody to wait for: it is ready five seconds sooner.
        "RAFT_TIMEOUTS_MULTIPLIER": "1",
        "PROFILING_PORT": str(ports.profiling),
        "PROMETHEUS_MONITORING_PORT": str(ports.metrics),
    }


def _modules(needs: Needs, inference: str) -> dict[str, str]:
    if not inference:
        return {"ENABLE_MODULES": "", "DEFAULT_VECTORIZER_MODULE": "none"}
    # Both always, so that scenarios of either kind share one server; the default is a choice only if there is one.
    default = needs.modules[0] if len(needs.modules) == 1 else "none"
    return {
        "ENABLE_MODULES": ",".join(_APIS),
        "DEFAULT_VECTORIZER_MODULE": default,
        "MODULES_CLIENT_TIMEOUT": "120s",  # a photograph on a slow processor behind a queue of others
        "CLIP_WAIT_FOR_STARTUP": "false",  # ours is ready before
        **dict.fromkeys(_APIS.values(), inference),
    }
