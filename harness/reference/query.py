"""From a near operator to a vector that can be compared."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from harness.model import Metric, Module
from harness.reference.index import VectorIndex
from harness.reference.inference import Services
from harness.reference.request import Aggregation, Near, Refusal, Search, Vector
from harness.reference.rules import Rules
from harness.reference.schema import Collection, VectorConfig
from harness.reference.store import Store, vectors_of


@dataclass(frozen=True, slots=True)
class Query:
    """A near operator made into numbers: the vector, what it is compared with, and how far is near enough."""

    vector: Vector
    index: VectorIndex
    metric: Metric
    threshold: float | None


class QueryMaker:
    """Makes vectors of queries.

    Args:
        store: has the vectors of stored objects.
        services: make vectors of images and texts.
        rules: every decision.
    """

    def __init__(self, store: Store, services: Services, rules: Rules) -> None:
        self._store = store
        self._services = services
        self._rules = rules

    def config(self, collection: Collection, near: Near) -> VectorConfig:
        """The vector that an operator is about.

        Raises:
            Refusal: several and none chosen, or there is none of that name.
        """
        media = near.kind in {"image", "text"}
        with prefixed("vectorize params: vectorize params: " if media else "validate target vector: "):
            name = self._rules.target(collection, near)
        if name in collection.vectors:
            return collection.vectors[name]
        if media and "" not in collection.vectors:
            raise Refusal(f"vectorize params: {_no_vectorizer(collection, near, name)}")
        raise Refusal(f'index for target vector "{name}" not found')

    def vector(self, near: Near, config: VectorConfig, collection: Collection, tenant: str) -> Vector:
        """The operator's vector, float32 of n components, not normalised.

        Raises:
            Refusal: it has none, or the service failed.
        """
        if near.kind == "vector":
            if near.vector is None or not len(near.vector):
                raise Refusal("nearVector: vector or vectorPerTarget is required field")
            return near.vector
        if near.kind == "object":
            with prefixed("nearObject params: "):
                return self._vector_of_object(near, config, collection, tenant)
        if not self._rules.makes_vectors(config.module, near.kind):
            raise Refusal(f"vectorize params: {_no_vectorizer(collection, near, config.name)}")
        with prefixed("vectorize params: vectorize params: "):
            return self._vectorized(near, config)

    def query(
        self, collection: Collection, near: Near, config: VectorConfig, vector: Vector, search: Search | Aggregation
    ) -> Query:
        """The operator with its vector, ready to be compared.

        Raises:
            Refusal: a tenant is missing, not wanted, unknown or inactive.
        """
        index = self._store.partition(collection, search.tenant).indexes[config.name]
        return Query(vector, index, config.metric, self._rules.threshold(near, search.interface))

    def _vectorized(self, near: Near, config: VectorConfig) -> Vector:
        service = self._services.of(config)
        if near.kind == "text":
            if not near.concepts:
                raise Refusal("'nearText.concepts' needs to be defined")
            return self._rules.mean(service.texts_and_images(list(near.concepts), [])[0])
        with prefixed("vectorize image: "):
            image = self._rules.image_sent(near.image or "")
            if config.module is Module.IMG2VEC:
                return service.image(image)
            return service.texts_and_images([], [image])[1][0]

    def _vector_of_object(self, near: Near, config: VectorConfig, collection: Collection, tenant: str) -> Vector:
        if not near.object_id:
            raise Refusal("empty id and beacon")
        item = self._store.partition(collection, tenant).objects.get(near.object_id.lower())
        if item is None:
            with prefixed(f"search index {collection.name.lower()}: determine shard: "):
                require_uuid(near.object_id)
            raise Refusal("vector not found")
        found = dict(vectors_of(item)).get(config.name)
        if found is None:
            raise Refusal(f"nearObject search-object with id {item.id} has no vector")
        return found


def require_uuid(text: str) -> None:
    """Do nothing if this is a UUID.

    Raises:
        Refusal: it is none.
    """
    try:
        uuid.UUID(text)
    except ValueError:
        raise Refusal(f'parse uuid "{text}": invalid UUID length: {len(text)}') from None


class prefixed:  # noqa: N801 - reads like a function, as those of contextlib do, and costs a third of a generator
    """Say where a refusal came from, in the database's manner."""

    __slots__ = ("_prefix",)

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refusal):
            raise Refusal(self._prefix + error.message, error.status) from None


def _no_vectorizer(collection: Collection, near: Near, target: str) -> str:
    return (
        f"could not vectorize input for collection {collection.name} with search-type {near.name}, targetVector "
        f"{target}. Make sure a vectorizer module is configured for this class"
    )
