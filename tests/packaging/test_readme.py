"""What the pages tell people to type exists, and what they tell them to copy works."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest
from pages import PAGES, README, TREE, blocks, commands
from test_layout import MAY_IMPORT

from harness import cli, session
from harness.errors import ExitCode
from harness.fleet.file import fleet
from harness.preflight import check_ids
from harness.targets import find
from harness.targets.setup import Setup

TOX = ConfigParser()
TOX.read(TREE / "tox.ini")
ENVIRONMENTS = {"tests", "py311", "py314", *(name.partition(":")[2] for name in TOX.sections())}
PLACEHOLDERS = {"URL": "http://host:8080", "compose:my-cluster.yaml": "compose:cluster"}
"""What a reader has to put something of their own in the place of, and something that there is."""


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parser of each command of nearimage."""
    [group] = (each for each in cli._parser()._actions if isinstance(each, argparse._SubParsersAction))
    return dict(group.choices)


def typed(program: str) -> list[tuple[Path, list[str]]]:
    """Every command line of a program, and the page that it stands on."""
    return [(page, words) for page in PAGES for words in commands(page, program)]


def name(value: object) -> str:
    """A name for a test: the page, the command."""
    return value.name if isinstance(value, Path) else " ".join(value) if isinstance(value, list) else str(value)


@pytest.mark.parametrize(("page", "words"), typed("nearimage"), ids=name)
def test_each_nearimage_command_on_a_page_is_one(page: Path, words: list[str]) -> None:
    """The parser of the command takes it, its target is one, and its scenario is there."""
    if len(words) <= 1:  # a command is named in a sentence
        assert set(words) <= set(parsers())
        return
    options = cli._parser().parse_args([PLACEHOLDERS.get(word, word) for word in words])
    target = getattr(options, "target", [])
    for each in target if isinstance(target, list) else [target]:
        if each:
            find_by_form(each)
    named = [each for each in getattr(options, "scenarios", []) if each not in ("my-photos.yaml", "my.yaml")]
    assert session.scenario_paths(named), page
    for glob in getattr(options, "checks", []):
        assert [id_ for id_ in check_ids() if re.match(glob.replace("*", ".*"), id_)], glob


def find_by_form(target: str) -> None:
    """Find a target; of a binary or a file that is not here only that the table has it."""
    if not target.startswith(("embedded:", "compose:my-own")):
        find(target)


def test_the_readme_opens_with_two_commands_of_one_line() -> None:
    """The first two blocks are the main job and the tests, and each is one line."""
    run, tests, *_ = blocks(README, "sh")
    assert (run.count("\n"), tests.count("\n")) == (1, 1)
    assert run.rstrip().endswith("nearimage run")
    assert tests.rstrip().endswith("tox")


def test_ci_runs_the_readmes_test_command() -> None:
    """A line of `.ci/run` is the README's second command, letter by letter."""
    _, tests, *_ = blocks(README, "sh")
    assert tests.rstrip() in (TREE / ".ci" / "run").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(("page", "words"), typed("tox") + typed("pytest"), ids=name)
def test_each_tox_environment_and_pytest_option_on_a_page_exists(
    page: Path, words: list[str], pytestconfig: pytest.Config
) -> None:
    """What follows `tox -e` is an environment, and each option of pytest is one of its own or of the plugin's."""
    if "-e" in words:
        assert words[words.index("-e") + 1] in ENVIRONMENTS, page
        return
    for option in (word for word in words if word.startswith("--") and word != "--"):
        assert pytestconfig.getoption(option, default="no such option") != "no such option", page


@pytest.mark.parametrize("word", sorted(set(re.findall(r"--[a-z][a-z-]+", README.read_text(encoding="utf-8")))))
def test_each_option_that_the_readme_names_is_an_option(word: str, pytestconfig: pytest.Config) -> None:
    """Whether it stands in a command or in a sentence: nearimage or pytest knows it."""
    known = {option for each in parsers().values() for option in each._option_string_actions}
    assert word in known or pytestconfig.getoption(word, default=None) is not None


@pytest.mark.parametrize(
    "target",
    re.findall(r"^\| `([^`]+)` \| (?:the stand-in|a real|your own)", README.read_text(encoding="utf-8"), re.MULTILINE),
)
def test_each_target_in_the_readmes_table_is_one_of_ours(target: str) -> None:
    """Its name is one of those that `nearimage list targets` prints."""
    kinds = {line.split("[")[0].split("(")[0].split()[0] for line in session.listed("targets")}
    assert target.partition(":")[0] in kinds


def test_every_command_is_on_the_readme() -> None:
    """A command that the parser has is described."""
    text = README.read_text(encoding="utf-8").replace("\n", " ")
    assert [each for each in parsers() if f"nearimage {each}" not in text] == []


def test_every_exit_code_is_on_the_readme() -> None:
    """The table has each code, and no other."""
    text = README.read_text(encoding="utf-8")
    assert sorted(map(int, re.findall(r"^\| (\d+) \|", text, re.MULTILINE))) == sorted(map(int, ExitCode))


def test_the_readmes_scenario_holds(tmp_path: Path) -> None:
    """Copied into an empty folder it is valid, and its promises hold on the reference."""
    [text] = [one for one in blocks(README, "yaml") if "nearimage: 1" in one]
    (tmp_path / "my-photos.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "harness.cli", "run", "my-photos.yaml", "--target", "reference", "--quiet"]
    done = subprocess.run(
        [*command, "--checks", "promise/*"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Everything held" in done.stdout) == (ExitCode.HELD, True), done.stdout + done.stderr


def test_the_readmes_file_of_targets_is_right(tmp_path: Path) -> None:
    """Each target in it can be had, by the names that a report would have."""
    [text] = [one for one in blocks(README, "yaml") if "nearimage-targets: 1" in one]
    (tmp_path / "fleet.yaml").write_text(text, encoding="utf-8")
    assert [one.name for one in fleet(tmp_path / "fleet.yaml", Setup())] == ["now", "next"]


def test_the_readmes_test_passes(tmp_path: Path) -> None:
    """Copied into an empty folder, pytest runs it against the reference."""
    [text] = blocks(README, "python")
    (tmp_path / "test_copied.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--target", "reference", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_each_link_within_the_tree_leads_somewhere(page: Path) -> None:
    """A relative link names a file or a folder that is there."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_architectures_table_is_the_one_that_is_kept() -> None:
    """Each row says what `tests/test_layout.py` allows, neither more nor less."""
    rows = re.findall(
        r"^\| ([a-z_, ]+) \| ([a-z_, ]+) \|$", (TREE / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    stated = {part: set(may.split(", ")) for parts, may in rows for part in parts.split(", ")}
    stated = {part: set() if "nothing of the package" in may else may for part, may in stated.items()}
    assert len(stated) > 12
    assert stated == {part: may for part, may in MAY_IMPORT.items() if part in stated}


def test_the_architecture_fits_on_a_page() -> None:
    """It has at most sixty lines."""
    assert len((TREE / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 60
