"""What is wrong with a text that is no YAML, in words for whoever typed it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import yaml

_ALIKE = "indent what belongs together alike, with spaces"


class Mistake(NamedTuple):
    """A mistake: what it is, its line from 1 (None if nobody knows), and what to do; `hint` may be empty."""

    what: str
    line: int | None
    hint: str


class _Place(NamedTuple):
    """Where a parser stopped: the lines of the text, the number of this one and the column, both from 0.

    `opened` is the number from 1 of the line where it began what it could not finish; 0 if it does not say.
    """

    lines: list[str]
    number: int
    column: int
    opened: int

    @property
    def line(self) -> str:
        return self.lines[self.number] if self.number < len(self.lines) else ""

    def said(self, what: str, hint: str) -> Mistake:
        return Mistake(f"not YAML: {what}", self.number + 1, hint)

    def above(self) -> _Place:
        """The line above that says something; this one if there is none."""
        saying = (at for at in range(self.number - 1, -1, -1) if self.lines[at].strip(" ").partition("#")[0])
        return self._replace(number=next(saying, self.number))


def explained(error: yaml.YAMLError, text: str) -> Mistake:
    """Return what a parser's error means.

    Args:
        error: what PyYAML raised, in Python or in C.
        text: what it was reading.
    """
    problem = getattr(error, "problem", None) or str(error)
    opened = getattr(error, "context_mark", None)
    # What was begun and never ended is found out later; the line where it begins helps more.
    begun = opened if "scanning" in (getattr(error, "context", None) or "") else None
    mark = begun or getattr(error, "problem_mark", None) or opened
    if mark is None:
        return Mistake(f"not YAML: {problem}", None, "")
    place = _Place(text.splitlines(), mark.line, mark.column, opened.line + 1 if opened is not None else 0)
    words = next((words for sign, words in _WORDS if sign in problem), None)
    return words(place) if words is not None else place.said(problem, "")


def _colon(place: _Place) -> Mistake:
    if re.search(r":\s", place.line[: place.column]):
        return place.said("a second colon in one value", 'put a value with a colon in it in quotes: "like: this"')
    above = place.above()
    if _indent(above.line) >= _indent(place.line):
        return _no_key(above)
    return place.said("this line is set in further than the one above it, which has a value already", _ALIKE)


def _no_key(place: _Place) -> Mistake:
    what = "a colon without a space behind it" if ":" in place.line else "a line that is no key and no list entry"
    return place.said(what, "a key ends with a colon and a space: `limit: 4`")


def _bracket(place: _Place) -> Mistake:
    since = f" since line {place.opened}" if place.opened else ""
    return place.said(f"a comma is missing, or a bracket is not closed{since}", "close each { with } and each [ with ]")


def _quote(place: _Place) -> Mistake:
    return place.said("a quotation mark that is never closed", "close it, or put the value in the other kind of quotes")


def _beginning(place: _Place) -> Mistake:
    begins = place.line[place.column : place.column + 1]
    hint = "indent with spaces" if begins == "\t" else "put it in quotes"
    return place.said(f"a value cannot begin with {begins!r}", hint)


def _escape(place: _Place) -> Mistake:
    return place.said("a backslash in double quotes", r"use single quotes: 'C:\photos'")


def _going_on(place: _Place) -> Mistake:
    hint = f"{_ALIKE}; a value with quotation marks in it goes in quotes as a whole"
    return place.said("this does not go on what stands above it", hint)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


_WORDS: tuple[tuple[str, Callable[[_Place], Mistake]], ...] = (
    ("mapping values are not allowed", _colon),
    ("expected ':'", _no_key),
    ("expected ',' or", _bracket),
    ("end of stream", _quote),
    ("cannot start any token", _beginning),
    ("expected chomping", _beginning),
    ("escape character", _escape),
    ("expected <block end>", _going_on),
    ("expected key", _going_on),
)
"""Words of the parser in Python or in C, and what they mean."""
