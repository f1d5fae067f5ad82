"""Which files and items the plugin takes part in."""

from __future__ import annotations

import json
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest
from inner_runs import Inner
from running import TINY

from harness import plugin
from harness.checks import all_checks
from harness.model import Level

HEAVY = ("numpy", "onnxruntime", "weaviate", "grpc", "pydantic", "httpx", "PIL", "hypothesis.core", "harness.items")


def test_an_item_is_named_by_check_collection_and_interface(inner: Inner) -> None:
    """A scenario file gives one item for each check, collection and interface, and its name has no brackets."""
    assert inner.names() == [
        f"tiny.yaml::{name}@Tiny@{interface}"
        for interface in ("graphql", "grpc")
        for name in (
            "near-image/ascending",
            "threshold/inclusive",
            "promise/nearest/first",
            "question/nearest",
            "latency/nearest",
        )
    ]


def test_other_yaml_is_left_alone(inner: Inner) -> None:
    """YAML without a `nearimage:` key at the top is nobody's test, broken or not, also if it mentions the word."""
    for number, text in enumerate(["a: 1", "notes: {nearimage: 1}", "# nearimage: 1\nb: 2", "nearimage", "{broken: ["]):
        inner.scenario(text, f"other{number}.yaml")
    inner.pytester.path.joinpath("folder.yaml").mkdir()
    assert {name.partition("::")[0] for name in inner.names()} == {"tiny.yaml"}


def test_a_wrong_scenario_is_a_collection_error_with_its_line(inner: Inner) -> None:
    """Pytest says file, line and the nearest valid name, without a traceback of ours, and runs nothing."""
    inner.scenario(TINY.replace("near_image: p-0000", "near_imge: p-0000"), "wrong.yaml")
    result = inner.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*wrong.yaml:11*near_imge*", "*near_image*"])
    result.stdout.no_fnmatch_line("*items.py*")


def test_k_chooses_by_name(inner: Inner) -> None:
    """`-k` chooses items by parts of their names."""
    assert inner.names("-k", "inclusive and grpc") == ["tiny.yaml::threshold/inclusive@Tiny@grpc"]


def test_m_chooses_by_level_and_chapter(inner: Inner) -> None:
    """`-m` knows the levels and the chapters, for latencies too."""
    must = inner.names("-m", "must", "--interfaces", "grpc")
    assert [name.partition("::")[2].partition("/")[0] for name in must] == [
        "near-image",
        "threshold",
        "promise",
        "question",
        "latency",
    ]
    assert inner.names("-m", "threshold and not latency", "--interfaces", "graphql") == [
        "tiny.yaml::threshold/inclusive@Tiny@graphql"
    ]


def test_checks_and_interfaces_choose_too(inner: Inner) -> None:
    """`--checks` takes globs of ids, `--interfaces` the interfaces to ask over."""
    assert inner.names("--checks", "near-*", "--checks", "latency/*", "--interfaces", "grpc") == [
        "tiny.yaml::near-image/ascending@Tiny@grpc",
        "tiny.yaml::latency/nearest@Tiny@grpc",
    ]


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [("--interfaces", "grpcc", "*no interface 'grpcc'*"), ("--target", "refrence", "*no target 'refrence'*")],
)
def test_an_unknown_name_ends_the_run_before_it_begins(inner: Inner, option: str, value: str, says: str) -> None:
    """An unknown interface or target is a usage error (exit 2), found while collecting."""
    result = inner.run(option, value)
    assert result.ret == 2
    result.stdout.fnmatch_lines([says])


def test_every_chapter_and_level_has_its_marker() -> None:
    """Each chapter of a check and each level is a registered marker: `--strict-markers` has nothing to say."""
    chapters = {check.chapter.replace("-", "_") for check in all_checks().values()}
    assert chapters | {"steps", "promise", "question", "latency", "load"} == set(plugin.CHAPTERS)
    assert tuple(Level) == plugin.LEVELS


def test_a_foreign_run_imports_nothing_of_ours(inner: Inner, python: Callable[[str], CompletedProcess[str]]) -> None:
    """In somebody's own tests, YAML files and fixtures named like ours included, the plugin only waits."""
    folder = inner.pytester.path
    (folder / "tiny.yaml").unlink()
    (folder / "settings.yaml").write_text("a: 1\n")
    (folder / "test_theirs.py").write_text(
        "import pytest\n"
        "@pytest.fixture\n"
        "def collection(): return 1\n"
        "@pytest.mark.parametrize('n', [1, 2])\n"
        "def test_theirs(collection, n): assert collection == 1\n"
    )
    program = (
        "import sys, json, pytest\n"
        "ended = pytest.main(['-q', '-p', 'no:hypothesispytest', '-p', 'no:cacheprovider'])\n"
        f"print(json.dumps([int(ended), [name for name in {HEAVY!r} if name in sys.modules]]))\n"
    )
    result = python(program)
    assert json.loads(result.stdout.splitlines()[-1]) == [0, []], result.stdout + result.stderr
    assert not (folder / "state").exists()


def test_collecting_starts_nothing(inner: Inner) -> None:
    """`--collect-only` neither asks a server nor writes anything."""
    result = inner.pytester.runpytest_inprocess("--collect-only", "--target", "http://127.0.0.1:1", "--record", "r")
    assert result.ret == 0
    benchmarks = ".benchmarks"  # pytest-benchmark's own
    assert {path.name for path in inner.pytester.path.iterdir()} - {benchmarks} == {"tiny.yaml"}
