"""Each model file that comes along states what it is, where it is from, its licence and its hash."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from pages import TREE

MODELS = TREE / "fixtures" / "models"
STATED = (MODELS / "PROVENANCE.md").read_text(encoding="utf-8")
FILES = sorted(path for path in MODELS.iterdir() if path.suffix != ".md")


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_a_model_file_is_the_one_that_is_stated(file: Path) -> None:
    """It has a row with origin and licence, and its hash is the one that is written down."""
    rows = [row.strip("| ").split(" | ") for row in STATED.splitlines() if row.startswith(f"| `{file.name}`")]
    about, [_, stated] = sorted(rows, key=len, reverse=True)
    assert re.search("Apache-2.0|MIT", about[3])
    assert stated == f"`{hashlib.sha256(file.read_bytes()).hexdigest()}`"


def test_nothing_is_stated_that_is_not_there() -> None:
    """Each row of hashes names a file of the folder."""
    assert set(re.findall(r"^\| `([^`]+)` \| `[0-9a-f]{64}` \|$", STATED, re.MULTILINE)) == {
        file.name for file in FILES
    }
