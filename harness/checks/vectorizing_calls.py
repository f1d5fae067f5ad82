"""Chapter vectorizing: what the inference service is sent when an object changes, and what its vector is then."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from harness.checks.case import Case, Violation
from harness.checks.registry import Per, check, kind_is
from harness.checks.watching import COMPONENTS, ID, NOTE, Watched, filled, planted_values, watched
from harness.dataset import Scratch
from harness.dataset.loading import must
from harness.errors import AnswerError
from harness.model import NearImage, Question, State

_EACH = "each configured field that is filled is sent, and nothing else"
_SILENT = "an update that does not change the image makes no call and keeps the vector"
_COMBINED = "several images: their mean; images and texts: the direction of the weighted sum"

detail = partial(check, by_name=True, writes=True, per=Per.COLLECTION)
"""Register a clause that goes into details: scenarios that list its chapter ask for it."""

_planted = kind_is("planted")


# --- what is sent --------------------------------------------------------------------------------


@detail("vectorizing/fields-sent", source=_EACH, when=(_planted,))
def the_configured_fields_are_sent(case: Case) -> None:
    """Of an object the configured fields are sent, each once, and no other."""
    values = planted_values(case)
    with watched(case, values) as bench:
        bench.store({name: value for name, value in values.items() if name not in {"new", "more"}})
        bench.demand_sent(list(filled(values)), "when an object was stored")


@detail("vectorizing/query-sent", source="the image goes to the service as it is", per=Per.INTERFACE, when=(_planted,))
def the_image_of_a_query_is_sent_as_it_is(case: Case) -> None:
    """The image of a query is sent as it came, once, and nothing else."""
    values = planted_values(case)
    with watched(case, values) as bench:
        bench.store({"front": values["front"]})
        bench.calls()
        case.hits(Question(bench.shelf.class_name, NearImage(values["new"]), limit=1))
        bench.demand_sent(["new"], "when it was searched by an image")


# --- when nothing is sent ------------------------------------------------------------------------


@detail("vectorizing/own-vector-silent", source="a vector that the user supplies makes no call", when=(_planted,))
def an_own_vector_needs_no_service(case: Case) -> None:
    """For an object that brings its vector nothing is sent."""
    values = planted_values(case)
    with watched(case, values) as bench:
        bench.store(filled(values), vector=tuple(float(one) for one in range(1, COMPONENTS + 1)))
        bench.demand_sent([], "for an object with its own vector")


@detail("vectorizing/same-put-silent", source=_SILENT, when=(_planted,))
def the_same_object_again_needs_no_service(case: Case) -> None:
    """A PUT with the same images and texts sends nothing and keeps the vector."""
    values = planted_values(case)
    with watched(case, values) as bench:
        bench.store(filled(values))
        _demand_silent(bench, lambda: bench.put(filled(values)), "when the same object was put again")


@detail("vectorizing/patch-beside-silent", source=_SILENT, when=(_planted,))
def a_change_beside_the_fields_needs_no_service(case: Case) -> None:
    """A PATCH of what is not vectorized sends nothing and keeps the vector."""
    values = planted_values(case)
    with watched(case, values) as bench:
        bench.store({**filled(values), NOTE: "before"})
        _demand_silent(bench, lambda: bench.patch({NOTE: "after"}), "when another property was changed")


@detail("vectorizing/delete-silent", source="what is deleted needs no vector", when=(_planted,))
def a_deletion_needs_no_service(case: Case) -> None:
    """When an object is deleted, by its id or by a filter, nothing is sent."""
    values = planted_values(case)
    with watched(case, values) as bench:
        for how in ("its id", "a filter"):
            bench.store(filled(values))
            bench.calls()
            if how == "its id":
                bench.shelf.delete(ID)
            else:
                _delete_by_filter(bench.shelf)
            bench.demand_sent([], f"when an object was deleted by {how}")
            left = [one.id for one in bench.shelf.rest.objects(bench.shelf.class_name)]
            case.require(not left, f"an object that was deleted by {how} is there", left=left)


def _delete_by_filter(shelf: Scratch) -> None:
    where = {"path": ["id"], "operator": "Equal", "valueText": ID}
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
    values = planted_values(case)
    for kind, none in (("missing", {}), ("null", dict.fromkeys(filled(values)))):
        with watched(case, values) as bench:
            written = bench.shelf.offer({NOTE: "alone", **none}, id_=ID)
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
    values = planted_values(case)
    with watched(case, values) as bench:
        written = bench.shelf.offer({"front": ""}, id_=ID)
        if written.state is State.UNKNOWN:
            raise AnswerError(f"no answer when an object with an empty image was to be stored: {written.message}")
        if written.state is State.OK and (vector := bench.vector()) is not None:
            raise Violation("an object with an empty image was given a vector", {"vector": str(vector)})


# --- what the vector is then ---------------------------------------------------------------------


@detail("vectorizing/patch-one-of-two", source=_COMBINED, when=(_planted,))
def one_changed_field_leaves_the_others_in(case: Case) -> None:
    """After a PATCH of one image the vector is the combination of the new one with the fields that stayed."""
    values = planted_values(case)
    with watched(case, values) as bench:
        bench.store(filled(values))
        bench.patch({"front": values["new"]})
        parts = {name: 1.0 for name in filled(values) if name != "front"}
        bench.demand_vector({"new": 1.0, **parts}, values, "after a PATCH of one image")


@detail("vectorizing/put-without-one", source=_COMBINED, when=(_planted,))
def a_field_that_is_gone_counts_no_more(case: Case) -> None:
    """After a PUT that leaves an image out the vector is that of what is left."""
    values = planted_values(case)
    with watched(case, values) as bench:
        bench.store(filled(values))
        bench.put({"front": values["front"]})
        bench.demand_vector({"front": 1.0}, values, "after a PUT without the other fields")
