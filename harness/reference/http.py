"""The REST routes and the way to GraphQL."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.door import Answers, Request, Response
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
"""Gets the request and its JSON body, None where there is none."""

_PLACE = re.compile(r"\{(\w+)\}")
_BODY_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


def answers(engine: Engine, hostname: str) -> Answers:
    """The HTTP side of the database.

    Args:
        engine: answers.
        hostname: `http://host:port` of this server.
    """
    graphql = GraphQL(engine)

    def meta(_request: Request, _body: Any) -> Answer:
        modules = {name: engine.meta() if name == Module.CLIP else {} for name in sorted(engine.settings.modules)}
        return 200, {
            "grpcMaxMessageSize": 104_858_000,
            "hostname": hostname,
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
    return _Routes(routes, engine.rules)


class _Routes:
    """Which handler answers what."""

    def __init__(self, routes: list[tuple[str, str, Handler]], rules: Rules) -> None:
        self._rules = rules
        self._exact: dict[str, dict[str, Handler]] = {}
        self._named: list[tuple[re.Pattern[str], dict[str, Handler]]] = []
        for method, path, handler in routes:
            self._exact.setdefault(path, {})[method] = handler
        for path in [path for path in self._exact if "{" in path]:
            pattern = re.compile(_PLACE.sub(r"(?P<\1>[^/]+)", path))
            self._named.append((pattern, self._exact.pop(path)))

    def __call__(self, request: Request) -> Response:
        handlers, named = self._at(request.path)
        if handlers is None:
            return _json(404, {"code": 404, "message": f"path {request.path} was not found"})
        handler = handlers.get(request.method)
        if handler is None:
            allowed = ",".join(sorted(set(handlers) - {"HEAD"}))
            return _json(405, {"code": 405, "message": f"method {request.method} is not allowed, but [{allowed}] are"})
        return _handled(handler, replace(request, path_params=named) if named else request, self._rules)

    def _at(self, path: str) -> tuple[dict[str, Handler] | None, dict[str, str]]:
        if path in self._exact:
            return self._exact[path], {}
        for pattern, handlers in self._named:
            if found := pattern.fullmatch(path):
                return handlers, found.groupdict()
        return None, {}


def _handled(handler: Handler, request: Request, rules: Rules) -> Response:
    try:
        status, answer = handler(request, _body(request))
    except Refusal as refusal:
        status, answer = refusal.status, error(rules.words(refusal.message, "rest")) if refusal.message else None
    except BadBody as problem:
        status, answer = problem.status, {"code": problem.code, "message": problem.message}
    return Response(status) if answer is None else _json(status, answer)


def _body(request: Request) -> Any:
    if not request.body or request.method not in _BODY_METHODS:
        return None
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"application/json", "application/yaml"}:
        allowed = "only [application/json application/yaml] are allowed"
        raise BadBody(415, 415, f'unsupported media type "{kind or "application/octet-stream"}", {allowed}')
    try:
        return json.loads(request.body)
    except ValueError as problem:
        raise BadBody(400, 400, f'parsing body body from "" failed, because {problem}') from None


def _json(status: int, answer: Any) -> Response:
    return Response(status, dumps(answer))
