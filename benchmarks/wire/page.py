"""The side-by-side file: Markdown for people, one section a request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.wire.comparing import Compared
from benchmarks.wire.sending import Reply

_LONGEST = 6000
_WIDTH = 160


def render(compared: Sequence[Compared], explained: Mapping[str, str], left: str, right: str) -> str:
    """Return the whole file; `left` and `right` describe the two servers."""
    different = [entry for entry in compared if entry.differences]
    lines = [
        "# The same requests to two servers",
        "",
        "Written by `python -m benchmarks.wire`; do not edit. Times, ports, host names and the last bits of a float",
        "are left out of the comparison; `{{image 1 2}}` stands for the planted picture of that vector.",
        "",
        f"- left: {left}",
        f"- right: {right}",
        f"- requests: {len(compared)}",
        f"- the same answer: {len(compared) - len(different)}",
        f"- different: {len(different)}, of these explained: {sum(e.request.id in explained for e in different)}",
        "",
    ]
    if different:
        lines += ["## Differences", ""]
        lines += [f"- `{e.request.id}`: {explained.get(e.request.id, '**not explained**')}" for e in different]
        lines += [""]
    lines += ["## Requests and answers", ""]
    for entry in compared:
        lines += _section(entry, explained)
    return "\n".join(lines) + "\n"


def _section(entry: Compared, explained: Mapping[str, str]) -> list[str]:
    lines = [f"### {entry.request.id}", "", *_block(entry.request.written)]
    if not entry.differences:
        return [*lines, "both:", "", *_reply(entry.left)]
    lines += ["left:", "", *_reply(entry.left), "right:", "", *_reply(entry.right)]
    lines += [f"- {difference}" for difference in entry.differences]
    return [*lines, "", f"Explanation: {explained.get(entry.request.id, 'none')}", ""]


def _reply(reply: Reply) -> list[str]:
    body = reply.body if isinstance(reply.body, str) else _json(reply.body)
    if len(body) > _LONGEST:
        body = body[:_LONGEST] + f" … ({len(body)} characters)"
    return ["```text", reply.code, *([body] if body else []), "```", ""]


def _block(value: Any) -> list[str]:
    return ["```json", _json(value), "```", ""]


def _json(value: Any, indent: str = "") -> str:
    """JSON in which whatever fits on a line is on one line, so that a page holds an answer."""
    text = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(text) <= _WIDTH or not isinstance(value, dict | list):
        return text
    deeper = indent + " "
    if isinstance(value, dict):
        inside = [f"{json.dumps(key)}: {_json(inner, deeper)}" for key, inner in value.items()]
    else:
        inside = [_json(inner, deeper) for inner in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(inside) + f"\n{indent}{closing}"
