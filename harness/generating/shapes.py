"""The shape of a generated class, and a generated case as the text of a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from harness.model import Metric, Module, Where, releases
from harness.scenario import Ask, Index, Step, Thing

CLASS = "Generated"
TENANTS = ("a", "b")
DIMENSIONS = 4
_NAMED = "drawn"
_WIDE = 4096


@dataclass(frozen=True, slots=True)
class Shape:
    """What a class is like; `named`: its vector has a name, `tenants`: it has two of them."""

    metric: Metric
    module: Module
    index: Index
    named: bool
    tenants: bool

    def definition(self) -> dict[str, Any]:
        """Weaviate's own class JSON."""
        module = {str(self.module): {"imageFields": ["image"]}}
        index = {"vectorIndexType": self.index, "vectorIndexConfig": {"distance": str(self.metric)}}
        found: dict[str, Any] = {"class": CLASS}
        if self.named:
            found["vectorConfig"] = {_NAMED: {"vectorizer": module, **index}}
        else:
            found |= {"vectorizer": str(self.module), "moduleConfig": module, **index}
        if self.tenants:
            found["multiTenancyConfig"] = {"enabled": True}
        types = {"image": "blob", "label": "text", "number": "int"}
        found["properties"] = [{"name": name, "dataType": [kind]} for name, kind in types.items()]
        return found


def shapes(modules: Sequence[Module], release: tuple[int, ...]) -> list[Shape]:
    """Return the shapes that a server knows, the simplest first.

    Args:
        modules: the image modules that it has.
        release: its version; empty if that is not known, and then it is taken for a new one.
    """

    def since(first: tuple[int, int]) -> tuple[bool, ...]:
        return (False, True) if releases.has(release, first) else (False,)

    indexes: tuple[Index, ...] = ("hnsw", "flat") if releases.has(release, releases.FLAT_INDEX) else ("hnsw",)
    return [
        Shape(metric, module, index, named, tenants)
        for tenants in since(releases.TENANTS)
        for named in since(releases.NAMED_VECTORS)
        for index in indexes
        for module in modules
        for metric in (Metric.L2, Metric.COSINE, Metric.DOT, Metric.MANHATTAN, Metric.HAMMING)
    ]


def written(shape: Shape, steps: Sequence[Step], *, about: str = "") -> str:
    """Return a case as the text of a scenario, which `load_scenario` reads as the same values again.

    Args:
        shape: its class.
        steps: what is done.
        about: what was found, for whoever reads it.
    """
    head: dict[str, Any] = {"nearimage": 1, "name": "a generated case"}
    head |= {"about": about} if about else {}
    head |= {"collection": shape.definition(), "images": {"from": "steps", "as": "image"}}
    lines = [_flow(head, key) for key in head]
    return "\n".join([*lines, "steps:" if steps else "steps: []", *(f"  - {_one(step)}" for step in steps), ""])


def _flow(head: Mapping[str, Any], key: str) -> str:
    """A key and its value, in as few lines as can be read."""
    flat = None if isinstance(head[key], dict) else False
    text = yaml.safe_dump({key: head[key]}, sort_keys=False, width=100, default_flow_style=flat)
    return text.rstrip()


def _one(step: Step) -> str:
    """A step on one line."""
    text = yaml.safe_dump(_plain(step), sort_keys=False, width=_WIDE, default_flow_style=True)
    return text.strip()[1:-1]  # the braces around a single key


def _plain(step: Step) -> dict[str, Any]:
    if isinstance(step, Ask):
        return {"near_image": dict(_asked(step))}
    things = [dict(_thing(thing)) for thing in step.things]
    return {step.how: things if step.how == "batch" else things[0]}


def _thing(thing: Thing) -> Iterator[tuple[str, Any]]:
    yield "object", thing.object
    if thing.tenant is not None:
        yield "tenant", thing.tenant
    if thing.image is not None:
        yield "image", list(map(_number, thing.image))
    if thing.properties:
        yield "properties", dict(thing.properties)


def _asked(ask: Ask) -> Iterator[tuple[str, Any]]:
    yield "image", list(map(_number, ask.image))
    for name in ("limit", "offset", "distance", "certainty", "tenant"):
        if (value := getattr(ask, name)) is not None:
            yield name, value
    if ask.where is not None:
        yield "where", _filter(ask.where)


def _filter(where: Where) -> dict[str, Any]:
    if where.operands:
        return {"operator": where.operator, "operands": [_filter(one) for one in where.operands]}
    return {"operator": where.operator, "path": list(where.path), "value": where.value}


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value
