"""What a GraphQL document selects, with the values of its arguments.

Both are found out once for a document that is asked again, as far as no variable decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from graphql import GraphQLField, GraphQLIncludeDirective, GraphQLSkipDirective
from graphql.execution import get_argument_values, get_directive_values
from graphql.language import (
    BREAK,
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    VisitorAction,
    visit,
)

from harness.reference.graphql_lifting import filled

_REMEMBERED = 16_384
"""So many letters of literals are remembered with a document: not a whole picture with each."""


class Selected(NamedTuple):
    """One field: its name in the answer, its name in the schema, what of it is selected, and where it is written."""

    key: str
    name: str
    inner: Sequence[Selected]
    node: FieldNode


Selection = Sequence[Selected]


class Document:
    """A document of which one operation is asked, perhaps again and again.

    Args:
        document: a valid one; literals may have been taken out of it.
        operation: the one that is asked.
    """

    def __init__(self, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        self.node = document
        self.operation = operation
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._always = None if _holds(document, DirectiveNode) else self._selected(operation.selection_set, {})
        self._arguments: dict[int, _Arguments] = {}

    def selection(self, variables: Any) -> Selection:
        """What is selected; variables may leave out fields (`@skip`, `@include`)."""
        return self._selected(self.operation.selection_set, variables) if self._always is None else self._always

    def arguments(
        self, definition: GraphQLField, field: FieldNode, literals: Sequence[str], variables: Any
    ) -> Mapping[str, Any]:
        """The values of a field's arguments by their names.

        Args:
            definition: the field in the schema.
            field: a field of this document.
            literals: what was taken out of the document.
            variables: those of the request.

        Raises:
            GraphQLError: one has no value of its type.
        """
        known = self._arguments.get(id(field))
        if known is None or known.definition is not definition:
            known = self._arguments[id(field)] = _Arguments(definition, field)
        return known.values(literals, variables)

    def _selected(self, selection_set: SelectionSetNode | None, variables: Any) -> Selection:
        if selection_set is None:
            return ()
        return tuple(
            Selected(
                field.alias.value if field.alias else field.name.value,
                field.name.value,
                self._selected(field.selection_set, variables),
                field,
            )
            for field in self._fields(selection_set, variables)
        )

    def _fields(self, selection_set: SelectionSetNode, variables: Any) -> Iterator[FieldNode]:
        for node in selection_set.selections:
            if not _wanted(node, variables):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields(node.selection_set, variables)
            else:
                fragment = self._fragments[node.name.value]  # type: ignore[attr-defined]
                yield from self._fields(fragment.selection_set, variables)


class _Arguments:
    """The arguments of one field: those without a variable are made into values once for the same literals."""

    def __init__(self, definition: GraphQLField, field: FieldNode) -> None:
        self.definition = definition
        varying = {each.name.value for each in field.arguments or () if _holds(each, VariableNode)}
        self._varying = _part(definition, field, lambda name: name in varying)
        self._fixed = _part(definition, field, lambda name: name not in varying)
        self._last: tuple[Sequence[str], Mapping[str, Any], FieldNode] | None = None

    def values(self, literals: Sequence[str], variables: Any) -> Mapping[str, Any]:
        """The value of each argument; as `Document.arguments`."""
        last = self._last
        if last is None or last[0] != literals:
            definition, field = self._fixed
            fixed = get_argument_values(definition, filled(field, literals))
            last = literals, fixed, filled(self._varying[1], literals)
            if sum(map(len, literals)) <= _REMEMBERED:
                self._last = last
        _, found, field = last
        if not field.arguments:
            return found
        return {**found, **get_argument_values(self._varying[0], field, variables)}


def _part(definition: GraphQLField, field: FieldNode, belongs: Callable[[str], bool]) -> tuple[GraphQLField, FieldNode]:
    """A field as if it had some of its arguments only."""
    known = {name: argument for name, argument in definition.args.items() if belongs(name)}
    given: list[ArgumentNode] = [each for each in field.arguments or () if belongs(each.name.value)]
    return (
        GraphQLField(definition.type, args=known),
        FieldNode(name=field.name, arguments=tuple(given), loc=field.loc),
    )


def _wanted(node: Any, variables: Any) -> bool:
    if not node.directives:
        return True
    skip = get_directive_values(GraphQLSkipDirective, node, variables)
    include = get_directive_values(GraphQLIncludeDirective, node, variables)
    return not (skip and skip["if"]) and not (include and not include["if"])


def _holds(node: Node, kind: type[Node]) -> bool:
    """Whether there is a node of a kind in a tree."""
    finder = _Finder(kind)
    visit(node, finder)
    return finder.found


class _Finder(Visitor):
    def __init__(self, kind: type[Node]) -> None:
        super().__init__()
        self._kind = kind
        self.found = False

    def enter(self, node: Node, *_: Any) -> VisitorAction:
        """Called for each node."""
        self.found = isinstance(node, self._kind)
        return BREAK if self.found else None
