"""GraphQL: parsed and validated by graphql-core, answered in one pass over the hits.

A request is cheap where it can be: a class's part of the schema is built once, and so is a query parsed and validated,
whatever its literals are (`graphql_lifting`), so that 60 kB of base64 in the text are never looked at letter by letter.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLSchema,
    GraphQLSkipDirective,
    Source,
    execute_sync,
    get_location,
    parse,
    validate,
)
from graphql.execution import get_argument_values, get_directive_values, get_variable_values
from graphql.language import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    TypeNode,
)

from harness.reference import graphql_arguments
from harness.reference.engine import Engine
from harness.reference.forms import error
from harness.reference.graphql_lifting import Lifted, filled, lifted
from harness.reference.graphql_shapes import counted_shape, group_shape, match_shape
from harness.reference.graphql_types import Part, build_schema, parts_of
from harness.reference.graphql_words import RULES, told
from harness.reference.request import Refusal

_KEPT_DOCUMENTS = 1024
_LONGEST_KEPT = 16_384
_BUILT_IN = frozenset({"Boolean", "Float", "ID", "Int", "String"})

Selection = list[tuple[str, FieldNode, "Selection"]]
"""Response name, field and its own selection, for each field."""


@dataclass(frozen=True, slots=True)
class _Request:
    schema: GraphQLSchema
    document: DocumentNode
    lifted: Lifted
    query: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document that was found valid, and the fields of the schema on which that rests."""

    document: DocumentNode
    fields: tuple[tuple[str, str, GraphQLField], ...]

    def valid(self, schema: GraphQLSchema) -> bool:
        return all(_field(schema, kind, name) is field for kind, name, field in self.fields)


