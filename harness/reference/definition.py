"""Class definitions made complete: every default that `GET /v1/schema/<class>` of Weaviate 1.39.0 shows."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from harness.reference.settings import Settings

JSON = dict[str, Any]

INVERTED_INDEX: JSON = {
    "bm25": {"b": 0.75, "k1": 1.2},
    "cleanupIntervalSeconds": 60,
    "stopwords": {"additions": None, "preset": "en", "removals": None},
    "usingBlockMaxWAND": True,
}
SHARDING: JSON = {
    "virtualPerPhysical": 128,
    "desiredCount": 1,
    "actualCount": 1,
    "desiredVirtualCount": 128,
    "actualVirtualCount": 128,
    "key": "_id",
    "strategy": "hash",
    "function": "murmur3",
}
NO_SHARDING: JSON = {
    name: (0 if isinstance(value, int) else "") for name, value in SHARDING.items()
}  # tenants are shards of their own
MULTI_TENANCY: JSON = {"autoTenantActivation": False, "autoTenantCreation": False, "enabled": False}
REPLICATION: JSON = {"asyncEnabled": False, "deletionStrategy": "TimeBasedResolution", "factor": 1}
HNSW: JSON = {
    "skip": False,
    "cleanupIntervalSeconds": 300,
    "maxConnections": 32,
    "efConstruction": 128,
    "ef": -1,
    "dynamicEfMin": 100,
    "dynamicEfMax": 500,
    "dynamicEfFactor": 8,
    "vectorCacheMaxObjects": 1_000_000_000_000,
    "flatSearchCutoff": 40_000,
    "distance": "cosine",
    "pq": {
        "enabled": False,
        "bitCompression": False,
        "segments": 0,
        "centroids": 256,
        "trainingLimit": 100_000,
        "encoder": {"type": "kmeans", "distribution": "log-normal"},
    },
    "bq": {"enabled": False},
    "sq": {"enabled": False, "trainingLimit": 100_000, "rescoreLimit": 20},
    "rq": {"enabled": False, "bits": 8, "rescoreLimit": 20},
    "filterStrategy": "acorn",
    "multivector": {
        "enabled": False,
        "muvera": {"enabled": False, "ksim": 4, "dprojections": 16, "repetitions": 10},
        "aggregation": "maxSim",
    },
    "skipDefaultQuantization": False,
    "trackDefaultQuantization": False,
}
_FLAT_QUANTIZER: JSON = {"enabled": False, "rescoreLimit": -1, "cache": False}
FLAT: JSON = {
    "distance": "cosine",
    "vectorCacheMaxObjects": 1_000_000_000_000,
    "pq": _FLAT_QUANTIZER,
    "bq": _FLAT_QUANTIZER,
    "sq": _FLAT_QUANTIZER,
    "rq": {**_FLAT_QUANTIZER, "bits": 8},
    "skipDefaultQuantization": False,
    "trackDefaultQuantization": False,
}
DYNAMIC: JSON = {"distance": "cosine", "threshold": 10_000, "hnsw": HNSW, "flat": FLAT}
INDEXES: Mapping[str, JSON] = {"hnsw": HNSW, "flat": FLAT, "dynamic": DYNAMIC}
_TEXTS = frozenset({"text", "text[]", "string", "string[]"})


def capitalised(name: str) -> str:
    """The class name that Weaviate keeps: its first letter is a capital."""
    return name[:1].upper() + name[1:]


def complete(given: Mapping[str, Any], settings: Settings) -> JSON:
    """Fill in every default; keys that no version of Weaviate knows are dropped.

    Args:
        given: the body of `POST /v1/schema`; its shape has been checked.
        settings: for the default vectorizer and distance.
    """
    tenants = _merged(MULTI_TENANCY, given.get("multiTenancyConfig"))
    full: JSON = {"class": capitalised(given["class"])}
    if given.get("description"):
        full["description"] = given["description"]
    inverted = _stopwords(given.get("invertedIndexConfig") or {})
    full["invertedIndexConfig"] = {**copy.deepcopy(INVERTED_INDEX), **inverted}
    if given.get("moduleConfig"):
        full["moduleConfig"] = copy.deepcopy(given["moduleConfig"])
    full["multiTenancyConfig"] = tenants
    full["properties"] = [complete_property(entry) for entry in given.get("properties") or ()] or None
    full["replicationConfig"] = _merged(REPLICATION, given.get("replicationConfig"))
    full["shardingConfig"] = dict(NO_SHARDING) if tenants["enabled"] else _sharding(given.get("shardingConfig") or {})
    if given.get("vectorConfig"):
        full["vectorConfig"] = {name: complete_vector(entry, settings) for name, entry in given["vectorConfig"].items()}
    else:
        full["vectorizer"] = given.get("vectorizer") or settings.default_vectorizer
        full |= _index(given, settings)
    return full


def complete_vector(entry: Mapping[str, Any], settings: Settings) -> JSON:
    """One entry of `vectorConfig` with every default."""
    return {**_index(entry, settings), "vectorizer": copy.deepcopy(entry["vectorizer"])}


def complete_property(entry: Mapping[str, Any]) -> JSON:
    """One property with every default."""
    kind = entry["dataType"][0]
    is_text = kind in _TEXTS
    inverted = entry.get("indexInverted", True)
    full: JSON = {
        "dataType": [kind.replace("string", "text") if is_text else kind, *entry["dataType"][1:]],
        "indexFilterable": entry.get("indexFilterable", inverted),
        "indexRangeFilters": entry.get("indexRangeFilters", False),
        "indexSearchable": entry.get("indexSearchable", inverted and is_text),
        "name": entry["name"][:1].lower() + entry["name"][1:],
    }
    if is_text:
        full["tokenization"] = entry.get("tokenization") or ("word" if kind.startswith("text") else "whitespace")
    for name in ("description", "moduleConfig", "nestedProperties"):
        if entry.get(name):
            full[name] = copy.deepcopy(entry[name])
    return full


def _index(entry: Mapping[str, Any], settings: Settings) -> JSON:
    kind = entry.get("vectorIndexType") or "hnsw"
    given = dict(entry.get("vectorIndexConfig") or {})
    given.setdefault("distance", settings.default_distance)
    config = _merged(INDEXES[kind], given)
    if kind == "dynamic":
        for part in ("hnsw", "flat"):
            config[part]["distance"] = config["distance"]
    return {"vectorIndexConfig": config, "vectorIndexType": kind}


def _sharding(given: Mapping[str, Any]) -> JSON:
    count = given.get("desiredCount") or SHARDING["desiredCount"]
    virtual = given.get("virtualPerPhysical") or SHARDING["virtualPerPhysical"]
    return {
        **SHARDING,
        "virtualPerPhysical": virtual,
        "desiredCount": count,
        "actualCount": count,
        "desiredVirtualCount": count * virtual,
        "actualVirtualCount": count * virtual,
    }


def _stopwords(given: Mapping[str, Any]) -> JSON:
    config = dict(copy.deepcopy(given))
    if "stopwords" in config:
        config["stopwords"] = _merged(INVERTED_INDEX["stopwords"], config["stopwords"])
    return config


def _merged(defaults: Mapping[str, Any], given: Mapping[str, Any] | None) -> JSON:
    merged = copy.deepcopy(dict(defaults))
    for name, value in (given or {}).items():
        if name in merged and value is not None:
            merged[name] = _merged(merged[name], value) if isinstance(merged[name], dict) else copy.deepcopy(value)
    return merged
