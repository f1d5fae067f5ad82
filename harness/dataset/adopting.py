"""Takes a collection as a server has it already, without writing anything (`--read-only`)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from harness.dataset.loaded import Dataset, Stored, vector_of
from harness.errors import UsageError
from harness.images import Picture
from harness.interfaces.rest import Object, Rest
from harness.model import Endpoint
from harness.scenario import Collection

_NOT_FOUND = "404"


class UnfitError(UsageError):
    """The server has no such class, or another than the scenario says: nothing can be asked of it."""


def adopt(endpoint: Endpoint, collection: Collection) -> Dataset:
    """Take the class of the collection's name with all its objects.

    An object whose image is one of the scenario's pictures is that picture; any other image becomes a picture of its
    own, whose name is the object's id and whose label is the first property that the scenario keeps.

    Raises:
        UnfitError: if the server has no class of that name, or its metric or index is not what the scenario says.
        AnswerError: if the class or its objects can't be read.
    """
    with Rest(endpoint) as rest:
        reply = rest.get_class(collection.name)
        if reply.code == _NOT_FOUND:
            raise UnfitError(
                f"the server has no class {collection.name}, and with --read-only none is created",
                hint="Write a scenario whose class is one of the server's own, or leave --read-only out.",
            )
        _agree(collection, reply.need(f"read the class {collection.name}"))
        # of pictures with the same bytes (planted ties) the first
        known = {picture.data: picture for picture in reversed(collection.images.load().pictures)}
        stored = tuple(_as_found(found, collection, known) for found in rest.objects(collection.name))
    return Dataset(collection, collection.name, endpoint, stored)


def _agree(collection: Collection, definition: Mapping[str, Any]) -> None:
    """Check what the exact answers depend on: the metric, and whether the index may miss."""
    named = (definition.get("vectorConfig") or {}).get(collection.vector_name or "", definition)
    found = {
        "distance": (named.get("vectorIndexConfig") or {}).get("distance"),
        "vectorIndexType": named.get("vectorIndexType"),
    }
    said = {"distance": str(collection.metric), "vectorIndexType": collection.index}
    for name, value in found.items():
        if value != said[name]:
            raise UnfitError(
                f"the server's class {collection.name} has the {name} {value}, the scenario says {said[name]}",
                hint="Say in the scenario what the class is; nothing could be judged otherwise.",
            )


def _as_found(found: Object, collection: Collection, known: Mapping[bytes, Picture]) -> Stored:
    image = found.properties.get(collection.image_property)
    kept: dict[str, Any] = {name: found.properties.get(name) for name in collection.keep}
    picture = None
    if isinstance(image, str) and image:
        data = b64decode(image)
        label = str(next((value for value in kept.values() if value is not None), ""))
        picture = known.get(data) or Picture(name=found.id, data=data, label=label, subject=found.id)
    return Stored(found.id, picture, kept, vector_of(found, collection))
