"""The package as pip leaves it, with its bytecode; in a source tree every start might compile it anew."""

from __future__ import annotations

import compileall
from pathlib import Path

import harness


def compile_package() -> None:
    """Write the bytecode of every module that has none yet."""
    compileall.compile_dir(Path(harness.__file__).parent, quiet=1)
