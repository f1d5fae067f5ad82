"""A question in one line, as people read it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.model import NearImage, NearObject, NearVector, Question, Where

_ARGUMENTS = ("distance", "certainty", "limit", "offset", "where")
_SHOWN = 40


def described(question: Question, names: Mapping[str, str]) -> str:
    """Return a question in one line.

    Args:
        question: what is asked.
        names: what the images are called, by what is sent.
    """
    near = question.near
    if isinstance(near, NearImage):
        what = f"nearImage {names.get(near.image) or repr(near.image[:_SHOWN])}"
    elif isinstance(near, NearVector):
        length = len(near.vector)
        what = f"nearVector of {length} component{'' if length == 1 else 's'}"
    elif isinstance(near, NearObject):
        what = f"nearObject {near.id}"
    else:
        what = f"nearText {', '.join(map(repr, near.concepts))}"
    given = [f"{name} {_said(value)}" for name in _ARGUMENTS if (value := getattr(question, name)) is not None]
    return f"{what} in {question.collection}" + "".join(f", {one}" for one in given)


def _said(value: float | Where) -> str:
    if isinstance(value, Where):
        return f"{'.'.join(value.path)} {value.operator} {value.value!r}"
    return repr(value)
