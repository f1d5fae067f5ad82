"""The end of a server's log, made readable: Weaviate writes JSON lines whose message is somewhere in the middle."""

from __future__ import annotations

import json
import re
from pathlib import Path

_TAIL_BYTES = 65_536
_LINE_LENGTH = 300
_LOGGED = re.compile(r'^\{.*"level":.*"msg":|\blevel=\w+ msg=', re.MULTILINE)
_WANTED = ("error", "module", "address", "remote_hostname")


def tail(path: Path, lines: int = 12) -> str:
    """Return the last lines of a log file, one message a line; empty if there is no such file.

    Args:
        path: the log.
        lines: how many lines at most.
    """
    try:
        with path.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    kept = [line for line in text.splitlines() if line.strip()][-lines:]
    return "\n".join(readable(line) for line in kept)


def readable(line: str) -> str:
    """Return one log line as `level: message (error=…)` if it is one of Weaviate's, else as it is; cut when long."""
    try:
        entry = json.loads(line)
        message = f"{entry['level']}: {entry['msg']}"
    except (ValueError, KeyError, TypeError):
        return _cut(line.rstrip())
    facts = [f"{key}={entry[key]}" for key in _WANTED if key in entry]
    return _cut(f"{message} ({', '.join(facts)})" if facts else message)


def is_weaviates(text: str) -> bool:
    """Whether a line of this may be one of Weaviate's log: it has a level and a message, as JSON or as key=value."""
    return _LOGGED.search(text) is not None


def _cut(text: str) -> str:
    return text if len(text) <= _LINE_LENGTH else text[: _LINE_LENGTH - 1] + "…"
