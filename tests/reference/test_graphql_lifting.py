"""Literals out of a query text and back: nothing about an answer changes by it."""

from __future__ import annotations

import pytest
from graphql import GraphQLError, parse
from graphql.language import FieldNode, OperationDefinitionNode, print_ast

from harness.reference.graphql_lifting import filled, lifted


def only_field(text: str) -> FieldNode:
    """The first field of the first field of a query."""
    [operation] = parse(text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    [outer] = operation.selection_set.selections
    assert isinstance(outer, FieldNode)
    assert outer.selection_set is not None
    inner = outer.selection_set.selections[0]
    assert isinstance(inner, FieldNode)
    return inner


def test_questions_that_differ_in_literals_have_one_shape() -> None:
    """Numbers and strings of the same kinds leave the same text."""
    one = lifted('{Get{A(limit: 5, nearObject: {id: "x", distance: 0.5}){n}}}')
    other = lifted('{Get{A(limit: 12, nearObject: {id: "another", distance: 3.25e-05}){n}}}')
    assert one.text == other.text
    assert other.literals == ("12", "another", "3.25e-05")


@pytest.mark.parametrize(("one", "other"), [("1", "1.0"), ("1", '"1"'), ("1.5", '"1.5"')])
def test_another_kind_of_literal_is_another_shape(one: str, other: str) -> None:
    """Whether a literal fits its argument depends on its kind, and the kind stays in the text."""
    assert lifted(f"{{Get{{A(limit: {one}){{n}}}}}}").text != lifted(f"{{Get{{A(limit: {other}){{n}}}}}}").text


@pytest.mark.parametrize(
    "arguments",
    [
        'where: {operator: And, operands: [{path: ["n"], operator: Equal, valueInt: 3}, {path: "l", valueText: "b"}]}',
        "limit: -7, nearVector: {vector: [1, 0.5, -0, -1.25e-3], certainty: 0.30000000000000004}",
        'nearImage: {image: $image}, sort: [{path: ["a"], order: desc}], after: ""',
        'nearText: {concepts: ["Kätzchen", "a \\" b", "c"]}, limit: 1',
        'nearText: {concepts: """a "block" of 5"""}, limit: 2  # "a comment", 3\n',
    ],
)
def test_a_field_gets_its_own_literals_back(arguments: str) -> None:
    """What is filled in again is what the text said, whatever else is in it."""
    text = f"query($image: String){{Get{{A({arguments}){{n}}}}}}"
    shape = lifted(text)
    assert shape.literals
    was, now = only_field(text), filled(only_field(shape.text), shape.literals)
    assert [print_ast(each) for each in now.arguments or ()] == [print_ast(each) for each in was.arguments or ()]


@pytest.mark.parametrize("odd", ["99999999999", "1e400", "00", "1.", "--1", "-"])
def test_a_number_that_may_be_wrong_stays_where_it_is(odd: str) -> None:
    """Too large, or no number at all: the text is looked at as it was sent."""
    text = f'{{Get{{A(limit: {odd}, after: "x"){{n}}}}}}'
    assert (lifted(text).text, lifted(text).literals) == (text, ())


def test_default_values_stay_where_they_are() -> None:
    """The value of a variable that is not given belongs to the shape."""
    text = "query($n: Int = 5){Get{A(limit: $n){n}}}"
    assert lifted(text).text == text


def test_equal_literals_stand_in_with_different_values() -> None:
    """Fields of one name may be merged where their arguments are equal; a shape never makes them equal."""
    shape = lifted("{Get{A(limit: 5){n} A(limit: 5){n}}}")
    assert shape.text == lifted("{Get{A(limit: 5){n} A(limit: 6){n}}}").text
    assert shape.text == "{Get{A(limit: 0){n} A(limit: 1){n}}}"


def test_what_no_lexer_reads_is_still_not_read() -> None:
    """A text that is cut off in a string has no shape that could be parsed."""
    with pytest.raises(GraphQLError):
        parse(lifted('{Get{A(after: "x, limit: 5){n}}}\n"').text)


def test_places_are_those_of_the_text_that_was_sent() -> None:
    """A column after a long literal is counted with the literal."""
    text = '{Get{A(after: "' + "x" * 300 + '", limit: 12){n} B{n}}}'
    shape = lifted(text)
    assert shape.place(shape.text.index("B{")) == text.index("B{")
    assert shape.place(shape.text.index("A(")) == text.index("A(")
