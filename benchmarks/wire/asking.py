"""The requests: YAML files beside this one, read into frozen values with their placeholders filled in."""

from __future__ import annotations

import base64
import json
import re
import struct
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

import yaml

from harness.images import planted_picture, planted_text

FOLDER = Path(__file__).parent / "requests"
_PLACEHOLDER = re.compile(r"\{\{(\w+)((?: -?[\w.]+)*)\}\}")

Way = Literal["rest", "graphql", "grpc"]
WAYS: tuple[Way, ...] = ("rest", "graphql", "grpc")


@dataclass(frozen=True, slots=True)
class Request:
    """One request, ready to be sent.

    `target` is `METHOD /path` for REST, the query for GraphQL, the method's name for gRPC. `body` is a JSON value
    (for gRPC by protobuf's JSON mapping), or text that is sent as it is. `written` is what the YAML file says, for
    people; `filled` maps each text that a placeholder became back to the placeholder.
    """

    id: str
    way: Way
    target: str
    body: Any
    written: Mapping[str, Any]
    filled: Mapping[str, str]
    content_type: str = "application/json"


def load(folder: Path = FOLDER) -> list[Request]:
    """Read all requests, in the order of the files' names and of the entries in each.

    Raises:
        ValueError: an id occurs twice, or an entry is not a request.
    """
    requests = [
        _request(f"{path.stem.split('-', 1)[1]}/{key}", entry)
        for path in sorted(folder.glob("*.yaml"))
        for key, entry in _entries(path)
    ]
    ids = [request.id for request in requests]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise ValueError(f"these request ids occur twice: {', '.join(twice)}")
    return requests


def _entries(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each entry of a file, once for each combination of its `each`."""
    for key, entry in yaml.safe_load(path.read_text(encoding="utf-8")).items():
        names = list(entry.pop("each", {}).items())
        for values in product(*(choices for _, choices in names)):
            text = json.dumps([key, entry])
            for (name, _), value in zip(names, values, strict=True):
                text = text.replace(f"<{name}>", str(value))
            yield tuple(json.loads(text))


def _request(key: str, entry: dict[str, Any]) -> Request:
    ways = [way for way in WAYS if way in entry]
    if len(ways) != 1 or (unknown := set(entry) - {*ways, "body", "raw", "variables", "content_type"}):
        raise ValueError(f"{key} is not a request: {sorted(entry)} {unknown if len(ways) == 1 else ''}")
    filled: dict[str, str] = {}
    full = _fill(entry, filled)
    way = ways[0]
    body = full.get("raw", full.get("body"))
    if way == "graphql" and body is None:
        body = {"query": full["graphql"]} | ({"variables": full["variables"]} if "variables" in full else {})
    content_type = entry.get("content_type", "application/json")
    return Request(key, way, full[way], body, entry, filled, content_type)


def _fill(value: Any, filled: dict[str, str]) -> Any:
    """Replace the placeholders in every text of a JSON value, and note what became of each."""
    if isinstance(value, dict):
        return {_fill(key, filled): _fill(inner, filled) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fill(inner, filled) for inner in value]
    if not isinstance(value, str):
        return value

    def become(match: re.Match[str]) -> str:
        text = _placeholder(match[1], match[2].split())
        if match[1] == "image":
            filled[text] = match[0]
        return text

    return _PLACEHOLDER.sub(become, value)


def _placeholder(kind: str, words: list[str]) -> str:
    """Return what `{{kind words…}}` stands for.

    `image`, `text`: a planted picture as base64, a planted text; `floats`: float32 little-endian as base64, which is
    how protobuf's JSON mapping writes bytes; `uuid`: the n-th id of this comparison.
    """
    if kind == "uuid":
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"nearimage:wire:{words[0]}"))
    numbers = [float(word) for word in words]
    if kind == "image":
        return planted_picture(numbers, name="planted").base64
    if kind == "text":
        return planted_text(numbers, "a planted text")
    if kind == "floats":
        return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()
    raise ValueError(f"there is no placeholder {kind!r}")
