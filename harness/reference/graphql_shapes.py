"""Hits, groups and counts in the shape that a GraphQL selection asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.reference.graphql_selection import Selection
from harness.reference.request import Counted, Group, Match, Values
from harness.reference.wire import shortest


def match_shape(match: Match, selection: Selection) -> dict[str, Any]:
    """One hit: properties as stored, null where it has none."""
    shape: dict[str, Any] = {}
    for key, name, inner, _ in selection:
        if name == "_additional":
            shape[key] = _additional(match, inner)
        elif name == "__typename":
            shape[key] = match.object.collection
        elif name in match.references:
            targets = match.references[name]
            shape[key] = [match_shape(Match(target.object), inner) for target in targets] or None
        else:
            shape[key] = match.object.properties.get(name)
    return shape


def group_shape(position: int, group: Group, path: Sequence[str], selection: Selection) -> dict[str, Any]:
    """One group, in the place of a hit: its properties are null, `_additional{group}` has everything."""
    shape: dict[str, Any] = {}
    for key, name, inner, _ in selection:
        if name != "_additional":
            shape[key] = None
            continue
        shape[key] = {
            each.key: _group(position, group, path, each.inner) if each.name == "group" else None for each in inner
        }
    return shape


def counted_shape(counted: Counted, path: Sequence[str], selection: Selection) -> dict[str, Any]:
    """One count, or the count of one group."""
    facts: Mapping[str, Mapping[str, Any] | None] = {
        "meta": {"count": counted.count},
        "groupedBy": {"path": list(path), "value": counted.value} if path else None,
        **{name: _values(values) for name, values in counted.values.items()},
    }
    return {key: _picked(facts.get(name), inner) for key, name, inner, _ in selection}


def _values(values: Values) -> dict[str, Any]:
    """What was counted of a property; of its values all fields, whichever were asked for."""
    top = [{"value": value, "occurs": occurs} for value, occurs in values.occurrences]
    return {"count": values.count, "type": "text", "topOccurrences": top}


def _additional(match: Match, selection: Selection) -> dict[str, Any] | None:
    """The `_additional` of a hit; null as a whole if only distances are asked for and there was no near operator."""
    if match.distance is None and {each.name for each in selection} <= {"distance", "certainty"}:
        return None
    return {key: _ADDITIONAL[name](match, inner) for key, name, inner, _ in selection}


def _group(position: int, group: Group, path: Sequence[str], selection: Selection) -> dict[str, Any]:
    facts = {
        "id": position,
        "count": len(group.matches),
        "minDistance": shortest(group.smallest),
        "maxDistance": shortest(group.largest),
    }
    shape: dict[str, Any] = {}
    for key, name, inner, _ in selection:
        if name == "hits":
            shape[key] = [match_shape(match, inner) for match in group.matches]
        elif name == "groupedBy":
            shape[key] = _picked({"path": list(path), "value": group.value}, inner)
        else:
            shape[key] = facts.get(name)
    return shape


def _picked(facts: Mapping[str, Any] | None, selection: Selection) -> dict[str, Any] | None:
    return None if facts is None else {each.key: facts.get(each.name) for each in selection}


def _named_vectors(match: Match, selection: Selection) -> dict[str, Any]:
    return {each.key: match.object.vectors.get(each.name) for each in selection}


_ADDITIONAL: Mapping[str, Callable[[Match, Selection], Any]] = {
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
