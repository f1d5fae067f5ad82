"""A question in the words of the official Python client, and its answer out of them.

Imports nothing of the client before it is called: reading it takes half a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from harness.errors import UnsupportedError
from harness.interfaces.grpc_clients import address, demand_sayable
from harness.interfaces.rest import float32s
from harness.model import Hit, NearImage, NearObject, NearText, NearVector, Question, Where
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


def arguments(question: Question) -> tuple[str, Any, dict[str, Any]]:
    """Return the method of a collection's `query`, its first argument, and the named ones.

    Raises:
        UnsupportedError: the client has no words for it.
    """
    from weaviate.classes.query import MetadataQuery

    demand_sayable(question, "the Python client")
    given = {
        "limit": question.limit,
        "offset": question.offset,
        "auto_limit": question.autocut,
        "distance": question.distance,
        "certainty": question.certainty,
        "filters": None if question.where is None else _filter(question.where),
        "target_vector": list(question.target_vectors) or None,
    }
    wanted = {name: True for name in ("distance", "certainty") if name in question.additional}
    options: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    options["return_properties"] = list(question.properties)
    options["return_metadata"] = MetadataQuery(**wanted) if wanted else None
    options["include_vector"] = list(question.vectors) or "vector" in question.additional
    return _METHODS[type(question.near)], _near(question), options


def _near(question: Question) -> Any:
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
    elif where.operator in _TESTS and len(where.path) == 1:
        by = Filter.by_id() if where.path == ("id",) else Filter.by_property(where.path[0])
        if hasattr(by, _TESTS[where.operator]):
            return getattr(by, _TESTS[where.operator])(where.value)
    raise UnsupportedError(f"the Python client has no filter {where.operator} on {'.'.join(where.path) or 'operands'}")


def hits(objects: Iterable[Any], question: Question) -> tuple[Hit, ...]:
    """Return what the client made of the answer."""
    return tuple(_hit(each, question) for each in objects)


def _hit(found: Any, question: Question) -> Hit:
    metadata = found.metadata
    vectors = found.vector or {}
    return Hit(
        id=str(found.uuid),
        distance=metadata.distance if metadata else None,
        certainty=metadata.certainty if metadata else None,
        vector=float32s(vectors["default"]) if "default" in vectors else None,
        properties={name: _value(found.properties.get(name)) for name in question.properties},
        vectors={name: float32s(vectors[name]) for name in question.vectors if name in vectors},
    )


def _value(value: Any) -> Any:
    """A property as JSON has it: the client makes dates and UUIDs of them."""
    if isinstance(value, list):
        return [_value(one) for one in value]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
