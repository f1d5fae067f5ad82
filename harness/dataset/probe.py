"""The vector of a query image or text, made by the target itself: stored in a probe collection and read back.

Where the inference service can be asked too, it is, and both must agree: then neither a probe that was vectorized in
another way nor a service that answers differently each time can make the oracle wrong without anybody noticing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from typing import Any

import numpy as np

from harness.dataset.names import Run
from harness.dataset.scratch import Scratch, scratch
from harness.errors import AnswerError
from harness.images import Picture
from harness.interfaces.service import vectors_from
from harness.model import Endpoint, Module
from harness.scenario import Collection, ImageSource

_IMAGE, _TEXT = "image", "text"
_AGREE = 1e-5
"""Relative difference of two float32 answers of one model that is still the same answer."""


_PHOTOGRAPHS = ImageSource("shipped")

_Kind = tuple[str, ImageSource]


class Probe:
    """Has the target make the vectors of query images and texts; each is made once.

    Args:
        endpoint: the database.
        run: whose classes the probe collections are.
    """

    def __init__(self, endpoint: Endpoint, run: Run) -> None:
        self._endpoint = endpoint
        self._run = run
        self._open = ExitStack()
        self._places: dict[_Kind, Scratch] = {}
        self._made: dict[tuple[_Kind, str, str], tuple[float, ...]] = {}
        self._certain: set[tuple[_Kind, str, str]] = set()

    def image(self, collection: Collection, picture: Picture) -> tuple[float, ...]:
        """Return the vector by which the target searches for this picture.

        Raises:
            AnswerError: if it makes none, or if the inference service says otherwise.
        """
        return self._certainly(collection, picture)

    def text(self, collection: Collection, text: str) -> tuple[float, ...]:
        """Return the vector by which the target searches for this text; only for modules that know texts.

        Raises:
            AnswerError: if it makes none, or if the inference service says otherwise.
        """
        return self._certainly(collection, text)

    def encoded(self, collection: Collection, given: Picture | str, *, anew: bool = False) -> tuple[float, ...]:
        """Return the vector that the target makes of a picture or a text, whatever the inference service says.

        Args:
            collection: whose module makes it.
            given: the picture or the text.
            anew: have it made once more if it was made before.

        Raises:
            AnswerError: if it makes none.
        """
        key = _key(collection, given)
        if anew or key not in self._made:
            self._made[key] = self._read(collection, given)
        return self._made[key]

    def close(self) -> None:
        """Take the probe collections away."""
        self._open.close()

    def _certainly(self, collection: Collection, given: Picture | str) -> tuple[float, ...]:
        key, vector = _key(collection, given), self.encoded(collection, given)
        if key not in self._certain:
            self._agree(collection, given, vector)
            self._certain.add(key)
        return vector

    def _read(self, collection: Collection, given: Picture | str) -> tuple[float, ...]:
        place = self._place(collection)
        kind, value = _sent(given)
        id_ = place.put_in({kind: value})
        found = next((one for one in place.read().stored if one.id == id_), None)
        place.delete(id_)
        if found is None or found.vector is None:
            raise AnswerError(f"the target made no vector of {_called(given)}: it was stored as an object and has none")
        return found.vector

    def _place(self, collection: Collection) -> Scratch:
        kind = _kind_of(collection)
        if kind not in self._places:
            plain = scratch(self._endpoint, _plain(collection), self._run, definition=_definition(collection))
            self._places[kind] = self._open.enter_context(plain)
        return self._places[kind]

    def _agree(self, collection: Collection, given: Picture | str, vector: tuple[float, ...]) -> None:
        service = self._endpoint.inference.get(str(collection.module))
        if service is None or collection.module is None:
            return
        kind, value = _sent(given)
        images, texts = ([value], []) if kind == _IMAGE else ([], [value])
        [said] = vectors_from(service.url, collection.module, images=images, texts=texts)
        ours, theirs = np.asarray(vector), np.asarray(said)
        if ours.shape != theirs.shape or np.linalg.norm(ours - theirs) > _AGREE * max(1.0, float(np.linalg.norm(ours))):
            raise AnswerError(
                f"the vector of {_called(given)} is not certain: the object stored with it has another than the "
                f"inference service gives",
                hint="compare them: is the service's answer the same each time?",
            )


@contextmanager
def probing(endpoint: Endpoint, run: Run) -> Iterator[Probe]:
    """Yield a probe and take its collections away afterwards."""
    probe = Probe(endpoint, run)
    try:
        yield probe
    finally:
        probe.close()


def _key(collection: Collection, given: Picture | str) -> tuple[_Kind, str, str]:
    return _kind_of(collection), *_sent(given)


def _sent(given: Picture | str) -> tuple[str, str]:
    """The property that a picture or a text goes into, and as what."""
    return (_TEXT, given) if isinstance(given, str) else (_IMAGE, given.base64)


def _called(given: Picture | str) -> str:
    return f"the text {given!r}" if isinstance(given, str) else f"the image {given.name}"


def _kind_of(collection: Collection) -> _Kind:
    """What the vector of an image depends on: equal for collections that can share a probe.

    Not the name: two scenarios may call different classes alike. But the images: an index keeps the length of the
    vectors that it has seen, also when they are gone, and planted images have vectors of any length. What comes along
    are photographs, whose vectors a model makes: they are all of one length.
    """
    images = _PHOTOGRAPHS if collection.images.kind == _PHOTOGRAPHS.kind else collection.images
    return json.dumps(_definition(collection), sort_keys=True), images


def _definition(collection: Collection) -> dict[str, Any]:
    """A class with one image and, where the module knows texts, one text; the module's other settings as they are."""
    settings = _module_settings(collection)
    for ours in ("imageFields", "textFields", "weights"):
        settings.pop(ours, None)
    properties = [{"name": _IMAGE, "dataType": ["blob"]}]
    settings["imageFields"] = [_IMAGE]
    if collection.module is Module.CLIP:
        properties.append({"name": _TEXT, "dataType": ["text"]})
        settings["textFields"] = [_TEXT]
    return {
        "vectorizer": str(collection.module),
        "moduleConfig": {str(collection.module): settings},
        "properties": properties,
        # another metric than cosine, so that no version gives the vector back normalised
        "vectorIndexConfig": {"distance": "l2-squared"},
    }


def _module_settings(collection: Collection) -> dict[str, Any]:
    module = str(collection.module)
    if collection.vector_name:
        named = collection.definition["vectorConfig"][collection.vector_name]
        found: Mapping[str, Any] = named["vectorizer"][module]
    else:
        found = collection.definition.get("moduleConfig", {}).get(module, {})
    return deepcopy(dict(found))


def _plain(collection: Collection) -> Collection:
    from dataclasses import replace

    return replace(collection, name=f"Probe_{collection.name}", vector_name=None, keep=())
