"""gRPC's answers as values: hits, groups and counts."""

from __future__ import annotations

import struct
from typing import Any

from harness.model import Aggregation, Group, Hit, Question, Reference, Tally


def read_hits(reply: Any, question: Question) -> tuple[Hit, ...]:
    """The hits of a `SearchReply` that is not grouped."""
    return tuple(_hit(result, question) for result in reply.results)


def read_groups(reply: Any, question: Question) -> tuple[Group, ...]:
    """The groups of a `SearchReply`, in its order."""
    return tuple(
        Group(
            value=group.name,
            count=group.number_of_objects,
            smallest=group.min_distance,
            largest=group.max_distance,
            hits=tuple(_hit(result, question) for result in group.objects),
        )
        for group in reply.group_by_results
    )


def read_tally(reply: Any, aggregation: Aggregation) -> Tally:
    """What an `AggregateReply` counted."""
    single = reply.single_result
    named = [one.text for one in single.aggregations.aggregations if one.property == aggregation.values_of]
    if not named:
        return Tally(single.objects_count)
    return Tally(
        single.objects_count,
        named[0].count,
        {item.value: item.occurs for item in named[0].top_occurences.items},
    )


def _hit(result: Any, question: Question) -> Hit:
    metadata, properties = result.metadata, result.properties
    fields = properties.non_ref_props.fields if question.properties else {}
    followed = {one.prop_name: one.properties for one in properties.ref_props} if question.references else {}
    return Hit(
        id=metadata.id,
        distance=metadata.distance if metadata.distance_present else None,
        certainty=metadata.certainty if metadata.certainty_present else None,
        vector=_floats(metadata.vector_bytes) or tuple(metadata.vector) or None,
        properties={name: _value(fields[name]) if name in fields else None for name in question.properties},
        vectors={named.name: _floats(named.vector_bytes) for named in metadata.vectors},
        references={
            one.path: tuple(_pointed_at(found, one) for found in followed.get(one.path, ()))
            for one in question.references
        },
    )


def _pointed_at(found: Any, reference: Reference) -> Hit:
    fields = found.non_ref_props.fields
    return Hit(
        id=found.metadata.id,
        properties={name: _value(fields[name]) if name in fields else None for name in reference.properties},
    )


def _floats(packed: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(packed) // 4}f", packed)


def _value(value: Any) -> Any:
    kind = value.WhichOneof("kind")
    if kind is None or kind == "null_value":
        return None
    if kind == "list_value":
        return _list(value.list_value)
    return getattr(value, kind)


def _list(listed: Any) -> list[Any]:
    kind = listed.WhichOneof("kind")
    if kind is None:
        return []
    values = getattr(listed, kind).values
    if isinstance(values, bytes):  # numbers come packed, eight bytes each
        return list(struct.unpack(f"<{len(values) // 8}{'q' if kind == 'int_values' else 'd'}", values))
    return list(values)
