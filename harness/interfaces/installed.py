"""What interfaces need that does not come with nearimage: where it is, whether it is, and how it gets there.

Nothing is ever downloaded but by the command `INSTALL`; each interface has a folder of its own in the user's cache.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from harness.errors import TargetError, UsageError

INSTALL = f"{sys.executable} -m harness.interfaces install"
"""The command that gets packages, followed by the name of an interface."""

_HERE = Path(__file__).parent
_DONE = ".nearimage-complete"
_LAST_WORDS = 600


@dataclass(frozen=True, slots=True)
class Packages(ABC):
    """The packages of one interface, at exactly the versions of its lock file.

    `interface` is its name, `client` what it is called in sentences, `program` what is run with the packages, `locks`
    are the files that name them; the last of these is the lock.
    """

    interface: str
    client: str
    program: Path
    locks: tuple[Path, ...]

    @property
    def folder(self) -> Path:
        """The cache folder of exactly these packages: another lock file has another one."""
        base = os.environ.get("XDG_CACHE_HOME")
        mark = sha256(self.locks[-1].read_bytes() + self._made_for().encode()).hexdigest()[:12]
        return (Path(base) if base else Path.home() / ".cache") / "nearimage" / f"{self.interface}-{mark}"

    def missing(self) -> str:
        """Return what is missing, in a sentence; empty if nothing is."""
        return "" if self._done.exists() else f"the packages of {self.client} are not in {self.folder}"

    def remedy(self) -> str:
        """Return what to do about what is missing."""
        return f"Get them: {INSTALL} {self.interface}"

    def install(self) -> Path:
        """Install the packages of the lock file, and no others.

        Returns:
            The folder that they are in.

        Raises:
            UsageError: if a program is missing that this takes.
            TargetError: if the installation fails; has its last words.
        """
        there = self.folder
        there.mkdir(parents=True, exist_ok=True)
        for lock in self.locks:
            shutil.copyfile(lock, there / lock.name)
        for command in self._commands():
            done = subprocess.run(command, cwd=there, capture_output=True, text=True, check=False)  # noqa: S603 - ours
            if done.returncode:
                raise TargetError(
                    f"the packages of {self.client} could not be installed in {there}",
                    log=(done.stderr or done.stdout).strip()[-_LAST_WORDS:],
                    hint="It needs the package registry that this machine is set up for.",
                )
        self._done.touch()
        return there

    @property
    def _done(self) -> Path:
        """The file that says that all packages are there."""
        return self.folder / _DONE

    def _made_for(self) -> str:
        """What the packages fit, beside their versions."""
        return ""

    @abstractmethod
    def command(self) -> list[str]:
        """The command line that starts the program."""

    @abstractmethod
    def _commands(self) -> Sequence[list[str]]:
        """What is run in the folder to install.

        Raises:
            UsageError: if a program is missing that this takes.
        """


@dataclass(frozen=True, slots=True)
class NodePackages(Packages):
    """Packages of npm; no script of theirs is run."""

    def missing(self) -> str:
        """Return what is missing, in a sentence: Node.js itself, or the packages."""
        if shutil.which("node") is None:
            return "there is no Node.js here (the command node)"
        return Packages.missing(self)

    def remedy(self) -> str:
        """Return what to do: first the programs, then the packages."""
        need = [name for name in ("node", "npm") if shutil.which(name) is None]
        first = f"Install {' and '.join(need)} (Node.js 22 or newer), then: " if need else "Get them: "
        return f"{first}{INSTALL} {self.interface}"

    def command(self) -> list[str]:
        """The command line that starts the program, told where its packages are."""
        return [shutil.which("node") or "node", str(self.program), str(self.folder)]

    @property
    def _done(self) -> Path:
        return self.folder / "node_modules" / _DONE  # `npm ci` takes it away with the packages

    def _commands(self) -> Sequence[list[str]]:
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            raise UsageError("there is no Node.js with npm here", hint=self.remedy())
        return [[npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(self.folder)]]


@dataclass(frozen=True, slots=True)
class PythonEnvironment(Packages):
    """Packages of Python in a virtual environment of their own: two versions of one client don't go into one."""

    def missing(self) -> str:
        """Return what is missing, in a sentence: the environment, or the Python that it was made of."""
        gone = self._done.exists() and not self._python.exists()
        return f"the Python of {self.folder} is gone" if gone else Packages.missing(self)

    def command(self) -> list[str]:
        """The command line that starts the program in the environment."""
        return [str(self._python), "-I", "-W", "ignore", str(self.program)]

    @property
    def _python(self) -> Path:
        return self.folder / "bin" / "python"

    def _made_for(self) -> str:
        return f"{sys.implementation.cache_tag}"

    def _commands(self) -> Sequence[list[str]]:
        packages = ["-r", str(self.locks[-1])]
        return [
            [sys.executable, "-m", "venv", "--clear", str(self.folder)],
            [str(self._python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages],
        ]


def _typescript(interface: str, client: str, program: str, folder: str) -> NodePackages:
    locks = tuple(_HERE / "typescript" / folder / name for name in ("package.json", "package-lock.json"))
    return NodePackages(interface, client, _HERE / "typescript" / program, locks)


PACKAGES: Mapping[str, Packages] = {
    one.interface: one
    for one in (
        PythonEnvironment(
            "python-v3",
            "the Python client, version 3",
            _HERE / "python_v3" / "ask.py",
            (_HERE / "python_v3" / "requirements.txt",),
        ),
        _typescript("typescript", "the TypeScript client", "ask.mjs", ""),
        _typescript("typescript-v1", "the TypeScript client, version 1", "ask_older.mjs", "v1"),
        _typescript("typescript-v2", "the TypeScript client, version 2", "ask_older.mjs", "v2"),
    )
}
"""By the name of the interface."""
