"""Names on a narrow screen: broken behind a slash, a hyphen or a blank, and within a word only if it has no room."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.text import Text

_PIECE = re.compile(r"[^/\-_. ]*[/\-_. ]*")


class Breaking:
    """A text that is broken where its names have a joint.

    Args:
        text: what is printed; its own line breaks are kept.
        hang: by how many columns a line is set in that goes on with the one before it.
    """

    def __init__(self, text: Text, hang: int = 0) -> None:
        self._text = text
        self._hang = hang

    def __rich_measure__(self, _console: Console, options: ConsoleOptions) -> Measurement:
        """At best every line has its length; one column is enough."""
        return Measurement(1, max(map(len, self._text.plain.split("\n")))).with_maximum(options.max_width)

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """The lines, none wider than there is room."""
        hang = min(self._hang, options.max_width // 2)
        for line in self._text.split("\n", allow_blank=True):
            first, *rest = line.divide(joints(line.plain, options.max_width, hang))
            yield first
            yield from (Text(" " * hang).append_text(part) for part in rest)


def joints(line: str, width: int, hang: int = 0) -> list[int]:
    """Return where a line is broken: offsets, so that the first part and all others with `hang` before fit `width`."""
    found: list[int] = []
    begin, room, at = 0, width, len(line) - len(line.lstrip())  # what it is set in by stays with its first piece
    for piece in filter(None, _PIECE.findall(line[at:])):
        if at - begin + len(piece.rstrip()) > room and at > begin and line[begin:at].strip():
            found.append(at)
            begin, room = at, width - hang
        at += len(piece)
        while len(line[begin:at].rstrip()) > room:
            begin += room
            found.append(begin)
            room = width - hang
    return found
