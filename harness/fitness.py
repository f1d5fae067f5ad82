"""What keeps a scenario, or one of its collections, from being asked of a server at all."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from harness.fleet import Start
from harness.model import Endpoint, releases
from harness.scenario import Collection, Scenario

_INDEX_SINCE = {"flat": releases.FLAT_INDEX, "dynamic": releases.DYNAMIC_INDEX}


def unfit(scenario: Scenario, interface: str, endpoint: Endpoint) -> str:
    """Return why nothing of a scenario can be asked here; empty if it can."""
    wanted = scenario.needs.weaviate
    if wanted and endpoint.version and not SpecifierSet(wanted).contains(endpoint.version, prereleases=True):
        return f"the scenario needs Weaviate {wanted}, this is {endpoint.version}"
    if scenario.needs.settings and endpoint.as_found:
        return f"the scenario needs {Start.of(scenario)} for its database: {endpoint.as_found}"
    limits = [name for name in ("cpus", "memory", "volumes") if getattr(scenario.needs, name)]
    if limits and endpoint.unlimited:
        return f"the scenario needs {' and '.join(limits)} for its database: {endpoint.unlimited}"
    if interface == "grpc" and not endpoint.grpc:
        return "the server's gRPC address is not known or does not answer: give it as http://HOST:PORT?grpc=PORT"
    if interface == "grpc" and not releases.has(endpoint.release, releases.NEAR_IMAGE_OVER_GRPC):
        return f"Weaviate {endpoint.version} has no nearImage over gRPC: it came with 1.22"
    return ""


def lacking(collection: Collection, endpoint: Endpoint) -> str:
    """Return what this version has not, so that a collection cannot be made; empty if it has everything."""
    wanted = {f"{collection.index} index": _INDEX_SINCE.get(collection.index)}
    wanted["named vectors"] = releases.NAMED_VECTORS if collection.vector_name is not None else None
    for what, first in wanted.items():
        if first is not None and not releases.has(endpoint.release, first):
            return f"Weaviate {endpoint.version} has no {what}: that came with {first[0]}.{first[1]}"
    return ""


def demands(scenario: Scenario, collection: Collection) -> frozenset[str]:
    """Return what a collection asks of a server that not every server has; with less it can be asked of more."""
    needs = scenario.needs
    named = {
        f"Weaviate {needs.weaviate}": _leaves_out_some(needs.weaviate),
        f"{collection.index} index": collection.index in _INDEX_SINCE,
        "named vectors": collection.vector_name is not None,
        f"{needs.cpus:g} processors": bool(needs.cpus),
        f"{needs.memory} bytes": bool(needs.memory),
    }
    settings = (f"{name}={value}" for name, value in needs.settings.items())
    return frozenset((*(what for what, asked in named.items() if asked), *settings, *needs.volumes))


def _leaves_out_some(versions: str) -> bool:
    """Whether a range is more than a lower end that the oldest release of all reaches."""
    oldest = Version(".".join(map(str, releases.OLDEST)))
    return any(one.operator != ">=" or Version(one.version) > oldest for one in SpecifierSet(versions))
