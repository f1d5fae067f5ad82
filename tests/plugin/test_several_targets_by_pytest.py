"""Items of a scenario at several targets: one server by two addresses, and one that is not there."""

from __future__ import annotations

import json
from collections import Counter
from urllib.request import urlopen
from xml.etree import ElementTree as ET

import pytest
from inner_runs import Inner
from running import TINY

from harness.record import LatencyEntry, ScenarioEntry, ShownEntry, VerdictEntry, read

AWAY = "http://127.0.0.1:1"
"""Where nobody listens."""


@pytest.fixture
def other(inner: Inner) -> str:
    """The same server by another address."""
    return inner.server.replace("127.0.0.1", "localhost")


def name(address: str) -> str:
    """What a server is called among several."""
    return address.partition("//")[2].partition("?")[0]


def test_an_item_ends_in_its_target(inner: Inner, other: str) -> None:
    """With several targets each item is there for each of them, one after the other; with one it has no such end."""
    asked = inner.names("--target", other, "--checks", "threshold/*", "--interfaces", "grpc")
    assert asked == [f"tiny.yaml::threshold/inclusive@Tiny@grpc@{name(one)}" for one in (inner.server, other)]
    assert inner.names("--checks", "threshold/*", "--interfaces", "grpc") == [
        "tiny.yaml::threshold/inclusive@Tiny@grpc"
    ]


def test_k_chooses_a_target(inner: Inner, other: str) -> None:
    """`-k` chooses by a part of a target's name."""
    asked = inner.names("--target", other, "-k", "localhost and inclusive and grpc")
    assert asked == [f"tiny.yaml::threshold/inclusive@Tiny@grpc@{name(other)}"]


def test_every_target_is_asked_and_has_its_place_in_the_record(inner: Inner, other: str) -> None:
    """All that the record has about a target names it; each has its own collections, which are taken away."""
    inner.run("--target", other, "--record", "record.jsonl").assert_outcomes(passed=20)
    record = read(inner.pytester.path / "record.jsonl")
    both = [name(inner.server), name(other)]
    assert [target.target for target in record.targets] == both
    for kind in (VerdictEntry, ShownEntry, LatencyEntry, ScenarioEntry):
        counted = Counter(entry.target for entry in record.of(kind))
        assert set(counted) == set(both), kind
        assert len(set(counted.values())) == 1, kind
    classes = {one.class_at_target for scenario in record.scenarios for one in scenario.collections}
    assert len(classes) == 2
    with urlopen(f"{inner.server.partition('?')[0]}/v1/schema") as answer:
        assert json.load(answer)["classes"] == []


def test_the_summary_lays_them_side_by_side(inner: Inner, other: str) -> None:
    """The summary has one column for each target and says that all answered alike."""
    result = inner.run("--target", other, "--checks", "threshold/*")
    result.stdout.fnmatch_lines(["2 targets were asked the same, side by side.", "*Checks at each target*"])
    result.stdout.fnmatch_lines([f"*{name(inner.server)}*{name(other)}*", "Wherever more than one target was asked*"])


def test_asking_again_names_one_target(inner: Inner, other: str) -> None:
    """The command that repeats a verdict asks the target where it was found, and no other."""
    inner.scenario(TINY.replace("{first: p-0000}", "{first: p-0001}"))
    inner.run("--target", other, "--record", "record.jsonl", "-k", "promise").assert_outcomes(failed=4)
    for one in read(inner.pytester.path / "record.jsonl").verdicts:
        assert one.repeat.count("--target") == 1
        assert one.target in one.repeat


def test_a_target_that_is_not_there_fails_alone(inner: Inner) -> None:
    """Its items are not asked and say why; the others are, and the exit code is that of a missing target."""
    result = inner.run("--target", AWAY, "--record", "record.jsonl", "-rs")
    result.assert_outcomes(passed=10, skipped=10)
    assert result.ret == 4
    result.stdout.fnmatch_lines(
        ["1 target was asked.", "*1 of 2 targets could not be opened. Everything held: 6 checks."]
    )
    result.stdout.fnmatch_lines(["*127.0.0.1:1 was not asked: there is no connection to http://127.0.0.1:1*"])
    record = read(inner.pytester.path / "record.jsonl")
    assert record.exit_code == 4
    assert {one.target for one in record.verdicts} == {name(inner.server)}
    assert [bool(one.trouble) for one in record.targets] == [False, True]


def test_no_target_at_all_ends_the_run(inner: Inner) -> None:
    """If none of several can be opened nothing runs, and each says why."""
    result = inner.pytester.runpytest_inprocess("--target", AWAY, "--target", "http://localhost:1")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*none of the 2 targets could be opened*", "127.0.0.1:1: *", "localhost:1: *"])


def test_lf_runs_only_what_failed_where_it_failed(inner: Inner, other: str) -> None:
    """`--lf` finds the items of each target again."""
    inner.scenario(TINY.replace("{first: p-0000}", "{first: p-0001}"))
    inner.run("--target", other, "--interfaces", "grpc").assert_outcomes(failed=2, passed=8)
    again = inner.run("--target", other, "--interfaces", "grpc", "--lf", "-k", "localhost")
    again.assert_outcomes(failed=1, deselected=1)


def test_junit_names_the_target(inner: Inner, other: str) -> None:
    """`--junitxml` has one case for each item, whose name ends in its target."""
    inner.run("--target", other, "--checks", "threshold/*", "--interfaces", "grpc", "--junitxml", "junit.xml")
    cases = ET.parse(inner.pytester.path / "junit.xml").findall(".//testcase")
    assert [(case.get("name") or "").rpartition("@")[2] for case in cases] == [name(inner.server), name(other)]


def test_workers_ask_every_target(inner: Inner, other: str) -> None:
    """With `-n 2` the controller opens each target once, and one that is not there is not asked by any worker."""
    result = inner.run_apart("--target", other, "--target", AWAY, "-n", "2", "--record", "record.jsonl")
    result.assert_outcomes(passed=16, skipped=14)
    assert result.ret == 4
    record = read(inner.pytester.path / "record.jsonl")
    assert [bool(one.trouble) for one in record.targets] == [False, False, True]
    assert {scenario.target: len(scenario.collections) for scenario in record.scenarios} == {
        name(inner.server): 1,
        name(other): 1,
    }


def test_a_hand_written_test_asks_every_target(inner: Inner, other: str) -> None:
    """A test with a fixture of ours runs once for each target, which its id names."""
    (inner.pytester.path / "tiny.yaml").unlink()
    inner.scenario(name="mine.yml")
    inner.pytester.makepyfile(
        test_mine="""
        import pytest
        @pytest.mark.scenario("mine.yml")
        def test_mine(near_image, endpoint, nearimage_target):
            assert nearimage_target in endpoint.url
            assert near_image("p-0000", limit=1).ids
        """
    )
    result = inner.run("--target", other, "-v", "test_mine.py")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines([f"*test_mine[[]{name(one)}]*PASSED*" for one in (inner.server, other)])


def test_benchmarks_of_a_question_are_one_group(inner: Inner, other: str) -> None:
    """pytest-benchmark compares the targets: a question's group has both, each with its name."""
    inner.run("--target", other, "--benchmark-json", "one.json", "-k", "latency and grpc").assert_outcomes(passed=2)
    saved = json.loads((inner.pytester.path / "one.json").read_text())["benchmarks"]
    assert {(one["group"], one["extra_info"]["target"]) for one in saved} == {
        ("Tiny nearest", name(inner.server)),
        ("Tiny nearest", name(other)),
    }
