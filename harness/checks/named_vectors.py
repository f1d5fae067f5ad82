"""Chapter named-vectors: each answers by its own image field and metric, and none is taken for another.

Which choices are refused is in chapter errors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from harness.checks.case import Case, Skipped
from harness.checks.likeness import alike
from harness.checks.rankings import different
from harness.checks.registry import Per, check, unnamed
from harness.checks.vectorizing import text_for
from harness.dataset import Dataset, Scratch, Stored
from harness.images import Picture
from harness.model import Level, Metric, Module, State
from harness.oracle import descents

_OWN = "each named vector has its own vectorizer, image fields and index"
_CHOICE = "targetVectors: one name, where a class has several named vectors"
_FEW = 8
_FRONT, _BACK = "front", "back"
_HALF = "00000000-0000-4000-8000-00000000ba1f"
_METRICS = {_FRONT: Metric.COSINE, _BACK: Metric.L2}
_TAKEN = 2.0
"""Distances below that can be counted by on every version, whatever the metric: see `aggregate/distance`."""

clause = partial(check, by_name=True, writes=True, when=(unnamed,), versions=">=1.24")
"""Registers a clause about a class with named vectors."""


@dataclass(frozen=True)
class _Album:
    """A class whose objects have two pictures, each with a named vector of its own."""

    shelf: Scratch
    pictures: tuple[Picture, ...]
    views: Mapping[str, Dataset]

    def case(self, case: Case, name: str) -> Case:
        """The view by one named vector."""
        return case.on(self.views[name])


@contextmanager
def _album(case: Case) -> Iterator[_Album]:
    """Objects whose back is the front of the one before: by the wrong vector each search finds the wrong object."""
    definition = _definition(case, {_FRONT: (_FRONT,), _BACK: (_BACK,)})
    found = {one.vector: one.picture for one in case.samples(case.count) if one.picture is not None}
    pictures = tuple(found.values())[:_FEW]
    with case.scratch(definition) as shelf:
        for number, picture in enumerate(pictures):
            shelf.put_in({_FRONT: picture.base64, _BACK: pictures[number - 1].base64}, picture=picture)
        yield _Album(shelf, pictures, {name: _view(case, shelf, definition, name) for name in _METRICS})


def _definition(case: Case, fields: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
    """A class with a named vector for each of these, made of these image fields, and with a metric of its own."""
    module = str(case.collection.module)
    return {
        "vectorConfig": {
            name: {
                "vectorizer": {module: {"imageFields": list(of)}},
                "vectorIndexType": "hnsw",
                "vectorIndexConfig": {"distance": str(_METRICS[name])},
            }
            for name, of in fields.items()
        },
        "properties": [{"name": name, "dataType": ["blob"]} for name in dict.fromkeys(sum(fields.values(), ()))],
    }


def _view(case: Case, shelf: Scratch, definition: Mapping[str, Any], name: str) -> Dataset:
    return shelf.read(replace(case.collection, definition=definition, vector_name=name, metric=_METRICS[name], keep=()))


def _vector(stored: Stored) -> tuple[float, ...]:
    assert stored.vector is not None
    return stored.vector


# --- whose field, whose metric ---------------------------------------------------------------------


@clause("named-vectors/own-field", source=_OWN)
def each_answers_by_its_own_field_and_metric(case: Case) -> None:
    """A search by a named vector finds by that vector's image field, at the distances of its metric."""
    album = case.standing(_album)
    for name in _METRICS:
        view = album.case(case, name)
        for stored in view.dataset.pictured:
            _demand_own(case, album, stored, name, _vector(stored))
        for picture in album.pictures[:3]:
            truth = view.truth_of(picture)
            for limit in (1, 3, _FEW):
                question = view.near(picture, limit=limit)
                hits = view.hits(question)
                view.demand(question, hits, truth.faults(hits, truth.expect(limit=limit)))
                view.demand(question, hits, truth.wrong_distances(hits))
                view.demand(question, hits, descents(hits))


