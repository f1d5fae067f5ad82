"""GraphQL: parsed and validated by graphql-core, answered in one pass over the hits.

A request is cheap where it can be: the schema is built when classes change, a query text is parsed and validated once,
and an image written into the text is taken out before parsing, so that 60 kB of base64 are never looked at letter by
letter.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLIncludeDirective,
    GraphQLSchema,
    GraphQLSkipDirective,
    execute_sync,
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
)

from harness.reference import graphql_arguments
from harness.reference.engine import Engine
from harness.reference.forms import error
from harness.reference.graphql_shapes import counted_shape, group_shape, match_shape
from harness.reference.graphql_types import build_schema
from harness.reference.graphql_words import RULES, told
from harness.reference.request import Refusal

_LONG_LITERAL = re.compile(r'(?<!")"([A-Za-z0-9+/=_-]{256,})"(?!")')
_MARK = secrets.token_hex(8) + ":"  # stands for a literal that was taken out; nobody can guess it
_KEPT_DOCUMENTS = 256
_LONGEST_KEPT = 16_384

Selection = list[tuple[str, FieldNode, "Selection"]]
"""Response name, field and its own selection, for each field."""


@dataclass(frozen=True, slots=True)
class _Request:
    schema: GraphQLSchema
    document: DocumentNode
    literals: tuple[str, ...]


class GraphQL:
    """Answers GraphQL requests. Thread-safe.

    Args:
        engine: answers.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._version = -1
        self._schema = build_schema(())
        self._documents: dict[str, DocumentNode] = {}

    def answer(self, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
        """Answer the body of one request: HTTP status and JSON."""
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
        literals: list[str] = []

        def lift(found: re.Match[str]) -> str:
            literals.append(found[1])
            return f'"{_MARK}{len(literals) - 1}"'

        text = _LONG_LITERAL.sub(lift, query)
        with self._lock:
            if self._version != self._engine.schema_version:
                self._version = self._engine.schema_version
                self._schema = build_schema(self._engine.collections())
                self._documents.clear()
            schema, document = self._schema, self._documents.get(text)
        known = document is not None
        document = document or parse(text)
        operation = _operation(document, name)
        if not known:
            errors = validate(schema, document, RULES)
            if errors:
                raise _Invalid(errors)
            self._keep(text, schema, document)
        return _Request(schema, document, tuple(literals)), operation

    def _keep(self, text: str, schema: GraphQLSchema, document: DocumentNode) -> None:
        with self._lock:
            if schema is self._schema and len(text) <= _LONGEST_KEPT:
                if len(self._documents) >= _KEPT_DOCUMENTS:
                    self._documents.clear()
                self._documents[text] = document


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
            place = told(GraphQLError("", field))["locations"]
            self._errors.append({"locations": place, "message": refusal.message, "path": list(path)})
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
        asked = graphql_arguments.aggregation(collection, arguments)
        return [counted_shape(counted, asked.group_by, selection) for counted in self._engine.aggregate(asked)]

    def _arguments(self, definition: Any, field: FieldNode) -> dict[str, Any]:
        arguments = get_argument_values(definition, field, self._variables)
        return self._restored(arguments) if self._request.literals else arguments

    def _restored(self, value: Any) -> Any:
        """The arguments with the long literals back in their places."""
        if isinstance(value, dict):
            return {key: self._restored(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._restored(each) for each in value]
        if isinstance(value, str) and value.startswith(_MARK):
            return self._request.literals[int(value.removeprefix(_MARK))]
        return value

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
