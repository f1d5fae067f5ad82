"""A question in the words of the official Python client, and its answer out of them.

Imports nothing of the client before it is called: reading it takes half a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from time import perf_counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from harness.errors import UnsupportedError
from harness.interfaces.graphql import MOST_VALUES
from harness.interfaces.grpc_clients import address, demand_sayable
from harness.interfaces.rest import float32s
from harness.model import (
    Aggregation,
    Answer,
    Group,
    Hit,
    NearImage,
    NearObject,
    NearText,
    NearVector,
    Question,
    Reference,
    State,
    Tally,
    Where,
)
from harness.transport import is_loopback

if TYPE_CHECKING:
    from harness.model import Endpoint

_TESTS = {
    "Equal": "equal",
    "NotEqual": "not_equal",
    "GreaterThan": "greater_than",
    "GreaterThanEqual": "greater_or_equal",
    "LessThan": "less_than",
    "LessThanEqual": "less_or_equal",
    "Like": "like",
    "IsNull": "is_none",
}
_LENGTHS = (1, 3)
"""A path is a property, or a reference, its class and a property of that."""

_METHODS = {NearImage: "near_image", NearText: "near_text", NearVector: "near_vector", NearObject: "near_object"}


def settings(endpoint: Endpoint, timeout: float) -> dict[str, Any]:
    """Return what `WeaviateClient` is made with.

    Its own checks at the start are left out: among them it asks a package registry for its newest version.

    Raises:
        UnsupportedError: the database has no gRPC address, or the client does not take these addresses.
    """
    from weaviate.classes.init import AdditionalConfig, Auth, Timeout
    from weaviate.config import GrpcConfig
    from weaviate.connect import ConnectionParams

    where = address(endpoint)
    near = is_loopback(where["http_host"])
    channel = [("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0 if near else 1)]
    try:
        params = ConnectionParams.from_params(**where)
    except ValueError as error:
        raise UnsupportedError(f"the Python client does not take this address: {error}") from error
    return {
        "connection_params": params,
        "auth_client_secret": Auth.api_key(endpoint.api_key) if endpoint.api_key else None,
        "additional_config": AdditionalConfig(
            timeout=Timeout(init=timeout, query=timeout, insert=timeout),
            trust_env=not near,
            grpc_config=GrpcConfig(channel_options=channel),
        ),
        "skip_init_checks": True,
    }


@dataclass(frozen=True, slots=True)
class Call:
    """A method of a collection's `query` or `aggregate`, its first argument, and the named ones."""

    method: str
    near: Any
    options: Mapping[str, Any]


def query_call(question: Question) -> Call:
    """Return how a question is asked.

    Raises:
        UnsupportedError: the client has no words for it.
    """
    from weaviate.classes.query import GroupBy, MetadataQuery, QueryReference

    demand_sayable(question, "the Python client")
    given = {
        "limit": question.limit,
        "offset": question.offset,
        "auto_limit": question.autocut,
        "group_by": question.group_by
        and GroupBy(
            prop=question.group_by.path,
            number_of_groups=question.group_by.groups,
            objects_per_group=question.group_by.objects_per_group,
        ),
        "return_references": [
            QueryReference(link_on=one.path, return_properties=list(one.properties)) for one in question.references
        ]
        or None,
    }
    wanted = {name: True for name in ("distance", "certainty") if name in question.additional}
    options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    options["return_properties"] = list(question.properties)
    options["return_metadata"] = MetadataQuery(**wanted) if wanted else None
    options["include_vector"] = list(question.vectors) or "vector" in question.additional
    return Call(_METHODS[type(question.near)], _near(question), options | _restrictions(question))


def aggregate_call(aggregation: Aggregation) -> Call:
    """Return how an aggregation is asked.

    Raises:
        UnsupportedError: the client has no words for it.
    """
    from weaviate.classes.aggregate import Metrics

    demand_sayable(aggregation, "the Python client")
    options = _restrictions(aggregation)
    if "target_vector" in options:
        [options["target_vector"]] = options["target_vector"]
    if aggregation.object_limit is not None:
        options["object_limit"] = aggregation.object_limit
    if aggregation.values_of:
        options["return_metrics"] = [
            Metrics(aggregation.values_of).text(
                count=True, top_occurrences_count=True, top_occurrences_value=True, limit=MOST_VALUES
            )
        ]
    return Call(_METHODS[type(aggregation.near)], _near(aggregation), options)


