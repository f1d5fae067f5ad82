"""Classes and tenants: made, changed and removed, by their users or by auto-schema."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.reference.definition import capitalised, complete, complete_property
from harness.reference.definition_checks import check_definition, check_named_vector, check_property
from harness.reference.request import Draft, Refusal, Tenant
from harness.reference.rules import Rules
from harness.reference.schema import Collection
from harness.reference.settings import Settings
from harness.reference.store import Store

_TENANT_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STATUSES = {
    "ACTIVE": "HOT",
    "HOT": "HOT",
    "INACTIVE": "COLD",
    "COLD": "COLD",
    "OFFLOADED": "FROZEN",
    "FROZEN": "FROZEN",
}
_UPDATE = "updating schema: TYPE_UPDATE_CLASS: bad request :parse class update: "
_FIXED_INDEX = ("distance", "efConstruction", "maxConnections")


class Classes:
    """The schema, as its users change it.

    Args:
        store: where classes are kept.
        settings: the server's defaults.
        rules: what is accepted although something is wrong with it.
    """

    def __init__(self, store: Store, settings: Settings, rules: Rules) -> None:
        self._store = store
        self._settings = settings
        self._rules = rules

    def exists(self, name: str) -> bool:
        """Whether there is a class of that name."""
        return self._store.has(name)

    def create(self, given: Mapping[str, Any]) -> Collection:
        """Make a class.

        Args:
            given: the body of `POST /v1/schema`.

        Raises:
            Refusal: in Weaviate's words.
        """
        with self._store.lock:
            try:
                check_definition(given, self._names(), self._settings)
            except Refusal as refusal:
                if self._rules.stays_refused(refusal):
                    self._store.put_collection(complete(given, self._settings))
                self._rules.refuse_class(refusal, given)
            return self._store.put_collection(self._rules.kept_class(complete(given, self._settings)))

    def update(self, name: str, given: Mapping[str, Any]) -> Collection:
        """Change what may be changed of a class: descriptions, search settings, stop words; named vectors are added.

        Raises:
            Refusal: there is no such class (404), or the change is not allowed.
        """
        with self._store.lock:
            old = self._store.collection(name).definition
            if capitalised(given.get("class") or name) != old["class"]:
                raise Refusal(f'class name is immutable: attempted change from "{old["class"]}" to "{given["class"]}"')
            new = complete({**given, "class": old["class"]}, self._settings)
            try:
                _check_update(old, new)
            except Refusal as refusal:
                kept = self._rules.after_refused_change(old, new)
                if kept is not old:
                    self._store.put_collection(kept)
                self._rules.refuse_change(refusal, new)
            for vector, entry in (new.get("vectorConfig") or {}).items():
                check_named_vector(vector, entry, self._settings)
            return self._store.put_collection({**new, "shardingConfig": old["shardingConfig"]})

    def add_property(self, name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Add a property to a class and return its complete definition.

        Raises:
            Refusal: there is no such class, or the property is refused.
        """
        if not self.exists(name):
            raise Refusal(f'class "{capitalised(name)}": not found')
        with self._store.lock:
            collection = self._store.collection(name)
            check_property(collection.name, given, {each.lower() for each in collection.properties}, self._names())
            added = complete_property(given)
            properties = [*(collection.definition["properties"] or ()), added]
            self._store.put_collection({**collection.definition, "properties": properties})
            return added

    def for_draft(self, draft: Draft) -> Collection:
        """The class of an object, made by auto-schema if there is none, and its tenant, where the class makes tenants.

        Raises:
            Refusal: there is no such class and auto-schema is off, or the name is none.
        """
        if not self.exists(draft.collection) and self._settings.auto_schema:
            with self._store.lock:
                if not self.exists(draft.collection):
                    self.create({"class": draft.collection, "description": _generated()})
        collection = self._store.collection(draft.collection)
        known = {tenant.name for tenant in self._store.tenants(collection)} if collection.creates_tenants else set()
        if collection.creates_tenants and draft.tenant and draft.tenant not in known:
            self.add_tenants(collection, [{"name": draft.tenant}])
        return collection

    def extended(self, collection: Collection, missing: Iterable[Mapping[str, Any]]) -> Collection:
        """The class with properties that an object has and it had not, if auto-schema is on."""
        for entry in missing:
            if self._settings.auto_schema:
                self.add_property(collection.name, {**entry, "description": _generated()})
        return self._store.collection(collection.name)

    # --- tenants ---------------------------------------------------------------------------------

    def tenants(self, collection: Collection) -> list[Tenant]:
        """The tenants of a class, by name.

        Raises:
            Refusal: it has none.
        """
        _require_tenants(collection, "failed to execute query: could not get tenants: could not get tenants: ")
        return self._store.tenants(collection)

    def add_tenants(self, collection: Collection, given: Sequence[Mapping[str, Any]]) -> None:
        """Add tenants; those that are there stay as they are.

        Raises:
            Refusal: the class has no tenants, or a name or status is none; nothing is added then.
        """
        _require_tenants(collection, "updating schema: TYPE_ADD_TENANT: ")
        wanted = [_tenant(position, entry) for position, entry in enumerate(given)]
        known = {tenant.name for tenant in self._store.tenants(collection)}
        for tenant in wanted:
            if tenant.name not in known:
                self._store.put_tenant(collection, tenant)

    def update_tenants(self, collection: Collection, given: Sequence[Mapping[str, Any]]) -> None:
        """Change the status of tenants.

        Raises:
            Refusal: the class has no tenants, or one of them is unknown; nothing is changed then.
        """
        _require_tenants(collection, "updating schema: TYPE_UPDATE_TENANT: ")
        wanted = [_tenant(position, entry) for position, entry in enumerate(given)]
        known = {tenant.name for tenant in self._store.tenants(collection)}
        for tenant in wanted:
            if tenant.name not in known:
                raise Refusal(f"updating schema: TYPE_UPDATE_TENANT: shard not found: {tenant.name}")
        for tenant in wanted:
            self._store.put_tenant(collection, tenant)

    def drop_tenants(self, collection: Collection, names: Iterable[str]) -> None:
        """Remove tenants with their objects; unknown names are passed over.

        Raises:
            Refusal: the class has no tenants.
        """
        _require_tenants(collection, "updating schema: TYPE_DELETE_TENANT: ")
        for name in names:
            self._store.drop_tenant(collection, name)

    def _names(self) -> set[str]:
        return {collection.name for collection in self._store.collections()}


