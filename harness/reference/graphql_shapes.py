"""Hits, groups and counts in the shape that a GraphQL selection asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.reference.request import Counted, Group, Match, Values
from harness.reference.wire import shortest


def match_shape(match: Match, selection: Sequence[Any]) -> dict[str, Any]:
    """One hit: properties as stored, null where it has none."""
    shape: dict[str, Any] = {}
    for name, field, inner in selection:
        if field.name.value == "_additional":
            shape[name] = _additional(match, inner)
        elif field.name.value == "__typename":
            shape[name] = match.object.collection
        elif field.name.value in match.references:
            targets = match.references[field.name.value]
            shape[name] = [match_shape(Match(target.object), inner) for target in targets] or None
        else:
            shape[name] = match.object.properties.get(field.name.value)
    return shape


def group_shape(position: int, group: Group, path: Sequence[str], selection: Sequence[Any]) -> dict[str, Any]:
    """One group, in the place of a hit: its properties are null, `_additional{group}` has everything."""
    shape: dict[str, Any] = {}
    for name, field, inner in selection:
        if field.name.value != "_additional":
            shape[name] = None
            continue
        shape[name] = {
            key: _group(position, group, path, within) if each.name.value == "group" else None
            for key, each, within in inner
        }
    return shape


def counted_shape(counted: Counted, path: Sequence[str], selection: Sequence[Any]) -> dict[str, Any]:
    """One count, or the count of one group."""
    facts: Mapping[str, Mapping[str, Any] | None] = {
        "meta": {"count": counted.count},
        "groupedBy": {"path": list(path), "value": counted.value} if path else None,
        **{name: _values(values) for name, values in counted.values.items()},
    }
    return {name: _picked(facts.get(field.name.value), inner) for name, field, inner in selection}


def _values(values: Values) -> dict[str, Any]:
    """What was counted of a property; of its values all fields, whichever were asked for."""
    top = [{"value": value, "occurs": occurs} for value, occurs in values.occurrences]
    return {"count": values.count, "type": "text", "topOccurrences": top}


def _additional(match: Match, selection: Sequence[Any]) -> dict[str, Any] | None:
    """The `_additional` of a hit; null as a whole if only distances are asked for and there was no near operator."""
    if match.distance is None and {field.name.value for _, field, _ in selection} <= {"distance", "certainty"}:
        return None
    return {name: _ADDITIONAL[field.name.value](match, inner) for name, field, inner in selection}


def _group(position: int, group: Group, path: Sequence[str], selection: Sequence[Any]) -> dict[str, Any]:
    facts = {
        "id": position,
        "count": len(group.matches),
        "minDistance": shortest(group.smallest),
        "maxDistance": shortest(group.largest),
    }
    shape: dict[str, Any] = {}
    for name, field, inner in selection:
        if field.name.value == "hits":
            shape[name] = [match_shape(match, inner) for match in group.matches]
        elif field.name.value == "groupedBy":
            shape[name] = _picked({"path": list(path), "value": group.value}, inner)
        else:
            shape[name] = facts.get(field.name.value)
    return shape


def _picked(facts: Mapping[str, Any] | None, selection: Sequence[Any]) -> dict[str, Any] | None:
    return None if facts is None else {name: facts.get(field.name.value) for name, field, _ in selection}


def _named_vectors(match: Match, selection: Sequence[Any]) -> dict[str, Any]:
    return {name: match.object.vectors.get(field.name.value) for name, field, _ in selection}


_ADDITIONAL: Mapping[str, Callable[[Match, Sequence[Any]], Any]] = {
    "id": lambda match, _: match.object.id,
    "distance": lambda match, _: None if match.distance is None else shortest(match.distance),
    "certainty": lambda match, _: match.certainty,
    "vector": lambda match, _: [] if match.object.vector is None else match.object.vector,
    "vectors": _named_vectors,
    "creationTimeUnix": lambda match, _: str(match.object.created),
    "lastUpdateTimeUnix": lambda match, _: str(match.object.updated),
    "score": lambda _match, _: "0",
    "explainScore": lambda _match, _: "",
    "isConsistent": lambda _match, _: True,
    "group": lambda _match, _: None,
    "__typename": lambda match, _: f"{match.object.collection}Additional",
}
