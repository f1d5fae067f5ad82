"""Puts a scenario's collection into the target, once, and reads back what the target made of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np
from filelock import FileLock

from harness.dataset.loaded import Dataset, Stored, facts, vector_of
from harness.dataset.names import Run
from harness.dataset.settling import first_definition, settle
from harness.errors import AnswerError, TargetError
from harness.images import Picture
from harness.interfaces.http import Reply
from harness.interfaces.rest import Object, Rest
from harness.model import Endpoint, State
from harness.scenario import Collection

Progress = Callable[[int, int], None]
"""Called with (objects stored, objects in all) after each portion."""

_PORTION = 200


def load(
    endpoint: Endpoint, collection: Collection, run: Run, *, folder: Path, progress: Progress | None = None
) -> Dataset:
    """Create the collection, store its images, and read every vector back.

    Several processes of one run may call this for the same collection: the first loads, the others wait and take over
    what it wrote into `folder`.

    Args:
        endpoint: the database.
        collection: the scenario's collection.
        run: whose classes these are.
        folder: a folder that all processes of the run share.
        progress: told how far it is.

    Raises:
        AnswerError: if an image could not be stored or read back.
    """
    pictures = collection.images.load().pictures
    name = run.class_name(collection.name)
    notes = folder / f"{name}.json"
    with FileLock(folder / f"{name}.lock"):
        if notes.exists():
            return _taken_over(endpoint, collection, name, pictures, notes)
        with Rest(endpoint) as rest:
            definition = run.definition(first_definition(collection), collection.name)
            must(rest.create_class(definition), f"create the class {name}")
            try:
                _store(rest, collection, name, pictures, progress)
                settle(rest, collection, name)
                dataset = read_back(rest, endpoint, collection, name, pictures)
            except BaseException:
                rest.delete_class(name)  # half a collection is in everybody's way
                raise
        _note_down(dataset, notes)
        return dataset


def read_back(
    rest: Rest, endpoint: Endpoint, collection: Collection, name: str, pictures: tuple[Picture, ...]
) -> Dataset:
    """Return the collection with the vectors that the target gives for its objects.

    Raises:
        AnswerError: if an object that was stored is not there, or if vectors differ in length.
    """
    found = {one.id: one for one in rest.objects(name)} if pictures else {}
    stored = []
    for number, picture in enumerate(pictures):
        id_ = object_id(collection, picture)
        if id_ not in found:
            raise AnswerError(f"{name}: the object of {picture.name} was stored but is not among the objects read back")
        kept = _kept(collection, picture, number)
        stored.append(Stored(id_, picture, kept, vector_of(found[id_], collection)))
    lengths = sorted({len(one.vector) for one in stored if one.vector is not None})
    if len(lengths) > 1:
        raise AnswerError(f"{name}: vectors of different lengths in one collection: {', '.join(map(str, lengths))}")
    return Dataset(collection, name, endpoint, tuple(stored))


def object_id(collection: Collection, picture: Picture) -> str:
    """Return the id of a picture's object: the same in every run, so that two runs can be compared."""
    return str(uuid5(NAMESPACE_URL, f"nearimage:{collection.name}/{picture.name}"))


def properties(collection: Collection, picture: Picture, number: int) -> dict[str, Any]:
    """Return the properties of a picture's object: its image and what the scenario keeps."""
    return {collection.image_property: picture.base64, **_kept(collection, picture, number)}


def given(collection: Collection, vector: tuple[float, ...] | None) -> dict[str, Any]:
    """Return the field of `Object` in which an object of this collection brings its own vector; None brings none."""
    name = collection.vector_name
    return {"vectors": {name: vector}} if name and vector is not None else {"vector": vector}


def must(reply: Reply, what: str) -> Reply:
    """Return the reply if it is one.

    Raises:
        TargetError: if the server refused.
        AnswerError: if nobody can say what it did.
    """
    if reply.state is State.REFUSED:
        raise TargetError(f"the server refused to {what}: {reply.message or reply.code}")
    if reply.state is State.UNKNOWN:
        raise AnswerError(f"no answer when asked to {what}: {reply.message}")
    return reply


def _kept(collection: Collection, picture: Picture, number: int) -> dict[str, Any]:
    known = facts(picture, number)
    return {name: known[name] for name in collection.keep}


def _own(collection: Collection, picture: Picture) -> dict[str, Any]:
    """The vector that a step of a ladder brings along: thousands of them need not go through a service one by one.

    That is what they are made for; every other picture is vectorized, as a user's would be.
    """
    return given(collection, picture.vector if collection.images.kind == "ladder" else None)


def _store(
    rest: Rest, collection: Collection, name: str, pictures: tuple[Picture, ...], progress: Progress | None
) -> None:
    objects = [
        Object(
            name, object_id(collection, picture), properties(collection, picture, number), **_own(collection, picture)
        )
        for number, picture in enumerate(pictures)
    ]
    for start in range(0, len(objects), _PORTION):
        for written, picture in zip(
            rest.insert_batch(objects[start : start + _PORTION]), pictures[start : start + _PORTION], strict=True
        ):
            if written.state is not State.OK:
                raise AnswerError(f"{name}: the image {picture.name} could not be stored: {written.message}")
        if progress is not None:
            progress(min(start + _PORTION, len(objects)), len(objects))


def _note_down(dataset: Dataset, notes: Path) -> None:
    np.save(notes.with_suffix(".npy"), dataset.vectors)
    unfinished = notes.with_suffix(".part")  # whoever sees the notes sees them whole
    unfinished.write_text(json.dumps(dataset.ids), encoding="utf-8")
    unfinished.replace(notes)


def _taken_over(
    endpoint: Endpoint, collection: Collection, name: str, pictures: tuple[Picture, ...], notes: Path
) -> Dataset:
    rows = np.load(notes.with_suffix(".npy"))
    vectors = dict(zip(json.loads(notes.read_text(encoding="utf-8")), rows.tolist(), strict=True))
    stored = []
    for number, picture in enumerate(pictures):
        id_ = object_id(collection, picture)
        vector = vectors.get(id_)
        kept = _kept(collection, picture, number)
        stored.append(Stored(id_, picture, kept, tuple(vector) if vector is not None else None))
    return Dataset(collection, name, endpoint, tuple(stored))
