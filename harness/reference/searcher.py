"""Answering searches: checked, vectorized, compared with everything, cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.model import Metric
from harness.reference.filtering import check_filter, value_of
from harness.reference.inference import Services
from harness.reference.query import Query, QueryMaker, prefixed
from harness.reference.ranking import Rows
from harness.reference.references import References
from harness.reference.request import (
    Aggregation,
    Counted,
    Filter,
    Match,
    Near,
    Refusal,
    Results,
    Search,
    StoredObject,
    Vector,
)
from harness.reference.rules import Rules
from harness.reference.schema import Collection
from harness.reference.settings import Settings
from harness.reference.store import Store

_GET = "explorer: get class: "
_VECTORIZE = f"{_GET}concurrentTargetVectorSearch): {_GET}vectorize search vector: "
_SEARCH = f"{_GET}concurrentTargetVectorSearch): {_GET}vector search: "
_LIST = "explorer: list class: search: "


class Searcher:
    """Answers searches, listings and aggregations.

    Args:
        store: what is searched.
        services: make vectors of images and texts.
        rules: every decision.
        settings: default and maximum limits.
    """

    def __init__(self, store: Store, services: Services, rules: Rules, settings: Settings) -> None:
        self._store = store
        self._queries = QueryMaker(store, services, rules)
        self._references = References(store, rules)
        self._rules = rules
        self._settings = settings

    def search(self, search: Search) -> Results:
        """Answer one search.

        Raises:
            Refusal: in Weaviate's words.
        """
        collection = self._store.collection(search.collection)
        if search.where is not None:
            search = replace(search, where=self._references.joined(search.where, collection))
        self._check(search, collection)
        if not search.near:
            return Results(tuple(self._listed(search, collection)))
        near = search.near[0]
        with prefixed(_GET):
            config = self._queries.config(collection, near)
        with prefixed(_SEARCH):
            offset, limit = self._page(search, has_threshold=self._rules.threshold(near, search.interface) is not None)
            with prefixed(f"object vector search at index {collection.name.lower()}: "):
                self._store.partition(collection, search.tenant)
        try:
            with prefixed(_VECTORIZE):
                vector = self._queries.vector(near, config, collection, search.tenant)
        except Refusal as refusal:
            return self._rules.failed_query(refusal, search)
        with self._store.lock, prefixed(_SEARCH):
            query = self._queries.query(collection, near, config, vector, search)
            matches = self._ranked(query, search, collection, offset, limit)
        return self._shaped(matches, search, collection)

    def aggregate(self, aggregation: Aggregation) -> list[Counted]:
        """Count objects, largest group first.

        Raises:
            Refusal: in Weaviate's words.
        """
        collection = self._store.collection(aggregation.collection)
        aggregation = replace(aggregation, where=self._references.joined(aggregation.where, collection))
        if aggregation.where is not None:
            check_filter(aggregation.where, collection)
        if not aggregation.near and aggregation.object_limit is not None:
            raise Refusal("objectLimit can only be used with a near<Media> or hybrid filter")
        found = self._aggregated(aggregation, collection)
        if not aggregation.group_by:
            return [self._counted(found, aggregation)]
        members: dict[str, list[StoredObject]] = {}
        for item in found:
            for value in self._values(item, aggregation.group_by[0]):
                members.setdefault(value, []).append(item)
        largest = sorted(members.items(), key=lambda entry: -len(entry[1]))[: aggregation.limit]
        return [self._counted(items, aggregation, value) for value, items in largest]

    def filtered(self, collection: Collection, where: Filter, tenant: str) -> list[StoredObject]:
        """The objects that pass a filter, oldest first.

        Raises:
            Refusal: a filter that means nothing, or a tenant that is missing, not wanted, unknown or inactive.
        """
        where = self._references.joined(where, collection) or where
        check_filter(where, collection)
        with self._store.lock:
            objects = self._store.partition(collection, tenant).objects.values()
            return [item for item in objects if self._rules.passes(where, item, collection)]

    # --- checks ----------------------------------------------------------------------------------

    def _check(self, search: Search, collection: Collection) -> None:
        rules = self._rules
        for near in search.near:
            rules.check_one_threshold(near, search.interface) if near.kind in {"vector", "object"} else None
        self._check_certainty(search, collection)
        if search.where is not None:
            check_filter(search.where, collection)
        rules.check_sort(search, collection)
        rules.check_cursor(search)
        rules.check_one_operator(search)
        with prefixed(f"{_GET}vectorize params: "):
            rules.check_one_near(search.near)
            for near in search.near:
                self._check_near(near, search)
        if search.group_by is not None:
            with prefixed(_SEARCH if search.near else ""):
                collection.require_property(search.group_by.path[0])

    def _check_near(self, near: Near, search: Search | Aggregation) -> None:
        self._rules.check_image(near)
        self._rules.check_one_threshold(near, search.interface)
        self._rules.check_targets(near)

    def _check_certainty(self, search: Search, collection: Collection) -> None:
        """Certainty is refused where it means nothing; over gRPC its metadata field is left out instead."""
        asked = search.certainty_asked and search.interface != "grpc"
        wanted = asked or any(near.certainty for near in search.near)
        if not wanted:
            return
        chosen = [name for near in search.near for name in near.target_vectors] or list(collection.vectors)
        for name in chosen:
            if name in collection.vectors and (len(chosen) == 1 or not search.near):
                self._rules.check_certainty_metric(collection.vectors[name].metric)

    # --- from the vector to hits -----------------------------------------------------------------

    def _page(self, search: Search, *, has_threshold: bool) -> tuple[int, int | None]:
        offset = search.offset or 0
        limit = self._rules.limit(search, self._settings, has_threshold=has_threshold)
        self._rules.check_page(offset, limit, self._settings)
        return offset, limit

    def _near_enough(self, query: Query, search: Search | Aggregation, collection: Collection) -> tuple[Rows, Vector]:
        """Rows and their distances: filtered, best first, within the threshold."""
        distances = query.index.distances(query.vector)
        rows = query.index.rows()
        if search.where is not None:
            rows = self._passing(rows, query.index.objects, search.where, collection)
        rows = self._rules.candidates(rows, search)
        distances = distances[rows]
        ranked = self._rules.order(distances, search)
        rows, distances = rows[ranked], self._rules.rescored(distances[ranked], collection)
        kept = self._rules.joined(rows, query.index.objects, distances, collection)
        rows, distances = rows[kept], distances[kept]
        if query.threshold is not None:
            within = self._rules.accept(distances, query.threshold, search)
            rows, distances = rows[within], distances[within]
        return rows, distances

    def _passing(
        self, rows: Rows, objects: Sequence[StoredObject | None], where: Filter, collection: Collection
    ) -> Rows:
        kept = []
        for row in rows:
            item = objects[row]
            if item is not None and self._rules.passes(where, item, collection):
                kept.append(row)
        return np.asarray(kept, np.intp)

    def _ranked(
        self, query: Query, search: Search, collection: Collection, offset: int, limit: int | None
    ) -> list[Match]:
        rows, distances = self._near_enough(query, search, collection)
        page = self._rules.page(np.arange(len(rows)), offset, limit, search)
        objects = query.index.objects
        found = zip(rows[page].tolist(), distances[page].tolist(), strict=True)
        rules, metric = self._rules, query.metric
        matches = [
            Match(
                rules.seen(item),
                shown := rules.reported(distance, metric, search),
                rules.certainty_from_distance(shown) if metric is Metric.COSINE else None,
            )
            for row, distance in found
            if (item := objects[row]) is not None
        ]
        return rules.hits(self._references.followed(matches, collection), search)

    def _shaped(self, matches: list[Match], search: Search, collection: Collection) -> Results:
        if search.autocut is not None:
            cut = self._rules.autocut([match.distance or 0.0 for match in matches], search.autocut)
            matches = matches[:cut]
        if search.group_by is not None:
            return Results(groups=self._rules.groups(matches, search.group_by, search))
        del collection
        return Results(tuple(self._sorted(matches, search)))

    def _sorted(self, matches: list[Match], search: Search) -> list[Match]:
        for sort in reversed(search.sort):
            matches = sorted(
                matches,
                key=lambda match, name=sort.path[0]: self._rules.sort_key(value_of(match.object, name)),  # type: ignore[misc]
                reverse=sort.descending,
            )
        return matches

    # --- without an operator ---------------------------------------------------------------------

    def _listed(self, search: Search, collection: Collection) -> list[Match]:
        with prefixed("" if search.interface == "rest" else _LIST):
            offset, limit = self._page(search, has_threshold=False)
            with prefixed(f"object search at index {collection.name.lower()}: "):
                partition = self._store.partition(collection, search.tenant)
        with self._store.lock:
            items = list(partition.objects.values())
        if search.where is not None:
            items = [item for item in items if self._rules.passes(search.where, item, collection)]
        else:
            items.sort(key=lambda item: item.id)
        if search.after:
            items = [item for item in items if item.id > search.after.lower()]
        matches = self._sorted([Match(item) for item in items], search)
        page = self._rules.page(np.arange(len(matches)), offset, limit, search)
        return [matches[position] for position in page]

    def _counted(self, items: Sequence[StoredObject], aggregation: Aggregation, value: str | None = None) -> Counted:
        values = {
            name: self._rules.valued([each for item in items for each in self._values(item, name)], most)
            for name, most in aggregation.values_of.items()
        }
        return Counted(self._rules.counted(len(items), aggregation), value, values)

    def _values(self, item: StoredObject, name: str) -> tuple[str, ...]:
        return () if item.properties.get(name) is None else self._rules.group_values(item, name)

    def _aggregated(self, aggregation: Aggregation, collection: Collection) -> list[StoredObject]:
        if not aggregation.near:
            with self._store.lock:
                items = list(self._store.partition(collection, aggregation.tenant).objects.values())
            where = aggregation.where
            return [item for item in items if where is None or self._rules.passes(where, item, collection)]
        self._rules.check_one_near(aggregation.near)
        near = aggregation.near[0]
        self._check_near(near, aggregation)
        config = self._queries.config(collection, near)
        if near.certainty:
            self._rules.check_certainty_metric(config.metric)
        if self._rules.threshold(near, aggregation.interface) is None and aggregation.object_limit is None:
            raise Refusal("must provide certainty or objectLimit with vector search")
        vector = self._queries.vector(near, config, collection, aggregation.tenant)
        with self._store.lock:
            query = self._queries.query(collection, near, config, vector, aggregation)
            rows, _ = self._near_enough(query, aggregation, collection)
            found = [query.index.objects[row] for row in rows[: aggregation.object_limit]]
        return [item for item in found if item is not None]