@clause("named-vectors/threshold", source=f"{_OWN}; distance is the largest dissimilarity allowed")
def a_threshold_is_one_of_its_metric(case: Case) -> None:
    """A threshold is judged by the metric of the named vector that is searched."""
    album = case.standing(_album)
    for name in _METRICS:
        view = album.case(case, name)
        truth = view.truth_of(album.pictures[1])
        for threshold in truth.distinct_distances():
            question = view.near(album.pictures[1], distance=threshold, limit=_FEW)
            hits = view.hits(question)
            view.demand(question, hits, truth.faults(hits, truth.expect(threshold=threshold)))


@clause("named-vectors/read-back", source="`_additional{vectors{name}}` has each named vector under its name")
def each_is_read_back_by_its_name(case: Case) -> None:
    """A hit brings each named vector that was asked for, under its own name, as the service made it."""
    album = case.standing(_album)
    view = album.case(case, _FRONT)
    question = view.near(album.pictures[0], limit=_FEW, vectors=tuple(_METRICS))
    hits = view.hits(question)
    for hit in hits:
        own = view.dataset.by_id.get(hit.id)
        view.require(own is not None, "an object that is not there", question, hits)
        assert own is not None
        for name in _METRICS:
            _demand_own(case, album, own, name, hit.vectors.get(name, ()))


def _demand_own(case: Case, album: _Album, stored: Stored, name: str, got: Sequence[float]) -> None:
    """Demand that a named vector of an object is the one of its own image."""
    assert stored.picture is not None
    number = album.pictures.index(stored.picture)
    picture = album.pictures[number if name == _FRONT else number - 1]
    made = case.probe.image(album.views[name].collection, picture)
    case.require(
        alike(got, made, _METRICS[name]),
        "a named vector is not the one of its image",
        id=stored.id,
        vector=name,
        image=picture.name,
        components=len(got),
    )


@clause("named-vectors/missing-image", source=f"{_OWN}; an object without its image has no such vector")
def an_object_without_an_image_lacks_that_vector_alone(case: Case) -> None:
    """An object without the image of one named vector is stored, found by the other, and by that one never."""
    with _album(case) as album:
        written = album.shelf.offer({_FRONT: album.pictures[0].base64}, id_=_HALF)
        stored = written.state is State.OK
        case.require(stored, "an object without the image of one vector is refused", message=written.message)
        for name, there in ((_FRONT, True), (_BACK, False)):
            view = album.case(case, name)
            question = view.near(album.pictures[0], limit=2 * _FEW)
            hits = view.hits(question)
            found = any(hit.id == _HALF for hit in hits)
            view.require(
                found is there, f"it is {'not ' if there else ''}found by {name}", question, hits, object=_HALF
            )


@clause("named-vectors/near-object", source=f"{_OWN}, so nearObject searches with the vector of that name")
def an_object_is_near_by_the_chosen_vector(case: Case) -> None:
    """`nearObject` with a named vector searches with that object's vector of this name."""
    album = case.standing(_album)
    for name in _METRICS:
        view = album.case(case, name)
        stored = view.dataset.pictured[2]
        truth = view.dataset.truth(_vector(stored))
        question = view.near_object(stored.id, limit=3)
        hits = view.hits(question)
        view.demand(question, hits, truth.faults(hits, truth.expect(limit=3)))


@clause("named-vectors/near-vector", level=Level.SHOULD, source=f"{_OWN}; nearImage is nearVector with its vector")
def a_vector_finds_what_its_image_finds(case: Case) -> None:
    """By each named vector `nearVector` answers as `nearImage` does with the image of that vector."""
    album = case.standing(_album)
    for name in _METRICS:
        view = album.case(case, name)
        truth = view.truth_of(album.pictures[1])
        question = view.near_vector(truth.query, limit=_FEW)
        hits = view.hits(question)
        by_image = view.hits(view.near(album.pictures[1], limit=_FEW))
        error = truth.apart(hit.id for hit in hits)
        view.demand(question, hits, different(hits, by_image, error=error), compared_with="nearImage")


