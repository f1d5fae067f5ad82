"""Which Compose file is meant, and what is wrong with it that can be said without Compose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from harness.errors import FileError, UsageError
from harness.targets.compose.writing import GPU, SHIPPED, shipped

_USUAL = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
_NAMES = tuple(name for name in SHIPPED if name != GPU)


@dataclass(frozen=True, slots=True)
class Source:
    """A Compose file that somebody named.

    Args:
        text: what stood behind `compose:`; finds it again.
        path: the file; of one that we print, what it is called.
        service: the Weaviate in it that is meant; empty if it has to be found.
        content: of one that we print; of a person's own it is read when it is started.
    """

    text: str
    path: Path
    service: str = ""
    content: str = ""

    @property
    def folder(self) -> Path:
        """What relative paths in it start from."""
        return Path.cwd() if self.content else self.path.absolute().parent

    def said(self) -> str:
        """What it is called in a sentence."""
        return f"nearimage's own {self.path}" if self.content else str(self.path)

    def lines(self) -> dict[str, int]:
        """The line on which each service begins, counted from 1, in their order; empty if that cannot be seen."""
        try:
            text = self.content or self.path.read_text(encoding="utf-8")
            services = _services(yaml.compose(text, Loader=yaml.SafeLoader))
        except (OSError, ValueError, yaml.YAMLError):
            return {}
        return {key.value: key.start_mark.line + 1 for key, _ in _entries(services)}


def source(text: str) -> Source:
    """Return the file for what stands behind `compose:`, `FILE`, `FOLDER` or the name of one of ours, `#SERVICE`.

    Raises:
        UsageError: nothing was named, or nothing is there.
        FileError: it is no Compose file.
    """
    name, _, service = text.partition("#")
    if name in _NAMES and not Path(name).is_file():
        return Source(text, Path(f"{name}.yaml"), service, shipped(name))
    if not name:
        raise UsageError(f"compose: needs a file, or one of ours: {', '.join(_NAMES)}", hint="Such as: compose:both")
    path = _file(Path(name).expanduser())
    _check(path)
    return Source(text, path, service)


def _file(path: Path) -> Path:
    if path.is_dir():
        found = next((path / name for name in _USUAL if (path / name).is_file()), None)
        if found is None:
            raise UsageError(f"the folder {path} has no Compose file", hint=f"It would be called {_USUAL[0]}.")
        return found
    if not path.is_file():
        hint = f"Name a file, or one of ours: {', '.join(_NAMES)}."
        raise UsageError(f"there is no Compose file {path}", hint=hint)
    return path


def _check(path: Path) -> None:
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = f"this is no YAML: {error.problem or error.context}"
        raise FileError(what, path=path, line=mark.line + 1 if mark else None) from error
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise FileError(f"this cannot be read as YAML: {error}", path=path) from error
    if not any(_entries(_services(root))):
        what = "this is no Compose file: it has no services"
        raise FileError(what, path=path, hint="`nearimage compose both` prints one.")


def _services(root: yaml.Node | None) -> yaml.Node | None:
    return next((value for key, value in _entries(root) if key.value == "services"), None)


def _entries(node: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        yield from node.value
