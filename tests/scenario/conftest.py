"""A scenario file in a folder of its own, with three small pictures beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.images import planted_picture, write_manifest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a folder of pictures: two labels, three pictures."""
    for name, vector in (("warm/red.png", (1, 0)), ("warm/amber.png", (1, 1)), ("cold/blue.png", (0, 1))):
        path = tmp_path / "home" / "pictures" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(planted_picture(vector, name=name).data)
    write_manifest(tmp_path / "home" / "pictures")
    return tmp_path / "home"


@pytest.fixture
def write(home: Path) -> Callable[[str | bytes], Path]:
    """Puts a text into `home/scenario.yaml`."""

    def written(text: str | bytes) -> Path:
        path = home / "scenario.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return written
