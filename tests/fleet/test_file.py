"""Files that name targets."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from harness.errors import FileError
from harness.fleet.file import fleet, json_schema
from harness.targets.setup import Setup

SCHEMA_FILE = Path(__file__).parents[2] / "harness" / "targets.schema.json"
GOOD = """\
nearimage-targets: 1
targets:
  plain: reference
  strict:
    target: reference
    env: {QUERY_DEFAULTS_LIMIT: 20, ASYNC: true}
  limited: {target: "docker:1.39.0", inference: harness, memory: 2GiB, cpus: 2, device: gpu}
"""


def written(folder: Path, text: str) -> Path:
    """A file of targets."""
    path = folder / "targets.yaml"
    path.write_text(text)
    return path


def test_a_target_has_the_name_and_the_options_of_the_file(tmp_path: Path) -> None:
    """Names are the keys; what the file leaves open, the command line says."""
    plain, strict, limited = fleet(written(tmp_path, GOOD), Setup(read_only=False, environment={"A": "1"}))
    assert (plain.name, plain.text, plain.setup) == ("plain", "reference", Setup(environment={"A": "1"}))
    assert strict.setup.environment == {"A": "1", "QUERY_DEFAULTS_LIMIT": "20", "ASYNC": "true"}
    assert (limited.setup.inference, limited.setup.memory, limited.setup.cpus, limited.setup.gpu) == (
        *("harness", 2**31, 2.0, 0),
    )


def test_the_cpu_of_the_file_is_stronger_than_the_command_line(tmp_path: Path) -> None:
    """`device: cpu` is said, also where the command line says `--device gpu`."""
    path = written(tmp_path, "nearimage-targets: 1\ntargets: {one: {target: docker, device: cpu}}")
    [one] = fleet(path, Setup(gpu=1))
    assert one.setup.gpu is None


def test_paths_start_from_the_folder_of_the_file(tmp_path: Path) -> None:
    """A relative path means a file beside the file, wherever the command runs."""
    program = tmp_path / "weaviate-1.25.34"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    path = written(
        tmp_path, "nearimage-targets: 1\ntargets: {a: 'embedded:weaviate-1.25.34', b: 'embedded:./weaviate-1.25.34'}"
    )
    assert [one.text for one in fleet(path, Setup())] == [f"embedded:{program}"] * 2


@pytest.mark.parametrize(
    ("wrong", "line", "says", "hint"),
    [
        (GOOD.replace("inference:", "infrence:"), 7, "unknown key `infrence`", "did you mean `inference`?"),
        (GOOD.replace("target: reference", "target: refrence"), 5, "strict: there is no target", "Did you mean"),
        (GOOD.replace("2GiB", "2 pounds"), 7, "limited: memory is a size", "2GiB"),
        (GOOD.replace("2GiB", "2"), 7, "`targets.limited.memory` must be a text", ""),
        (GOOD.replace("plain:", "pl ain:"), 3, "has a name that does not fit", ""),
        (GOOD.replace("inference: harness", "inference: mine"), 7, "limited: inference is official", "Official"),
        (GOOD.replace("cpus: 2", "cpus: 0"), 7, "must be more than 0", ""),
        (GOOD.replace("nearimage-targets: 1", "nearimage-targets: 2"), 1, "`nearimage-targets`", ""),
        (GOOD.partition("\n")[2], 1, "`nearimage-targets: 1` is missing", "a file of targets starts with"),
        (GOOD.replace("target: reference", "target: reference\n    memory: 2GiB"), 5, "can do nothing with", ""),
        ("nearimage-targets: 1\ntargets: {}", 2, "targets", ""),
        ("", 1, "the file is empty", "a file of targets starts with"),
        ("- a", 1, "no file of targets", "a file of targets starts with"),
    ],
)
def test_a_mistake_has_its_line_and_what_is_right(tmp_path: Path, wrong: str, line: int, says: str, hint: str) -> None:
    """Whatever is wrong is told with the file, the line and the nearest name."""
    with pytest.raises(FileError) as caught:
        fleet(written(tmp_path, wrong), Setup())
    assert (caught.value.line, says in caught.value.what) == (line, True), caught.value
    assert hint in caught.value.hint


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    """A path to nothing is a mistake of the person, not a traceback."""
    with pytest.raises(FileError, match="there is no such file"):
        fleet(tmp_path / "none.yaml", Setup())


def test_the_published_schema_is_the_current_one() -> None:
    """`python -m harness.fleet > harness/targets.schema.json` would change nothing, and it takes a right file."""
    published = json.loads(SCHEMA_FILE.read_text())
    assert published == json_schema()
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.Draft202012Validator(published).validate(yaml.safe_load(GOOD))
