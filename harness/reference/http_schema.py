"""REST: classes, their properties, shards and tenants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.door import Request
from harness.reference.engine import Engine
from harness.reference.forms import BadBody
from harness.reference.request import Refusal, Tenant

Answer = tuple[int, Any]
Route = tuple[str, str, Callable[[Request, Any], Answer]]


def routes(engine: Engine) -> list[Route]:
    """Method, path and handler of each route."""
    return [*_class_routes(engine), *_tenant_routes(engine)]


def _class_routes(engine: Engine) -> list[Route]:
    def classes(_request: Request, _body: Any) -> Answer:
        return 200, {"classes": [collection.definition for collection in engine.collections()]}

    def create(_request: Request, body: Any) -> Answer:
        return _refused_as_schema(engine, lambda: (200, engine.classes.create(_mapping(body)).definition))

    def read(request: Request, _body: Any) -> Answer:
        return 200, _found(engine, request).definition

    def update(request: Request, body: Any) -> Answer:
        _found(engine, request)
        name = request.path_params["name"]
        return _refused_as_schema(engine, lambda: (200, engine.classes.update(name, _mapping(body)).definition))

    def drop(request: Request, _body: Any) -> Answer:
        engine.drop_collection(request.path_params["name"])
        return 200, None

    def add_property(request: Request, body: Any) -> Answer:
        name = request.path_params["name"]
        return _refused_as_schema(engine, lambda: (200, engine.classes.add_property(name, _mapping(body))))

    def shards(request: Request, _body: Any) -> Answer:
        collection = _found(engine, request)
        names = [tenant.name for tenant in engine.tenants(collection.name)] if collection.multi_tenant else ["only"]
        return 200, [{"name": name, "status": "READY", "vectorQueueSize": 0} for name in names]

    return [
        ("GET", "/v1/schema", classes),
        ("POST", "/v1/schema", create),
        ("GET", "/v1/schema/{name}", read),
        ("PUT", "/v1/schema/{name}", update),
        ("DELETE", "/v1/schema/{name}", drop),
        ("POST", "/v1/schema/{name}/properties", add_property),
        ("GET", "/v1/schema/{name}/shards", shards),
    ]


def _tenant_routes(engine: Engine) -> list[Route]:
    def tenants(request: Request, _body: Any) -> Answer:
        try:
            return 200, [_tenant(each) for each in engine.tenants(request.path_params["name"])]
        except Refusal as refusal:
            if refusal.status != 404:  # noqa: PLR2004 - HTTP
                raise
            prefix = "failed to execute query: could not get tenants: could not get tenants: "
            raise Refusal(f"{prefix}class not found") from None

    def tenant(request: Request, _body: Any) -> Answer:
        found = engine.tenants(request.path_params["name"], [request.path_params["tenant"]])
        return (200, _tenant(found[0])) if found else (404, None)

    def tenant_exists(request: Request, body: Any) -> Answer:
        return tenant(request, body)[0], None

    def add(request: Request, body: Any) -> Answer:
        engine.classes.add_tenants(_found(engine, request), body or [])
        return 200, body or []

    def update(request: Request, body: Any) -> Answer:
        engine.classes.update_tenants(_found(engine, request), body or [])
        return 200, body or []

    def drop(request: Request, body: Any) -> Answer:
        engine.classes.drop_tenants(_found(engine, request), body or [])
        return 200, None

    return [
        ("GET", "/v1/schema/{name}/tenants", tenants),
        ("POST", "/v1/schema/{name}/tenants", add),
        ("PUT", "/v1/schema/{name}/tenants", update),
        ("DELETE", "/v1/schema/{name}/tenants", drop),
        ("GET", "/v1/schema/{name}/tenants/{tenant}", tenant),
        ("HEAD", "/v1/schema/{name}/tenants/{tenant}", tenant_exists),
    ]


def _found(engine: Engine, request: Request) -> Any:
    try:
        return engine.collection(request.path_params["name"])
    except Refusal:
        raise Refusal("", status=404) from None


def _tenant(tenant: Tenant) -> dict[str, str]:
    return {"activityStatus": tenant.status, "name": tenant.name}


def _refused_as_schema(engine: Engine, answer: Callable[[], Answer]) -> Answer:
    """Refusals of the schema routes have an empty field `allowed` beside the error."""
    try:
        return answer()
    except Refusal as refusal:
        if not refusal.message:
            raise
        message = engine.rules.words(refusal.message, "rest")
        return refusal.status, {"allowed": None, "error": [{"message": message}]}


def _mapping(body: Any) -> dict[str, Any]:
    if body is None:
        raise BadBody(422, 602, "objectClass in body is required")
    if isinstance(body, dict) and not isinstance(body.get("class"), str | None):
        problem = "json: cannot unmarshal number into Go struct field Class.class of type string"
        raise BadBody(400, 400, f'parsing objectClass body from "" failed, because {problem}')
    if not isinstance(body, dict):
        kind = "array" if isinstance(body, list) else type(body).__name__
        problem = f"json: cannot unmarshal {kind} into Go value of type models.Class"
        raise BadBody(400, 400, f'parsing objectClass body from "" failed, because {problem}')
    return body