class GraphQL:
    """Answers GraphQL requests. Thread-safe.

    Args:
        engine: answers.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._version = -1
        self._schema = build_schema({})
        self._parts: dict[str, Part] = {}
        self._kept: dict[str, _Kept] = {}

    def answer(self, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer the body of one request: HTTP status and JSON."""
        status, answer = self._answer(body)
        for each in answer.get("errors") or ():
            each["message"] = self._engine.rules.words(each["message"], "graphql")
        return status, answer

    def _answer(self, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        query = body.get("query")
        if not query:
            return 422, error("query cannot be empty")
        if not self._engine.collections():
            missing = "no graphql provider present, this is most likely because no schema is present."
            return 422, error(f"{missing} Import a schema first!")
        try:
            request, operation = self._request(str(query), body.get("operationName"))
            variables = get_variable_values(
                request.schema, operation.variable_definitions or (), dict(body.get("variables") or {})
            )
        except _Invalid as invalid:
            return 200, {"errors": [told(each) for each in invalid.errors]}
        except GraphQLError as invalid:
            return 200, {"errors": [told(invalid)]}
        if isinstance(variables, list):
            return 200, {"errors": [told(each) for each in variables]}
        return 200, _Execution(self._engine, request, operation, variables).run(body)

    def _request(self, query: str, name: str | None) -> tuple[_Request, OperationDefinitionNode]:
        found = lifted(query)
        schema = self._current()
        kept = self._kept.get(found.text)
        if kept is not None and kept.valid(schema):
            return _Request(schema, kept.document, found, query), _operation(kept.document, name)
        if found.literals:
            document = _valid(schema, found.text)
            if document is not None and self._keep(found.text, schema, document):
                return _Request(schema, document, found, query), _operation(document, name)
        document = parse(query)
        operation = _operation(document, name)
        errors = validate(schema, document, RULES)
        if errors:
            raise _Invalid(errors)
        if not found.literals:
            self._keep(query, schema, document)
        return _Request(schema, document, Lifted(query, (), ()), query), operation

    def _current(self) -> GraphQLSchema:
        """The schema of the classes that there are now; what an unchanged class adds to it is the same object."""
        with self._lock:
            if self._version != self._engine.schema_version:
                self._version = self._engine.schema_version
                collections = {each.name: each for each in self._engine.collections()}
                self._parts = parts_of(collections, self._parts)
                self._schema = build_schema(self._parts)
            return self._schema

    def _keep(self, text: str, schema: GraphQLSchema, document: DocumentNode) -> bool:
        """Remember a valid document if it says by itself on which classes that rests."""
        fields = _rests_on(schema, document)
        if fields is None or len(text) > _LONGEST_KEPT:
            return False
        with self._lock:
            if len(self._kept) >= _KEPT_DOCUMENTS:
                self._kept.clear()
            self._kept[text] = _Kept(document, fields)
        return True


class _Invalid(Exception):  # noqa: N818 - carries several errors
    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("invalid request")
        self.errors = errors


class _Execution:
    """One operation, run once."""

    def __init__(self, engine: Engine, request: _Request, operation: OperationDefinitionNode, variables: Any) -> None:
        self._engine = engine
        self._request = request
        self._operation = operation
        self._variables = variables
        self._fragments = {
            each.name.value: each for each in request.document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._errors: list[dict[str, Any]] = []

    def run(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer: data and, where something was refused, errors beside it."""
        selection = self._selected(self._operation.selection_set)
        if any(field.name.value.startswith("__") for _, field, _ in selection):
            return self._introspected(body)
        data = {}
        for name, field, inner in selection:
            kind = field.name.value
            data[name] = {key: self._answered(kind, (name, key), each, within) for key, each, within in inner}
        return {"data": data, "errors": self._errors} if self._errors else {"data": data}

    def _answered(self, kind: str, path: tuple[str, str], field: FieldNode, selection: Selection) -> Any:
        parent: Any = self._request.schema.query_type.fields[kind].type  # type: ignore[union-attr]
        collection = field.name.value
        if collection == "__typename":
            return parent.name
        try:
            arguments = self._arguments(parent.fields[collection], field)
            if kind == "Aggregate":
                return self._aggregated(collection, arguments, selection)
            return self._found(collection, arguments, selection)
        except (Refusal, GraphQLError) as refusal:
            self._errors.append({"locations": self._places(field), "message": refusal.message, "path": list(path)})
            return None

    def _found(self, collection: str, arguments: Mapping[str, Any], selection: Selection) -> list[Any]:
        additional = {
            field.name.value
            for _, each, inner in selection
            if each.name.value == "_additional"
            for _, field, _ in inner
        }
        asked = graphql_arguments.search(collection, arguments, certainty_asked="certainty" in additional)
        results = self._engine.search(asked)
        if asked.group_by is not None and asked.near:
            groups = enumerate(results.groups)
            return [group_shape(position, group, asked.group_by.path, selection) for position, group in groups]
        return [match_shape(match, selection) for match in results.matches]

    def _aggregated(self, collection: str, arguments: Mapping[str, Any], selection: Selection) -> list[Any]:
        asked = graphql_arguments.aggregation(collection, arguments, self._values_of(collection, selection))
        return [counted_shape(counted, asked.group_by, selection) for counted in self._engine.aggregate(asked)]

    def _values_of(self, collection: str, selection: Selection) -> dict[str, int]:
        """The properties whose values are counted, each with how many of the most frequent are wanted."""
        wanted = {}
        for _, field, inner in selection:
            if field.name.value in {"meta", "groupedBy", "__typename"}:
                continue
            told: Any = _field(self._request.schema, "Aggregate", collection)
            definition = told.type.of_type.fields[field.name.value].type.fields["topOccurrences"]
            asked = [self._arguments(definition, each) for _, each, _ in inner if each.name.value == "topOccurrences"]
            wanted[field.name.value] = asked[0]["limit"] if asked else 0
        return wanted

    def _arguments(self, definition: Any, field: FieldNode) -> dict[str, Any]:
        return get_argument_values(definition, filled(field, self._request.lifted.literals), self._variables)

    def _places(self, field: FieldNode) -> list[dict[str, int]]:
        """Where a field stands in the text as it was sent."""
        offset = self._request.lifted.place(field.loc.start if field.loc else 0)
        place = get_location(Source(self._request.query), offset)
        return [{"column": place.column, "line": place.line}]

    def _introspected(self, body: Mapping[str, Any]) -> dict[str, Any]:
        variables, name = dict(body.get("variables") or {}), body.get("operationName")
        return execute_sync(
            self._request.schema, self._request.document, variable_values=variables, operation_name=name
        ).formatted  # type: ignore[return-value]

    def _selected(self, selection_set: SelectionSetNode | None) -> Selection:
        if selection_set is None:
            return []
        return [
            (field.alias.value if field.alias else field.name.value, field, self._selected(field.selection_set))
            for field in self._fields(selection_set)
        ]

    def _fields(self, selection_set: SelectionSetNode) -> Iterator[FieldNode]:
        for node in selection_set.selections:
            if not self._wanted(node):
                continue
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields(node.selection_set)
            else:
                yield from self._fields(self._fragments[node.name.value].selection_set)  # type: ignore[attr-defined]

    def _wanted(self, node: Any) -> bool:
        if not node.directives:
            return True
        skip = get_directive_values(GraphQLSkipDirective, node, self._variables)
        include = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        return not (skip and skip["if"]) and not (include and not include["if"])


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    found = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    if name:
        found = [each for each in found if each.name and each.name.value == name]
        if not found:
            raise GraphQLError(f'Unknown operation named "{name}".')
    if len(found) != 1:
        raise GraphQLError("Must provide operation name if query contains multiple operations.")
    if found[0].operation is not OperationType.QUERY:
        raise GraphQLError(f"Schema is not configured for {found[0].operation.value}s", found[0])
    return found[0]


def _valid(schema: GraphQLSchema, text: str) -> DocumentNode | None:
    """The document of a text that is valid; None for every other."""
    try:
        document = parse(text)
    except GraphQLError:
        return None
    return None if validate(schema, document, RULES) else document


def _rests_on(schema: GraphQLSchema, document: DocumentNode) -> tuple[tuple[str, str, GraphQLField], ...] | None:
    """The fields of Get and Aggregate that a document uses; None if it may rest on more than these."""
    [operation, *others] = document.definitions
    if others or not isinstance(operation, OperationDefinitionNode):
        return None
    if any(_named(each.type) not in _BUILT_IN for each in operation.variable_definitions or ()):
        return None
    found = []
    for outer in operation.selection_set.selections:
        if not isinstance(outer, FieldNode) or outer.selection_set is None:
            return None
        for inner in outer.selection_set.selections:
            if not isinstance(inner, FieldNode):
                return None
            kind, name = outer.name.value, inner.name.value
            field = _field(schema, kind, name)
            if field is None:
                return None
            found.append((kind, name, field))
    return tuple(found)


def _field(schema: GraphQLSchema, kind: str, name: str) -> GraphQLField | None:
    outer = schema.query_type.fields.get(kind) if schema.query_type else None
    found: GraphQLField | None = outer.type.fields.get(name) if outer else None
    return found


def _named(kind: TypeNode) -> str:
    while not hasattr(kind, "name"):
        kind = kind.type  # type: ignore[attr-defined]
    name: str = kind.name.value
    return name
