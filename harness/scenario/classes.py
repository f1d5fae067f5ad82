"""Weaviate's own class JSON, read as far as the harness relies on it; the rest is Weaviate's to judge."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.model import Metric, Module
from harness.scenario.mistakes import kind, nearest, place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.scenario.reading import Document, Loc

_CLASS_NAME = re.compile(r"[A-Z][_0-9A-Za-z]*")
_INDEXES = ("hnsw", "flat", "dynamic")


@dataclass(frozen=True, slots=True)
class VectorPart:
    """The vector of a class that an image module makes.

    `loc` is the place of the mapping that holds `vectorIndexType`: the class itself, or one entry of `vectorConfig`.
    """

    module: Module
    name: str | None
    settings: Mapping[str, Any]
    loc: Loc
    settings_loc: Loc

    def inside(self, definition: dict[str, Any]) -> dict[str, Any]:
        """The mapping of a class definition that holds this vector's index settings."""
        return definition if self.name is None else definition["vectorConfig"][self.name]


def class_name(document: Document, definition: Mapping[str, Any], loc: Loc) -> str:
    """The name of a class.

    Raises:
        FileError: there is none, or Weaviate would not take it.
    """
    name = definition.get("class")
    if name is None:
        keys = [key for key in definition if key.lower() in {"class_name", "classname", "name"}]
        hint = f"Weaviate's class JSON calls it `class`, not `{keys[0]}`" if keys else ""
        raise document.error(loc, f"`{place((*loc, 'class'))}` is missing", hint=hint)
    if not isinstance(name, str) or not _CLASS_NAME.fullmatch(name):
        hint = "a class name is a capital letter, then letters, digits and _"
        raise document.error((*loc, "class"), f"`class` cannot be {kind(name)}", hint=hint)
    return name


def vector_part(document: Document, definition: Mapping[str, Any], loc: Loc, default: str) -> VectorPart:
    """The vector of a class that an image module makes; of several the one that is written first.

    Args:
        document: the file.
        definition: the class JSON.
        loc: where it stands.
        default: the server's default vectorizer, if the scenario sets one; else empty.

    Raises:
        FileError: no image module vectorizes this class.
    """
    named = definition.get("vectorConfig")
    if named:
        return _named_part(document, _mapping(document, named, (*loc, "vectorConfig")), (*loc, "vectorConfig"))
    vectorizer = definition.get("vectorizer", default)
    if not vectorizer:
        hint = "write `vectorizer: img2vec-neural` or `vectorizer: multi2vec-clip`"
        raise document.error(loc, f"class {definition['class']} has no `vectorizer`", hint=hint)
    module = _module(document, vectorizer, (*loc, "vectorizer"))
    place_of = (*loc, "moduleConfig", module.value)
    modules = _mapping(document, definition.get("moduleConfig") or {}, (*loc, "moduleConfig"))
    settings = _mapping(document, modules.get(module.value) or {}, place_of)
    return VectorPart(module, None, settings, loc, place_of)


def metric_of(document: Document, part: VectorPart, definition: dict[str, Any]) -> Metric:
    """The distance metric of a vector; Weaviate's default is cosine.

    Raises:
        FileError: there is no such metric.
    """
    at = (*part.loc, "vectorIndexConfig")
    index = _mapping(document, part.inside(definition).get("vectorIndexConfig") or {}, at)
    named = index.get("distance", Metric.COSINE.value)
    if named not in set(Metric):
        hint = nearest(str(named), list(Metric))
        raise document.error((*at, "distance"), f"there is no distance metric {named!r}", hint=hint)
    return Metric(named)


def index_of(document: Document, part: VectorPart, definition: dict[str, Any]) -> str:
    """The index type of a vector; Weaviate's default is hnsw.

    Raises:
        FileError: there is no such index type.
    """
    named = part.inside(definition).get("vectorIndexType", "hnsw")
    if named not in _INDEXES:
        at = (*part.loc, "vectorIndexType")
        raise document.error(at, f"there is no vector index type {named!r}", hint=nearest(str(named), _INDEXES))
    return str(named)


def fields(document: Document, part: VectorPart, key: str) -> tuple[str, ...]:
    """The property names in `imageFields` or `textFields` of a vector's module; empty if the key is absent.

    Raises:
        FileError: it is not a list of texts.
    """
    named = part.settings.get(key)
    if named is None:
        return ()
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        at = (*part.settings_loc, key)
        raise document.error(at, f"`{place(at)}` must be a list of property names, not {kind(named)}")
    return tuple(named)


def data_types(document: Document, definition: Mapping[str, Any], loc: Loc) -> dict[str, str]:
    """The properties of a class by name, with their first data type.

    Raises:
        FileError: a property has no name or no data type.
    """
    at = (*loc, "properties")
    listed = definition.get("properties") or []
    if not isinstance(listed, list):
        raise document.error(at, f"`{place(at)}` must be a list, not {kind(listed)}")
    found: dict[str, str] = {}
    for index, entry in enumerate(listed):
        entry_at = (*at, index)
        name = _mapping(document, entry, entry_at).get("name")
        types = entry.get("dataType")
        if not isinstance(name, str):
            raise document.error(entry_at, f"`{place(entry_at)}` has no `name`")
        if not isinstance(types, list) or not types or not isinstance(types[0], str):
            raise document.error(entry_at, f"property `{name}` has no `dataType`", hint="write `dataType: [blob]`")
        found[name] = types[0]
    return found


def check_json(document: Document, value: Any, loc: Loc) -> None:
    """Refuse what JSON cannot carry: NaN and the infinities.

    Raises:
        FileError: there is one.
    """
    if isinstance(value, float) and not math.isfinite(value):
        raise document.error(loc, f"`{place(loc)}` is {value}, which JSON cannot carry")
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        check_json(document, entry, (*loc, key))


def _named_part(document: Document, named: Mapping[str, Any], loc: Loc) -> VectorPart:
    for name, config in named.items():
        at = (*loc, name, "vectorizer")
        vectorizers = _mapping(document, _mapping(document, config, (*loc, name)).get("vectorizer") or {}, at)
        for module in set(vectorizers) & set(Module):
            settings = _mapping(document, vectorizers[module] or {}, (*at, module))
            return VectorPart(Module(module), name, settings, (*loc, name), (*at, module))
    hint = "`vectorConfig: {NAME: {vectorizer: {img2vec-neural: {imageFields: […]}}}}`"
    raise document.error(loc, "no vector of this class is made by an image module", hint=hint)


def _module(document: Document, named: Any, loc: Loc) -> Module:
    if named in set(Module):
        return Module(named)
    if named == "none":
        raise document.error(loc, "a class with vectorizer none knows no nearImage", hint=nearest("", list(Module)))
    raise document.error(loc, f"{kind(named)} is no image module", hint=nearest(str(named), list(Module)))


def _mapping(document: Document, value: Any, loc: Loc) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise document.error(loc, f"`{place(loc)}` must be a mapping, not {kind(value)}")
    return value
