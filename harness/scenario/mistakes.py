"""From what pydantic says to what a person needs: a sentence, the line, the nearest valid name."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

    from harness.errors import FileError
    from harness.scenario.reading import Document, Loc

_Model = TypeVar("_Model", bound=BaseModel)

_KINDS: dict[type, str] = {type(None): "nothing", dict: "a mapping", list: "a list"}

_WANTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "bool_type": "true or false",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "finite_number": "a finite number",
    "string_too_short": "a text that says something",
    "too_short": "a list with something in it",
}
_MOST_LISTED = 12
_SHOWN = 60


def nearest(name: str, names: Iterable[str]) -> str:
    """A hint: the valid name that is most like this one, or the valid names; empty if there are none."""
    known = sorted(set(names))
    lowered = {known_name.lower(): known_name for known_name in reversed(known)}
    close = get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
    if close:
        return f"did you mean `{lowered[close[0]]}`?"
    if not known:
        return ""
    more = f" … and {len(known) - _MOST_LISTED} more" if len(known) > _MOST_LISTED else ""
    return "valid: " + ", ".join(f"`{known_name}`" for known_name in known[:_MOST_LISTED]) + more


def validate(document: Document, model: type[_Model], data: Any, at: Loc = ()) -> _Model:
    """The part of a document at a place as a model.

    Raises:
        FileError: its shape is wrong; the mistake that comes first in the file.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        # A key that is missing may be there with a slip: what is there is said first, in the file's order.
        all_of_them = error.errors(include_url=False)
        there = [details for details in all_of_them if details["type"] != "missing"]
        found = [_mistake(document, model, details, at) for details in there or all_of_them]
        raise min(found, key=lambda mistake: mistake.line or 0) from None


def place(loc: Loc) -> str:
    """A place as people write it: `questions.tabby.limit`, `collections[1].class`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return "".join(parts).removeprefix(".")


def kind(value: Any) -> str:
    """What a value is, as people say it, with the value where that helps."""
    if isinstance(value, str):
        return f"the text {_short(value)!r}"
    if isinstance(value, bool):
        return str(value).lower()
    return _KINDS.get(type(value)) or _number(value)


def _number(value: Any) -> str:
    """A number as people write it, with commas and no more digits than it has; of anything else its text."""
    return f"{value:,.12g}" if isinstance(value, int | float) else repr(value)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _mistake(document: Document, model: type[BaseModel], details: ErrorDetails, at: Loc) -> FileError:
    inner = tuple(part for part in details["loc"] if part != "[key]")
    loc = (*at, *inner)
    where, given, context = place(loc), details["input"], details.get("ctx", {})
    error_type = "finite_number" if given != given else details["type"]  # noqa: PLR0124 - nan keeps to no bound
    match error_type:
        case "extra_forbidden":
            around = f" in `{place(loc[:-1])}`" if len(loc) > 1 else ""
            hint = nearest(str(loc[-1]), _keys_at(model, inner[:-1]))
            return document.error(loc, f"unknown key `{loc[-1]}`{around}", hint=hint)
        case "missing":
            return document.error(loc[:-1], f"`{where}` is missing")
        case "literal_error":
            hint = nearest(str(given), _literals_at(context))
            return document.error(loc, f"`{where}` cannot be {kind(given)}", hint=hint)
        case "string_pattern_mismatch":
            return document.error(loc, f"`{where}` has a name that does not fit {context['pattern'].strip('^$')}")
        case _:
            return document.error(loc, f"`{where}` must be {_wanted(error_type, context, details)}, not {kind(given)}")


def _wanted(error_type: str, context: Mapping[str, Any], details: ErrorDetails) -> str:
    wanted = _WANTED.get(error_type)
    return (
        details["msg"] if wanted is None else wanted.format_map({key: _number(value) for key, value in context.items()})
    )


def _literals_at(context: Mapping[str, Any]) -> list[str]:
    # pydantic lists the values as text: 'a', 'b' or 'c'
    return [part for part in str(context.get("expected", "")).split("'") if part.strip(" ,") not in {"", "or"}]


def _keys_at(model: type[BaseModel], loc: Loc) -> list[str]:
    found: type[BaseModel] | None = model
    for part in loc:
        if found is None:
            return []
        fields = {field.alias or name: field for name, field in found.model_fields.items()}
        # A part that is no field is a name or a position in a mapping or list of the model just found.
        if part in fields:
            found = _model_in(fields[str(part)].annotation)
    return [] if found is None else [field.alias or name for name, field in found.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    models = (_model_in(argument) for argument in get_args(annotation))
    return next((model for model in models if model is not None), None)
