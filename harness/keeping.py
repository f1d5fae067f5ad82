"""Where this harness keeps what outlasts a run, and how a file of it is written."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any


def state_folder() -> Path:
    """Return the folder: NEARIMAGE_STATE, else XDG_STATE_HOME/nearimage, else ~/.local/state/nearimage."""
    if named := os.environ.get("NEARIMAGE_STATE"):
        return Path(named).expanduser()
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "nearimage"


def write_json(path: Path, value: Any) -> None:
    """Write a value to a file that is either whole or not there, for its owner's eyes only."""
    write_text(path, json.dumps(value, indent=1))


def write_text(path: Path, text: str) -> None:
    """Write a file that is either whole or not there, for its owner's eyes only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
