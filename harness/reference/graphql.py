"""GraphQL: parsed and validated by graphql-core, answered in one pass over the hits.

A request is cheap where it can be: a class's part of the schema is built once, and so is a query parsed and validated,
whatever its literals are (`graphql_lifting`), so that 60 kB of base64 in the text are never looked at letter by letter.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLSchema,
    Source,
    execute_sync,
    get_location,
    parse,
    validate,
)
from graphql.execution import get_variable_values
from graphql.language import (
    DocumentNode,
    FieldNode,
    OperationDefinitionNode,
    OperationType,
    TypeNode,
)

from harness.reference import graphql_arguments
from harness.reference.engine import Engine
from harness.reference.forms import error
from harness.reference.graphql_lifting import Lifted, lifted
from harness.reference.graphql_selection import Document, Selected, Selection
from harness.reference.graphql_shapes import counted_shape, group_shape, match_shape
from harness.reference.graphql_types import Part, build_schema, parts_of
from harness.reference.graphql_words import RULES, told
from harness.reference.request import Refusal

_KEPT_DOCUMENTS = 1024
_LONGEST_KEPT = 16_384
_BUILT_IN = frozenset({"Boolean", "Float", "ID", "Int", "String"})


@dataclass(frozen=True, slots=True)
class _Request:
    schema: GraphQLSchema
    document: Document
    lifted: Lifted
    query: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """A document that was found valid, and the fields of the schema on which that rests."""

    document: Document
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
            request = self._request(str(query), body.get("operationName"))
            variables = get_variable_values(
                request.schema, request.document.operation.variable_definitions or (), dict(body.get("variables") or {})
            )
        except _Invalid as invalid:
            return 200, {"errors": [told(each) for each in invalid.errors]}
        except GraphQLError as invalid:
            return 200, {"errors": [told(invalid)]}
        if isinstance(variables, list):
            return 200, {"errors": [told(each) for each in variables]}
        return 200, _Execution(self._engine, request, variables).run(body)

    def _request(self, query: str, name: str | None) -> _Request:
        found = _lifted(query) if len(query) <= _LONGEST_KEPT else lifted(query)
        schema = self._current()
        kept = self._kept.get(found.text)
        if kept is not None and kept.valid(schema):
            _operation(kept.document.node, name)
            return _Request(schema, kept.document, found, query)
        if found.literals:
            node = _valid(schema, found.text)
            document = None if node is None else self._keep(found.text, schema, node, name)
            if document is not None:
                return _Request(schema, document, found, query)
        node = parse(query)
        operation = _operation(node, name)
        errors = validate(schema, node, RULES)
        if errors:
            raise _Invalid(errors)
        document = None if found.literals else self._keep(query, schema, node, name)
        return _Request(schema, document or Document(node, operation), Lifted(query, (), ()), query)

    def _current(self) -> GraphQLSchema:
        """The schema of the classes that there are now; what an unchanged class adds to it is the same object."""
        with self._lock:
            if self._version != self._engine.schema_version:
                self._version = self._engine.schema_version
                collections = {each.name: each for each in self._engine.collections()}
                self._parts = parts_of(collections, self._parts)
                self._schema = build_schema(self._parts)
            return self._schema

    def _keep(self, text: str, schema: GraphQLSchema, node: DocumentNode, name: str | None) -> Document | None:
        """Remember a valid document if it says by itself on which classes that rests; None if it does not."""
        fields = _rests_on(schema, node)
        if fields is None or len(text) > _LONGEST_KEPT:
            return None
        document = Document(node, _operation(node, name))
        with self._lock:
            if len(self._kept) >= _KEPT_DOCUMENTS:
                self._kept.clear()
            self._kept[text] = _Kept(document, fields)
        return document


_lifted = lru_cache(_KEPT_DOCUMENTS)(lifted)


class _Invalid(Exception):  # noqa: N818 - carries several errors
    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__("invalid request")
        self.errors = errors


class _Execution:
    """One operation, run once."""

    def __init__(self, engine: Engine, request: _Request, variables: Any) -> None:
        self._engine = engine
        self._request = request
        self._variables = variables
        self._errors: list[dict[str, Any]] = []

    def run(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer: data and, where something was refused, errors beside it."""
        selection = self._request.document.selection(self._variables)
        if any(each.name.startswith("__") for each in selection):
            return self._introspected(body)
        data = {outer.key: {each.key: self._answered(outer, each) for each in outer.inner} for outer in selection}
        return {"data": data, "errors": self._errors} if self._errors else {"data": data}

    def _answered(self, outer: Selected, asked: Selected) -> Any:
        parent: Any = self._request.schema.query_type.fields[outer.name].type  # type: ignore[union-attr]
        if asked.name == "__typename":
            return parent.name
        try:
            arguments = self._arguments(parent.fields[asked.name], asked.node)
            if outer.name == "Aggregate":
                return self._aggregated(asked.name, arguments, asked.inner)
            return self._found(asked.name, arguments, asked.inner)
        except (Refusal, GraphQLError) as refusal:
            path = [outer.key, asked.key]
            self._errors.append({"locations": self._places(asked.node), "message": refusal.message, "path": path})
            return None

    def _found(self, collection: str, arguments: Mapping[str, Any], selection: Selection) -> list[Any]:
        additional = {within.name for each in selection if each.name == "_additional" for within in each.inner}
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
        for each in selection:
            if each.name in {"meta", "groupedBy", "__typename"}:
                continue
            told: Any = _field(self._request.schema, "Aggregate", collection)
            definition = told.type.of_type.fields[each.name].type.fields["topOccurrences"]
            asked = [self._arguments(definition, one.node) for one in each.inner if one.name == "topOccurrences"]
            wanted[each.name] = asked[0]["limit"] if asked else 0
        return wanted

    def _arguments(self, definition: Any, node: FieldNode) -> Mapping[str, Any]:
        return self._request.document.arguments(definition, node, self._request.lifted.literals, self._variables)

    def _places(self, node: FieldNode) -> list[dict[str, int]]:
        """Where a field stands in the text as it was sent."""
        offset = self._request.lifted.place(node.loc.start if node.loc else 0)
        place = get_location(Source(self._request.query), offset)
        return [{"column": place.column, "line": place.line}]

    def _introspected(self, body: Mapping[str, Any]) -> dict[str, Any]:
        variables, name = dict(body.get("variables") or {}), body.get("operationName")
        return execute_sync(
            self._request.schema, self._request.document.node, variable_values=variables, operation_name=name
        ).formatted  # type: ignore[return-value]


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
