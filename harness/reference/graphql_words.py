"""What is wrong with a GraphQL request, in the words that Weaviate's GraphQL library has for it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInputType,
    GraphQLSyntaxError,
    ValidationRule,
    ValuesOfCorrectTypeRule,
    get_named_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    print_ast,
    specified_rules,
)
from graphql.language import ArgumentNode, ListValueNode, NullValueNode, ObjectValueNode, ValueNode, VariableNode

_NO_SELECTION = re.compile(r"(Field '\w+' of type '.+') must have a selection of subfields\..*", re.DOTALL)
_UNKNOWN_ARGUMENT = re.compile(r"Unknown argument '(\w+)' on field '(\w+)\.(\w+)'\.(.*)", re.DOTALL)
_NULL_VARIABLE = re.compile(r"Variable '\$(\w+)' (?:of required|of non-null) type '(.+?)'.*", re.DOTALL)
_NONE_VARIABLE = re.compile(r"Variable '\$(\w+)' has invalid value: Expected a? ?value of non-null type '(.+?)' .*")
_BAD_VARIABLE = re.compile(r"Variable '\$(\w+)' (?:got|has) invalid value(.*)", re.DOTALL)


class ArgumentsOfCorrectType(ValidationRule):
    """Literal arguments have the type of their argument; one message says all that is wrong with one."""

    def enter_argument(self, node: ArgumentNode, *_arguments: Any) -> None:
        """Look at one argument of a field."""
        definition = self.context.get_argument()
        if definition is None:
            return
        problems = list(_problems(definition.type, node.value))
        if problems:
            told = "\n".join(problems)
            words = f'Argument "{node.name.value}" has invalid value {printed(node.value)}.\n{told}'
            self.report_error(GraphQLError(words, node.value))


RULES = tuple(ArgumentsOfCorrectType if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules)
"""The rules of the specification, with our own for literals."""


def told(error: GraphQLError) -> dict[str, Any]:
    """An error of the request as it is sent: message, places, path."""
    places = [{"column": place.column, "line": place.line} for place in error.locations or ()]
    return {"locations": places, "message": words(error), "path": error.path}


def words(error: GraphQLError) -> str:
    """The message of an error of the request."""
    message = error.message
    if isinstance(error, GraphQLSyntaxError) and error.locations:
        place = error.locations[0]
        problem = _quoted(message.removeprefix("Syntax Error: "))
        return f"Syntax Error GraphQL request ({place.line}:{place.column}) {problem}"
    found = _NO_SELECTION.fullmatch(message)
    if found:
        return f"{_quoted(found[1])} must have a sub selection."
    found = _UNKNOWN_ARGUMENT.fullmatch(message)
    if found:
        return f'Unknown argument "{found[1]}" on field "{found[3]}" of type "{found[2]}".{_quoted(found[4])}'
    found = _NULL_VARIABLE.fullmatch(message) or _NONE_VARIABLE.fullmatch(message)
    if found:
        return f'Variable "${found[1]}" of required type "{found[2]}" was not provided.'
    found = _BAD_VARIABLE.fullmatch(message)
    if found:
        return f'Variable "${found[1]}" got invalid value{_quoted(found[2])}'
    return message if message.startswith("Argument ") else _quoted(message)


def printed(node: ValueNode) -> str:
    """A literal as Weaviate's library prints it."""
    if isinstance(node, ObjectValueNode):
        return "{" + ", ".join(f"{field.name.value}: {printed(field.value)}" for field in node.fields) + "}"
    if isinstance(node, ListValueNode):
        return "[" + ", ".join(printed(each) for each in node.values) + "]"
    return print_ast(node)


def _quoted(message: str) -> str:
    return re.sub(r"'([^']*)'", r'"\1"', message)


def _problems(kind: GraphQLInputType, node: ValueNode | None) -> Iterator[str]:
    """What is wrong with a literal; variables have been judged before."""
    if isinstance(node, VariableNode):
        return
    missing = node is None or isinstance(node, NullValueNode)
    if is_non_null_type(kind):
        if missing:
            yield f'Expected "{get_named_type(kind)}!", found null.'
        else:
            yield from _problems(kind.of_type, node)
    elif node is None or missing:
        return
    elif is_list_type(kind):
        items = node.values if isinstance(node, ListValueNode) else [node]
        for position, item in enumerate(items, start=1):
            yield from (f"In element #{position}: {problem}" for problem in _problems(kind.of_type, item))
    elif is_input_object_type(kind):
        yield from _object_problems(kind, node)
    elif not _fits(kind, node):
        yield f'Expected type "{kind}", found {printed(node)}.'


def _object_problems(kind: Any, node: ValueNode) -> Iterator[str]:
    if not isinstance(node, ObjectValueNode):
        yield f'Expected "{kind}", found not an object.'
        return
    given = {field.name.value: field.value for field in node.fields}
    for name in given:
        if name not in kind.fields:
            yield f'In field "{name}": Unknown field.'
    for name, field in kind.fields.items():
        yield from (f'In field "{name}": {problem}' for problem in _problems(field.type, given.get(name)))


def _fits(kind: Any, node: ValueNode) -> bool:
    try:
        value = kind.parse_literal(node)
    except Exception:  # noqa: BLE001 - whatever a scalar raises means that the literal is none of its values
        return False
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))
