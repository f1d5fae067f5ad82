"""Cross references: what they point at, and filters that look there."""

from __future__ import annotations

from dataclasses import replace

from harness.reference.filtering import check_filter
from harness.reference.request import Filter, Match, Refusal, StoredObject, Target
from harness.reference.rules import Rules
from harness.reference.schema import Collection
from harness.reference.store import Store

_OVER = 3
"""A path over a reference: its property, the class that it points at, a property of that class."""


class References:
    """Follows references from one class into others.

    Args:
        store: where the objects are.
        rules: what is found there.
    """

    def __init__(self, store: Store, rules: Rules) -> None:
        self._store = store
        self._rules = rules

    def followed(self, matches: list[Match], collection: Collection) -> list[Match]:
        """Hits with the objects that they point at; a reference to what is gone points at nothing."""
        names = [name for name in collection.properties if collection.is_reference(name)]
        if not names:
            return matches
        return [
            match._replace(references={name: self._targets(match.object, name) for name in names}) for match in matches
        ]

    def joined(self, where: Filter | None, collection: Collection) -> Filter | None:
        """A filter without paths over references: each is the list of the objects that pass over there.

        Raises:
            Refusal: the path leads nowhere, or the condition there means nothing.
        """
        return None if where is None else self._joined(where, collection)

    def _joined(self, where: Filter, collection: Collection) -> Filter:
        if where.operands:
            return replace(where, operands=tuple(self._joined(one, collection) for one in where.operands))
        if len(where.path) < _OVER:
            return where
        name = where.path[0]
        collection.require_property(name)
        if not collection.is_reference(name):
            raise Refusal(f"invalid 'where' filter: property '{name}' is no reference")
        there = self._store.collection(where.path[1])
        condition = Filter(where.operator, where.path[2:], where.value)
        check_filter(condition, there)
        objects = self._store.partition(there, "").objects.values()
        ids = tuple(item.id for item in objects if self._rules.passes(condition, item, there))
        return Filter("PointsAt", (name,), ids)

    def _targets(self, item: StoredObject, name: str) -> tuple[Target, ...]:
        found, gone = [], 0
        for place in self._rules.places(item, name):
            *_, class_name, object_id = place["beacon"].rsplit("/", 2)
            there = self._store.collection(class_name)
            pointed_at = self._store.partition(there, "").objects.get(object_id.lower())
            if pointed_at is None:
                gone += 1
            else:
                found.append(Target(pointed_at, there.properties))
        return self._rules.pointed_at(found, gone)
