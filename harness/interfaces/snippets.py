"""Runs a snippet of `docs/snippets` as a person does: as a file, told by the environment where the database is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.errors import AnswerError, UnsupportedError
from harness.images import shipped_folder
from harness.interfaces import shell
from harness.interfaces.installed import PACKAGES
from harness.transport import is_loopback

if TYPE_CHECKING:
    from harness.model import Endpoint

_PATIENCE = 120.0
"""Seconds that a snippet has: most of what it takes is the start of its language."""

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@dataclass(frozen=True, slots=True)
class Ran:
    """What a snippet printed, what it said beside that, and its exit status."""

    printed: str
    said: str
    status: int


def run(name: str, client: str, endpoint: Endpoint, **variables: str) -> Ran:
    """Run a snippet and return what came of it, whatever that is.

    Args:
        name: its file under `docs/snippets`.
        client: the interface whose packages it takes: `python`, `python-v3`, `typescript`, … or `shell`.
        endpoint: the database.
        variables: what else the environment says: COLLECTION, IMAGE, DISTANCE.

    Raises:
        UnsupportedError: what it takes is not here.
        AnswerError: it does not end.
    """
    environment = _environment(endpoint, variables)
    with _command(shipped_folder("docs") / "snippets" / name, client) as command:
        try:
            done = subprocess.run(  # noqa: S603 - a file of ours
                command, env=environment, capture_output=True, text=True, timeout=_PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            raise AnswerError(f"the snippet {name} did not end within {_PATIENCE:g} s") from None
    return Ran(done.stdout, done.stderr, done.returncode)


@contextmanager
def _command(file: Path, client: str) -> Iterator[list[str]]:
    """The command that runs a file with a client's packages."""
    if client == "shell":
        if trouble := shell.missing():
            raise UnsupportedError(trouble, hint="Install it, for the snippets of the shell.")
        yield ["sh", str(file)]
    elif client == "python":
        yield [sys.executable, "-W", "ignore", str(file)]
    else:
        packages = PACKAGES[client]
        if trouble := packages.missing():
            raise UnsupportedError(trouble, hint=packages.remedy())
        if file.suffix == ".py":
            yield [packages.command()[0], "-W", "ignore", str(file)]
            return
        # Node.js looks for packages above the file, and runs without types only what is called .mjs.
        with TemporaryDirectory(dir=packages.folder, prefix="snippet-") as folder:
            yield [shutil.which("node") or "node", str(shutil.copyfile(file, Path(folder) / f"{file.stem}.mjs"))]


def _environment(endpoint: Endpoint, variables: Mapping[str, str]) -> dict[str, str]:
    near = is_loopback(urlsplit(endpoint.url).hostname or "")
    dropped = {"NODE_OPTIONS", "WEAVIATE_API_KEY", *(_PROXIES if near else ())}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    key = {"WEAVIATE_API_KEY": endpoint.api_key} if endpoint.api_key else {}
    return kept | {"WEAVIATE_URL": endpoint.url, "WEAVIATE_GRPC": endpoint.grpc} | key | dict(variables)
