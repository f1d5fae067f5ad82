"""Chapter vector: which vector an object gets, compared with what the inference service says of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.checks.case import Case, Skipped
from harness.checks.registry import Per, check, image_alone, module_is
from harness.images import Picture
from harness.interfaces.service import vectors_from
from harness.model import Module

clause = partial(check, per=Per.COLLECTION)
"""Register a clause about the vector that is stored: it is read back, and nothing is asked."""

SAME = 1e-5
"""Relative difference up to which two float32 computations of one vector are the same."""


def said_of(case: Case, images: Sequence[str] = (), texts: Sequence[str] = ()) -> list[NDArray[np.float64]]:
    """Ask the inference service itself, images first.

    Raises:
        Skipped: if it can't be asked from here.
    """
    service = case.endpoint.inference.get(str(case.collection.module))
    if service is None:
        raise Skipped("the inference service behind this server can't be asked from here")
    vectors = vectors_from(service.url, case.collection.module, images=images, texts=texts)
    return [np.asarray(vector, dtype=np.float64) for vector in vectors]


def apart(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """Relative distance of two vectors; infinite if they differ in length."""
    if left.shape != right.shape:
        return float("inf")
    return float(np.linalg.norm(left - right) / max(1e-30, float(np.linalg.norm(left))))


def turned(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    """How far the directions are apart: relative distance of the normalised vectors."""
    if left.shape != right.shape:
        return float("inf")
    return apart(left / max(1e-30, float(np.linalg.norm(left))), right / max(1e-30, float(np.linalg.norm(right))))


def _two(case: Case) -> tuple[Picture, Picture]:
    """Two stored pictures whose vectors point in different directions.

    Raises:
        Skipped: if there are none.
    """
    samples = case.samples(40)
    first = samples[0]
    for other in samples[1:]:
        if first.picture and other.picture and turned(np.array(first.vector), np.array(other.vector)) > 0.1:  # noqa: PLR2004 - clearly apart
            return first.picture, other.picture
    raise Skipped("no two images with clearly different vectors")


def _stored_vector(case: Case, definition: Mapping[str, Any], values: Mapping[str, Any]) -> NDArray[np.float64]:
    with case.scratch(definition) as shelf:
        id_ = shelf.put_in(values)
        [one] = [found for found in _raw(shelf.rest.objects(shelf.class_name)) if found[0] == id_]
        case.require(one[1] is not None, "the object has no vector", properties=sorted(values))
        return np.asarray(one[1], dtype=np.float64)


def _raw(objects: Any) -> list[tuple[str, Any]]:
    return [(found.id, found.vector) for found in objects]


def class_with(
    case: Case,
    *,
    images: Sequence[str],
    texts: Sequence[str] = (),
    weights: Mapping[str, Sequence[float]] | None = None,
) -> dict[str, Any]:
    """Return a class of these image and text fields, in this order, with the weights of each kind."""
    module = str(case.collection.module)
    settings: dict[str, Any] = {"imageFields": list(images)}
    if texts:
        settings["textFields"] = list(texts)
    if weights:
        settings["weights"] = {key: list(value) for key, value in weights.items()}
    return {
        "vectorizer": module,
        "moduleConfig": {module: settings},
        "properties": [{"name": name, "dataType": ["blob"]} for name in images]
        + [{"name": name, "dataType": ["text"]} for name in texts],
        "vectorIndexConfig": {"distance": "l2-squared"},  # so that no version gives the vector back normalised
    }


@clause("vector/every-image", source="an object with an image gets a vector")
def every_image_has_a_vector(case: Case) -> None:
    """Every object that was stored with an image has a vector, all of the same length."""
    without = [one.id for one in case.dataset.stored if one.picture is not None and one.vector is None]
    case.require(not without, "objects with an image but without a vector", count=len(without), objects=without[:5])
    lengths = {len(one.vector) for one in case.dataset.with_vector if one.vector is not None}
    case.require(len(lengths) == 1, "vectors of different lengths", lengths=sorted(lengths))


@clause("vector/from-the-service", source="the stored vector is the service's answer", when=(image_alone,))
def the_vector_is_the_services(case: Case) -> None:
    """The vector of an object is what the inference service answers for its image."""
    samples = case.samples(6)
    said = said_of(case, images=[one.picture.base64 for one in samples if one.picture is not None])
    for stored, vector in zip(samples, said, strict=True):
        off = apart(np.asarray(stored.vector, dtype=np.float64), vector)
        case.require(off <= SAME, "the stored vector is not the service's", id=stored.id, relative_difference=off)


@clause(
    "vector/several-images",
    source="several images in an object: the mean of the vectors",
    writes=True,
    when=(module_is(Module.IMG2VEC),),
)
def several_images_give_their_mean(case: Case) -> None:
    """An object with two images gets the mean of their vectors."""
    one, other = _two(case)
    first, second = said_of(case, images=[one.base64, other.base64])
    got = _stored_vector(case, class_with(case, images=["front", "back"]), {"front": one.base64, "back": other.base64})
    off = apart(got, (first + second) / 2)
    case.require(
        off <= SAME,
        "the vector is not the mean of the two images' vectors",
        relative_difference=off,
        from_first_alone=apart(got, first),
        from_second_alone=apart(got, second),
    )


@clause(
    "vector/missing-second-image",
    source="the mean of the vectors of the images that are there",
    writes=True,
    when=(module_is(Module.IMG2VEC),),
)
def a_missing_second_image_leaves_the_first(case: Case) -> None:
    """Of two image fields, one that is not filled does not count."""
    one, _ = _two(case)
    [first] = said_of(case, images=[one.base64])
    got = _stored_vector(case, class_with(case, images=["front", "back"]), {"front": one.base64})
    off = apart(got, first)
    case.require(off <= SAME, "the vector is not that of the one image", relative_difference=off)


@clause(
    "vector/weights",
    source="weighted sum of text and image vectors: the direction is promised",
    writes=True,
    when=(module_is(Module.CLIP),),
)
def weights_move_the_vector_as_computed(case: Case) -> None:
    """The weights of text and image fields move the vector's direction exactly as computed, for each field."""
    _weigh(case, "first", "second")


