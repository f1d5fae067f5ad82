"""REST: the way to make collections and to write and read objects; it asks no questions."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.errors import AnswerError
from harness.interfaces.http import HttpWire, Reply, encode
from harness.model import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import Self

    from harness.model import Endpoint

BATCH_COUNT = 100
"""Most objects in one batch."""

BATCH_BYTES = 4 * 1024 * 1024
"""Most bytes of JSON in one batch, unless a single object is larger."""

PAGE = 100
"""Objects read back with one request."""

Vector = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Object:
    """An object to be written, or as read back.

    `id` is a UUID; empty lets the server choose. `vector` and `vectors` (by name) are float32-exact when they were
    read; given to be written they replace the module's. `tenant` is None for a collection without tenants.
    """

    class_name: str
    id: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    vector: Vector | None = None
    vectors: Mapping[str, Vector] = field(default_factory=dict)
    tenant: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The object in Weaviate's own JSON; what is not set is left out."""
        body: dict[str, Any] = {"class": self.class_name, "properties": dict(self.properties)}
        if self.id:
            body["id"] = self.id
        if self.vector is not None:
            body["vector"] = list(self.vector)
        if self.vectors:
            body["vectors"] = {name: list(vector) for name, vector in self.vectors.items()}
        if self.tenant is not None:
            body["tenant"] = self.tenant
        return body


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one object of a batch; `unknown` if the whole batch has no known end."""

    id: str
    state: State
    message: str = ""


class Rest:
    """The REST routes of one endpoint; requests never raise for what a server did, reading whole lists does.

    A server that hangs is known after half a minute; only what makes the server ask its model may take longer.

    Args:
        endpoint: the database.
        timeout: seconds to wait for an answer.
        storing: the same for writing objects: a hundred photographs go through a model first.
    """

    def __init__(self, endpoint: Endpoint, *, timeout: float = 30.0, storing: float = 120.0) -> None:
        self._wire = HttpWire(endpoint, timeout=timeout)
        self._patient = HttpWire(endpoint, timeout=storing)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the connections."""
        self._wire.close()
        self._patient.close()

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        params: Mapping[str, str] | None = None,
        empty_ok: bool = False,
    ) -> Reply:
        """Any request: `path` starts with `/v1/`; `empty_ok` says whether success may come without a body.

        Raises:
            ValueError: `body` holds NaN or an infinity, which JSON cannot.
        """
        return self._wire.send(method, path, body=body, params=params, empty_ok=empty_ok)

    # --- the server ------------------------------------------------------------------------------

    def meta(self) -> Reply:
        """Version and modules."""
        return self.request("GET", "/v1/meta")

    def ready(self) -> Reply:
        """`ok` if the server says that it can serve."""
        return self.request("GET", "/v1/.well-known/ready", empty_ok=True)

    def live(self) -> Reply:
        """`ok` if the server says that it runs."""
        return self.request("GET", "/v1/.well-known/live", empty_ok=True)

    def nodes(self) -> Reply:
        """The nodes with their shards and object counts."""
        return self.request("GET", "/v1/nodes", params={"output": "verbose"})

    # --- collections -----------------------------------------------------------------------------

    def create_class(self, definition: Mapping[str, Any]) -> Reply:
        """Make a collection from Weaviate's own class JSON; the body is the definition with all defaults."""
        return self.request("POST", "/v1/schema", definition)

    def update_class(self, definition: Mapping[str, Any]) -> Reply:
        """Change a collection's definition."""
        return self.request("PUT", f"/v1/schema/{_path(definition['class'])}", definition, empty_ok=True)

    def get_class(self, name: str) -> Reply:
        """A collection's definition with all defaults; refused with 404 if there is none."""
        return self.request("GET", f"/v1/schema/{_path(name)}")

    def delete_class(self, name: str) -> Reply:
        """Remove a collection and all that is in it; removing one that is not there is `ok` too."""
        return self.request("DELETE", f"/v1/schema/{_path(name)}", empty_ok=True)

    def classes(self) -> list[dict[str, Any]]:
        """The definitions of all collections.

        Raises:
            AnswerError: the server refused or gave no answer.
        """
        body = self.request("GET", "/v1/schema").need("list the collections")
        found = body.get("classes") if isinstance(body, dict) else None
        if found is None:
            raise AnswerError("could not list the collections: the answer has no `classes`")
        return list(found)

    def add_tenants(self, class_name: str, tenants: Iterable[str]) -> Reply:
        """Add tenants to a multi-tenant collection."""
        return self.request("POST", f"/v1/schema/{_path(class_name)}/tenants", [{"name": name} for name in tenants])

    def set_tenants(self, class_name: str, tenants: Iterable[str], status: str) -> Reply:
        """Make tenants active (HOT) or inactive (COLD)."""
        wanted = [{"name": name, "activityStatus": status} for name in tenants]
        return self.request("PUT", f"/v1/schema/{_path(class_name)}/tenants", wanted)

    # --- single objects --------------------------------------------------------------------------

    def insert(self, item: Object) -> Reply:
        """Write one new object; the module vectorizes it unless it brings its vector."""
        return self._patient.send("POST", "/v1/objects", body=item.as_json())

    def put(self, item: Object) -> Reply:
        """Replace an object."""
        return self._patient.send("PUT", _object_path(item.class_name, item.id), body=item.as_json())

    def patch(self, item: Object) -> Reply:
        """Merge properties (and a vector, if given) into an object."""
        path = _object_path(item.class_name, item.id)
        return self._patient.send("PATCH", path, body=item.as_json(), empty_ok=True)

    def delete(self, class_name: str, object_id: str, *, tenant: str | None = None) -> Reply:
        """Remove an object; whether one that is not there is `ok` or refused with 404 depends on the version."""
        return self.request("DELETE", _object_path(class_name, object_id), params=_tenant(tenant), empty_ok=True)

    def get(self, class_name: str, object_id: str, *, tenant: str | None = None) -> Object | None:
        """An object with its vectors; None if there is none.

        Raises:
            AnswerError: the server refused otherwise or gave no answer.
        """
        params = {"include": "vector", **_tenant(tenant)}
        reply = self.request("GET", _object_path(class_name, object_id), params=params)
        if reply.code == "404":
            return None
        return decode_object(reply.need(f"read object {object_id}"))

    # --- many objects ----------------------------------------------------------------------------

    def insert_batch(
        self, objects: Iterable[Object], *, progress: Callable[[int], None] | None = None, consistency: str = ""
    ) -> list[Written]:
        """Write objects in batches of at most `BATCH_COUNT` objects and about `BATCH_BYTES`.

        Args:
            objects: what to write; taken one at a time, so a generator keeps memory flat.
            progress: called after each batch with the number of objects in it.
            consistency: ONE, QUORUM or ALL: how many of the nodes must have them; empty leaves it to the server.

        Returns:
            what became of each, in the order given. After a batch whose end is unknown the rest is still tried.
        """
        written: list[Written] = []
        for batch in _batches(objects):
            written.extend(self._write(batch, consistency))
            if progress is not None:
                progress(len(batch))
        return written

    def objects(self, class_name: str, *, tenant: str | None = None) -> Iterator[Object]:
        """All objects of a collection with their properties and vectors, in the order of their ids.

        Raises:
            AnswerError: the server refused or gave no answer.
        """
        after = ""
        while True:
            params = {"class": class_name, "include": "vector", "limit": str(PAGE), "after": after, **_tenant(tenant)}
            body = self.request("GET", "/v1/objects", params=params).need(f"read the objects of {class_name}")
            found = [decode_object(entry) for entry in body.get("objects") or ()]
            yield from found
            if len(found) < PAGE:
                return
            after = found[-1].id

    def _write(self, batch: Sequence[Object], consistency: str) -> list[Written]:
        body = {"objects": [item.as_json() for item in batch]}
        params = {"consistency_level": consistency} if consistency else None
        reply = self._patient.send("POST", "/v1/batch/objects", body=body, params=params)
        if not reply.ok:
            return [Written(item.id, reply.state, reply.message) for item in batch]
        if not isinstance(reply.body, list) or len(reply.body) != len(batch):
            return [Written(item.id, State.UNKNOWN, "the batch's answer is not one entry an object") for item in batch]
        return [_written(item, entry) for item, entry in zip(batch, reply.body, strict=True)]


