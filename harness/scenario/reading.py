"""YAML to plain data, with the line of every key and entry, and nothing that could hurt.

Scalars follow YAML 1.2 (`no` is a text, `1e-3` a number), as editors read them. Aliases, tags, several documents,
doubled keys, deep nesting and very large files are refused.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from harness.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 1024 * 1024
_DEEPEST = 40
_MOST_NODES = 50_000
_SNIFFED = 64 * 1024
_OURS = re.compile(rb"""^(?:\xef\xbb\xbf)?(?:\{[ ]*)?["']?nearimage["']?[ ]*:(?:\s|$)""", re.MULTILINE)
_PREFIX = "tag:yaml.org,2002:"

Loc = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file as plain data; `lines` has the line of every key and list entry, by its path from the top."""

    path: Path
    sha256: str
    data: Any
    lines: dict[Loc, int]

    def line(self, loc: Loc) -> int:
        """The line of a place, or of the nearest place around it that is in the file."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return self.lines.get(loc, 1)

    def error(self, loc: Loc, what: str, *, hint: str = "") -> FileError:
        """What is wrong at a place, to be raised."""
        return FileError(what, path=self.path, line=self.line(loc), hint=hint)


def is_scenario(path: Path) -> bool:
    """Whether a file says that it is ours: a `nearimage:` key at the top level in its first 64 KiB. Never raises."""
    try:
        with path.open("rb") as file:
            return path.is_file() and _OURS.search(file.read(_SNIFFED)) is not None
    except OSError:
        return False


def read(path: Path, starts: str = "a scenario starts with `nearimage: 1`") -> Document:
    """Read one YAML file.

    Args:
        path: the file.
        starts: what such a file begins with, for whoever has an empty one.

    Raises:
        FileError: it cannot be read, is no YAML, or is YAML of a kind that is refused.
    """
    raw = _bytes(path)
    text = _text(path, raw)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        raise _wrong_yaml(path, error, text) from None
    finally:
        loader.dispose()
    if node is None:
        raise FileError("the file is empty", path=path, line=1, hint=starts)
    lines: dict[Loc, int] = {}
    return Document(path, hashlib.sha256(raw).hexdigest(), _plain(path, node, (), lines), lines)


class _Refused(yaml.YAMLError):
    """YAML that is allowed elsewhere and not here."""

    def __init__(self, problem: str, event: yaml.Event) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = event.start_mark.line + 1 if event.start_mark is not None else None


class _Loader(yaml.SafeLoader):
    """Composes nodes with scalars by YAML 1.2 and stops at aliases, depth and number."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # filled below

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = 0
        self._nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _Refused("aliases (`*name`) are not allowed: write it out", event)
        self._nodes += 1
        self._depth += 1
        if self._nodes > _MOST_NODES or self._depth > _DEEPEST:
            what = "deeply nested" if self._depth > _DEEPEST else "large"
            raise _Refused(f"too {what} for a scenario", event)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


for _tag, _pattern, _starts in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(_PREFIX + _tag, re.compile(rf"^(?:{_pattern})$"), _starts)


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise FileError("there is no such file" if not path.exists() else "this is not a file", path=path)
    try:
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror or error}", path=path) from None
    if len(raw) > MOST_BYTES:
        raise FileError("larger than 1 MiB, too large for a scenario", path=path)
    return raw


def _text(path: Path, raw: bytes) -> str:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise FileError("not UTF-8", path=path, line=line, hint="save the file as UTF-8") from None
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if found:
        line = text.count("\n", 0, found.start()) + 1
        raise FileError(f"a character that YAML does not allow: U+{ord(found.group()):04X}", path=path, line=line)
    return text


def _wrong_yaml(path: Path, error: yaml.YAMLError, text: str) -> FileError:
    if isinstance(error, _Refused):
        return FileError(error.problem, path=path, line=error.line)
    from harness.images.yaml_mistakes import explained

    mistake = explained(error, text)
    return FileError(mistake.what, path=path, line=mistake.line, hint=mistake.hint)


def _plain(path: Path, node: yaml.Node, loc: Loc, lines: dict[Loc, int]) -> Any:
    lines.setdefault(loc, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        _check_tag(path, node, "map")
        return _mapping(path, node, loc, lines)
    if isinstance(node, yaml.SequenceNode):
        _check_tag(path, node, "seq")
        return [_plain(path, entry, (*loc, index), lines) for index, entry in enumerate(node.value)]
    return _scalar(path, node)


def _mapping(path: Path, node: yaml.MappingNode, loc: Loc, lines: dict[Loc, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = _scalar(path, key_node) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            hint = "put it in quotes" if isinstance(key_node, yaml.ScalarNode) else ""
            raise FileError("a key must be a text", path=path, line=line, hint=hint)
        place = (*loc, key)
        if key in found:
            raise FileError(f"key `{key}` is there twice, first in line {lines[place]}", path=path, line=line)
        lines[place] = line
        found[key] = _plain(path, value_node, place, lines)
    return found


def _check_tag(path: Path, node: yaml.Node, kind: str) -> None:
    if node.tag != _PREFIX + kind:
        raise FileError(f"the tag {node.tag} is not allowed here", path=path, line=node.start_mark.line + 1)


def _scalar(path: Path, node: yaml.Node) -> Any:
    kind, text = node.tag.removeprefix(_PREFIX), node.value
    try:
        match kind:
            case "str":
                return text
            case "null":
                return None
            case "bool":
                return {"true": True, "false": False}[text.lower()]
            case "int":
                return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
            case "float":
                return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    except (ValueError, KeyError):
        raise FileError(f"cannot read this as {kind}", path=path, line=node.start_mark.line + 1) from None
    raise FileError(f"the tag {node.tag} is not allowed here", path=path, line=node.start_mark.line + 1)