@clause(
    "vector/weights-any-names",
    source="weights: one number a field, in the order of the fields as configured",
    writes=True,
    when=(module_is(Module.CLIP),),
)
def weights_belong_to_their_fields_whatever_the_names(case: Case) -> None:
    """A weight belongs to the field at its place in the configuration, also where the names sort otherwise."""
    _weigh(case, "second", "first")


def _weigh(case: Case, front: str, back: str) -> None:
    """Demand the direction that the weights give, with two image fields of these names, in this order."""
    one, other = _two(case)
    text = text_for(one)
    of_front, of_back, of_words = said_of(case, images=[one.base64, other.base64], texts=[text])
    for weights in ((0.9, 0.05, 0.05), (0.05, 0.9, 0.05), (0.1, 0.1, 0.8)):
        definition = class_with(
            case,
            images=[front, back],
            texts=["words"],
            weights={"imageFields": weights[:2], "textFields": weights[2:]},
        )
        got = _stored_vector(case, definition, {front: one.base64, back: other.base64, "words": text})
        off = turned(got, weights[0] * of_front + weights[1] * of_back + weights[2] * of_words)
        swapped = turned(got, weights[1] * of_front + weights[0] * of_back + weights[2] * of_words)
        case.require(
            off <= SAME,
            "the vector does not point where its weights say",
            relative_difference=off,
            relative_difference_if_the_image_weights_were_swapped=swapped,
            weights={front: weights[0], back: weights[1], "words": weights[2]},
        )


@clause(
    "vector/no-weights", source="without weights every field counts alike", writes=True, when=(module_is(Module.CLIP),)
)
def without_weights_every_field_counts_alike(case: Case) -> None:
    """Without weights an object's image and text count alike."""
    one, other = _two(case)
    text = text_for(other)
    front, words = said_of(case, images=[one.base64], texts=[text])
    got = _stored_vector(
        case, class_with(case, images=["front"], texts=["words"]), {"front": one.base64, "words": text}
    )
    off = turned(got, front + words)
    case.require(
        off <= SAME,
        "the vector is not between image and text",
        relative_difference=off,
        from_image_alone=turned(got, front),
        from_text_alone=turned(got, words),
    )


@clause("vector/own-vector", source="a vector that the user supplies is used as it is", writes=True)
def a_supplied_vector_is_used_as_it_is(case: Case) -> None:
    """An object stored with a vector of the user's own has that vector, not the module's."""
    one, other = _two(case)
    theirs = next(stored.vector for stored in case.dataset.pictured if stored.picture == other)
    with case.scratch() as shelf:
        id_ = shelf.add(one, vector=theirs)
        got = shelf.read().by_id[id_].vector
    case.require(got is not None, "the object has no vector", id=id_)
    off = apart(np.asarray(got), np.asarray(theirs))
    if case.dataset.metric.value == "cosine":
        off = turned(np.asarray(got), np.asarray(theirs))
    case.require(off <= SAME, "the supplied vector was not used as it is", id=id_, relative_difference=off)


def text_for(picture: Picture) -> str:
    """A text whose vector fits the collection: a planted one carries the picture's own vector, turned round."""
    from harness.images import planted_text

    if picture.vector is not None:
        return planted_text(tuple(reversed(picture.vector)), "turned round")
    return picture.caption or picture.label or "a photograph"
