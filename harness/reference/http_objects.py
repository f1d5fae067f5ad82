"""REST: objects one by one and in batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.door import Request
from harness.reference.engine import Engine
from harness.reference.forms import BadBody, checked_id, draft, object_json, where_filter
from harness.reference.request import Draft, Refusal, Search, Sort, StoredObject

Answer = tuple[int, Any]
Route = tuple[str, str, Callable[[Request, Any], Answer]]
_DELETE = "delete object from vector repo: delete from"
_NEVER = -62_135_596_800_000
"""Go's time zero in milliseconds, which is what a delete without a time shows."""


def routes(engine: Engine) -> list[Route]:
    """Method, path and handler of each route."""
    one, by_id = "/v1/objects/{name}/{id}", "/v1/objects/{id}"  # the second is deprecated: its class is in the body
    return [
        ("GET", "/v1/objects", lambda request, _body: _listed(engine, request)),
        ("POST", "/v1/objects", lambda _request, body: (200, object_json(engine.objects.insert(draft(body or {}))))),
        ("POST", "/v1/objects/validate", lambda _request, body: _validated(engine, body or {})),
        ("GET", by_id, lambda request, _body: _read_anywhere(engine, request)),
        ("PUT", by_id, lambda request, body: _replaced(engine, request, body or {})),
        ("PATCH", by_id, lambda request, body: _merged(engine, request, body or {})),
        ("GET", one, lambda request, _body: _read(engine, request)),
        ("HEAD", one, lambda request, _body: (204 if _found(engine, request) else 404, None)),
        ("PUT", one, lambda request, body: _replaced(engine, request, body or {})),
        ("PATCH", one, lambda request, body: _merged(engine, request, body or {})),
        ("DELETE", one, lambda request, _body: _deleted(engine, request)),
        ("POST", "/v1/batch/objects", lambda _request, body: _batch(engine, body or {})),
        ("DELETE", "/v1/batch/objects", lambda _request, body: _batch_deleted(engine, body or {})),
    ]


# --- reading ---------------------------------------------------------------------------------------


def _found(engine: Engine, request: Request) -> StoredObject | None:
    object_id = checked_id(request.path_params["id"], "id in path")
    try:
        return engine.find(request.path_params["name"], object_id, request.query_params.get("tenant", ""))
    except Refusal as refusal:
        if refusal.status == 404:  # noqa: PLR2004 - HTTP
            return None
        where = f"repo: object by id: search index {request.path_params['name'].lower()}: determine shard: "
        raise Refusal(where + refusal.message, refusal.status) from None


def _read(engine: Engine, request: Request) -> Answer:
    item = _found(engine, request)
    return (404, None) if item is None else (200, _shown(item, request))


def _read_anywhere(engine: Engine, request: Request) -> Answer:
    object_id = checked_id(request.path_params["id"], "id in path")
    for collection in engine.collections():
        item = None if collection.multi_tenant else engine.find(collection.name, object_id)
        if item is not None:
            return 200, _shown(item, request)
    return 404, None


def _listed(engine: Engine, request: Request) -> Answer:
    asked = request.query_params
    limit, offset = _whole(asked.get("limit"), "limit"), _whole(asked.get("offset"), "offset")
    if limit == 0:
        return 200, {"deprecations": [], "objects": []}
    names = [asked["class"]] if asked.get("class") else [collection.name for collection in engine.collections()]
    if not names:
        return 200, {"deprecations": None, "objects": []}
    if asked.get("class") and not engine.classes.exists(asked["class"]):
        return 404, None
    search = Search(
        interface="rest",
        collection="",
        limit=limit,
        offset=offset,
        sort=tuple(Sort((path,), asked.get("order") == "desc") for path in asked.get("sort", "").split(",") if path),
        after=asked.get("after"),
        tenant=asked.get("tenant", ""),
    )
    found: list[StoredObject] = []
    for name in names:
        found += [match.object for match in engine.search(replace(search, collection=name)).matches]
    found = found[: limit or engine.settings.limit]
    objects = [_shown(item, request) for item in found]
    return 200, {"deprecations": [], "objects": objects, "totalResults": len(objects)}


def _shown(item: StoredObject, request: Request) -> dict[str, Any]:
    with_vector = "vector" in request.query_params.get("include", "").split(",")
    return {**object_json(item, with_vector=with_vector), "vectorWeights": None}


def _whole(text: str | None, name: str) -> int | None:
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise BadBody(422, 601, f'{name} in query must be of type int64: "{text}"') from None


# --- writing ---------------------------------------------------------------------------------------


def _validated(engine: Engine, body: Mapping[str, Any]) -> Answer:
    engine.objects.validate(draft(body))
    return 200, None


