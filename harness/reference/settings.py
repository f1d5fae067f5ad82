"""The server settings of Weaviate that mean something to the reference, by their environment variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.errors import UsageError
from harness.model import Module

SERVICES = {Module.IMG2VEC: "IMAGE_INFERENCE_API", Module.CLIP: "CLIP_INFERENCE_API"}
"""Where a module's inference service is named."""

_UNITS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits, defaults and the time that an inference service has; defaults are those of Weaviate 1.39.0.

    `modules` are enabled: both of them where nobody says, which the real server does not do. `services` has the
    inference services that are named, by module; `unaddressed` are enabled modules whose variable is there and empty.
    `nodes` is how many the cluster has; no variable says so.
    """

    limit: int = 10
    limit_graphql: int = 100
    maximum_results: int = 10_000
    default_vectorizer: str = "none"
    default_distance: str = "cosine"
    client_timeout: float = 50.0
    async_indexing: bool = False
    auto_schema: bool = True
    nodes: int = 1
    modules: frozenset[str] = frozenset(Module)
    services: Mapping[Module, str] = field(default_factory=dict)
    unaddressed: frozenset[str] = frozenset()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the settings as the server does; variables that are not set keep their default.

        Raises:
            UsageError: a value is not of the kind that the server reads.
        """
        plain = cls()
        modules = _names(environment, "ENABLE_MODULES", plain.modules)
        return cls(
            limit=_whole(environment, "QUERY_DEFAULTS_LIMIT", plain.limit),
            limit_graphql=_whole(environment, "QUERY_DEFAULTS_LIMIT_GRAPHQL", plain.limit_graphql),
            maximum_results=_whole(environment, "QUERY_MAXIMUM_RESULTS", plain.maximum_results),
            default_vectorizer=environment.get("DEFAULT_VECTORIZER_MODULE") or plain.default_vectorizer,
            default_distance=environment.get("DEFAULT_VECTOR_DISTANCE_METRIC") or plain.default_distance,
            client_timeout=_seconds(environment, "MODULES_CLIENT_TIMEOUT", plain.client_timeout),
            async_indexing=_enabled(environment, "ASYNC_INDEXING", default=False),
            auto_schema=_enabled(environment, "AUTOSCHEMA_ENABLED", default=True),
            services={module: environment[name] for module, name in SERVICES.items() if environment.get(name)},
            modules=modules,
            unaddressed=frozenset(module for module in modules if environment.get(SERVICES[Module(module)]) == ""),
        )


def _names(environment: Mapping[str, str], name: str, default: frozenset[str]) -> frozenset[str]:
    """Which of these the variable has between its commas: none if it is empty; all of them if it is not set."""
    if name not in environment:
        return default
    return default & {part.strip() for part in environment[name].split(",")}


def _whole(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, "")
    if not text:
        return default
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"{name} is {text!r}, which is not a whole number") from None


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "")
    if not text:
        return default
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise UsageError(f"{name} is {text!r}, which is not a duration", hint="Write it like 50s, 500ms or 1m30s.")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _enabled(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = environment.get(name, "").lower()
    return default if not text else text in {"true", "on", "enabled", "1"}
