"""A question in one line, as people read it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.model import Aggregation, GroupBy, NearImage, NearObject, NearVector, Question, Sort, Where

_ARGUMENTS = (
    *("distance", "certainty", "limit", "offset", "autocut", "where", "sort", "group_by"),
    *("target_vectors", "tenant", "object_limit", "values_of"),
)
_SHOWN = 40


def described(question: Question | Aggregation, names: Mapping[str, str]) -> str:
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
    told = ((name, getattr(question, name, None)) for name in _ARGUMENTS)
    given = [f"{name} {_said(value)}" for name, value in told if value not in (None, (), "")]
    what = f"the number of {what}" if isinstance(question, Aggregation) else what
    return f"{what} in {question.collection}" + "".join(f", {one}" for one in given)


def _said(value: object) -> str:
    match value:
        case Where(operands=()):
            return f"{'.'.join(value.path)} {value.operator} {value.value!r}"
        case Where():
            return f"({f' {value.operator} '.join(map(_said, value.operands))})"
        case GroupBy():
            return f"{value.path} in {value.groups} groups of {value.objects_per_group}"
        case Sort():
            return f"{value.path}{' descending' if value.descending else ''}"
        case tuple():
            return ", ".join(one if isinstance(one, str) else _said(one) for one in value)
        case _:
            return repr(value)
