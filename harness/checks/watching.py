"""An object whose way to the inference service is watched: what the chapter vectorizing asks with.

Our own service tells what it was sent; planted pictures, which nobody else sends, are known by their fingerprints.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.checks.case import Case, Skipped
from harness.checks.vectorizing import SAME, apart, class_with, said_of, turned
from harness.dataset import Scratch
from harness.dataset.loading import must
from harness.errors import AnswerError
from harness.images import fingerprint, planted_picture, planted_text
from harness.interfaces.rest import Object
from harness.interfaces.service import NO_CALLS, calls_since
from harness.model import Module

IMAGES = ("front", "back")
TEXTS = ("words",)
ASIDE, NOTE = "aside", "note"
"""A blob and a text that are not vectorized."""

PICTURES = (*IMAGES, ASIDE, "new")
COMPONENTS = 8
ID = "00000000-0000-4000-8000-0000000000aa"
"""The one object's."""


class Watched:
    """A scratch class whose calls of the inference service are watched.

    Args:
        case: whose check this is.
        shelf: the class.
        url: the service.
        known: what may be sent, by what it is called.
    """

    def __init__(self, case: Case, shelf: Scratch, url: str, known: Mapping[str, str]) -> None:
        self.case, self.shelf = case, shelf
        self._url = url
        self._known = {fingerprint(value): name for name, value in known.items()}
        self._next = calls_since(url, NO_CALLS)[0]

    def calls(self) -> list[tuple[str, ...]]:
        """What was sent since this was asked last: of each call that had something known in it, all in its order."""
        self._next, calls = calls_since(self._url, self._next)
        named = (tuple(self._known.get(one, "something else") for one in call.inputs) for call in calls)
        return [call for call in named if set(call) - {"something else"}]

    def demand_sent(self, expected: Sequence[str], when: str) -> None:
        """Demand that these were sent since this was asked last, each once, in any order."""
        calls = self.calls()
        sent = sorted(name for call in calls for name in call)
        facts: dict[str, Any] = {"sent": [list(call) for call in calls], "expected": sorted(expected)}
        self.case.require(sent == sorted(expected), f"{when} something else was sent than is to be", **facts)

    def store(self, values: Mapping[str, Any], vector: tuple[float, ...] | None = None) -> None:
        """Store the one object."""
        self.shelf.put_in(values, id_=ID, vector=vector)

    def put(self, values: Mapping[str, Any]) -> None:
        """Replace it."""
        must(self.shelf.rest.put(Object(self.shelf.class_name, ID, dict(values))), "replace an object")

    def patch(self, values: Mapping[str, Any]) -> None:
        """Change some of it."""
        self.shelf.patch(ID, values)

    def vector(self) -> NDArray[np.float64] | None:
        """The vector that it has now."""
        found = self.shelf.rest.get(self.shelf.class_name, ID)
        if found is None:
            raise AnswerError("an object that was stored is not there")
        return None if found.vector is None else np.asarray(found.vector, dtype=np.float64)

    def demand_vector(self, parts: Mapping[str, float], values: Mapping[str, str], when: str) -> None:
        """Demand the vector that is made of these parts with these weights, by what the service says of each."""
        case, got = self.case, self.vector()
        case.require(got is not None, f"{when} the object has no vector", parts=list(parts))
        images, texts = ([name for name in parts if (name in PICTURES) is yes] for yes in (True, False))
        said = said_of(case, images=[values[name] for name in images], texts=[values[name] for name in texts])
        vectors = dict(zip((*images, *texts), said, strict=True))
        total = np.sum([weight * vectors[name] for name, weight in parts.items()], axis=0)
        clip = case.collection.module is Module.CLIP
        off = turned(np.asarray(got), total) if clip else apart(np.asarray(got), total / sum(parts.values()))
        alone: dict[str, Any] = {
            f"from_{name}_alone": turned(np.asarray(got), vector) for name, vector in vectors.items()
        }
        case.require(
            off <= SAME,
            f"{when} the vector is not the combination of its fields",
            relative_difference=off,
            weights=dict(parts),
            **alone,
        )


def planted_values(case: Case) -> dict[str, str]:
    """An image or a text for each field, and one more image: planted ones, which nobody else sends."""
    salt = secrets.randbelow(2**20) / 2**20

    def vector(place: int) -> list[float]:
        return [*(4.0 if one == place else 1.0 for one in range(COMPONENTS - 1)), salt]

    values = {name: planted_picture(vector(place), name=name).base64 for place, name in enumerate(PICTURES)}
    if case.collection.module is Module.CLIP:
        for place, name in enumerate((*TEXTS, NOTE, "more"), start=4):
            values[name] = planted_text(vector(place), name)
    return values


@contextmanager
def watched(case: Case, known: Mapping[str, str], definition: Mapping[str, Any] | None = None) -> Iterator[Watched]:
    """A class of two image fields (and a text field), beside which there is a blob and a text that are no such.

    Raises:
        Skipped: the service does not tell what it is sent.
    """
    service = case.endpoint.inference.get(str(case.collection.module))
    if service is None or not service.ours:
        raise Skipped("the inference service behind this server does not tell what it is sent")
    texts = TEXTS if case.collection.module is Module.CLIP else ()
    plain = class_with(case, images=IMAGES, texts=texts)
    beside = [{"name": ASIDE, "dataType": ["blob"]}, {"name": NOTE, "dataType": ["text"]}]
    with case.scratch(definition or {**plain, "properties": [*plain["properties"], *beside]}) as shelf:
        yield Watched(case, shelf, service.url, known)


def filled(values: Mapping[str, str]) -> dict[str, str]:
    """The fields of an object that are vectorized."""
    return {name: values[name] for name in (*IMAGES, *TEXTS) if name in values}
