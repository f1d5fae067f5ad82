"""The reference's one front door: every interface asks the engine and nothing behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.reference.request import Aggregation, Counted, Deleted, Draft, Filter, Results, Search, Tenant, Written
    from harness.reference.rules import Rules
    from harness.reference.schema import Collection

VERSION = "1.39.0"


class Engine:
    """A database in one folder. Thread-safe; its methods block, so asynchronous callers use a thread.

    Args:
        folder: where objects survive a restart.
        inference_url: the inference service, `http://host:port`.
        rules: what the database decides; a faulty reference is made of other rules.
    """

    def __init__(self, folder: Path, inference_url: str, rules: Rules | None = None) -> None:
        raise NotImplementedError

    def collection(self, name: str) -> Collection:
        """The collection of that name (first letter may be small).

        `.name`, `.properties: Mapping[str, str]` (property name to its Weaviate data type: text, int, blob, text[],
        …, in definition order), `.vectors: Mapping[str, VectorConfig]` (`""` is the unnamed vector), `.multi_tenant`.

        Raises:
            Refusal: there is none.
        """
        raise NotImplementedError

    def search(self, search: Search) -> Results:
        """Answer one search.

        Raises:
            Refusal: with the message of the interface that asked (`search.interface`).
        """
        raise NotImplementedError

    def aggregate(self, aggregation: Aggregation) -> list[Counted]:
        """Count objects: one entry, or one for each group, largest first.

        Raises:
            Refusal: with the message of the interface that asked.
        """
        raise NotImplementedError

    def put_objects(self, drafts: Sequence[Draft]) -> list[Written]:
        """Store a batch; each object has a fate of its own, in the order given."""
        raise NotImplementedError

    def delete_where(
        self, collection: str, where: Filter, *, tenant: str = "", dry_run: bool = False, verbose: bool = False
    ) -> Deleted:
        """Delete what matches.

        Raises:
            Refusal: no such collection or tenant, or a filter that means nothing.
        """
        raise NotImplementedError

    def tenants(self, collection: str, names: Sequence[str] = ()) -> list[Tenant]:
        """The tenants of a collection, by name; all of them if no names are given.

        Raises:
            Refusal: no such collection, or it has no tenants.
        """
        raise NotImplementedError
