"""The shape of the package: who may import whom, how large a file may be, what a start may cost."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness

PACKAGE = Path(harness.__file__).parent
LONGEST = 350
HEAVY = ("numpy", "onnxruntime", "weaviate", "grpc", "pytest", "pydantic", "PIL", "httpx", "yaml", "rich", "hypothesis")

BASE = {"errors", "model"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "model": set(),
    "options": set(),
    "abilities": {"model"},
    "statistics": set(),
    "stubs": set(),
    "transport": set(),
    "keeping": set(),
    "histogram": set(),
    "load_words": set(),
    "exchange": {"transport"},
    "door": set(),
    "images": BASE,
    "oracle": BASE,
    "record": BASE,
    "truth": BASE | {"oracle"},
    "golden": BASE | {"images", "keeping"},
    "scenario": BASE | {"images", "statistics"},
    "interfaces": BASE | {"exchange", "images", "stubs", "transport"},
    "inference": BASE | {"door", "images"},
    "reference": BASE | {"door", "exchange", "stubs"},
    "targets": BASE | {"abilities", "exchange", "inference", "keeping", "reference", "transport"},
    "dataset": BASE | {"images", "oracle", "scenario", "interfaces"},
    "checks": BASE | {"abilities", "golden", "images", "oracle", "scenario", "stubs", "interfaces", "dataset"},
    "watching": BASE | {"abilities", "load", "record"},
    "load": BASE | {"exchange", "histogram", "interfaces", "oracle", "scenario", "statistics", "stubs", "transport"},
    "report": BASE | {"histogram", "record", "statistics"},
    "comparing": BASE
    | {"checks", "dataset", "fitness", "fleet", "histogram", "interfaces", "keeping", "opening", "options", "record"}
    | {"report", "runs", "scenario", "session", "station", "statistics", "targets", "telling"},
    "proving": BASE | {"checks", "dataset", "inference", "interfaces", "reference", "scenario", "stage"},
    "generating": BASE
    | {"checks", "dataset", "fitness", "fleet", "options", "runs", "scenario", "sitting", "stage", "station"},
    "calibrating": {"comparing", "load", "model", "record", "statistics", "telling"},
    "commands": BASE
    | {
        "calibrating",
        "load_words",
        "comparing",
        "generating",
        "interfaces",
        "options",
        "report",
        "record",
        "runs",
        "scenario",
        "session",
        "surveying",
        "telling",
        "truth",
    },
    "loadrun": BASE
    | {
        "abilities",
        "checks",
        "dataset",
        "fitness",
        "histogram",
        "images",
        "interfaces",
        "load",
        "record",
        "scenario",
        "station",
        "statistics",
    }
    | {"load_words", "sitting", "watching"},
    "surveying": BASE
    | {
        "abilities",
        "checks",
        "dataset",
        "fleet",
        "images",
        "interfaces",
        "load",
        "options",
        "record",
        "runs",
        "scenario",
    }
    | {"station", "statistics", "targets", "telling", "truth", "watching"},
    # one run, from the bottom up: exactly what is needed
    "deviations": {"model", "scenario"},
    "fleet": BASE | {"inference", "options", "scenario", "targets"},
    "stage": BASE | {"checks", "dataset", "interfaces", "scenario"},
    "opening": {"errors"},
    "fitness": {"fleet", "model", "scenario"},
    "station": BASE
    | {
        "abilities",
        "checks",
        "dataset",
        "deviations",
        "fitness",
        "fleet",
        "images",
        "interfaces",
        "keeping",
        "scenario",
    }
    | {"scenario", "stage", "targets"},
    "sitting": {"checks", "dataset", "deviations", "errors", "fleet", "interfaces", "keeping", "opening", "options"}
    | {"scenario", "stage", "station", "targets"},
    "stash": {"errors", "fleet", "options", "record", "sitting", "station"},
    "showing": {"checks", "images", "record", "scenario"},
    "splitting": BASE | {"checks", "images", "interfaces", "load", "scenario"},
    "latency": BASE
    | {"checks", "dataset", "fitness", "load", "record", "scenario", "splitting", "station", "statistics"},
    "items": BASE
    | {
        "checks",
        "fitness",
        "fleet",
        "interfaces",
        "latency",
        "loadrun",
        "record",
        "scenario",
        "showing",
        "sitting",
        "stash",
    },
    "telling": {"errors", "fleet", "keeping", "model", "record", "scenario", "station"},
    "session_record": {"errors", "fleet", "record", "report", "sitting", "station", "telling"},
    "handwritten": BASE | {"checks", "dataset", "fleet", "interfaces", "scenario", "stash", "station"},
    "plugin": {"errors", "handwritten", "items", "options", "scenario", "session_record", "stash"},
    "progress": {"sitting", "stash"},
    "preflight": {"checks", "errors", "scenario"},
    "inventory": {"checks", "interfaces", "scenario", "targets"},
    "runs": {"errors"},
    "session": {"errors", "images", "inventory", "options", "preflight", "progress", "record", "report", "runs"}
    | {"scenario", "sitting"},
    "machine": {"fleet", "interfaces", "keeping", "model", "options", "targets"},
    "cli": {"commands", "errors", "machine", "options", "proving", "session"},
}
"""What each part may import of the others, beside `harness` itself (its version) and its own modules.

