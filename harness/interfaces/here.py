"""Which interfaces can be used here, beside the two that a server speaks itself; and how to get the others."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from harness.interfaces import shell
from harness.interfaces.installed import PACKAGES

_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Beside:
    """One interface: whether it is there, what there is or what is missing, and what to do."""

    name: str
    there: bool
    says: str
    hint: str = ""


def beside() -> Iterator[Beside]:
    """Yield what is known of each; nothing is asked of a network."""
    version = importlib.metadata.version("weaviate-client")
    yield Beside("python", there=True, says=f"weaviate-client {version}, synchronous and asynchronous")
    for name, packages in PACKAGES.items():
        trouble = packages.missing()
        says = trouble or f"{packages.client}, in {packages.folder}"
        yield Beside(name, there=not trouble, says=says, hint=packages.remedy() if trouble else "")
    trouble = shell.missing()
    hint = "Install it, for --interfaces shell." if trouble else ""
    yield Beside("shell", there=not trouble, says=trouble or f"base64 and {_version('curl')}", hint=hint)


def lacking(name: str) -> str:
    """Return what an interface of this name lacks here; empty if nothing."""
    return next((one.says for one in beside() if one.name == name and not one.there), "")


def _version(program: str) -> str:
    """The first two words that a program says of itself; its name if it says nothing."""
    path = shutil.which(program) or program
    try:
        done = subprocess.run(  # noqa: S603 - a program of the list above
            [path, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return program
    words = " ".join(done.stdout.split()[:2])
    return words if words.startswith(program) else f"{program} {words}"
