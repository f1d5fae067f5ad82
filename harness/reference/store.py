"""Everything that is stored: classes and objects in memory, searched there, and kept in a file."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from harness.reference.definition import capitalised
from harness.reference.durability import Change
from harness.reference.index import VectorIndex
from harness.reference.request import Refusal, StoredObject, Tenant, Vector
from harness.reference.rules import Rules
from harness.reference.schema import Collection
from harness.reference.shelf import Shelf
from harness.reference.vectorizing import How


class Partition:
    """The objects of one collection and tenant, oldest first, with one index for each vector name."""

    def __init__(self, collection: Collection, rules: Rules) -> None:
        self._rules = rules
        self.objects: dict[str, StoredObject] = {}
        self.indexes: dict[str, VectorIndex] = {}
        self.extend(collection)

    def extend(self, collection: Collection) -> None:
        """Make an index for each vector name that has none yet."""
        for name, config in collection.vectors.items():
            if name not in self.indexes:
                self.indexes[name] = VectorIndex(config.metric, self._rules)

    def check(self, item: StoredObject) -> None:
        """Do nothing if the object's vectors fit.

        Raises:
            Refusal: a vector has another number of components than its index.
        """
        for name, vector in _vectors(item).items():
            self.indexes[name].check(item.id, vector)

    def put(self, item: StoredObject, how: How) -> None:
        """Add or replace an object; its vectors have been checked."""
        old = self.objects.get(item.id)
        self.objects[item.id] = item
        olds = {} if old is None else _vectors(old)
        news = _vectors(item)
        for name, index in self.indexes.items():
            vector = self._rules.indexed(news.get(name), olds.get(name), how)
            if vector is None:
                index.remove(item.id)
            elif vector is olds.get(name):
                index.keep(item)  # the same vector: its row stays as it is
            else:
                index.put(item, vector)

    def remove(self, object_id: str) -> StoredObject | None:
        """Take an object out; None if there was none."""
        item = self.objects.pop(object_id, None)
        if item is not None and self._rules.forgets(object_id):
            for index in self.indexes.values():
                index.remove(object_id)
        return item


class Store:
    """Classes, tenants and objects. Public methods take `lock`, as do searches, which need a still picture.

    Args:
        folder: where the file is kept.
        rules: what is indexed, and how a tenant's part is found.
    """

    def __init__(self, folder: Path, rules: Rules) -> None:
        self.lock = threading.RLock()
        self._rules = rules
        self._shelf = Shelf(folder)
        self._collections: dict[str, Collection] = {}
        self._tenants: dict[str, dict[str, Tenant]] = {}
        self._partitions: dict[tuple[str, str], Partition] = {}
        self._later: list[Callable[[], None]] = []
        self.schema_version = 0
        self._load()
        rules.opened(sum(len(part.objects) for part in self._partitions.values()))

    def close(self) -> None:
        """Close the file; what waited for that is written."""
        with self.lock:
            self._catch_up()
            self._shelf.close()

    # --- classes ---------------------------------------------------------------------------------

    def collections(self) -> list[Collection]:
        """All classes, oldest first."""
        with self.lock:
            return list(self._collections.values())

    def has(self, name: str) -> bool:
        """Whether there is a class of that name, whose first letter may be small."""
        return capitalised(name) in self._collections

    def collection(self, name: str) -> Collection:
        """The class of that name, whose first letter may be small.

        Raises:
            Refusal: there is none.
        """
        found = self._collections.get(capitalised(name))
        if found is None:
            raise Refusal(f"could not find class {capitalised(name)} in schema", status=404)
        return found

    def put_collection(self, definition: Mapping[str, Any]) -> Collection:
        """Add a class, or replace the definition of one."""
        collection = Collection(definition)
        with self.lock:
            self._shelf.put_definition(collection.name, definition)
            self._collections[collection.name] = collection
            self._tenants.setdefault(collection.name, {})
            for (name, _), partition in self._partitions.items():
                if name == collection.name:
                    partition.extend(collection)
            self.schema_version += 1
        return collection

    def drop_collection(self, name: str) -> None:
        """Remove a class with its objects; nothing happens if there is none."""
        name = capitalised(name)
        with self.lock:
            if self._collections.pop(name, None) is None:
                return
            self._catch_up()
            self._shelf.drop_definition(name)
            self._tenants.pop(name, None)
            for key in [key for key in self._partitions if key[0] == name]:
                del self._partitions[key]
            self.schema_version += 1

    # --- tenants ---------------------------------------------------------------------------------

    def tenants(self, collection: Collection) -> list[Tenant]:
        """The tenants of a class, by name."""
        with self.lock:
            return sorted(self._tenants[collection.name].values(), key=lambda tenant: tenant.name)

    def put_tenant(self, collection: Collection, tenant: Tenant) -> None:
        """Add a tenant or change its status."""
        with self.lock:
            self._shelf.put_tenant(collection.name, tenant)
            self._tenants[collection.name][tenant.name] = tenant
            self._rules.tenant_turned(tenant)

    def drop_tenant(self, collection: Collection, name: str) -> None:
        """Remove a tenant with its objects; nothing happens if there is none."""
        with self.lock:
            self._catch_up()
            self._shelf.drop_tenant(collection.name, name)
            self._tenants[collection.name].pop(name, None)
            self._partitions.pop((collection.name, name), None)

    def partition(self, collection: Collection, tenant: str) -> Partition:
        """The part of a collection that a request means.

        Raises:
            Refusal: a tenant is missing, not wanted, unknown or inactive.
        """
        self._check_tenant(collection, tenant)
        key = (collection.name, self._rules.partition(collection, tenant))
        with self.lock:
            if key not in self._partitions:
                self._partitions[key] = Partition(collection, self._rules)
            return self._partitions[key]

    # --- objects ---------------------------------------------------------------------------------

    def count(self, collection: Collection) -> int:
        """How many objects a class has, in all tenants."""
        with self.lock:
            parts = [part for (name, _), part in self._partitions.items() if name == collection.name]
            return sum(len(part.objects) for part in parts)

    def put_objects(self, items: Sequence[StoredObject], how: How) -> None:
        """Add or replace objects, all or none; their vectors have been checked."""
        with self.lock:
            self._write(how, partial(self._shelf.put_objects, items))
            for item in items:
                self.partition(self.collection(item.collection), item.tenant).put(item, how)

    def remove_objects(self, items: Sequence[StoredObject]) -> None:
        """Remove objects, all or none."""
        with self.lock:
            self._write("delete", partial(self._shelf.drop_objects, items))
            for item in items:
                self.partition(self.collection(item.collection), item.tenant).remove(item.id)

    def _write(self, change: Change, write: Callable[[], None]) -> None:
        when = self._rules.reaches_disk(change)
        if when == "at once":
            write()
        elif when == "at the end":
            self._later.append(write)

    def _catch_up(self) -> None:
        while self._later:
            self._later.pop(0)()

    def _check_tenant(self, collection: Collection, tenant: str) -> None:
        if not collection.multi_tenant:
            if tenant:
                raise Refusal(f"class {collection.name} has multi-tenancy disabled, but request was with tenant")
            return
        if not tenant:
            raise Refusal(f"class {collection.name} has multi-tenancy enabled, but request was without tenant")
        found = self._tenants[collection.name].get(tenant)
        if found is None:
            raise Refusal(f'tenant not found: "{tenant}"')
        self._rules.check_active(found)

    def _load(self) -> None:
        for definition in self._shelf.definitions():
            collection = Collection(definition)
            self._collections[collection.name] = collection
            self._tenants[collection.name] = {}
        for name, tenant in self._shelf.tenants():
            self._tenants[name][tenant.name] = tenant
        for item in self._shelf.objects():
            collection = self._collections[item.collection]
            key = (collection.name, self._rules.partition(collection, item.tenant))
            partition = self._partitions.setdefault(key, Partition(collection, self._rules))
            partition.put(self._reloaded(item), "insert")

    def _reloaded(self, item: StoredObject) -> StoredObject:
        vectors = {name: self._rules.reloaded(vector) for name, vector in item.vectors.items()}
        vector = None if item.vector is None else self._rules.reloaded(item.vector)
        return replace(item, vector=vector, vectors=vectors)


def vectors_of(item: StoredObject) -> Iterator[tuple[str, Vector]]:
    """Name and vector for each vector of an object; the unnamed one has the empty name."""
    if item.vector is not None:
        yield "", item.vector
    yield from item.vectors.items()


def _vectors(item: StoredObject) -> dict[str, Vector]:
    return dict(vectors_of(item))
