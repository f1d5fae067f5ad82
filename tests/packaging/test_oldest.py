"""The versions that `tox -e oldest` runs with are the oldest that pyproject.toml allows."""

from __future__ import annotations

import tomllib

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from pages import TREE


def floor(specifiers: SpecifierSet) -> str:
    """The version that a `>=` or `==` names."""
    [version] = (one.version for one in specifiers if one.operator in (">=", "=="))
    return version


def test_the_oldest_versions_are_those_that_are_allowed() -> None:
    """Each dependency has one oldest version, and the list for `tox -e oldest` has that and no other."""
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (TREE / "tests" / "packaging" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    listed = [Requirement(line) for line in lines if not line.startswith("#")]
    allowed = [Requirement(line) for line in project["dependencies"]]
    assert {one.name: floor(one.specifier) for one in listed} == {one.name: floor(one.specifier) for one in allowed}