@clause("named-vectors/counted", level=Level.SHOULD, source=f"{_OWN}; Aggregate counts what Get finds")
def what_a_named_vector_finds_is_counted(case: Case) -> None:
    """`Aggregate` within a distance counts by the named vector that was chosen."""
    album = case.standing(_album)
    for name in _METRICS:
        view = album.case(case, name)
        truth = view.truth_of(album.pictures[1])
        threshold = max(one for one in truth.distinct_distances() if one < _TAKEN)
        counted = view.tally(view.near(album.pictures[1], distance=threshold).counted()).objects
        expected = truth.expect(threshold=threshold)
        view.require(
            expected.least <= counted <= expected.most,
            "another number than that vector finds",
            vector=name,
            counted=counted,
            at_least=expected.least,
            at_most=expected.most,
        )


# --- whose module ----------------------------------------------------------------------------------


@clause("named-vectors/two-modules", source=f"{_OWN}, whichever module that is", per=Per.MODULE)
def each_answers_by_its_own_module(case: Case) -> None:
    """With two modules in one class each named vector is made by its own, and searched by what that one knows."""
    modules = {_FRONT: Module.IMG2VEC, _BACK: Module.CLIP}
    if absent := [str(one) for one in modules.values() if str(one) not in case.endpoint.modules]:
        raise Skipped(f"this server has no {', '.join(absent)}")
    definition = _definition(case, dict.fromkeys(modules, ("image",)))
    for name, module in modules.items():
        texts = {"textFields": ["words"]} if module is Module.CLIP else {}
        definition["vectorConfig"][name]["vectorizer"] = {str(module): {"imageFields": ["image"], **texts}}
    definition["properties"].append({"name": "words", "dataType": ["text"]})
    found = {one.vector: one.picture for one in case.samples(case.count) if one.picture is not None}
    with case.scratch(definition) as shelf:
        for picture in list(found.values())[:_FEW]:
            shelf.put_in({"image": picture.base64, "words": text_for(picture)}, picture=picture)
        for name, module in modules.items():
            dataset = _view(case, shelf, definition, name)
            view = case.on(replace(dataset, collection=replace(dataset.collection, module=module)))
            for stored in dataset.pictured:
                _demand_made(view, stored, name)
            _demand_searched(view, module)


def _demand_made(view: Case, stored: Stored, name: str) -> None:
    """Demand that a vector is that of the image alone (img2vec-neural) or of image and text (multi2vec-clip)."""
    assert stored.picture is not None
    made = np.asarray(view.probe.image(view.collection, stored.picture))
    if view.collection.module is Module.CLIP:
        # of both the mean: each counts alike
        made = (made + np.asarray(view.probe.text(view.collection, text_for(stored.picture)))) / 2
    view.require(
        alike(stored.vector or (), made.tolist(), view.dataset.metric),
        "a named vector is not the one of its module",
        id=stored.id,
        vector=name,
        module=str(view.collection.module),
        components=len(stored.vector or ()),
    )


def _demand_searched(view: Case, module: Module) -> None:
    """Demand that an image finds its nearest by this vector, and a text too, or a refusal where none is known."""
    picture = view.dataset.pictured[0].picture
    assert picture is not None
    truth = view.truth_of(picture)
    question = view.near(picture, limit=3)
    hits = view.hits(question)
    view.demand(question, hits, truth.faults(hits, truth.expect(limit=3)))
    by_text = view.near_text(text_for(picture), limit=3)
    if module is not Module.CLIP:
        view.refused(by_text)
        return
    truth = view.truth_of_text(text_for(picture))
    hits = view.hits(by_text)
    view.demand(by_text, hits, truth.faults(hits, truth.expect(limit=3)))


@clause("named-vectors/only-one", source=_CHOICE)
def the_only_one_need_not_be_chosen(case: Case) -> None:
    """With one named vector a search without targetVectors answers as with it."""
    definition = _definition(case, {_FRONT: (_FRONT,)})
    with case.scratch(definition) as shelf:
        pictures = [one.picture for one in case.samples(_FEW) if one.picture is not None]
        for picture in pictures:
            shelf.put_in({_FRONT: picture.base64}, picture=picture)
        view = case.on(_view(case, shelf, definition, _FRONT))
        truth = view.truth_of(pictures[0])
        for chosen in ((), (_FRONT,)):
            question = view.near(pictures[0], limit=_FEW, target_vectors=chosen)
            hits = view.hits(question)
            view.demand(question, hits, truth.faults(hits, truth.expect(limit=_FEW)))
