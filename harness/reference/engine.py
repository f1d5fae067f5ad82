"""The reference's one front door: every interface asks the engine and nothing behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.model import Module
from harness.reference.classes import Classes
from harness.reference.inference import Services
from harness.reference.request import (
    Aggregation,
    Counted,
    Deleted,
    Draft,
    Filter,
    Results,
    Search,
    StoredObject,
    Tenant,
    Written,
)
from harness.reference.rules import Rules
from harness.reference.schema import Collection
from harness.reference.searcher import Searcher
from harness.reference.settings import Settings
from harness.reference.store import Store
from harness.reference.writer import Writer

VERSION = "1.39.0"


class Engine:
    """A database in one folder. Thread-safe; its methods block until the answer is there.

    Args:
        folder: where objects survive a restart.
        inference_url: the inference service, `http://host:port`, of every module that the settings name none for.
        rules: what the database decides; a faulty reference is made of other rules.
        settings: the server's limits and defaults.
        node: another node of the same cluster, whose store this one shares: every object is on all of them.
    """

    def __init__(
        self,
        folder: Path,
        inference_url: str,
        rules: Rules | None = None,
        settings: Settings | None = None,
        node: Engine | None = None,
    ) -> None:
        self.rules = rules or Rules()
        self.settings = self.rules.settings(settings or Settings())
        self.rules.demand_addresses(self.settings)
        self._alone = node is None
        self._store: Store = Store(folder, self.rules) if node is None else node._store  # noqa: SLF001 - of its kind
        self._services = Services(inference_url, self.settings.client_timeout, self.settings.services)
        self.classes = Classes(self._store, self.settings, self.rules)
        self.objects = Writer(self._store, self.classes, self._services, self.rules)
        self._searcher = Searcher(self._store, self._services, self.rules, self.settings)

    def close(self) -> None:
        """Close the file and the connections; what was stored stays, and so does the store of another node."""
        self.objects.close()
        self._services.close()
        if self._alone:
            self._store.close()

    # --- classes ---------------------------------------------------------------------------------

    @property
    def schema_version(self) -> int:
        """A number that grows with each change of a class."""
        return self._store.schema_version

    def collections(self) -> list[Collection]:
        """All classes, oldest first."""
        return self._store.collections()

    def collection(self, name: str) -> Collection:
        """The class of that name (its first letter may be small).

        Raises:
            Refusal: there is none.
        """
        return self._store.collection(name)

    def drop_collection(self, name: str) -> None:
        """Remove a class with its objects; nothing happens if there is none."""
        self._store.drop_collection(name)

    def tenants(self, collection: str, names: Sequence[str] = ()) -> list[Tenant]:
        """The tenants of a class, by name; all of them if no names are given.

        Raises:
            Refusal: no such class, or it has no tenants.
        """
        found = self.classes.tenants(self._store.collection(collection))
        return [tenant for tenant in found if not names or tenant.name in names]

    def count(self, collection: Collection) -> int:
        """How many objects a class has, in all tenants."""
        return self._store.count(collection)

    # --- questions -------------------------------------------------------------------------------

    def search(self, search: Search) -> Results:
        """Answer one search.

        Raises:
            Refusal: in Weaviate's words.
        """
        return self._searcher.search(search)

    def aggregate(self, aggregation: Aggregation) -> list[Counted]:
        """Count objects: one entry, or one for each group, largest first.

        Raises:
            Refusal: in Weaviate's words.
        """
        return self._searcher.aggregate(aggregation)

    def find(self, collection: str, object_id: str, tenant: str = "") -> StoredObject | None:
        """One object, or None.

        Raises:
            Refusal: no such class, or a tenant is missing, not wanted, unknown or inactive.
        """
        return self.objects.find(self._store.collection(collection), object_id, tenant)

    def meta(self) -> dict[str, Any]:
        """What the CLIP service says about itself.

        Raises:
            Refusal: it cannot be asked.
        """
        return self._services.behind(Module.CLIP).meta()

    # --- writing ---------------------------------------------------------------------------------

    def put_objects(self, drafts: Sequence[Draft]) -> list[Written]:
        """Store a batch; each object has a fate of its own, in the order given."""
        return self.objects.put_batch(drafts)

    def delete_where(
        self, collection: str, where: Filter, *, tenant: str = "", dry_run: bool = False, verbose: bool = False
    ) -> Deleted:
        """Delete what matches.

        Raises:
            Refusal: no such class or tenant, or a filter that means nothing.
        """
        found = self._searcher.filtered(self._store.collection(collection), where, tenant)
        found = found[: self.settings.maximum_results]
        if not dry_run:
            self._store.remove_objects(found)
        listed = tuple(Written(item.id) for item in found) if verbose else ()
        return Deleted(len(found), 0 if dry_run else len(found), 0, listed)
