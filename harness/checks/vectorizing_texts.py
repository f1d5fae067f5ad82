"""Chapter vectorizing: the texts of an object, which `multi2vec-clip` puts beside its images."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from harness.checks.case import Case
from harness.checks.registry import Per, check, kind_is, module_is
from harness.checks.vectorizing import class_with, said_of
from harness.checks.watching import COMPONENTS, ID, IMAGES, TEXTS, planted_values, watched
from harness.errors import AnswerError
from harness.images import planted_picture
from harness.model import Level, Module, State

_ELEMENTS = "a text array gives each of its elements"
_SURVIVES = ">=1.20"
"""1.19.13 ends while it stores an object of a class with weights of two texts: it is not asked to again."""

detail = partial(
    check, by_name=True, writes=True, per=Per.COLLECTION, when=(kind_is("planted"), module_is(Module.CLIP))
)
"""Register a clause that goes into details of texts: scenarios that list its chapter ask for it."""


@detail("vectorizing/text-array-sent", source=_ELEMENTS)
def each_text_of_an_array_is_sent(case: Case) -> None:
    """Of a text array each element is sent, once."""
    values = planted_values(case)
    with watched(case, values, _with_array(case)) as bench:
        bench.store({"front": values["front"], "words": [values["words"], values["more"]]})
        bench.demand_sent(["front", "words", "more"], "when an object with a text array was stored")


@detail("vectorizing/text-array-counts", source=_ELEMENTS)
def each_text_of_an_array_counts(case: Case) -> None:
    """Without weights each element of a text array counts as much as an image."""
    values = planted_values(case)
    with watched(case, values, _with_array(case)) as bench:
        bench.store({"front": values["front"], "words": [values["words"], values["more"]]})
        bench.demand_vector({"front": 1, "words": 1, "more": 1}, values, "with a text array")


def _with_array(case: Case) -> dict[str, Any]:
    plain = class_with(case, images=IMAGES, texts=TEXTS)
    others = [one for one in plain["properties"] if one["name"] not in TEXTS]
    return {**plain, "properties": [*others, {"name": TEXTS[0], "dataType": ["text[]"]}]}


@detail("vectorizing/text-weights-any-names", source="weights: one number a field", versions=_SURVIVES)
def weights_of_texts_belong_to_their_fields(case: Case) -> None:
    """The weight of a text belongs to the field at its place in the configuration, whatever the names."""
    values = planted_values(case)
    weights = {"textFields": (0.8, 0.1), "imageFields": (0.1,)}
    definition = class_with(case, images=("front",), texts=("words", "more"), weights=weights)
    with watched(case, values, definition) as bench:
        bench.store({name: values[name] for name in ("front", "words", "more")})
        bench.demand_vector({"front": 0.1, "words": 0.8, "more": 0.1}, values, "with weights of two texts")


@detail("vectorizing/weights-of-missing", source="a weight belongs to its field", versions=_SURVIVES)
def a_missing_field_leaves_the_other_weights(case: Case) -> None:
    """Where a field with a weight is not filled, the others keep theirs."""
    values = planted_values(case)
    weights = {"textFields": (0.8, 0.1), "imageFields": (0.1,)}
    definition = class_with(case, images=("front",), texts=("alpha", "words"), weights=weights)
    with watched(case, values, definition) as bench:
        bench.store({name: values[name] for name in ("front", "words")})
        bench.demand_vector({"front": 0.1, "words": 0.1}, values, "without the field that has the most weight")


@detail(
    "vectorizing/empty-text",
    level=Level.OBSERVED,
    source="each text field that is filled is sent: an empty text fills it, null does not",
)
def an_empty_text_is_a_text(case: Case) -> None:
    """An empty text beside an image is a text: it is sent, and counts as much as the image."""
    length = _length_of_nothing(case)
    picture = planted_picture([1.0, *[1 / 8] * ((length or COMPONENTS) - 2), secrets.randbelow(2**20) / 2**20], name="")
    values = {"front": picture.base64, "words": ""}
    with watched(case, values) as bench:
        written = bench.shelf.offer(values, id_=ID)
        if written.state is State.UNKNOWN:
            raise AnswerError(f"no answer when an object with an empty text was to be stored: {written.message}")
        bench.demand_sent(["front", "words"], "when an object with an empty text was stored")
        if length is not None:
            case.require(written.state is State.OK, "an object with an empty text is refused", message=written.message)
            bench.demand_vector({"front": 1, "words": 1}, values, "with an empty text")


def _length_of_nothing(case: Case) -> int | None:
    """The length of the vector that the service has for an empty text; None if it has none, and refuses."""
    try:
        [vector] = said_of(case, texts=[""])
    except AnswerError:
        return None
    return len(vector)
