"""The page of findings and the list of deviations say the same."""

from __future__ import annotations

import re

import pytest
from pages import TREE, commands

from harness.checks import all_checks
from harness.deviations import OURS, deviations
from harness.interfaces import NAMES
from harness.preflight import check_ids
from harness.scenario import load_scenario, shipped_scenarios

PAGE = TREE / "docs" / "findings.md"
TEXT = PAGE.read_text(encoding="utf-8")
SECTIONS = re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
LISTED = deviations(OURS, checks=all_checks(), interfaces=NAMES)


def minor(said: str) -> str:
    """The minor version that a range such as `==1.39.*` means."""
    return said.removeprefix("==").removesuffix(".*")


def about(check: str) -> str:
    """The findings that name a check."""
    return "\n".join(f"{title}\n{body}" for title, body in SECTIONS if f"`{check}`" in body)


def test_each_deviation_is_on_the_page() -> None:
    """Whatever is listed is explained, under the id of its check."""
    assert [one.check for one in LISTED if not about(one.check)] == []


@pytest.mark.parametrize("check", sorted({one.check for one in LISTED}))
def test_a_finding_names_the_versions_of_its_deviations(check: str) -> None:
    """Each minor version that is listed for a check stands in its finding, and its command names that check."""
    versions = {minor(said) for one in LISTED if one.check == check for said in one.versions}
    assert {version for version in versions if version not in about(check)} == set()
    globs = [
        word
        for words in commands(PAGE, "nearimage")
        for word, before in zip(words[1:], words, strict=False)
        if before == "--checks"
    ]
    assert [glob for glob in globs if re.fullmatch(glob.replace("*", ".*"), check)]


@pytest.mark.parametrize(("title", "body"), SECTIONS, ids=[title for title, _ in SECTIONS])
def test_a_finding_is_judged_and_can_be_repeated(title: str, body: str) -> None:
    """It says how much it hurts and has a command; every check that it names is listed as a deviation."""
    assert re.search(r"^Hurts (much|some|little) · ", body, re.MULTILINE), title
    assert "nearimage run " in body
    named = set(re.findall(r"`([a-z-]+/[a-z-]+)`", body)) & set(all_checks())
    assert named
    assert named <= {one.check for one in LISTED}


def test_the_newest_release_comes_first() -> None:
    """The parts go from what is still so to what only the oldest release shows."""
    parts = re.findall(r"^## .*?(\d+\.\d+)$", TEXT, re.MULTILINE)
    assert parts == ["1.39", "1.32", "1.25", "1.19"]


def test_a_command_names_the_scenario_that_asks_its_check() -> None:
    """Each check of a command is one that its scenario asks."""
    for words in commands(PAGE, "nearimage"):
        scenario = load_scenario(shipped_scenarios()[words[1]])
        glob = words[words.index("--checks") + 1].replace("*", ".*")
        assert [id_ for id_ in check_ids([scenario]) if re.fullmatch(glob, id_) and scenario.wants(id_)], words
