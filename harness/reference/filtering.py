"""Which objects a `where` filter leaves, and the filters that Weaviate refuses."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from harness.reference.request import Filter, Refusal, StoredObject
from harness.reference.schema import Collection

IDS = frozenset({"id", "_id"})
TIMES: Mapping[str, Callable[[StoredObject], int]] = {
    "_creationTimeUnix": lambda item: item.created,
    "_lastUpdateTimeUnix": lambda item: item.updated,
}
_LENGTH = re.compile(r"len\((.+)\)")
# The English stop words of the classic list that search engines share.
_STOPWORDS = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it", "no", "not", "of"}
    | {"on", "or", "such", "that", "the", "their", "then", "there", "these", "they", "this", "to", "was", "will"}
    | {"with"}
)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equal": lambda value, wanted: bool(value == wanted),
    "GreaterThan": lambda value, wanted: bool(value > wanted),
    "GreaterThanEqual": lambda value, wanted: bool(value >= wanted),
    "LessThan": lambda value, wanted: bool(value < wanted),
    "LessThanEqual": lambda value, wanted: bool(value <= wanted),
}
_CONTAINS = frozenset({"ContainsAny", "ContainsAll", "ContainsNone"})


class Filtering:
    """From a filter to a yes or no for each object. Source: Weaviate's documentation of `where`."""

    def passes(self, where: Filter, item: StoredObject, collection: Collection) -> bool:
        """Whether an object passes; the filter has been checked."""
        if where.operator == "And":
            return all(self.passes(operand, item, collection) for operand in where.operands)
        if where.operator == "Or":
            return any(self.passes(operand, item, collection) for operand in where.operands)
        if where.operator == "Not":
            return not any(self.passes(operand, item, collection) for operand in where.operands)
        return self.leaf_passes(where, item, collection)

    def leaf_passes(self, where: Filter, item: StoredObject, collection: Collection) -> bool:
        """Whether an object passes one condition; an object without the value passes only its negations."""
        if where.operator == "NotEqual":
            return not self.leaf_passes(_equal(where, where.value), item, collection)
        if where.operator in _CONTAINS:
            wanted = _without_stop_words(where, collection)
            found = (self.leaf_passes(_equal(where, each), item, collection) for each in wanted)
            if where.operator == "ContainsAny":
                return any(found)
            return all(found) if where.operator == "ContainsAll" else not any(found)
        if where.operator == "PointsAt":
            return any(
                place["beacon"].rpartition("/")[2].lower() in where.value for place in self.places(item, where.path[0])
            )
        value = value_of(item, where.path[-1])
        if where.operator == "IsNull":
            return (value is None or value == []) is bool(where.value)
        elements = value if isinstance(value, list) else [] if value is None else [value]
        return self.value_passes(where, elements, collection)

    def places(self, item: StoredObject, name: str) -> list[dict[str, Any]]:
        """Where a reference of an object points at: all of its beacons."""
        return list(item.properties.get(name) or ())

    def value_passes(self, where: Filter, elements: list[Any], collection: Collection) -> bool:
        """Whether any of an object's values passes one comparison."""
        if isinstance(where.value, str) and where.path[-1] not in IDS:
            return self.text_passes(where, elements, collection)
        if where.operator == "Like":
            return any(fnmatch.fnmatchcase(str(element), where.value) for element in elements)
        compare = _COMPARISONS[where.operator]
        return any(compare(element, where.value) for element in elements)

    def text_passes(self, where: Filter, elements: list[Any], collection: Collection) -> bool:
        """Texts are compared word by word, as the property is tokenized; dates as moments, ids as they are."""
        name = where.path[-1]
        kind = collection.properties.get(name, "text").removesuffix("[]")
        if name in TIMES or kind == "date":
            wanted = _moment(where.value)
            return any(_COMPARISONS[where.operator](_moment(element), wanted) for element in elements)
        tokenization = collection.tokenizations.get(name, "")
        have = {word for element in elements for word in words(str(element), tokenization)}
        if where.operator == "Like":
            pattern = where.value.lower() if tokenization in {"word", "lowercase"} else where.value
            return any(fnmatch.fnmatchcase(word, pattern.replace("[", "[[]")) for word in have)
        wanted_words = searched_words(where.value, tokenization)
        if where.operator == "Equal":
            return all(word in have for word in wanted_words)
        compare = _COMPARISONS[where.operator]
        return any(compare(word, wanted_words[0]) for word in have)


def check_filter(where: Filter, collection: Collection) -> None:
    """Do nothing if the filter means something for this collection.

    Raises:
        Refusal: in Weaviate's words.
    """
    for operand in where.operands:
        check_filter(operand, collection)
    if where.operator in {"And", "Or", "Not"}:
        if not where.operands:
            problem = f"operator '{where.operator}', but no operands set - add at least one operand"
            raise Refusal(f"could not extract filters: invalid where filter: {problem}")
        return
    if where.operator == "PointsAt":
        return  # it was judged when it was made
    if not where.path:
        raise Refusal("could not extract filters: invalid where filter: field 'path': must have at least one element")
    if where.value is None:
        problem = f"got operator '{where.operator}', but no value<Type> field set"
        raise Refusal(f"could not extract filters: invalid where filter: {problem}")
    if isinstance(where.value, tuple) != (where.operator in _CONTAINS):
        raise Refusal(f"expected value to be {_value_name(where.value)}, got a list")
    _check_operand(where, collection)