def _check_update(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    if old["multiTenancyConfig"]["enabled"] != new["multiTenancyConfig"]["enabled"]:
        verb = "enabling" if new["multiTenancyConfig"]["enabled"] else "disabling"
        raise Refusal(f"{verb} multi-tenancy for an existing class is not supported")
    _check_named_update(old, new)
    if "vectorizer" in old:
        _check_fixed("vectorizer", old, new, _UPDATE)
        _check_fixed_index(old, new, f"{_UPDATE}validate vector index config: ")
    old_modules, new_modules = old.get("moduleConfig") or {}, new.get("moduleConfig") or {}
    for module in sorted({*old_modules, *new_modules}):
        if old_modules.get(module) != new_modules.get(module) and not module.startswith(("generative-", "reranker-")):
            problem = f"can only update generative and reranker module configs. Got: {module} for class: {old['class']}"
            raise Refusal(_UPDATE + problem)
    if _without_descriptions(old) != _without_descriptions(new):
        raise Refusal(
            f"{_UPDATE}property fields other than description cannot be updated through updating the class. Use the "
            'add property feature (e.g. "POST /v1/schema/{className}/properties") to add additional properties'
        )


def _check_named_update(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    old_vectors, new_vectors = old.get("vectorConfig") or {}, new.get("vectorConfig") or {}
    for name, entry in old_vectors.items():
        if name not in new_vectors:
            raise Refusal(f'{_UPDATE}missing config for vector "{name}"')
        if entry["vectorizer"] != new_vectors[name]["vectorizer"]:
            raise Refusal(f'vectorizer config of vector "{name}" is immutable for class {old["class"]}')
        _check_fixed_index(entry, new_vectors[name], f'{_UPDATE}invalid update for vector "{name}": ')


def _check_fixed_index(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str) -> None:
    if old["vectorIndexType"] != new["vectorIndexType"]:
        change = f'attempted change from "{old["vectorIndexType"]}" to "{new["vectorIndexType"]}"'
        raise Refusal(f"{_UPDATE}vector index type is immutable: {change}")
    for key in _FIXED_INDEX:
        _check_fixed(key, old["vectorIndexConfig"], new["vectorIndexConfig"], prefix)


def _check_fixed(key: str, old: Mapping[str, Any], new: Mapping[str, Any], prefix: str) -> None:
    if old.get(key) != new.get(key):
        raise Refusal(f'{prefix}{key} is immutable: attempted change from "{old.get(key)}" to "{new.get(key)}"')


def _without_descriptions(definition: Mapping[str, Any]) -> dict[str, Any]:
    return {
        entry["name"]: {key: value for key, value in entry.items() if key != "description"}
        for entry in definition["properties"] or ()
    }


def _require_tenants(collection: Collection, prefix: str) -> None:
    if not collection.multi_tenant:
        raise Refusal(f'{prefix}multi-tenancy is not enabled for class "{collection.name}"')


def _tenant(position: int, entry: Mapping[str, Any]) -> Tenant:
    name, status = str(entry.get("name") or ""), entry.get("activityStatus") or "HOT"
    if not _TENANT_NAME.fullmatch(name):
        raise Refusal(
            f"tenant name at index {position}:  '{name}' is not a valid tenant name. should only contain alphanumeric "
            "characters (a-z, A-Z, 0-9), underscore (_), and hyphen (-), with a length between 1 and 64 characters"
        )
    if status not in _STATUSES:
        raise Refusal(f"activityStatus in body should be one of [{' '.join(_STATUSES)}]")
    return Tenant(name, _STATUSES[status])


def _generated() -> str:
    return f"This property was generated by the reference's auto-schema on {time.strftime('%a %b %d %H:%M:%S %Y')}"
