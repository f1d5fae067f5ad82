"""Promises: which there are, what their values mean, and whether they are about something that is asked."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from harness.scenario.mistakes import kind, nearest, place
from harness.scenario.values import EVERY_IMAGE, LATENCY, LOAD, Asked, Collection, Promise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.scenario.reading import Document, Loc

PRECISION = re.compile(r"label_precision_at_([1-9][0-9]{0,3})")
PERCENTILE = re.compile(r"p([1-9][0-9]?(?:\.[0-9]{1,3})?)")
DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(us|ms|s)")
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}

_OF_A_QUESTION = ("first", "recall", "label_precision_at_5")
_OF_EVERY_IMAGE = ("recall", "label_precision_at_5")
_OF_LATENCY = ("p50", "p95", "p99", "errors")
_OF_LOAD = ("p50", "p90", "p95", "p99", "p99.9", "errors", "recall", "module_share_p50_max")


def promises(
    document: Document,
    data: dict[str, dict[str, Any]],
    questions: Sequence[Asked],
    collections: Sequence[Collection],
) -> tuple[Promise, ...]:
    """The promises of a scenario, in the file's order.

    Raises:
        FileError: one is about nothing that is asked, is not known, or has a value that it cannot have.
    """
    asked = {question.name: question for question in questions}
    found: list[Promise] = []
    for subject, kept in data.items():
        loc: Loc = ("promises", subject)
        if subject not in asked and subject not in {EVERY_IMAGE, LATENCY, LOAD}:
            hint = nearest(subject, [*asked, EVERY_IMAGE, LATENCY, LOAD])
            raise document.error(loc, f"a promise about {subject!r}, which nobody asks", hint=hint)
        if subject == LATENCY and not asked:
            raise document.error(loc, "a promise about latency, but there are no questions to time")
        for key, value in kept.items():
            promise = _promise(document, subject, key, value)
            if subject in asked:
                _check_fits(document, promise, asked[subject], collections)
            found.append(promise)
    return tuple(found)


def is_percentile(key: str) -> bool:
    """Whether this is a promise about a percentile of times: p50, p99.9."""
    return PERCENTILE.fullmatch(key) is not None


def milliseconds(text: str) -> float | None:
    """A duration such as `60ms`, `60 ms`, `1.5s` or `250us` in milliseconds; None if it is none."""
    match = DURATION.fullmatch(text.strip())
    return None if match is None else float(match[1]) * _MILLISECONDS[match[2]]


def _promise(document: Document, subject: str, key: str, value: Any) -> Promise:
    loc = ("promises", subject, key)
    known = {EVERY_IMAGE: _OF_EVERY_IMAGE, LATENCY: _OF_LATENCY, LOAD: _OF_LOAD}.get(subject, _OF_A_QUESTION)
    more = {_OF_LOAD: PERCENTILE, _OF_LATENCY: None}.get(known, PRECISION)
    if key not in known and not (more and more.fullmatch(key)):
        raise document.error(loc, f"there is no promise `{key}` about {subject}", hint=nearest(key, known))
    return Promise(subject, key, _value(document, key, value, loc), str(value), document.line(loc))


def _value(document: Document, key: str, value: Any, loc: Loc) -> float | str:
    if key == "first":
        if not isinstance(value, str) or not value:
            raise document.error(loc, f"`{place(loc)}` must be a subject, a label or a name, not {kind(value)}")
        return value
    if key == "errors":
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise document.error(loc, f"`{place(loc)}` must be a count of 0 or more, not {kind(value)}")
        return float(value)
    if is_percentile(key):
        duration = milliseconds(value) if isinstance(value, str) else None
        if not duration:
            hint = "write a time with its unit: 60ms, 1.5s"
            raise document.error(loc, f"`{place(loc)}` must be a duration, not {kind(value)}", hint=hint)
        return duration
    if not isinstance(value, int | float) or isinstance(value, bool) or math.isnan(value) or not 0 <= value <= 1:
        raise document.error(loc, f"`{place(loc)}` must be a share between 0 and 1, not {kind(value)}")
    return float(value)


def _check_fits(document: Document, promise: Promise, asked: Asked, collections: Sequence[Collection]) -> None:
    loc = ("promises", promise.subject, promise.key)
    if promise.rank is not None:
        if asked.limit is not None and asked.limit < promise.rank:
            hint = f"raise the limit to {promise.rank} or promise less"
            raise document.error(loc, f"`{promise.key}`, but {asked.name} asks for {asked.limit} only", hint=hint)
        if asked.picture is None or not asked.picture.label:
            hint = "only a picture of a set has a label"
            raise document.error(loc, f"`{promise.key}`, but what {asked.name} asks with has no label", hint=hint)
    if promise.key == "first":
        _check_first(document, promise, asked, collections, loc)


def _check_first(
    document: Document, promise: Promise, asked: Asked, collections: Sequence[Collection], loc: Loc
) -> None:
    known: set[str] = set()
    for collection in collections:
        if asked.goes_to(collection):
            for picture in collection.images.originals().pictures:
                views = (f"{picture.name}#{view}" for view in collection.images.views)
                known |= {picture.subject, picture.label, picture.name, *views}
    if promise.value not in known:
        what = f"no picture has the subject, label or name {promise.value!r}"
        raise document.error(loc, what, hint=nearest(str(promise.value), known - {""}))
