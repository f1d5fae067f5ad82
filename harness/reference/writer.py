"""Writing objects: checked, vectorized, stored; the words of a refusal depend on the route."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np

from harness.model import Module
from harness.reference.classes import Classes
from harness.reference.inference import Services
from harness.reference.properties import checked_properties, hashed, unknown_properties
from harness.reference.request import Draft, Refusal, StoredObject, Vector, Written
from harness.reference.rules import Rules
from harness.reference.schema import Collection, VectorConfig
from harness.reference.store import Store, vectors_of
from harness.reference.vectorizing import How

_CALLS_AT_ONCE = 4


class Writer:
    """Creates, replaces, merges and deletes objects.

    Args:
        store: where they go.
        classes: makes classes and properties where auto-schema is on.
        services: make vectors.
        rules: what is vectorized, and when.
    """

    def __init__(self, store: Store, classes: Classes, services: Services, rules: Rules) -> None:
        self._store = store
        self._classes = classes
        self._services = services
        self._rules = rules
        self._pool = ThreadPoolExecutor(_CALLS_AT_ONCE, thread_name_prefix="vectorize")

    def close(self) -> None:
        """End the threads that vectorize."""
        self._pool.shutdown()

    def insert(self, draft: Draft) -> StoredObject:
        """Store a new object.

        Raises:
            Refusal: not a valid object, the id is taken, or it cannot be vectorized; nothing is stored then.
        """
        collection, draft = self._accepted(draft, "invalid object: ")
        self._require_partition(collection, draft.tenant)
        if draft.id and self.find(collection, draft.id, draft.tenant) is not None:
            raise Refusal(f"id '{draft.id}' already exists")
        item = self._made(collection, draft, None)
        self._store_one(collection, item, "insert", f"put object: import into index {collection.name.lower()}: ")
        return item

    def replace(self, draft: Draft) -> StoredObject:
        """Store an object in the place of the one with its id (PUT).

        Raises:
            Refusal: there is none (404), not a valid object, or it cannot be vectorized; the old one stays then.
        """
        collection, draft = self._accepted(draft, "invalid object: ")
        old = self._required(collection, draft.id, draft.tenant)
        item = self._made(collection, draft, old, "update object: ")
        self._store_one(collection, item, "put", "put object: ")
        return item

    def merge(self, draft: Draft) -> StoredObject:
        """Change some properties, and perhaps the vectors, of the object with this id (PATCH).

        Raises:
            Refusal: there is none (404), not a valid object, or it cannot be vectorized; the old one stays then.
        """
        collection = self._store.collection(draft.collection)
        old = self._required(collection, draft.id, draft.tenant)
        collection, draft = self._accepted(draft, "msg:bad request code:400 err:")
        draft = replace(draft, properties=self._rules.merged(old.properties, draft.properties))
        item = self._made(collection, draft, old, "msg:merge and vectorize code:500 err:")
        self._store_one(collection, item, "patch", "msg:repo.merge code:500 err:")
        return item

    def delete(self, collection: Collection, object_id: str, tenant: str) -> None:
        """Delete an object; nothing happens if there is none.

        Raises:
            Refusal: a tenant is missing, not wanted, unknown or inactive.
        """
        item = self.find(collection, object_id, tenant)
        if item is not None:
            for config in collection.vectors.values() if self._rules.vectorizes_deleted() else ():
                self._vectorized(config, Draft(collection.name, item.properties, item.id))
            self._store.remove_objects([item])

    def find(self, collection: Collection, object_id: str, tenant: str) -> StoredObject | None:
        """The object with this id, or None.

        Raises:
            Refusal: a tenant is missing, not wanted, unknown or inactive.
        """
        return self._store.partition(collection, tenant).objects.get(object_id.lower())

    def validate(self, draft: Draft) -> None:
        """Do nothing if the object could be stored; nothing is stored.

        Raises:
            Refusal: not a valid object.
        """
        if draft.collection and not self._classes.exists(draft.collection):
            raise Refusal(f'invalid object: class "{draft.collection}" not found in schema')
        if not draft.id:
            raise Refusal("invalid object: invalid UUID length: 0")
        self._accepted(draft, "invalid object: ", extend=False)

    def put_batch(self, drafts: Sequence[Draft]) -> list[Written]:
        """Store many objects at once: each is stored, or has a reason why not; the same id twice: the last one wins.

        Vectors are made by a few calls at a time.
        """
        return [
            self._stored(draft, made)
            for draft, made in zip(drafts, self._pool.map(self._try_made, drafts), strict=True)
        ]

    # --- steps -----------------------------------------------------------------------------------

    def _accepted(self, draft: Draft, prefix: str, *, extend: bool = True) -> tuple[Collection, Draft]:
        """The draft with checked properties, id in lower case, and its class, made by auto-schema where needed."""
        try:
            _require_class(draft)
            collection = self._classes.for_draft(draft) if extend else self._store.collection(draft.collection)
            if extend:
                collection = self._classes.extended(collection, unknown_properties(draft.properties, collection))
            nulls = {name: None for name, value in draft.properties.items() if value is None}
            for name in draft.properties.keys() - nulls:
                collection.require_property(name)
            self._check_vector_names(collection, draft)
            properties = checked_properties(draft.properties, collection, self._rules.is_blob) | nulls
        except Refusal as refusal:
            raise Refusal(prefix + refusal.message, refusal.status) from None
        return collection, replace(draft, collection=collection.name, properties=properties, id=draft.id.lower())

    def _check_vector_names(self, collection: Collection, draft: Draft) -> None:
        for name in draft.vectors:
            if name not in collection.vectors:
                raise Refusal(f"collection {collection.name} does not have configuration for vector {name}")
        if self._rules.brings_own(draft.vector) and "" not in collection.vectors:
            raise Refusal(f"collection {collection.name} configuration does not have single vector index")

    def _require_partition(self, collection: Collection, tenant: str) -> None:
        try:
            self._store.partition(collection, tenant)
        except Refusal as refusal:
            raise Refusal(f"determine shard: {refusal.message}", refusal.status) from None

    def _required(self, collection: Collection, object_id: str, tenant: str) -> StoredObject:
        item = self.find(collection, object_id, tenant)
        if item is None:
            raise Refusal("", status=404)
        return item

    def _made(self, collection: Collection, draft: Draft, old: StoredObject | None, prefix: str = "") -> StoredObject:
        """The object with its vectors; an old one gives its birth and, where nothing changed, its vectors."""
        object_id = draft.id or str(uuid.uuid4())
        properties = {name: value for name, value in draft.properties.items() if value is not None}
        kept = hashed(properties, collection)
        vectors: dict[str, Vector] = {}
        for name, config in collection.vectors.items():
            try:
                vector = self._vector(config, replace(draft, id=object_id, properties=properties), old, kept)
            except Refusal as refusal:
                where = f"{prefix}vectorize target vector {name}: update vector: "
                raise Refusal(where + refusal.message, refusal.status) from None
            if vector is not None:
                vectors[name] = self._rules.stored(vector)
        now = time.time_ns() // 1_000_000
        return StoredObject(
            id=object_id,
            collection=collection.name,
            properties=kept,
            vector=vectors.pop("", None),
            vectors=vectors,
            tenant=draft.tenant,
            created=now if old is None else old.created,
            updated=now,
        )

    def _vector(
        self, config: VectorConfig, draft: Draft, old: StoredObject | None, kept: Mapping[str, Any]
    ) -> Vector | None:
        given = draft.vectors.get(config.name) if config.name else draft.vector
        if self._rules.brings_own(given):
            return np.array(given, dtype=np.float32)
        if old is not None and not self._rules.changed(config, old.properties, kept):
            return dict(vectors_of(old)).get(config.name)
        try:
            return self._vectorized(config, draft)
        except Refusal as refusal:
            return self._rules.failed_import(refusal, draft)

    def _vectorized(self, config: VectorConfig, draft: Draft) -> Vector | None:
        images = self._rules.images(config, draft.properties)
        texts = self._rules.texts(config, draft.properties)
        if config.module is None or not (images or texts):
            return None
        service = self._services.of(config)
        if config.module is Module.IMG2VEC:
            found = [service.image(image, f"{draft.id}_{n}") for n, (_, image) in enumerate(images)]
            return self._rules.mean(found)
        of_texts, of_images = service.texts_and_images(_values(texts), _values(images))
        return self._rules.weighted([*of_texts, *of_images], self._rules.weights(config, texts, images))

    def _store_one(self, collection: Collection, item: StoredObject, how: How, prefix: str) -> None:
        with self._store.lock:
            try:
                self._store.partition(collection, item.tenant).check(item)
            except Refusal as refusal:
                raise Refusal(prefix + refusal.message, refusal.status) from None
            self._store.put_objects([item], how)

    def _stored(self, draft: Draft, made: StoredObject | Refusal) -> Written:
        if isinstance(made, Refusal):
            return Written(draft.id, made.message)
        try:
            self._store_one(self._store.collection(made.collection), made, "batch", "")
        except Refusal as refusal:
            return Written(made.id, refusal.message)
        return Written(made.id)

    def _try_made(self, draft: Draft) -> StoredObject | Refusal:
        try:
            collection, draft = self._accepted(draft, "")
            self._store.partition(collection, draft.tenant)
            return self._made(collection, draft, None)
        except Refusal as refusal:
            return Refusal(refusal.message.rpartition(": update vector: ")[2], refusal.status)


def _values(fields: Sequence[tuple[str, Any]]) -> list[Any]:
    return [value for _, value in fields]


def _require_class(draft: Draft) -> None:
    if not draft.collection:
        raise Refusal("the given class is empty")