def _restrictions(asked: Question | Aggregation) -> dict[str, Any]:
    """What leaves only a part of the collection to be searched, and the named vector."""
    given = {
        "distance": asked.distance,
        "certainty": asked.certainty,
        "filters": None if asked.where is None else _filter(asked.where),
        "target_vector": list(asked.target_vectors) or None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _near(question: Question | Aggregation) -> Any:
    match question.near:
        case NearImage(image=image):
            return image
        case NearText(concepts=concepts):
            return list(concepts)
        case NearVector(vector=vector):
            return list(vector)
        case NearObject(id=object_id):
            return object_id


def _filter(where: Where) -> Any:
    from weaviate.classes.query import Filter

    if where.operands:
        operands = [_filter(operand) for operand in where.operands]
        match where.operator:
            case "And":
                return Filter.all_of(operands)
            case "Or":
                return Filter.any_of(operands)
            case "Not" if len(operands) == 1:
                return Filter.not_(operands[0])
    elif where.operator in _TESTS and len(where.path) in _LENGTHS:
        *over, _, name = ("", "", *where.path)[-3:]
        by: Any = Filter.by_ref(over[0]) if over[0] else Filter
        by = by.by_id() if name == "id" else by.by_property(name)
        if hasattr(by, _TESTS[where.operator]):
            return getattr(by, _TESTS[where.operator])(where.value)
    raise UnsupportedError(f"the Python client has no filter {where.operator} on {'.'.join(where.path) or 'operands'}")


def answered(found: Any, sent: float, *, question: Question) -> Answer:
    """Return what the client made of the answer to a question, sent at this second."""
    if question.group_by is None:
        hits = tuple(_hit(each, question) for each in found.objects)
        return Answer(State.OK, hits, "", "OK", sent, perf_counter())
    groups = tuple(
        Group(
            value=group.name,
            count=group.number_of_objects,
            smallest=group.min_distance,
            largest=group.max_distance,
            hits=tuple(_hit(each, question) for each in group.objects),
        )
        for group in found.groups.values()
    )
    hits = tuple(hit for group in groups for hit in group.hits)
    return Answer(State.OK, hits, "", "OK", sent, perf_counter(), groups=groups)


def tallied(found: Any, sent: float, *, aggregation: Aggregation) -> Answer:
    """Return what the client made of the answer to an aggregation, sent at this second."""
    counted = found.properties.get(aggregation.values_of)
    occurrences = {one.value: one.count for one in counted.top_occurrences} if counted else {}
    tally = Tally(found.total_count, counted.count if counted else 0, occurrences)
    return Answer(State.OK, (), "", "OK", sent, perf_counter(), tally=tally)


def _hit(found: Any, question: Question) -> Hit:
    metadata = found.metadata
    vectors = found.vector or {}
    return Hit(
        id=str(found.uuid),
        distance=metadata.distance if metadata else None,
        certainty=getattr(metadata, "certainty", None),  # there is none in a group
        vector=float32s(vectors["default"]) if "default" in vectors else None,
        properties={name: _value(found.properties.get(name)) for name in question.properties},
        vectors={name: float32s(vectors[name]) for name in question.vectors if name in vectors},
        references={one.path: tuple(_pointed_at(found, one)) for one in question.references},
    )


def _pointed_at(found: Any, reference: Reference) -> Iterator[Hit]:
    followed = (found.references or {}).get(reference.path)
    for each in followed.objects if followed else ():
        yield Hit(str(each.uuid), properties={name: _value(each.properties.get(name)) for name in reference.properties})


def _value(value: Any) -> Any:
    """A property as JSON has it: the client makes dates and UUIDs of them."""
    if isinstance(value, list):
        return [_value(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