def float32s(values: Iterable[float]) -> Vector:
    """Numbers as they are in float32, which is what a database stores."""
    return tuple(array("f", values))


def decode_object(body: Mapping[str, Any]) -> Object:
    """An object from Weaviate's own JSON."""
    vector = body.get("vector")
    return Object(
        class_name=body.get("class", ""),
        id=body.get("id", ""),
        properties=body.get("properties") or {},
        vector=float32s(vector) if vector else None,
        vectors={name: float32s(values) for name, values in (body.get("vectors") or {}).items() if values},
        tenant=body.get("tenant"),
    )


def _written(item: Object, entry: Mapping[str, Any]) -> Written:
    result = entry.get("result") or {}
    errors = (result.get("errors") or {}).get("error") or ()
    # 1.19 says nothing at all of an object that was stored.
    if result.get("status", "" if errors else "SUCCESS") == "SUCCESS":
        return Written(entry.get("id") or item.id, State.OK)
    message = "; ".join(error.get("message", "") for error in errors)
    return Written(entry.get("id") or item.id, State.REFUSED, message or "not stored, and no reason given")


def _batches(objects: Iterable[Object]) -> Iterator[list[Object]]:
    batch: list[Object] = []
    size = 0
    for item in objects:
        weight = len(encode(item.as_json()))
        if batch and (len(batch) == BATCH_COUNT or size + weight > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += weight
    if batch:
        yield batch


def _object_path(class_name: str, object_id: str) -> str:
    return f"/v1/objects/{_path(class_name)}/{_path(object_id)}"


def _path(segment: str) -> str:
    return quote(segment, safe="")


def _tenant(tenant: str | None) -> dict[str, str]:
    return {} if tenant is None else {"tenant": tenant}
