"""Short ways to say what a test of an engine is about."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any

from planted_service import image

from harness.reference.engine import Engine
from harness.reference.request import Draft, Match, Near, Search


class Bench:
    """An engine with short ways to say what a test is about."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def create(self, name: str = "Photo", module: str = "img2vec-neural", **more: Any) -> None:
        """A class with two blobs, a text, a number and a list, whose field `image` is vectorized."""
        kinds = {"image": "blob", "back": "blob", "label": "text", "n": "int", "tags": "text[]"}
        properties = [{"name": key, "dataType": [kind]} for key, kind in kinds.items()]
        settings = more.pop("settings", {"imageFields": ["image"]})
        definition = {"class": name, "vectorizer": module, "moduleConfig": {module: settings}, "properties": properties}
        self.engine.classes.create({**definition, **more})

    def put(self, number: int, *vector: float, name: str = "Photo", tenant: str = "", **properties: Any) -> str:
        """Import one object whose image stands for the vector; return the error, if any."""
        given = {"image": image(*vector), **properties} if vector else properties
        draft = Draft(name, given, id=object_id(number), tenant=tenant)
        return self.engine.put_objects([draft])[0].error

    def numbers(self, *vector: float, name: str = "Photo", **arguments: Any) -> list[int]:
        """The numbers of the hits of nearImage."""
        return [number_of(match.object.id) for match in self.matches(*vector, name=name, **arguments)]

    def matches(self, *vector: float, name: str = "Photo", **arguments: Any) -> tuple[Match, ...]:
        """The hits of nearImage."""
        return self.engine.search(asked(image(*vector), name=name, **arguments)).matches


def asked(sent: str, *, name: str = "Photo", **arguments: Any) -> Search:
    """A search by this image; distance, certainty and target_vectors go into the operator."""
    of_near = {key: arguments.pop(key) for key in ("distance", "certainty", "target_vectors") if key in arguments}
    interface = arguments.pop("interface", "graphql")
    near = replace(Near("image", image=sent), **of_near)
    return Search(interface=interface, collection=name, near=(near,), **arguments)


def object_id(number: int) -> str:
    """The id of the object with this number."""
    return str(uuid.UUID(int=number))


def number_of(identity: str) -> int:
    """The number in an id that `object_id` made."""
    return uuid.UUID(identity).int
