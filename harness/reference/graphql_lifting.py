"""Literals taken out of a query text, so that two questions of one shape are parsed and validated once.

`limit: 5` and `limit: 6` differ in nothing that the grammar or the types look at. What does look at a value is left in
its place: numbers that may not fit their type (ten digits, large exponents), strings with escapes or beyond ASCII,
default values of variables. A shape that is found valid is valid with any literals of the same kinds; what is wrong
with another is told in the words for the text itself.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql.language import (
    ArgumentNode,
    FieldNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)

_MARK = secrets.token_hex(8) + ":"  # begins the stand-in of a string; nobody can guess it
_TOKEN = re.compile(
    r'''"""(?:\\"""|(?!""").)*"""'''  # a block string
    r'''|"(?P<string>[ !\x23-\x5b\x5d-\x7e]*)"'''
    r'''|"(?:[^"\\\n\r]|\\.)*"'''
    r"""|\#[^\n\r]*"""
    r"""|[_A-Za-z]\w*"""
    r"""|(?<![\w.\-])(?P<float>-?(?:0|[1-9]\d{0,8})(?:\.\d+(?:[eE][+-]?\d{1,2})?|[eE][+-]?\d{1,2}))(?![\w.])"""
    r"""|(?<![\w.\-])(?P<int>-?(?:0|[1-9]\d{0,8}))(?![\w.])"""
    r"""|(?P<odd>[-=\d])""",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Lifted:
    """A query text with a stand-in for each literal, and the literals as they stood there.

    `moved` has, for each stand-in, its end and how much longer the text was up to there.
    """

    text: str
    literals: tuple[str, ...]
    moved: tuple[tuple[int, int], ...]

    def place(self, offset: int) -> int:
        """Where a place of this text is in the text that was lifted."""
        return offset + next((by for end, by in reversed(self.moved) if end <= offset), 0)


def lifted(query: str) -> Lifted:
    """Take the literals out; none are taken out of a text that has one which must stay."""
    pieces: list[str] = []
    literals: list[str] = []
    moved: list[tuple[int, int]] = []
    done = length = shift = 0
    for found in _TOKEN.finditer(query):
        kind = found.lastgroup
        if kind is None:
            continue
        if kind == "odd":
            return Lifted(query, (), ())
        # each stands in with a value of its own: whether two are equal must not be what makes a text valid
        number = len(literals)
        instead = f'"{_MARK}{number}"' if kind == "string" else str(number) if kind == "int" else f"{number}.5"
        pieces += (query[done : found.start()], instead)
        length += found.start() - done + len(instead)
        shift += found.end() - found.start() - len(instead)
        literals.append(found[kind])
        moved.append((length, shift))
        done = found.end()
    pieces.append(query[done:])
    return Lifted("".join(pieces), tuple(literals), tuple(moved))


def filled(field: FieldNode, literals: Sequence[str]) -> FieldNode:
    """A field of a lifted text with the literals in its arguments again."""
    if not literals:
        return field
    arguments = [ArgumentNode(name=each.name, value=_value(each.value, literals)) for each in field.arguments or ()]
    return FieldNode(name=field.name, arguments=tuple(arguments), loc=field.loc)


def _value(node: ValueNode, literals: Sequence[str]) -> Any:
    match node:
        case ObjectValueNode():
            fields = [ObjectFieldNode(name=each.name, value=_value(each.value, literals)) for each in node.fields or ()]
            return ObjectValueNode(fields=tuple(fields))
        case ListValueNode():
            return ListValueNode(values=tuple(_value(each, literals) for each in node.values or ()))
        case IntValueNode():
            return IntValueNode(value=literals[int(node.value)])
        case FloatValueNode():
            return FloatValueNode(value=literals[int(node.value.removesuffix(".5"))])
        case StringValueNode() if node.value.startswith(_MARK):
            return StringValueNode(value=literals[int(node.value.removeprefix(_MARK))])
        case _:
            return node
