"""Images as files, for interfaces that take a path: written when first needed, gone when the interface is closed."""

from __future__ import annotations

import tempfile
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path

_KEPT = 64
"""So many files lie there at once, at most."""


def decoded(image: str) -> bytes | None:
    """Return the bytes whose base64 this text is, to the letter; None if there are none, as for what is malformed."""
    try:
        data = b64decode(image, validate=True)
    except ValueError:
        return None
    return data if b64encode(data).decode() == image else None


class ImageFiles:
    """A folder of images under names that have no meaning."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._paths: dict[str, Path] = {}

    @property
    def folder(self) -> Path:
        """The folder, readable for this user alone."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="nearimage-")
        return Path(self._folder.name)

    def path(self, data: bytes) -> Path:
        """Return a file with these bytes."""
        key = sha256(data).hexdigest()[:32]
        if key not in self._paths:
            if len(self._paths) >= _KEPT:
                oldest = next(iter(self._paths))
                self._paths.pop(oldest).unlink(missing_ok=True)
            self._paths[key] = self.folder / key
            self._paths[key].write_bytes(data)
        return self._paths[key]

    def close(self) -> None:
        """Remove them all."""
        self._paths.clear()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
