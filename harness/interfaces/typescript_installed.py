"""The packages of the TypeScript client: where they are, whether they are, and how they get there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from harness.errors import TargetError, UsageError

PROGRAM = Path(__file__).parent / "typescript" / "ask.mjs"
INSTALL = f"{sys.executable} -m harness.interfaces install typescript"
"""The command that gets the packages; nothing is ever downloaded without it."""

_FILES = ("package.json", "package-lock.json")
_DONE = "node_modules/.nearimage-complete"
_LAST_WORDS = 600


def folder() -> Path:
    """Return the cache folder of exactly these packages: another lock file has another one."""
    lock = (PROGRAM.parent / "package-lock.json").read_bytes()
    base = os.environ.get("XDG_CACHE_HOME")
    return (
        (Path(base) if base else Path.home() / ".cache") / "nearimage" / f"typescript-{sha256(lock).hexdigest()[:12]}"
    )


def missing() -> str:
    """Return what is missing for the TypeScript client, in a sentence; empty if nothing is."""
    if shutil.which("node") is None:
        return "there is no Node.js here (the command node)"
    if not (folder() / _DONE).exists():
        return f"the packages of the TypeScript client are not in {folder()}"
    return ""


def remedy() -> str:
    """Return what to do about what is missing."""
    need = [name for name in ("node", "npm") if shutil.which(name) is None]
    first = f"Install {' and '.join(need)} (Node.js 22 or newer), then: " if need else "Get them: "
    return first + INSTALL


def install() -> Path:
    """Install the packages of the lock file with npm, and no other; no script of theirs is run.

    Returns:
        The folder that they are in.

    Raises:
        UsageError: if there is no Node.js or npm.
        TargetError: if npm fails; has its last words.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise UsageError("there is no Node.js with npm here", hint=remedy())
    there = folder()
    there.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        shutil.copyfile(PROGRAM.parent / name, there / name)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(there)]
    done = subprocess.run(command, cwd=there, capture_output=True, text=True, check=False)  # noqa: S603 - npm itself
    if done.returncode:
        raise TargetError(
            f"npm could not install the packages of the TypeScript client in {there}",
            log=(done.stderr or done.stdout).strip()[-_LAST_WORDS:],
            hint="It needs the registry that npm is set up for.",
        )
    (there / _DONE).touch()
    return there
