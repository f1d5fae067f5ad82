"""The REST routes and the way to GraphQL, as an ASGI application."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from harness.model import Module
from harness.reference import http_objects, http_schema
from harness.reference.engine import VERSION, Engine
from harness.reference.forms import BadBody, error
from harness.reference.graphql import GraphQL
from harness.reference.nodes import node
from harness.reference.request import Refusal
from harness.reference.rules import Rules
from harness.reference.wire import dumps

Answer = tuple[int, Any]
"""A status and what is sent as JSON; None sends no body."""
Handler = Callable[[Request, Any], Answer]
"""Gets the request and its JSON body (None where there is none) on a thread of its own."""

_BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def app(engine: Engine, threads: Executor, *, hostname: Callable[[], str]) -> Router:
    """The HTTP side of the database.

    Args:
        engine: answers.
        threads: where the engine's blocking methods run.
        hostname: `http://host:port` of this server, once it is known.
    """
    graphql = GraphQL(engine)

    def meta(_request: Request, _body: Any) -> Answer:
        modules = {name: engine.meta() if name == Module.CLIP else {} for name in sorted(engine.settings.modules)}
        return 200, {
            "grpcMaxMessageSize": 104_858_000,
            "hostname": hostname(),
            "modules": modules,
            "version": VERSION,
        }

    def nodes(request: Request, _body: Any) -> Answer:
        return 200, {"nodes": [node(engine, verbose=request.query_params.get("output") == "verbose")]}

    def ask(_request: Request, body: Any) -> Answer:
        if isinstance(body, list):
            problem = "json: cannot unmarshal array into Go value of type models.GraphQLQuery"
            raise BadBody(400, 400, f'parsing body body from "" failed, because {problem}')
        return graphql.answer(body if isinstance(body, dict) else {})

    def ask_batch(_request: Request, body: Any) -> Answer:
        return 200, [graphql.answer(each)[1] for each in body or ()]

    routes: list[tuple[str, str, Handler]] = [
        ("GET", "/v1", lambda _request, _body: (200, {"links": [{"href": "/v1/meta", "name": "Meta information"}]})),
        ("GET", "/v1/meta", meta),
        ("GET", "/v1/.well-known/ready", lambda _request, _body: (200, None)),
        ("GET", "/v1/.well-known/live", lambda _request, _body: (200, None)),
        ("GET", "/v1/.well-known/openid-configuration", lambda _request, _body: (404, None)),
        ("GET", "/v1/nodes", nodes),
        ("GET", "/v1/nodes/{name}", nodes),
        ("POST", "/v1/graphql", ask),
        ("POST", "/v1/graphql/batch", ask_batch),
        *http_schema.routes(engine),
        *http_objects.routes(engine),
    ]
    return Router(_mounted(routes, threads, engine.rules), default=_no_route)


def _mounted(routes: list[tuple[str, str, Handler]], threads: Executor, rules: Rules) -> list[Route]:
    by_path: dict[str, dict[str, Handler]] = {}
    for method, path, handler in routes:
        by_path.setdefault(path, {})[method] = handler
    return [Route(path, _Resource(handlers, threads, rules)) for path, handlers in by_path.items()]


class _Resource:
    """What answers at one path.

    An application of its own, because the layers that Starlette puts around a function cost as much as a whole search.
    """

    def __init__(self, handlers: dict[str, Handler], threads: Executor, rules: Rules) -> None:
        self._handlers = handlers
        self._threads = threads
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        handler = self._handlers.get(request.method)
        if handler is None:
            response = self._no_method(request)
        else:
            raw = await request.body() if request.method in _BODY_METHODS else b""
            loop = asyncio.get_running_loop()
            response = await loop.run_in_executor(self._threads, _handled, handler, request, raw, self._rules)
        await response(scope, receive, send)

    def _no_method(self, request: Request) -> Response:
        allowed = ",".join(sorted(set(self._handlers) - {"HEAD"}))
        body = {"code": 405, "message": f"method {request.method} is not allowed, but [{allowed}] are"}
        return Response(dumps(body), status_code=405, media_type="application/json")


def _handled(handler: Handler, request: Request, raw: bytes, rules: Rules) -> Response:
    try:
        status, answer = handler(request, _body(request, raw))
    except Refusal as refusal:
        status, answer = refusal.status, error(rules.words(refusal.message, "rest")) if refusal.message else None
    except BadBody as problem:
        status, answer = problem.status, {"code": problem.code, "message": problem.message}
    if answer is None:
        return Response(status_code=status)
    return Response(dumps(answer), status_code=status, media_type="application/json")


def _body(request: Request, raw: bytes) -> Any:
    if not raw:
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"application/json", "application/yaml"}:
        allowed = "only [application/json application/yaml] are allowed"
        raise BadBody(415, 415, f'unsupported media type "{kind or "application/octet-stream"}", {allowed}')
    try:
        return json.loads(raw)
    except ValueError as problem:
        raise BadBody(400, 400, f'parsing body body from "" failed, because {problem}') from None


async def _no_route(scope: Scope, receive: Receive, send: Send) -> None:
    body = {"code": 404, "message": f"path {scope['path']} was not found"}
    await Response(dumps(body), status_code=404, media_type="application/json")(scope, receive, send)
