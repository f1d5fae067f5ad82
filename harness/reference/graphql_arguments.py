"""GraphQL arguments turned into searches and aggregations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from harness.reference.forms import where_filter
from harness.reference.request import Aggregation, Filter, GroupBy, Near, NearKind, Refusal, Search, Sort

_KINDS: Mapping[str, NearKind] = {
    "nearImage": "image",
    "nearText": "text",
    "nearVector": "vector",
    "nearObject": "object",
}


def search(collection: str, arguments: Mapping[str, Any], *, certainty_asked: bool) -> Search:
    """The search that a field of `Get` asks for.

    Raises:
        Refusal: an argument says nothing.
    """
    after = arguments.get("after")
    return Search(
        interface="graphql",
        collection=collection,
        near=_near(arguments),
        where=_where(arguments),
        limit=arguments.get("limit"),
        offset=arguments.get("offset"),
        autocut=arguments.get("autocut"),
        sort=tuple(Sort(tuple(each["path"]), each.get("order") == "desc") for each in arguments.get("sort") or ()),
        group_by=_group_by(arguments.get("groupBy")),
        after=after,
        tenant=arguments.get("tenant") or "",
        consistency=arguments.get("consistencyLevel") or "",
        others=tuple(name for name in ("bm25", "hybrid") if arguments.get(name) is not None),
        certainty_asked=certainty_asked,
    )


def aggregation(collection: str, arguments: Mapping[str, Any], values_of: Mapping[str, int]) -> Aggregation:
    """The aggregation that a field of `Aggregate` asks for.

    Args:
        collection: the class.
        arguments: those of the field.
        values_of: properties whose values are counted.

    Raises:
        Refusal: an argument says nothing.
    """
    return Aggregation(
        interface="graphql",
        collection=collection,
        near=_near(arguments),
        where=_where(arguments),
        object_limit=arguments.get("objectLimit"),
        group_by=tuple(arguments.get("groupBy") or ()),
        limit=arguments.get("limit"),
        tenant=arguments.get("tenant") or "",
        values_of=values_of,
    )


def _near(arguments: Mapping[str, Any]) -> tuple[Near, ...]:
    return tuple(_operator(kind, arguments[name]) for name, kind in _KINDS.items() if arguments.get(name) is not None)


def _operator(kind: NearKind, given: Mapping[str, Any]) -> Near:
    vector = given.get("vector")
    if kind == "vector" and vector is None:
        raise Refusal("failed to extract nearVector params: vector or vectorPerTarget is required field")
    return Near(
        kind=kind,
        image=given.get("image"),
        concepts=tuple(given.get("concepts") or ()),
        vector=None if vector is None else np.asarray(vector, np.float32),
        object_id=given.get("id") or (given.get("beacon") or "").rpartition("/")[2] or None,
        distance=given.get("distance"),
        certainty=given.get("certainty"),
        target_vectors=tuple(given.get("targetVectors") or ()),
    )


def _where(arguments: Mapping[str, Any]) -> Filter | None:
    where = arguments.get("where")
    return None if where is None else where_filter(where)


def _group_by(given: Mapping[str, Any] | None) -> GroupBy | None:
    return None if given is None else GroupBy(tuple(given["path"]), given["groups"], given["objectsPerGroup"])
