"""Nearimage as it is installed from a wheel: run by `tox -e wheel`, in an empty folder, without the source tree."""

from __future__ import annotations

import subprocess
from importlib import metadata
from pathlib import Path, PurePosixPath

import pytest

import harness
from harness import cli
from harness.errors import ExitCode
from harness.images import shipped, shipped_folder
from harness.record import read

pytestmark = pytest.mark.wheel

TREE = Path(__file__).resolve().parents[2]
SHIPPED = ("scenarios", "fixtures", "compose", "docs")
PLACES = {"harness": "harness"} | {folder: f"harness/shipped/{folder}" for folder in SHIPPED}
NO_PART = {"__pycache__"}


def in_tree() -> set[str]:
    """The files of the source tree that belong into a wheel, as they are called there."""
    return {
        str(PurePosixPath(place, path.relative_to(TREE / folder).as_posix()))
        for folder, place in PLACES.items()
        for path in (TREE / folder).rglob("*")
        if path.is_file() and not NO_PART & set(path.parts)
    }


def installed() -> set[str]:
    """The files that the wheel brought, its metadata left out."""
    files = metadata.files("nearimage") or []
    return {str(path) for path in files if path.parts[0] == "harness" and not NO_PART & set(path.parts)}


def test_a_wheel_has_every_file_of_the_package_and_nothing_else() -> None:
    """Code, templates, schemas, scenarios, images and models are all there, and no file that is not in the tree."""
    assert installed() == in_tree()


def test_the_files_of_a_wheel_are_those_of_the_tree() -> None:
    """What comes along is byte for byte what lies in the source tree."""
    package = Path(harness.__file__).parent
    for folder in SHIPPED:
        for path in (TREE / folder).rglob("*"):
            if path.is_file() and not NO_PART & set(path.parts):
                there = package / "shipped" / path.relative_to(TREE)
                assert there.read_bytes() == path.read_bytes(), there


def test_a_wheel_brings_its_licence() -> None:
    """The licence's text is in the metadata, and so is its name."""
    found = metadata.metadata("nearimage")
    assert (found["License-Expression"], found.get_all("License-File")) == ("Apache-2.0", ["LICENSE"])
    assert any(path.name == "LICENSE" for path in metadata.files("nearimage") or [])


def test_shipped_things_are_read_from_the_package() -> None:
    """Scenarios and images lie inside the installed package, not beside it."""
    package = Path(harness.__file__).parent
    assert package != TREE / "harness"
    assert shipped_folder("scenarios") == package / "shipped" / "scenarios"
    assert len(shipped("photos").pictures) >= 16


def test_every_shipped_scenario_is_valid_where_it_is_installed(capsys: pytest.CaptureFixture[str]) -> None:
    """`nearimage validate` reads each of them, images and hashes included."""
    assert cli.main(["validate", str(shipped_folder("scenarios"))]) == ExitCode.HELD
    assert len(capsys.readouterr().out.splitlines()) == len(list((TREE / "scenarios").glob("*.yaml")))


def test_the_run_in_an_empty_folder_left_a_record_and_a_page() -> None:
    """What `nearimage run --smoke` left in this folder is complete: verdicts, latencies, and the page."""
    [folder] = Path("nearimage-out").iterdir()
    record = read(folder / "record.jsonl")
    assert record.exit_code == ExitCode.HELD
    assert record.verdicts
    assert record.latencies
    assert "<html" in (folder / "report.html").read_text(encoding="utf-8")


def test_pytest_finds_the_plugin(tmp_path: Path) -> None:
    """In a folder with nothing but a test, pytest knows the options and markers of the installed plugin."""
    (tmp_path / "test_nothing.py").write_text("import pytest\n@pytest.mark.threshold\ndef test_nothing():\n    pass\n")
    command = ["pytest", "--strict-markers", "--target", "reference", "-q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