def _replaced(engine: Engine, request: Request, body: Mapping[str, Any]) -> Answer:
    wanted = draft(body)
    if wanted.collection and wanted.id != checked_id(request.path_params["id"], "id in path"):
        raise Refusal("invalid update: field 'id' is immutable")
    return 200, object_json(engine.objects.replace(_tenanted(wanted, request)))


def _merged(engine: Engine, request: Request, body: Mapping[str, Any]) -> Answer:
    object_id = checked_id(request.path_params["id"], "id in path")
    wanted = draft(body)
    wanted = replace(wanted, collection=request.path_params.get("name", wanted.collection), id=object_id)
    try:
        engine.objects.merge(_tenanted(wanted, request))
    except Refusal as refusal:
        if refusal.status == 404:  # noqa: PLR2004 - HTTP
            return 404, None
        raise
    return 204, None


def _deleted(engine: Engine, request: Request) -> Answer:
    object_id = checked_id(request.path_params["id"], "id in path")
    name, tenant = request.path_params["name"], request.query_params.get("tenant", "")
    try:
        collection = engine.collection(name)
    except Refusal:
        words = f"could not {_DELETE} non-existing index for {name}"
        raise Refusal(words, status=500) from None
    try:
        engine.objects.delete(collection, object_id, tenant)
    except Refusal as refusal:
        words = f'{_DELETE} index "{name.lower()}": determine shard: {refusal.message}'
        raise Refusal(words, refusal.status) from None
    return 204, None


def _tenanted(wanted: Draft, request: Request) -> Draft:
    return replace(wanted, tenant=wanted.tenant or request.query_params.get("tenant", ""))


def _batch(engine: Engine, body: Mapping[str, Any]) -> Answer:
    given = body.get("objects") or []
    if not given:
        raise Refusal("invalid param 'objects': cannot be empty, need at least one object for batching")
    drafts = [draft(each, f"body.objects.{position}.") for position, each in enumerate(given)]
    answers = []
    for wanted, written in zip(drafts, engine.put_objects(drafts), strict=True):
        item = None if written.error else engine.find(wanted.collection, written.id, wanted.tenant)
        shown = object_json(item) if item else _not_stored(wanted)
        result: dict[str, Any] = {"status": "SUCCESS"}
        if written.error:
            result = {"errors": {"error": [{"message": engine.rules.words(written.error, "rest")}]}, "status": "FAILED"}
        answers.append({**shown, "deprecations": None, "result": result})
    return 200, answers


def _not_stored(wanted: Draft) -> dict[str, Any]:
    now = time.time_ns() // 1_000_000
    shown: dict[str, Any] = {
        "class": wanted.collection,
        "creationTimeUnix": now,
        "id": wanted.id,
        "lastUpdateTimeUnix": now,
        "properties": dict(wanted.properties),
    }
    return {**shown, "tenant": wanted.tenant} if wanted.tenant else shown


def _batch_deleted(engine: Engine, body: Mapping[str, Any]) -> Answer:
    match = body.get("match") or {}
    if not match:
        raise Refusal("validate: empty match clause")
    if not match.get("where"):
        raise Refusal("validate: empty match.where clause")
    try:
        collection = engine.collection(str(match.get("class") or ""))
    except Refusal:
        raise Refusal(f"validate: failed to get class: {match.get('class')}") from None
    verbose, dry_run = body.get("output") == "verbose", bool(body.get("dryRun"))
    try:
        where = where_filter(match["where"])
        tenant = str(body.get("tenant") or "")
        deleted = engine.delete_where(collection.name, where, tenant=tenant, dry_run=dry_run, verbose=verbose)
    except Refusal as refusal:
        words = refusal.message.replace("invalid 'where' filter", "invalid where filter")
        raise Refusal(f"validate: {words}", refusal.status) from None
    listed = [{"id": each.id, "status": "DRYRUN" if dry_run else "SUCCESS"} for each in deleted.objects]
    return 200, {
        "deletionTimeUnixMilli": _NEVER,
        "dryRun": dry_run,
        "match": {**match, "where": _echoed(match["where"])},
        "output": "verbose" if verbose else "minimal",
        "results": {
            "failed": deleted.failed,
            "limit": engine.settings.maximum_results,
            "matches": deleted.matches,
            "objects": listed or None,
            "successful": deleted.successful,
        },
    }


def _echoed(where: Mapping[str, Any]) -> dict[str, Any]:
    """A filter as the database repeats it: with its operands, even where it has none."""
    operands = where.get("operands")
    return {**where, "operands": [_echoed(each) for each in operands] if operands else None}