A check can't name a target, a report can't start anything, and the reference shares nothing with the oracle.
"""

LIGHT = ("errors", "model", "options", "stash", "cli")
"""Read in every start of the command, or in every test run of anybody who has the plugin."""


def modules() -> Iterator[tuple[str, Path]]:
    """Every part with each of its files."""
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        if inside.parts[0] not in ("__init__.py", "shipped"):
            yield inside.parts[0].removesuffix(".py"), path


def imported(path: Path) -> Iterator[str]:
    """The modules that a file imports anywhere, in full."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide who imports whom"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def parts_imported(path: Path) -> set[str]:
    """The parts of the package that a file imports."""
    found = (name.split(".") for name in imported(path) if name.split(".")[0] == "harness")
    return {parts[1] for parts in found if len(parts) > 1} - {"__version__"}


def test_every_part_has_its_line_in_the_table() -> None:
    """A new part says what it may import before it imports anything."""
    assert {part for part, _ in modules()} == set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("part", "path"), [pytest.param(*one, id=str(one[1].relative_to(PACKAGE))) for one in modules()]
)
def test_imports_follow_the_table(part: str, path: Path) -> None:
    """A file imports no part that its line of the table leaves out."""
    assert parts_imported(path) - {part} <= MAY_IMPORT[part]


def test_the_table_has_no_circle() -> None:
    """What a part may import never leads back to it."""
    left = dict(MAY_IMPORT)
    while ready := [part for part, allowed in left.items() if not allowed & set(left)]:
        for part in ready:
            del left[part]
    assert left == {}


def test_the_top_of_the_table_allows_nothing_that_nobody_uses() -> None:
    """What a module of the run may import it does import: nothing is allowed in advance."""
    files = {part: PACKAGE / f"{part}.py" for part in list(MAY_IMPORT)[list(MAY_IMPORT).index("stage") :]}
    unused = {part: MAY_IMPORT[part] - parts_imported(path) for part, path in files.items()}
    assert not any(unused.values()), unused


def test_the_reference_and_the_oracle_share_no_code() -> None:
    """Neither imports a part that the other does, beyond the frozen values and the errors: not even a formula."""
    reference = {name for part, path in modules() if part == "reference" for name in parts_imported(path)}
    oracle = parts_imported(PACKAGE / "oracle.py")
    assert reference & (oracle | {"oracle"}) - {"reference"} <= BASE


@pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(PACKAGE))) for _, path in modules()])
def test_a_file_stays_small(path: Path) -> None:
    """A file of the package has at most 350 lines."""
    assert len(path.read_text().splitlines()) <= LONGEST


def test_no_module_is_a_drawer() -> None:
    """No module is called after nothing in particular."""
    drawers = {"utils", "util", "helpers", "common", "misc", "tools"}
    assert not drawers & {name for _, path in modules() for name in (path.stem, path.parent.name)}


def test_help_costs_nothing() -> None:
    """`nearimage --help` imports neither pytest nor any library that takes time."""
    program = (
        "import sys, json\n"
        "from harness.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.startswith("usage: nearimage")
    assert json.loads(result.stdout.splitlines()[-1]) == []


@pytest.mark.parametrize("name", LIGHT)
def test_what_every_start_reads_is_light(name: str) -> None:
    """The modules that every start reads import no library but pytest, and that only for its hooks."""
    program = (
        f"import sys, json, harness.{name}\n"
        f"print(json.dumps([name for name in {[each for each in HEAVY if each != 'pytest']!r} if name in sys.modules]))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(result.stdout) == []
