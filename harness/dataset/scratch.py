"""A collection of the same shape, empty, that one check may change as it likes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from harness.dataset.loaded import Dataset, Stored, vector_of
from harness.dataset.loading import given, must, properties
from harness.dataset.names import Run
from harness.dataset.settling import settle
from harness.errors import AnswerError
from harness.images import Picture
from harness.interfaces.rest import Object, Rest, Written
from harness.model import Endpoint, State
from harness.scenario import Collection

_numbers = count(1)


class Scratch:
    """An empty class of a collection's shape; gone when its `with` block ends.

    Args:
        rest: how to write.
        collection: the shape; `definition` may differ from it in what a check changes.
        class_name: its name in the target.
        endpoint: the database.
        tenant: whose part of it this is, in a class with tenants.
    """

    def __init__(
        self, rest: Rest, collection: Collection, class_name: str, endpoint: Endpoint, tenant: str | None = None
    ) -> None:
        self.rest = rest
        self.collection = collection
        self.class_name = class_name
        self.endpoint = endpoint
        self.tenant = tenant
        self._pictures: dict[str, Picture] = {}
        self._given = 0

    def of(self, tenant: str, *, there: bool = False) -> Scratch:
        """Return the part of a new tenant; the ids that it gives are those of every other part.

        Args:
            tenant: its name.
            there: it need not be added, its first object makes it.
        """
        if not there:
            must(self.rest.add_tenants(self.class_name, [tenant]), "add a tenant")
        return Scratch(self.rest, self.collection, self.class_name, self.endpoint, tenant)

    def turn(self, status: str) -> None:
        """Make this part's tenant active (HOT) or inactive (COLD)."""
        must(self.rest.set_tenants(self.class_name, [str(self.tenant)], status), f"make a tenant {status}")

    def add(
        self,
        picture: Picture,
        *,
        id_: str | None = None,
        vector: tuple[float, ...] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> str:
        """Store a picture's object and return its id; `vector` is then the user's own and no service is called."""
        return self.put_in(
            {**properties(self.collection, picture, len(self._pictures)), **(extra or {})},
            picture=picture,
            id_=id_,
            vector=vector,
        )

    def fill(
        self,
        pictures: Sequence[Picture],
        vectors: Sequence[tuple[float, ...] | None] = (),
        *,
        consistency: str = "",
    ) -> list[str]:
        """Store the objects of these pictures, all at once, and return their ids.

        Args:
            pictures: what they are made from.
            vectors: the user's own, one a picture; none at all leaves them to the module.
            consistency: how many of several nodes must have them: ONE, QUORUM or ALL.

        Raises:
            AnswerError: if the server did not store one.
        """
        objects = []
        for picture, vector in zip(pictures, vectors or [None] * len(pictures), strict=True):
            identity = self._next_id()
            objects.append(self._object(identity, properties(self.collection, picture, len(self._pictures)), vector))
            self._pictures[identity] = picture
        for written in self.rest.insert_batch(objects, consistency=consistency):
            if written.state is not State.OK:
                raise AnswerError(f"an object could not be stored: {written.message}")
        return [one.id for one in objects]

    def put_in(
        self,
        values: Mapping[str, Any],
        *,
        picture: Picture | None = None,
        id_: str | None = None,
        vector: tuple[float, ...] | None = None,
    ) -> str:
        """Store an object with exactly these properties and return its id.

        Raises:
            AnswerError: if the server did not store it.
        """
        identity = id_ or self._next_id()
        written = self.offer(values, id_=identity, vector=vector)
        if written.state is not State.OK:
            raise AnswerError(f"an object could not be stored: {written.message}")
        if picture is not None:
            self._pictures[identity] = picture
        return identity

    def offer(self, values: Mapping[str, Any], *, id_: str, vector: tuple[float, ...] | None = None) -> Written:
        """Ask for an object with exactly these properties to be stored, and return what became of it."""
        [written] = self.rest.insert_batch([self._object(id_, values, vector)])
        return written

    def put(self, id_: str, picture: Picture) -> None:
        """Replace an object by another picture's."""
        values = properties(self.collection, picture, 0)
        must(self.rest.put(self._object(id_, values, None)), "replace an object")
        self._pictures[id_] = picture

    def patch(self, id_: str, values: Mapping[str, Any]) -> None:
        """Change some properties of an object."""
        must(self.rest.patch(self._object(id_, values, None)), "change an object")

    def delete(self, id_: str) -> None:
        """Delete an object."""
        must(self.rest.delete(self.class_name, id_, tenant=self.tenant), "delete an object")
        self._pictures.pop(id_, None)

    def read(self, collection: Collection | None = None) -> Dataset:
        """Return what stands there now, with the vectors read back, once all of it is indexed.

        Args:
            collection: what it is taken for, such as the same with another of its named vectors.
        """
        taken = collection or self.collection
        there = list(self.rest.objects(self.class_name, tenant=self.tenant))
        if self.collection.queued:  # after the reading, which has a shard loaded that was not: what waits there counts
            settle(self.rest, self.collection, self.class_name)
        stored = tuple(
            Stored(
                found.id,
                self._pictures.get(found.id),
                {name: found.properties.get(name) for name in taken.keep},
                vector_of(found, taken),
            )
            for found in there
        )
        return Dataset(taken, self.class_name, self.endpoint, stored, self.tenant)

    def _next_id(self) -> str:
        self._given += 1
        return str(uuid5(NAMESPACE_URL, f"nearimage:scratch/{self._given}"))

    def _object(self, id_: str, values: Mapping[str, Any], vector: tuple[float, ...] | None) -> Object:
        return Object(self.class_name, id_, dict(values), tenant=self.tenant, **given(self.collection, vector))


@contextmanager
def scratch(
    endpoint: Endpoint, collection: Collection, run: Run, *, definition: Mapping[str, Any] | None = None
) -> Iterator[Scratch]:
    """Create an empty class of the collection's shape (or of `definition`) and delete it afterwards.

    Raises:
        TargetError: if the server refuses the class.
    """
    # several processes of one run make classes at the same time
    name = f"Scratch{os.getpid()}n{next(_numbers)}_{collection.name}"
    rest = Rest(endpoint)
    try:
        must(rest.create_class(run.definition(definition or collection.definition, name)), "create a class")
        yield Scratch(rest, collection, run.class_name(name), endpoint)
    finally:
        rest.delete_class(run.class_name(name))
        rest.close()
