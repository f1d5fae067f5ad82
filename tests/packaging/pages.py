"""The pages that people read, and what stands in them: blocks of code, commands, options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
PAGES = [
    *sorted(TREE.glob("*.md")),
    *sorted(TREE.glob("docs/*.md")),
    *(TREE / name for name in ("tests/README.md", "harness/inference/README.md", "compose/README.md")),
]
README = TREE / "README.md"

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`]+)`")
_ELSEWHERE = re.compile(r"^(?:\w+=\S+ )*(?:\.venv/bin/)?")


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return [text for named, text in _BLOCK.findall(page.read_text(encoding="utf-8")) if named == language]


def commands(page: Path, program: str) -> list[list[str]]:
    """Return every command line of a program as words, from shell blocks and from inline code, comments left out."""
    text = page.read_text(encoding="utf-8")
    lines = [part.strip() for block in blocks(page, "sh") for line in block.splitlines() for part in line.split("&&")]
    lines += [one.replace("\n", " ") for one in _INLINE.findall(_BLOCK.sub("", text))]
    found = [shlex.split(_ELSEWHERE.sub("", line), comments=True) for line in lines if line.count("'") % 2 == 0]
    return [words[1:] for words in found if words and words[0] == program]
