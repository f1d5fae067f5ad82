"""What counts as the same answer, and what does not matter: times, ports, host names, the last bits of a float."""

from __future__ import annotations

import base64
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.wire.asking import Request
from benchmarks.wire.sending import Reply

_TIMES = {
    "creationTimeUnix": "<time>",
    "lastUpdateTimeUnix": "<time>",
    "creation_time_unix": "<time>",
    "last_update_time_unix": "<time>",
    "took": "<seconds>",
    "ratePerSecond": "<rate>",
}
_REPLACED = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:<port>"),
    (re.compile(r"^nearimage-[0-9a-f]{12}$"), "<node>"),
    (re.compile(r"search_\d+"), "search_<nanoseconds>"),
    (re.compile(r"""(shard[ =]"?|wire[a-z0-9]*_)\w{12}\b"""), r"\1<shard>"),
    (re.compile(r" on \w{3} \w{3} [ \d]\d [\d:]{8} \d{4}"), " on <time>"),
    (re.compile(r" Did you mean .*\?"), " <suggestion>"),  # in an order that changes from answer to answer
    (re.compile(r"(?:\nIn field .*)+"), lambda found: "\n".join(sorted(found[0].split("\n")))),
    (re.compile(r"(?<=, only \[)[\w/ ]+"), lambda found: " ".join(sorted(found[0].split()))),
    (re.compile(r"(?<=Available named vectors \[)[\w ]+"), lambda found: " ".join(sorted(found[0].split()))),
    (re.compile(r"'(near\w+)', '(near\w+)' which"), lambda found: "'{}', '{}' which".format(*sorted(found.groups()))),
)
_CLOSE = 2e-6  # a float32 has 24 bits, and a distance of few components loses two or three of them
_UNORDERED = {"vectors", "tenants"}  # sent in an order that changes from answer to answer, tenants over REST too
_FLOATS = {"vector_bytes", "values_bytes"}


@dataclass(frozen=True, slots=True)
class Compared:
    """One request with both answers, normalised, and the places where they differ."""

    request: Request
    left: Reply
    right: Reply
    differences: tuple[str, ...]


def compare(request: Request, left: Reply, right: Reply, images: Mapping[str, str]) -> Compared:
    """Normalise both replies and list their differences as `path: left is not right`.

    `images` maps the base64 of each planted picture to its placeholder.
    """
    left, right = (Reply(reply.code, _normal(reply.body, images)) for reply in (left, right))
    differences = [f"code: {left.code} is not {right.code}"] if left.code != right.code else []
    return Compared(request, left, right, (*differences, *_differences("", left.body, right.body)))


def _normal(value: Any, images: Mapping[str, str], key: str = "") -> Any:
    """Replace what differs from run to run, and images by their placeholder, in a JSON value."""
    if key in _TIMES:
        return _TIMES[key]
    if isinstance(value, dict):
        return {name: _normal(inner, images, name) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        inside = [_normal(inner, images) for inner in value]
        named = inside and all(isinstance(entry, dict) and "name" in entry for entry in inside)
        unordered = key in _UNORDERED or (named and "activityStatus" in inside[0])
        return sorted(inside, key=lambda entry: str(entry["name"])) if unordered else inside
    if isinstance(value, str):
        if key in _FLOATS:
            data = base64.b64decode(value)
            return [_shortest(number) for (number,) in struct.iter_unpack("<f", data)]
        for text, placeholder in images.items():
            value = value.replace(text, placeholder)
        for pattern, replacement in _REPLACED:
            value = pattern.sub(replacement, value)
    return value


def _shortest(number: float) -> float:
    """The float32 as a person would write it."""
    return float(f"{number:.9g}")


def _differences(path: str, left: Any, right: Any) -> Iterator[str]:
    if isinstance(left, dict) and isinstance(right, dict):
        for key in sorted(left.keys() | right.keys()):
            if key not in left or key not in right:
                yield f"{path}.{key}: only {'right' if key not in left else 'left'}"
            else:
                yield from _differences(f"{path}.{key}", left[key], right[key])
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for place, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _differences(f"{path}[{place}]", one, other)
    elif not _same(left, right):
        yield f"{path or 'body'}: {_brief(left)} is not {_brief(right)}"


def _same(left: Any, right: Any) -> bool:
    numbers = (int, float)
    if isinstance(left, numbers) and isinstance(right, numbers) and bool not in (type(left), type(right)):
        return abs(left - right) <= _CLOSE * max(1.0, abs(left), abs(right))
    return type(left) is type(right) and bool(left == right)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."
