"""Chapter encoding: base64 in each of the forms that people have it in, as queries and as properties."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode
from functools import partial
from typing import Any

from harness.checks.case import Case
from harness.checks.encoding_files import demand_not_stored, offered, plain_class
from harness.checks.refusing import asked, shortened, written
from harness.checks.registry import check
from harness.errors import AnswerError
from harness.model import Answer, Hit, Level, NearImage, Question, State

_AS_IT_IS = "the image of a query goes to the service as it is: it works where the service's decoder takes it"
_STRICT = "a blob is one line of padded standard base64: `not a valid blob base64 string`"
_COLUMNS = 76
"""Where `base64` of a Unix shell breaks lines."""

_FIRST = "00000000-0000-4000-8000-000000000003"

query = partial(check, level=Level.SHOULD, source=_AS_IT_IS, by_name=True)
"""Registers a check of a query: the same image or a refusal, never another image."""

blob = partial(check, source=_STRICT, by_name=True, writes=True)
"""Registers a check of a property: refused, and told that it is not base64."""


def _bytes(case: Case, rest: int = 2) -> bytes:
    """A stored image with some bytes behind its end, which no decoder looks at.

    Its base64 has characters that are others in the URL-safe form, and ends in one padding sign (none for a rest of 0,
    two for 1).
    """
    stored = case.samples(1)[0].picture
    assert stored is not None
    data = stored.data + b"\xff" * 6
    return data + b"\0" * ((rest - len(data)) % 3)


def _standard(case: Case) -> str:
    return b64encode(_bytes(case)).decode()


def _wrapped(text: str, end: str = "\n") -> str:
    return end.join(text[at : at + _COLUMNS] for at in range(0, len(text), _COLUMNS))


def _ask(case: Case, text: str) -> tuple[Question, Answer]:
    # all of them: which of several at one distance are the best few is nobody's promise
    question = case.near(case.queries[0].picture, limit=case.count + 1).but(near=NearImage(text))
    return question, asked(case, question)


def _demand_same_or_refused(case: Case, text: str, *, taken: bool = False) -> str:
    """Demand that a form of the image finds what the plain form finds, or is refused; return which."""
    question, plain = _ask(case, _standard(case))
    if plain.state is not State.OK:
        raise AnswerError(f"a plain image is refused: {plain.message}")
    question, answer = _ask(case, text)
    if answer.state is State.REFUSED:
        ours = case.endpoint.inference.get(str(case.collection.module))
        must = taken and ours is not None and ours.ours
        case.require(not must, f"it is refused although the service takes it: {shortened(answer.message)}", question)
        return f"refused: {shortened(answer.message)}"
    case.require(
        _seen(answer.hits) == _seen(plain.hits),
        "another form of the same base64 is taken for another image",
        question,
        answer.hits,
        as_plain_base64=_seen(plain.hits),
    )
    return "taken for the same image"


def _seen(hits: tuple[Hit, ...]) -> list[tuple[str, float | None]]:
    return sorted((hit.id, hit.distance) for hit in hits)


# --- as a query ----------------------------------------------------------------------------------


@query("encoding/query-padded", level=Level.MUST, source="image is base64")
def padding_signs_count_for_nothing(case: Case) -> None:
    """Base64 with no, one and two padding signs is understood as a query."""
    for rest in (0, 2, 1):
        text = b64encode(_bytes(case, rest)).decode()
        question, answer = _ask(case, text)
        case.require(
            answer.state is State.OK and bool(answer.hits),
            f"plain base64 is refused: {shortened(answer.message)}",
            question,
            answer.hits,
            ends_in=text[-4:],
        )


@query("encoding/query-unpadded")
def a_query_without_padding(case: Case) -> str:
    """Without its padding base64 is the same image as a query, or refused, and never another image."""
    return _demand_same_or_refused(case, _standard(case).rstrip("="))


@query("encoding/query-url-safe")
def a_query_in_the_url_safe_alphabet(case: Case) -> str:
    """In the URL-safe alphabet base64 is the same image as a query, or refused, and never another image."""
    return _demand_same_or_refused(case, urlsafe_b64encode(_bytes(case)).decode())


@query("encoding/query-wrapped")
def a_query_with_line_breaks(case: Case) -> str:
    """Base64 wrapped at 76 columns is the same image as a query; refused where the service's decoder refuses it."""
    text = _standard(case)
    _demand_same_or_refused(case, _wrapped(text, "\r\n"), taken=True)
    return _demand_same_or_refused(case, _wrapped(text), taken=True)


@query("encoding/query-trailing-break")
def a_query_with_a_line_break_behind(case: Case) -> str:
    """Base64 with a line break behind it is the same image; refused where the service's decoder refuses it."""
    return _demand_same_or_refused(case, _standard(case) + "\n", taken=True)


@query("encoding/query-data-prefix")
def a_query_with_a_data_prefix(case: Case) -> str:
    """With a `data:` prefix base64 is the same image as a query, or refused, and never another image."""
    return _demand_same_or_refused(case, f"data:image/png;base64,{_standard(case)}")


# --- as a property -------------------------------------------------------------------------------


@blob("encoding/property-padded", source="a blob is one line of padded standard base64")
def a_blob_has_its_padding(case: Case) -> None:
    """Base64 with no, one and two padding signs is stored as a property and gets a vector."""
    with case.scratch(plain_class(case)) as shelf:
        for rest in (0, 2, 1):
            text = b64encode(_bytes(case, rest)).decode()
            for found in offered(case, shelf, text, _FIRST):
                facts: dict[str, Any] = {"ends_in": text[-4:], "message": shortened(found.message)}
                case.require(written(found, facts), "plain base64 is refused as a property", **facts)
            [vector] = [one.vector for one in shelf.read().stored]
            case.require(vector is not None, "an object with an image has no vector", ends_in=text[-4:])


@blob("encoding/property-unpadded")
def a_blob_without_padding(case: Case) -> None:
    """Without its padding base64 is refused as a property, and the message says what a blob is."""
    with case.scratch(plain_class(case)) as shelf:
        demand_not_stored(case, shelf, _standard(case).rstrip("="), ("base64",))


@blob("encoding/property-url-safe")
def a_blob_in_the_url_safe_alphabet(case: Case) -> None:
    """In the URL-safe alphabet base64 is refused as a property, and the message says what a blob is."""
    with case.scratch(plain_class(case)) as shelf:
        demand_not_stored(case, shelf, urlsafe_b64encode(_bytes(case)).decode(), ("base64",))


@blob("encoding/property-wrapped")
def a_blob_with_line_breaks(case: Case) -> None:
    """Base64 wrapped at 76 columns is refused as a property, and the message says what a blob is."""
    with case.scratch(plain_class(case)) as shelf:
        demand_not_stored(case, shelf, _wrapped(_standard(case)), ("base64",))


@blob("encoding/property-trailing-break")
def a_blob_with_a_line_break_behind(case: Case) -> None:
    """Base64 with a line break behind it is refused as a property, and the message says what a blob is."""
    with case.scratch(plain_class(case)) as shelf:
        demand_not_stored(case, shelf, _standard(case) + "\n", ("base64",))


@blob("encoding/property-data-prefix")
def a_blob_with_a_data_prefix(case: Case) -> None:
    """With a `data:` prefix base64 is refused as a property, and the message says what a blob is."""
    with case.scratch(plain_class(case)) as shelf:
        demand_not_stored(case, shelf, f"data:image/png;base64,{_standard(case)}", ("base64",))