def value_of(item: StoredObject, name: str) -> Any:
    """What a path of a filter or a sort means for one object; None if it has no such value."""
    if name in IDS:
        return item.id
    if name in TIMES:
        return TIMES[name](item)
    length = _LENGTH.fullmatch(name)
    if length:
        return len(item.properties.get(length[1]) or "")
    return item.properties.get(name)


def words(text: str, tokenization: str) -> list[str]:
    """The words by which the inverted index knows a text."""
    if tokenization == "word":
        return [word for word in re.split(r"[\W_]+", text.lower()) if word]
    if tokenization == "lowercase":
        return text.lower().split()
    if tokenization == "whitespace":
        return text.split()
    if tokenization == "trigram":
        letters = "".join(words(text, "word"))
        return [letters[start : start + 3] for start in range(max(1, len(letters) - 2))]
    return [text.strip()]


def searched_words(text: str, tokenization: str) -> list[str]:
    """The words of a text that is searched for, without stop words.

    Raises:
        Refusal: nothing is left.
    """
    found = words(text, tokenization)
    if tokenization == "word":
        found = [word for word in found if word not in _STOPWORDS]
    if not found or found == [""]:
        raise Refusal(
            "invalid search term, only stopwords provided. "
            "Stopwords can be configured in class.invertedIndexConfig.stopwords"
        )
    return found


def _without_stop_words(where: Filter, collection: Collection) -> list[Any]:
    """The values of a list that is searched for; a text of nothing but stop words is not looked for."""
    tokenization = collection.tokenizations.get(where.path[-1], "")
    return [
        each
        for each in where.value
        if not isinstance(each, str) or tokenization != "word" or set(words(each, tokenization)) - _STOPWORDS
    ]


def _equal(where: Filter, value: Any) -> Filter:
    return Filter("Equal", where.path, value)


def _check_operand(where: Filter, collection: Collection) -> None:
    name = where.path[-1]
    if name in IDS:
        return
    if name in TIMES:
        if not collection.indexes("indexTimestamps"):
            what = "Timestamps must be indexed to be filterable! Add `IndexTimestamps: true` to the InvertedIndexConfig"
            raise Refusal(f"{what} in {collection.name}")
        return
    length = _LENGTH.fullmatch(name)
    property_name = length[1] if length else name
    try:
        collection.require_property(property_name)
    except Refusal as refusal:
        raise Refusal(f"invalid 'where' filter: {refusal.message}") from None
    if length:
        if not collection.indexes("indexPropertyLength"):
            what = "Property length must be indexed to be filterable! add `IndexPropertyLength: true` to the"
            raise Refusal(f"{what} invertedIndexConfig in {collection.name}.")
        return
    if where.operator == "IsNull":
        if not collection.indexes("indexNullState"):
            what = "Nullstate must be indexed to be filterable! Add `indexNullState: true` to the invertedIndexConfig"
            raise Refusal(what)
        return
    _check_type(where, collection.properties[property_name].removesuffix("[]"))
    if isinstance(where.value, str) and where.operator != "Like" and collection.tokenizations.get(property_name):
        searched_words(where.value, collection.tokenizations[property_name])


def _check_type(where: Filter, kind: str) -> None:
    values = where.value if isinstance(where.value, tuple) else (where.value,)
    used = {_value_name(value) for value in values}
    wanted = {
        "text": {"valueText", "valueDate"},
        "uuid": {"valueText"},
        "date": {"valueText", "valueDate"},
        "int": {"valueInt"},
        "number": {"valueNumber"},
        "boolean": {"valueBoolean"},
    }.get(kind, {f"value{kind[:1].upper()}{kind[1:]}"})
    for name in used - wanted:
        preferred = "valueDate" if kind == "date" else max(wanted)
        problem = f'data type filter cannot use "{name}" on type "{kind}", use "{preferred}" instead'
        raise Refusal(f"invalid 'where' filter: {problem}")


def _value_name(value: Any) -> str:
    if isinstance(value, bool):
        return "valueBoolean"
    if isinstance(value, int):
        return "valueInt"
    return "valueNumber" if isinstance(value, float) else "valueText"


def _moment(value: Any) -> float:
    """Milliseconds since 1970 of a time stamp, or of RFC 3339 text."""
    if isinstance(value, int):
        return float(value)
    if value.isdigit():
        return float(value)
    try:
        return datetime.fromisoformat(value).timestamp() * 1000
    except ValueError:
        raise Refusal(f"invalid 'where' filter: {value!r} is not a date in RFC 3339 format") from None
