"""Class definitions that Weaviate refuses, and in which words (observed on 1.39.0)."""

from __future__ import annotations

import re
from collections.abc import Collection as Names
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.model import Metric, Module
from harness.reference.definition import INDEXES, capitalised
from harness.reference.request import Refusal
from harness.reference.settings import Settings

PRIMITIVES = frozenset({"text", "int", "number", "boolean", "date", "uuid"})
DATA_TYPES = (
    PRIMITIVES
    | {name + "[]" for name in PRIMITIVES}
    | {"blob", "blobHash", "geoCoordinates", "phoneNumber", "object", "object[]", "string", "string[]"}
)
TOKENIZATIONS = ("word", "lowercase", "whitespace", "field", "trigram", "gse", "kagome_kr", "kagome_ja", "gse_ch")
_RESERVED = frozenset({"_additional", "_id", "id"})
_CLASS_NAME = re.compile(r"[A-Z][_0-9A-Za-z]{0,254}")
_PROPERTY_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,230}")
_VECTOR_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,229}")


def check_definition(given: Mapping[str, Any], existing: Names[str], settings: Settings) -> None:
    """Do nothing if Weaviate would accept this class.

    Args:
        given: the body of `POST /v1/schema`.
        existing: the names of the classes that are there.
        settings: for the default vectorizer and what the server can do.

    Raises:
        Refusal: in Weaviate's words.
    """
    name = capitalised(given.get("class") or "")
    if not _CLASS_NAME.fullmatch(name):
        raise Refusal(f"'{name}' is not a valid class name")
    if name in existing:
        raise Refusal(f"class name {name} already exists")
    _check_properties(name, given.get("properties") or (), {*existing, name})
    _check_sharing(given, settings)
    hashes = {entry.get("name") for entry in given.get("properties") or () if entry.get("dataType") == ["blobHash"]}
    named = given.get("vectorConfig")
    if named:
        if any(given.get(key) for key in ("vectorizer", "vectorIndexType", "vectorIndexConfig")):
            raise Refusal("creating a class with both a class level vector index and named vectors is forbidden")
        for vector, entry in named.items():
            check_named_vector(vector, entry, settings)
            _check_hashes(vector, entry["vectorizer"], hashes)
        return
    _check_unnamed_vector(given, settings)
    _check_hashes("", given.get("moduleConfig") or {}, hashes)


def check_named_vector(name: str, entry: Mapping[str, Any], settings: Settings) -> None:
    """Do nothing if Weaviate would accept this entry of `vectorConfig`.

    Raises:
        Refusal: in Weaviate's words.
    """
    if not _VECTOR_NAME.fullmatch(name):
        raise Refusal(
            f'class.VectorConfig target vector name "{name}" is not valid, in Weaviate target vector names are '
            "restricted to valid GraphQL names, which must be “/[_A-Za-z][_0-9A-Za-z]{0,229}/”."
        )
    vectorizer = entry.get("vectorizer")
    if not isinstance(vectorizer, dict):
        kind = "<nil>" if vectorizer is None else "string" if isinstance(vectorizer, str) else type(vectorizer).__name__
        raise Refusal(f"class.VectorConfig.Vectorizer must be an object, got {kind}")
    if len(vectorizer) != 1:
        raise Refusal(f"class.VectorConfig.Vectorizer must consist only 1 configuration, got: {len(vectorizer)}")
    module, config = next(iter(vectorizer.items()))
    if module not in _vectorizers(settings):
        raise Refusal(f'target vector "{name}": vectorizer: no module with name "{module}" present')
    _check_module(module, config or {})
    _check_index(entry, settings)


def check_property(class_name: str, entry: Mapping[str, Any], taken: Names[str], classes: Names[str]) -> None:
    """Do nothing if Weaviate would accept this property.

    Args:
        class_name: the class that gets it.
        entry: the property.
        taken: the names of the class's other properties, lower case.
        classes: the names of all classes, which a reference may point at.

    Raises:
        Refusal: in Weaviate's words.
    """
    name = entry.get("name") or ""
    if not _PROPERTY_NAME.fullmatch(name):
        raise Refusal(
            f"'{name}' is not a valid property name. Property names in Weaviate are restricted to valid GraphQL names, "
            "which must be “/[_A-Za-z][_0-9A-Za-z]{0,230}/”"
        )
    if name in _RESERVED:
        raise Refusal(f"'{name}' is a reserved property name")
    if name.lower() in taken:
        raise Refusal(
            f'class "{class_name}": conflict for property "{name.lower()}": already in use or provided multiple times'
        )
    kinds = entry.get("dataType") or []
    shown = " ".join(map(str, kinds))
    if not kinds:
        raise Refusal(f"property '{name}': invalid dataType: []: dataType must have at least one element")
    if kinds[0][:1].isupper():
        if not all(kind in classes for kind in kinds):
            raise Refusal("bad request: reference property to nonexistent class")
    elif kinds[0] not in DATA_TYPES:
        raise Refusal(f"property '{name}': invalid dataType: [{shown}]: unknown primitive data type '{kinds[0]}'")
    elif entry.get("tokenization") and not kinds[0].startswith(("text", "string")):
        raise Refusal(f"tokenization is not allowed for data type '{kinds[0]}'")


