"""Which Compose file is meant, and what is seen in it without Compose."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import FileError, UsageError
from harness.targets.compose.source import source
from harness.targets.compose.writing import shipped

FILE = "services:\n  b: {image: x}\n  a:\n    image: y\n"


@pytest.mark.parametrize("name", ["img2vec", "clip", "both", "cluster", "auth"])
def test_a_name_of_ours_is_a_file_of_ours(name: str) -> None:
    """It needs no file on this machine."""
    found = source(f"{name}#weaviate")
    assert (found.path, found.service, found.content) == (Path(f"{name}.yaml"), "weaviate", shipped(name))


def test_a_file_of_that_name_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person has here is what they mean."""
    (tmp_path / "both").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    assert source("both").content == ""


def test_a_folder_has_a_file_with_a_usual_name(tmp_path: Path) -> None:
    """The name that Compose itself looks for first."""
    (tmp_path / "docker-compose.yml").write_text(FILE)
    assert source(str(tmp_path)).path == tmp_path / "docker-compose.yml"
    (tmp_path / "compose.yaml").write_text(FILE)
    assert source(str(tmp_path)).path == tmp_path / "compose.yaml"


def test_services_are_known_by_their_lines_in_their_order(tmp_path: Path) -> None:
    """Compose gives them by the alphabet; a person wrote them in an order."""
    (tmp_path / "x.yaml").write_text(FILE)
    assert source(str(tmp_path / "x.yaml")).lines() == {"b": 2, "a": 3}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("services:\n  db: [\n", 3, "this is no YAML"),
        ("services:\n\tdb: {}\n", 2, "this is no YAML"),
        ("- a\n- b\n", None, "it has no services"),
        ("services: []\n", None, "it has no services"),
        ("", None, "it has no services"),
        ("just words", None, "it has no services"),
    ],
)
def test_what_is_no_compose_file(text: str, line: int | None, says: str, tmp_path: Path) -> None:
    """It is said with the line, before anything is started."""
    path = tmp_path / "x.yaml"
    path.write_text(text)
    with pytest.raises(FileError, match=says) as caught:
        source(str(path))
    assert (caught.value.path, caught.value.line) == (path, line)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    """A picture is no Compose file."""
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    with pytest.raises(FileError, match="cannot be read as YAML"):
        source(str(path))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "needs a file, or one of ours: img2vec, clip, both, cluster, auth"),
        ("gpu", "there is no Compose file gpu"),
        ("nowhere/x.yaml", "there is no Compose file nowhere/x.yaml"),
        (".", "has no Compose file"),
    ],
)
def test_what_is_not_there(text: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a mistake in the command."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=says):
        source(text)
