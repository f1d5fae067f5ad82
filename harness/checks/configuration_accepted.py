"""Chapter configuration: classes that are accepted and can't do what they say, and what comes of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from harness.checks.case import Case
from harness.checks.configuration import class_of
from harness.checks.refusing import asked, named, no_crash, shortened, written
from harness.checks.registry import check, module_is
from harness.dataset import Scratch
from harness.errors import AnswerError, TargetError
from harness.model import Level, Module, NearImage, Question, State

_ID = "00000000-0000-4000-8000-000000000001"
_NOT_MADE_UP = "never a made-up vector, never a crash: an object without the image has no vector"

accepted = partial(check, level=Level.SHOULD, source=_NOT_MADE_UP, by_name=True, writes=True)
"""Registers a check of a class that a server may accept or refuse; scenarios that list it ask for it."""


@accepted("configuration/field-nowhere")
def a_field_that_is_not_there_makes_no_vector(case: Case) -> None:
    """A class whose image field does not exist is refused, or its objects have no vector and are not found."""
    _demand_nothing_found(case, class_of(case, {"imageFields": ["picture"]}), {"words": "no image at all"})


@accepted("configuration/field-is-text")
def a_text_is_no_image(case: Case) -> None:
    """A class whose image field is a text is refused, or what is no image in it is refused with the service's word."""
    _demand_nothing_found(case, class_of(case, {"imageFields": ["words"]}), {"words": "no image at all"}, stored=False)


@accepted("configuration/no-settings")
def a_module_without_settings_makes_no_vector(case: Case) -> None:
    """A class that says nothing to its module is refused, or its objects have no vector or are refused by the cause."""
    definition = class_of(case)
    del definition["moduleConfig"]
    picture = case.samples(1)[0].picture
    assert picture is not None
    because = ["moduleconfig", "imageFields", str(case.collection.module)]
    _demand_nothing_found(case, definition, {"image": picture.base64}, because=because)


@accepted("configuration/weights-zero", when=(module_is(Module.CLIP),))
def weights_of_zero_break_nothing(case: Case) -> None:
    """A class whose weights are all 0 is refused, or its objects are; what was stored can be read and listed."""
    picture = case.samples(1)[0].picture
    assert picture is not None
    settings = {"imageFields": ["image"], "weights": {"imageFields": [0]}}
    definition = class_of(case, settings)
    facts: dict[str, Any] = {"definition": definition}
    try:
        with case.scratch(definition) as shelf:
            written(shelf.offer({"image": picture.base64}, id_=_ID), facts)
            reply = shelf.rest.request("GET", "/v1/objects", params={"class": shelf.class_name, "include": "vector"})
            no_crash(reply.message, facts)
            reply.need("list the objects of a class")
    except TargetError:
        return  # refused: nothing can go wrong with it


def _demand_nothing_found(
    case: Case,
    definition: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    stored: bool = True,
    because: list[str] | tuple[()] = (),
) -> None:
    """Demand that a class is refused, or that its one object is found by no image.

    Args:
        case: whose check this is.
        definition: the class.
        values: the object's properties.
        stored: whether the object may be stored.
        because: words of which the refusal of the object, if it is refused, has to have one.
    """
    picture = case.samples(1)[0].picture
    assert picture is not None
    facts: dict[str, Any] = {"definition": dict(definition), "properties": sorted(values)}
    try:
        with case.scratch(definition) as shelf:
            found = shelf.offer(values, id_=_ID)
            facts["message"] = shortened(found.message)
            if written(found, facts):
                case.require(stored, "an object was stored whose image is none", **facts)
                _demand_no_vector(case, shelf, facts)
            else:
                named(found.message, because, facts)
            question = Question(shelf.class_name, NearImage(picture.base64), limit=3)
            answer = asked(case, question)
            hits = answer.hits if answer.state is State.OK else ()
            case.require(not hits, "an object is found that has no image", question, hits, **facts)
    except TargetError as refusal:
        no_crash(refusal.what, facts)


def _demand_no_vector(case: Case, shelf: Scratch, facts: Mapping[str, Any]) -> None:
    there = shelf.read().by_id.get(_ID)
    if there is None:
        raise AnswerError("an object was stored and is not there")
    case.require(there.vector is None, "an object without an image has a vector", **facts)
