"""Compose as a program: which of its spellings is here, and that it ends with us."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from harness.errors import TargetError
from harness.targets.compose.program import Compose, find_compose
from harness.targets.state import process


def put(folder: Path, name: str, code: int) -> None:
    """A program of that name that ends with that code."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\nexit {code}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("programs", "command"),
    [
        ({"docker": 0, "docker-compose": 0}, ("docker", "compose")),
        ({"docker": 1, "docker-compose": 0}, ("docker-compose",)),
        ({"docker-compose": 0}, ("docker-compose",)),
        ({"docker": 0}, ("docker", "compose")),
    ],
)
def test_the_plugin_comes_before_the_older_program(
    programs: dict[str, int], command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A docker without the plugin is none."""
    for name, code in programs.items():
        put(tmp_path / "bin", name, code)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}")
    assert find_compose().command == command


def test_only_the_plugin_has_to_be_told_to_make_no_folder() -> None:
    """The older program refuses a file with that word."""
    assert Compose(("docker", "compose")).binds == {"bind": {"create_host_path": False}}
    assert Compose(("docker-compose",)).binds == {}


def test_docker_without_the_plugin_alone_is_no_compose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said so."""
    put(tmp_path / "bin", "docker", 1)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(TargetError, match="there is no Compose here"):
        find_compose()


def python(code: str, **options: object) -> Compose:
    """Compose, played by a line of Python."""
    return Compose((sys.executable, "-c", code), **options)  # type: ignore[arg-type]


def test_a_persons_settings_of_compose_do_not_choose_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """COMPOSE_FILE and COMPOSE_PROJECT_NAME are not handed on; what we add is."""
    monkeypatch.setenv("COMPOSE_FILE", "another.yaml")
    monkeypatch.setenv("COMPOSE_PROJECT_NAME", "production")
    monkeypatch.setenv("COMPOSE_PROFILES", "kept")
    code = "import os; print([n for n in os.environ if n.startswith('COMPOSE_')], os.environ['OURS'])"
    said = python(code, environment={"OURS": "yes"}).run([], seconds=30).out
    assert "COMPOSE_FILE" not in said
    assert "COMPOSE_PROJECT_NAME" not in said
    assert "COMPOSE_PROFILES" in said
    assert said.endswith("yes\n")


def test_what_watches_it_can_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And with it all that it started; nothing that it raised is lost."""
    ids: list[int] = []

    def watch() -> None:
        if Path("child").exists() and Path("child").read_text():
            raise TargetError("a container died")

    child = "import os, pathlib, time; pathlib.Path('child').write_text(str(os.getpid())); time.sleep(600)"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TargetError, match="a container died"):
        python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])", note=ids.append).run(
            [], seconds=60, watch=watch
        )
    started = process(int(Path("child").read_text()))
    assert not process(ids[0]).alive
    while started.alive:
        threading.Event().wait(0.05)


def test_it_may_not_take_for_ever() -> None:
    """It is ended, and said."""
    with pytest.raises(TargetError, match="did not finish within 0 s"):
        python("import time; time.sleep(600)").run([], seconds=0.3)


def test_its_last_words_are_without_progress() -> None:
    """Each line once, and nothing of what went well."""
    code = (
        "import sys; print('Creating network x\\n Container y  Creating\\nERROR: no\\nERROR: no\\n', file=sys.stderr)"
    )
    assert python(code).run([], seconds=30).last_words == "ERROR: no"


def test_a_program_that_is_gone() -> None:
    """It was there a moment ago."""
    with pytest.raises(TargetError, match="cannot be started"):
        Compose(("/nowhere/docker-compose",)).run([], seconds=1)
