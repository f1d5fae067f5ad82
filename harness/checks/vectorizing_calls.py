"""Chapter vectorizing: what the inference service is sent when an object changes, and what its vector is then.

Our own service tells what it was sent; planted pictures, which nobody else sends, are known by their fingerprints.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.checks.case import Case, Skipped, Violation
from harness.checks.registry import check, kind_is, module_is
from harness.checks.vectorizing import SAME, apart, class_with, said_of, turned
from harness.dataset import Scratch
from harness.dataset.loading import must
from harness.errors import AnswerError
from harness.images import fingerprint, planted_picture, planted_text
from harness.interfaces.rest import Object
from harness.interfaces.service import NO_CALLS, calls_since
from harness.model import Module, NearImage, Question, State

_IMAGES = ("front", "back")
_TEXTS = ("words",)
_ASIDE, _NOTE = "aside", "note"
_PICTURES = (*_IMAGES, _ASIDE, "new")
_COMPONENTS = 8
_ID = "00000000-0000-4000-8000-0000000000aa"

_EACH = "each configured field that is filled is sent, and nothing else"
_SILENT = "an update that does not change the image makes no call and keeps the vector"
_COMBINED = "several images: their mean; images and texts: the direction of the weighted sum"
_SURVIVES = ">=1.20"
"""1.19.13 ends while it stores an object of a class with weights of two texts: it is not asked to again."""

_ELEMENTS = "a text array gives each of its elements"

detail = partial(check, by_name=True, writes=True)
"""Register a clause that goes into details: scenarios that list its chapter ask for it."""

_planted = kind_is("planted")
_clip = module_is(Module.CLIP)


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
        self.shelf.put_in(values, id_=_ID, vector=vector)

    def put(self, values: Mapping[str, Any]) -> None:
        """Replace it."""
        must(self.shelf.rest.put(Object(self.shelf.class_name, _ID, dict(values))), "replace an object")

    def patch(self, values: Mapping[str, Any]) -> None:
        """Change some of it."""
        self.shelf.patch(_ID, values)

    def vector(self) -> NDArray[np.float64] | None:
        """The vector that it has now."""
        found = self.shelf.rest.get(self.shelf.class_name, _ID)
        if found is None:
            raise AnswerError("an object that was stored is not there")
        return None if found.vector is None else np.asarray(found.vector, dtype=np.float64)

    def demand_vector(self, parts: Mapping[str, float], values: Mapping[str, str], when: str) -> None:
        """Demand the vector that is made of these parts with these weights, by what the service says of each."""
        case, got = self.case, self.vector()
        case.require(got is not None, f"{when} the object has no vector", parts=list(parts))
        images, texts = ([name for name in parts if (name in _PICTURES) is yes] for yes in (True, False))
        said = said_of(case, images=[values[name] for name in images], texts=[values[name] for name in texts])
        vectors = dict(zip((*images, *texts), said, strict=True))
        total = sum((weight * vectors[name] for name, weight in parts.items()), np.zeros(_COMPONENTS))
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


def _values(case: Case) -> dict[str, str]:
    """An image or a text for each field, and one more image: planted ones, which nobody else sends."""
    salt = secrets.randbelow(2**20) / 2**20

    def vector(place: int) -> list[float]:
        return [*(4.0 if one == place else 1.0 for one in range(_COMPONENTS - 1)), salt]

    values = {name: planted_picture(vector(place), name=name).base64 for place, name in enumerate(_PICTURES)}
    if case.collection.module is Module.CLIP:
        for place, name in enumerate((*_TEXTS, _NOTE, "more"), start=4):
            values[name] = planted_text(vector(place), name)
    return values


@contextmanager
def _watched(case: Case, known: Mapping[str, str], definition: Mapping[str, Any] | None = None) -> Iterator[Watched]:
    """A class of two image fields (and a text field), beside which there is a blob and a text that are no such.

    Raises:
        Skipped: the service does not tell what it is sent.
    """
    service = case.endpoint.inference.get(str(case.collection.module))
    if service is None or not service.ours:
        raise Skipped("the inference service behind this server does not tell what it is sent")
    texts = _TEXTS if case.collection.module is Module.CLIP else ()
    plain = class_with(case, images=_IMAGES, texts=texts)
    beside = [{"name": _ASIDE, "dataType": ["blob"]}, {"name": _NOTE, "dataType": ["text"]}]
    with case.scratch(definition or {**plain, "properties": [*plain["properties"], *beside]}) as shelf:
        yield Watched(case, shelf, service.url, known)


def _filled(values: Mapping[str, str]) -> dict[str, str]:
    """The fields of an object that are vectorized."""
    return {name: values[name] for name in (*_IMAGES, *_TEXTS) if name in values}


# --- what is sent --------------------------------------------------------------------------------


@detail("vectorizing/fields-sent", source=_EACH, when=(_planted,))
def the_configured_fields_are_sent(case: Case) -> None:
    """Of an object the configured fields are sent, each once, and no other."""
    values = _values(case)
    with _watched(case, values) as bench:
        bench.store({name: value for name, value in values.items() if name not in {"new", "more"}})
        bench.demand_sent(list(_filled(values)), "when an object was stored")


@detail("vectorizing/text-array-sent", source=_ELEMENTS, when=(_planted, _clip))
def each_text_of_an_array_is_sent(case: Case) -> None:
    """Of a text array each element is sent, once."""
    values = _values(case)
    with _watched(case, values, _with_array(case)) as bench:
        bench.store({"front": values["front"], "words": [values["words"], values["more"]]})
        bench.demand_sent(["front", "words", "more"], "when an object with a text array was stored")


@detail("vectorizing/text-array-counts", source=_ELEMENTS, when=(_planted, _clip))
def each_text_of_an_array_counts(case: Case) -> None:
    """Without weights each element of a text array counts as much as an image."""
    values = _values(case)
    with _watched(case, values, _with_array(case)) as bench:
        bench.store({"front": values["front"], "words": [values["words"], values["more"]]})
        bench.demand_vector({"front": 1, "words": 1, "more": 1}, values, "with a text array")


def _with_array(case: Case) -> dict[str, Any]:
    plain = class_with(case, images=_IMAGES, texts=_TEXTS)
    others = [one for one in plain["properties"] if one["name"] not in _TEXTS]
    return {**plain, "properties": [*others, {"name": _TEXTS[0], "dataType": ["text[]"]}]}


@detail("vectorizing/query-sent", source="the image goes to the service as it is", when=(_planted,))
def the_image_of_a_query_is_sent_as_it_is(case: Case) -> None:
    """The image of a query is sent as it came, once, and nothing else."""
    values = _values(case)
    with _watched(case, values) as bench:
        bench.store({"front": values["front"]})
        bench.calls()
        case.hits(Question(bench.shelf.class_name, NearImage(values["new"]), limit=1))
        bench.demand_sent(["new"], "when it was searched by an image")


# --- when nothing is sent ------------------------------------------------------------------------


@detail("vectorizing/own-vector-silent", source="a vector that the user supplies makes no call", when=(_planted,))
def an_own_vector_needs_no_service(case: Case) -> None:
    """For an object that brings its vector nothing is sent."""
    values = _values(case)
    with _watched(case, values) as bench:
        bench.store(_filled(values), vector=tuple(float(one) for one in range(1, _COMPONENTS + 1)))
        bench.demand_sent([], "for an object with its own vector")


@detail("vectorizing/same-put-silent", source=_SILENT, when=(_planted,))
def the_same_object_again_needs_no_service(case: Case) -> None:
    """A PUT with the same images and texts sends nothing and keeps the vector."""
    values = _values(case)
    with _watched(case, values) as bench:
        bench.store(_filled(values))
        _demand_silent(bench, lambda: bench.put(_filled(values)), "when the same object was put again")


@detail("vectorizing/patch-beside-silent", source=_SILENT, when=(_planted,))
def a_change_beside_the_fields_needs_no_service(case: Case) -> None:
    """A PATCH of what is not vectorized sends nothing and keeps the vector."""
    values = _values(case)
    with _watched(case, values) as bench:
        bench.store({**_filled(values), _NOTE: "before"})
        _demand_silent(bench, lambda: bench.patch({_NOTE: "after"}), "when another property was changed")


@detail("vectorizing/delete-silent", source="what is deleted needs no vector", when=(_planted,))
def a_deletion_needs_no_service(case: Case) -> None:
    """When an object is deleted, by its id or by a filter, nothing is sent."""
    values = _values(case)
    with _watched(case, values) as bench:
        for how in ("its id", "a filter"):
            bench.store(_filled(values))
            bench.calls()
            if how == "its id":
                bench.shelf.delete(_ID)
            else:
                _delete_by_filter(bench.shelf)
            bench.demand_sent([], f"when an object was deleted by {how}")
            left = [one.id for one in bench.shelf.rest.objects(bench.shelf.class_name)]
            case.require(not left, f"an object that was deleted by {how} is there", left=left)


def _delete_by_filter(shelf: Scratch) -> None:
    where = {"path": ["id"], "operator": "Equal", "valueText": _ID}
    body = {"match": {"class": shelf.class_name, "where": where}}
    must(shelf.rest.request("DELETE", "/v1/batch/objects", body), "delete by a filter")


def _demand_silent(bench: Watched, change: Any, when: str) -> None:
    before = bench.vector()
    bench.calls()
    change()
    bench.demand_sent([], when)
    after = bench.vector()
    same = before is not None and after is not None and bool(np.array_equal(before, after))
    bench.case.require(same, f"{when} the vector changed", before=str(before), after=str(after))


@detail("vectorizing/nothing-to-send", source="an object without the image has no vector", when=(_planted,))
def without_an_image_nothing_is_sent(case: Case) -> None:
    """An object whose fields are missing or null is stored without a call and without a vector."""
    values = _values(case)
    for kind, none in (("missing", {}), ("null", dict.fromkeys(_filled(values)))):
        with _watched(case, values) as bench:
            written = bench.shelf.offer({_NOTE: "alone", **none}, id_=_ID)
            if written.state is State.UNKNOWN:
                raise AnswerError(f"no answer when an object without an image was to be stored: {written.message}")
            facts: dict[str, Any] = {"fields": kind, "message": written.message}
            case.require(written.state is State.OK, "an object without an image is refused", **facts)
            case.require(bench.vector() is None, "an object without an image has a vector", **facts)
            bench.demand_sent([], f"for an object whose fields are {kind}")


@detail(
    "vectorizing/empty-image",
    source="what is not an image has no vector",
    when=(_planted,),
)
def an_empty_image_gives_no_vector(case: Case) -> None:
    """An object whose only image is an empty text is refused, or stored without a vector."""
    values = _values(case)
    with _watched(case, values) as bench:
        written = bench.shelf.offer({"front": ""}, id_=_ID)
        if written.state is State.UNKNOWN:
            raise AnswerError(f"no answer when an object with an empty image was to be stored: {written.message}")
        if written.state is State.OK and (vector := bench.vector()) is not None:
            raise Violation("an object with an empty image was given a vector", {"vector": str(vector)})


# --- what the vector is then ---------------------------------------------------------------------


@detail("vectorizing/patch-one-of-two", source=_COMBINED, when=(_planted,))
def one_changed_field_leaves_the_others_in(case: Case) -> None:
    """After a PATCH of one image the vector is the combination of the new one with the fields that stayed."""
    values = _values(case)
    with _watched(case, values) as bench:
        bench.store(_filled(values))
        bench.patch({"front": values["new"]})
        parts = {name: 1.0 for name in _filled(values) if name != "front"}
        bench.demand_vector({"new": 1.0, **parts}, values, "after a PATCH of one image")


@detail("vectorizing/put-without-one", source=_COMBINED, when=(_planted,))
def a_field_that_is_gone_counts_no_more(case: Case) -> None:
    """After a PUT that leaves an image out the vector is that of what is left."""
    values = _values(case)
    with _watched(case, values) as bench:
        bench.store(_filled(values))
        bench.put({"front": values["front"]})
        bench.demand_vector({"front": 1.0}, values, "after a PUT without the other fields")


@detail(
    "vectorizing/text-weights-any-names",
    source="weights: one number a field",
    when=(_planted, _clip),
    versions=_SURVIVES,
)
def weights_of_texts_belong_to_their_fields(case: Case) -> None:
    """The weight of a text belongs to the field at its place in the configuration, whatever the names."""
    values = _values(case)
    weights = {"textFields": (0.8, 0.1), "imageFields": (0.1,)}
    definition = class_with(case, images=("front",), texts=("words", "more"), weights=weights)
    with _watched(case, values, definition) as bench:
        bench.store({name: values[name] for name in ("front", "words", "more")})
        bench.demand_vector({"front": 0.1, "words": 0.8, "more": 0.1}, values, "with weights of two texts")


@detail(
    "vectorizing/weights-of-missing",
    source="a weight belongs to its field",
    when=(_planted, _clip),
    versions=_SURVIVES,
)
def a_missing_field_leaves_the_other_weights(case: Case) -> None:
    """Where a field with a weight is not filled, the others keep theirs."""
    values = _values(case)
    weights = {"textFields": (0.8, 0.1), "imageFields": (0.1,)}
    definition = class_with(case, images=("front",), texts=("alpha", "words"), weights=weights)
    with _watched(case, values, definition) as bench:
        bench.store({name: values[name] for name in ("front", "words")})
        bench.demand_vector({"front": 0.1, "words": 0.1}, values, "without the field that has the most weight")
