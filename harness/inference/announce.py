"""The one line by which a started service says where it is; written by the program, read by who started it."""

from __future__ import annotations

import re

_LINE = re.compile(
    r"nearimage inference ready at (?P<url>http://\S+) "
    r"\(encoder (?P<encoder>\S+), device (?P<device>\S+)\)"
)


def ready_line(url: str, encoder: str, device: str) -> str:
    """Return the line, without its end."""
    return f"nearimage inference ready at {url} (encoder {encoder}, device {device})"


def read_ready_line(line: str) -> tuple[str, str, str] | None:
    """Return the url, the encoder and the device of such a line; None for any other line."""
    match = _LINE.fullmatch(line.strip())
    return None if match is None else (match["url"], match["encoder"], match["device"])