def _check_properties(class_name: str, entries: Sequence[Mapping[str, Any]], classes: Names[str]) -> None:
    taken: set[str] = set()
    for position, entry in enumerate(entries):
        tokenization = entry.get("tokenization")
        if tokenization and tokenization not in TOKENIZATIONS:
            known = " ".join(TOKENIZATIONS)
            raise Refusal(f"properties.{position}.tokenization in body should be one of [{known}]")
        check_property(class_name, entry, taken, classes)
        taken.add(entry["name"].lower())


def _check_sharing(given: Mapping[str, Any], settings: Settings) -> None:
    if (given.get("multiTenancyConfig") or {}).get("enabled") and given.get("shardingConfig"):
        raise Refusal("cannot have both shardingConfig and multiTenancyConfig")
    factor = (given.get("replicationConfig") or {}).get("factor") or 1
    if factor > settings.nodes:
        there = f"{settings.nodes} available, {factor} requested"
        shortage = f"could not find enough weaviate nodes for replication: {there}"
        raise Refusal(f"init sharding state: {shortage}")


def _vectorizers(settings: Settings) -> frozenset[str]:
    return settings.modules | {"none"}


def _check_unnamed_vector(given: Mapping[str, Any], settings: Settings) -> None:
    vectorizer = given.get("vectorizer") or settings.default_vectorizer
    if vectorizer not in _vectorizers(settings):
        raise Refusal(f'vectorizer: no module with name "{vectorizer}" present')
    modules = given.get("moduleConfig") or {}
    several = sorted(name for name in modules if name in _vectorizers(settings))
    if len(several) > 1:
        raise Refusal(
            f"multiple vectorizers configured in class's moduleConfig: [{' '.join(several)}]. "
            f'class.vectorizer is set to "{vectorizer}"'
        )
    # A class that names the module and says nothing about it is accepted, and can vectorize nothing (observed).
    if vectorizer in modules:
        _check_module(vectorizer, modules[vectorizer] or {})
    _check_index(given, settings)


def _check_hashes(vector: str, modules: Mapping[str, Any], hashes: Names[object]) -> None:
    """What is kept as a hash can't be vectorized again, so nothing else is vectorized with it (since 1.39)."""
    for config in modules.values():
        fields = [*((config or {}).get("imageFields") or ()), *((config or {}).get("textFields") or ())]
        if len(fields) > 1 and any(field in hashes for field in fields):
            raise Refusal(
                f"targetVector '{vector}': blobHash property cannot be combined with other vectorizable fields: only "
                "the hash of its data is stored. Give it a named vector of its own"
            )


def _check_index(entry: Mapping[str, Any], settings: Settings) -> None:
    kind = entry.get("vectorIndexType") or "hnsw"
    if kind not in INDEXES:
        raise Refusal(f'unrecognized or unsupported vectorIndexType "{kind}"')
    if kind == "dynamic" and not settings.async_indexing:
        raise Refusal("the dynamic index can only be created when async indexing is enabled")
    distance = (entry.get("vectorIndexConfig") or {}).get("distance")
    if distance and distance not in set(Metric):
        raise Refusal(
            f'init vector index: unrecognized distance metric "{distance}",choose one of '
            '["cosine", "dot", "l2-squared", "manhattan","hamming"]'
        )


def _check_module(module: str, config: Mapping[str, Any]) -> None:
    for problem in _module_problems(module, config):
        raise Refusal(f"module '{module}': {problem}")


def _module_problems(module: str, config: Mapping[str, Any]) -> Iterator[str]:
    if module == Module.IMG2VEC:
        if "imageFields" not in config:
            yield "imageFields not present"
        yield from _field_problems("image", config.get("imageFields"))
    elif module == Module.CLIP:
        for kind in ("image", "text"):
            if kind + "Fields" in config:
                yield from _field_problems(kind, config[kind + "Fields"])
                yield from _weight_problems(kind + "Fields", config)


def _field_problems(kind: str, fields: object) -> Iterator[str]:
    if not isinstance(fields, list):
        yield f"{kind}Fields must be an array"
    elif not fields:
        yield f"must contain at least one {kind} field name in {kind}Fields"
    elif not all(isinstance(field, str) for field in fields):
        yield f"{kind}Field must be a string"
    elif not all(fields):
        yield f"{kind}Field values cannot be empty"


def _weight_problems(kind: str, config: Mapping[str, Any]) -> Iterator[str]:
    weights = (config.get("weights") or {}).get(kind)
    if not isinstance(weights, list):
        return
    if len(weights) != len(config[kind]):
        yield f"weights.{kind} does not equal number of {kind}"
    for weight in weights:
        if isinstance(weight, bool) or not isinstance(weight, int | float):
            yield f'strconv.ParseFloat: parsing "{weight}": invalid syntax'
