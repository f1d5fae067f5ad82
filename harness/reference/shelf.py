"""Classes, tenants, objects and vectors in one SQLite file, so that they survive a restart."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from harness.reference.request import StoredObject, Tenant, Vector

_TABLES = """
CREATE TABLE IF NOT EXISTS classes (name TEXT PRIMARY KEY, definition TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tenants (class TEXT, name TEXT, status TEXT NOT NULL, PRIMARY KEY (class, name));
CREATE TABLE IF NOT EXISTS objects (
    class TEXT, tenant TEXT, id TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL, properties TEXT NOT NULL,
    PRIMARY KEY (class, tenant, id)
);
CREATE TABLE IF NOT EXISTS vectors (
    class TEXT, tenant TEXT, id TEXT, name TEXT, data BLOB NOT NULL, PRIMARY KEY (class, tenant, id, name)
);
"""
_LITTLE_ENDIAN = np.dtype("<f4")


class Shelf:
    """The file. Not thread-safe: the store's lock guards it.

    Args:
        folder: where `reference.sqlite3` is, or will be; the folder is made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._base = sqlite3.connect(folder / "reference.sqlite3", check_same_thread=False)
        # A killed process loses nothing that was committed; a power cut may, which no test of ours is about.
        self._base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;" + _TABLES)

    def close(self) -> None:
        """Close the file; what was written is kept."""
        self._base.close()

    def definitions(self) -> Iterator[dict[str, Any]]:
        """The complete definition of each class, oldest first."""
        for (text,) in self._base.execute("SELECT definition FROM classes ORDER BY rowid"):
            yield json.loads(text)

    def tenants(self) -> Iterator[tuple[str, Tenant]]:
        """Class name and tenant, for all."""
        for collection, name, status in self._base.execute("SELECT class, name, status FROM tenants ORDER BY rowid"):
            yield collection, Tenant(name, status)

    def objects(self) -> Iterator[StoredObject]:
        """Every object with its vectors, oldest first."""
        vectors: dict[tuple[str, str, str], dict[str, Vector]] = {}
        for collection, tenant, object_id, name, data in self._base.execute("SELECT * FROM vectors"):
            found = np.frombuffer(data, _LITTLE_ENDIAN).astype(np.float32)
            vectors.setdefault((collection, tenant, object_id), {})[name] = found
        rows = self._base.execute("SELECT class, tenant, id, created, updated, properties FROM objects ORDER BY rowid")
        for collection, tenant, object_id, created, updated, properties in rows:
            own = vectors.get((collection, tenant, object_id), {})
            yield StoredObject(
                id=object_id,
                collection=collection,
                properties=json.loads(properties),
                vector=own.pop("", None),
                vectors=own,
                tenant=tenant,
                created=created,
                updated=updated,
            )

    def put_definition(self, name: str, definition: Mapping[str, Any]) -> None:
        """Add or replace a class."""
        with self._base:
            self._base.execute(
                "INSERT INTO classes VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET definition = excluded.definition",
                (name, json.dumps(definition)),
            )

    def drop_definition(self, name: str) -> None:
        """Remove a class with everything in it."""
        with self._base:
            self._base.execute("DELETE FROM classes WHERE name = ?", (name,))
            for table in ("tenants", "objects", "vectors"):
                self._base.execute(f"DELETE FROM {table} WHERE class = ?", (name,))  # noqa: S608 - our own names

    def put_tenant(self, collection: str, tenant: Tenant) -> None:
        """Add a tenant or change its status."""
        with self._base:
            self._base.execute(
                "INSERT INTO tenants VALUES (?, ?, ?) ON CONFLICT (class, name) DO UPDATE SET status = excluded.status",
                (collection, tenant.name, tenant.status),
            )

    def drop_tenant(self, collection: str, name: str) -> None:
        """Remove a tenant with its objects."""
        with self._base:
            self._base.execute("DELETE FROM tenants WHERE class = ? AND name = ?", (collection, name))
            for table in ("objects", "vectors"):
                self._base.execute(f"DELETE FROM {table} WHERE class = ? AND tenant = ?", (collection, name))  # noqa: S608

    def put_objects(self, items: Iterable[StoredObject]) -> None:
        """Add or replace objects, all or none."""
        with self._base:
            for item in items:
                key = (item.collection, item.tenant, item.id)
                self._drop(key)
                self._base.execute(
                    "INSERT INTO objects VALUES (?, ?, ?, ?, ?, ?)",
                    (*key, item.created, item.updated, json.dumps(dict(item.properties))),
                )
                vectors = dict(item.vectors) if item.vector is None else {"": item.vector, **item.vectors}
                self._base.executemany(
                    "INSERT INTO vectors VALUES (?, ?, ?, ?, ?)",
                    [(*key, name, vector.astype(_LITTLE_ENDIAN).tobytes()) for name, vector in vectors.items()],
                )

    def drop_objects(self, items: Iterable[StoredObject]) -> None:
        """Remove objects, all or none."""
        with self._base:
            for item in items:
                self._drop((item.collection, item.tenant, item.id))

    def _drop(self, key: tuple[str, str, str]) -> None:
        for table in ("objects", "vectors"):
            self._base.execute(f"DELETE FROM {table} WHERE class = ? AND tenant = ? AND id = ?", key)  # noqa: S608
