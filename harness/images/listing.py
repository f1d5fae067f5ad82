"""The file `manifest.yaml`: which pictures a folder holds, with hash, label and licence; read by line, written whole.

Its shape is fixed and flat, so it is read from the parser's events as they come: nothing nests, no alias is followed,
and every mistake is known by its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from harness.errors import FileError
from harness.images.yaml_mistakes import explained

MANIFEST = "manifest.yaml"
MOST_BYTES = 16 * 1024 * 1024

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_VERSION = "1"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture as a manifest lists it.

    Args:
        path: where it is, relative to the manifest's folder, with forward slashes.
        sha256: of the file, hexadecimal.
        label: what kind of thing is shown.
        subject: what very thing is shown; empty: its file's name without suffix.
        caption: plain words for it.
        licence: an SPDX identifier or a sentence.
        author: who made it.
        source: where it comes from.
        origin_sha256: of the file there, where it was made smaller since.
        width: pixels; 0 if not said.
        height: pixels; 0 if not said.
        line: where it stands in the manifest, from 1.
    """

    path: str
    sha256: str
    label: str
    subject: str = ""
    caption: str = ""
    licence: str = ""
    author: str = ""
    source: str = ""
    origin_sha256: str = ""
    width: int = 0
    height: int = 0
    line: int = 0


_NEEDED = ("path", "sha256", "label")
_NUMBERS = ("width", "height")
_KEYS = tuple(key for key in Entry.__dataclass_fields__ if key != "line")
_HINT = f"a picture has {', '.join(_NEEDED)} and, if wanted, {', '.join(key for key in _KEYS if key not in _NEEDED)}"


def read_listing(path: Path) -> tuple[str, tuple[Entry, ...]]:
    """Read a manifest without touching the pictures.

    Returns:
        the set's name (the folder's where none is given) and its entries.

    Raises:
        FileError: it cannot be read, is too large, is no YAML, or lists something wrong; with the line.
    """
    reader = _Reader(path, _text(path))
    name, entries = path.resolve().parent.name, None
    seen: set[str] = set()
    for key, line in reader.keys("manifest", "name", "images"):
        if key in seen:
            raise FileError(f"key {key!r} is there twice", path=path, line=line)
        seen.add(key)
        if key == "images":
            entries = tuple(reader.entries())
        elif key == "name":
            name = reader.scalar(key)
        elif (version := reader.scalar(key)) != _VERSION:
            raise FileError(
                f"manifest version {version!r} is not known", path=path, line=line, hint="write manifest: 1"
            )
    if not entries:
        raise FileError("no pictures are listed", path=path, hint=f"list them under images:; {_HINT}")
    return name, entries


def listing_text(name: str, entries: tuple[Entry, ...]) -> str:
    """Return the text of a manifest; empty facts are left out, except the caption, which invites to be written."""
    images = [
        {key: value for key, value in asdict(entry).items() if key != "line" and (value or key == "caption")}
        for entry in entries
    ]
    content: dict[str, Any] = {"manifest": int(_VERSION), "name": name, "images": images}
    text: str = yaml.dump(content, Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=1000)
    return text


class _Reader:
    """The parser's events, one step at a time; each method takes one piece of the fixed shape."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._events = self._parsed(text)
        self._line = 1
        self._next = next(self._events, None)

    def keys(self, *known: str) -> Iterator[tuple[str, int]]:
        """Each key of a mapping with its line; whoever iterates takes the value before the next one."""
        if not isinstance(self._next, yaml.MappingStartEvent):
            raise self._error(f"here should be keys and values: {', '.join(known)}")
        self._step()
        while not isinstance(self._next, yaml.MappingEndEvent):
            line = self._line
            key = self.scalar("a key")
            if key not in known:
                near = get_close_matches(key, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
                raise FileError(f"key {key!r} is not known here", path=self._path, line=line, hint=hint)
            yield key, line
        self._step()

    def entries(self) -> Iterator[Entry]:
        """Each picture of the list."""
        if not isinstance(self._next, yaml.SequenceStartEvent):
            raise self._error("images: is a list of pictures, each with a dash in front")
        self._step()
        while not isinstance(self._next, yaml.SequenceEndEvent):
            yield self._entry()
        self._step()

    def scalar(self, what: str) -> str:
        """One text, as it is written: labels such as `no` or `007` stay themselves."""
        event = self._next
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(f"{what} should be a plain text")
        self._step()
        text: str = event.value
        return text

    def _entry(self) -> Entry:
        line = self._line
        facts: dict[str, Any] = {}
        for key, at in self.keys(*_KEYS):
            if key in facts:
                raise FileError(f"key {key!r} is there twice", path=self._path, line=at)
            value = self.scalar(key)
            if key in _NUMBERS:
                if not (value.isascii() and value.isdigit() and len(value) < 10):  # noqa: PLR2004  # more is no size
                    raise FileError(f"{key} is {value!r}, not a number of pixels", path=self._path, line=at)
                facts[key] = int(value)
            else:
                facts[key] = value
        missing = [key for key in _NEEDED if not facts.get(key)]
        if missing:
            raise FileError(f"the picture has no {' and no '.join(missing)}", path=self._path, line=line, hint=_HINT)
        if not _SHA256.fullmatch(facts["sha256"]):
            raise FileError("sha256 is not 64 hexadecimal digits", path=self._path, line=line)
        return Entry(**facts, line=line)

    def _step(self) -> None:
        self._next = next(self._events, None)

    def _parsed(self, text: str) -> Iterator[yaml.Event]:
        documents = 0
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                self._line = _line(event.start_mark)
                documents += isinstance(event, yaml.DocumentStartEvent)
                if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                    raise self._error("anchors and aliases (& and *) are not allowed: write it out")
                if getattr(event, "tag", None):
                    raise self._error("tags (!) are not allowed")
                if documents > 1:
                    raise self._error("a manifest is one document, here begins another")
                if isinstance(event, yaml.CollectionStartEvent | yaml.CollectionEndEvent | yaml.ScalarEvent):
                    yield event
        except yaml.YAMLError as error:
            mistake = explained(error, text)
            raise FileError(mistake.what, path=self._path, line=mistake.line, hint=mistake.hint) from error

    def _error(self, what: str) -> FileError:
        return FileError(what, path=self._path, line=self._line)


def _line(mark: Any) -> int:
    return mark.line + 1 if mark is not None else 1


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FileError(f"cannot be read: {error.strerror}", path=path) from error
    if len(data) > MOST_BYTES:
        raise FileError(f"larger than {MOST_BYTES // 1024**2} MiB; a manifest is not", path=path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileError("not UTF-8 text", path=path, line=line, hint="save it as UTF-8") from error
