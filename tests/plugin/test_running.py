"""Items of a scenario under pytest's own options."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.request import urlopen
from xml.etree import ElementTree as ET

import pytest
from inner_runs import Inner
from running import ONE_CHECK, TINY

from harness.model import Outcome
from harness.record import TargetEntry, VerdictEntry, read

WRONG = TINY.replace("{first: p-0000}", "{first: p-0001}")
"""A scenario whose promise no server can keep."""


def outcomes(path: Path) -> dict[tuple[str, str], Outcome]:
    """The outcomes in a record by check and interface."""
    return {(one.check, one.interface): one.outcome for one in read(path).verdicts}


def test_a_run_holds_and_says_what_was_tested(inner: Inner) -> None:
    """Each item passes, and the summary names the target."""
    result = inner.run()
    result.assert_outcomes(passed=10)
    result.stdout.fnmatch_lines(
        ["No Weaviate was tested: the reference*", f"*{inner.server.partition('?')[0]}*", "*exit 0*"]
    )


def test_a_run_takes_its_collections_away(inner: Inner) -> None:
    """Nothing of a run stays in a server that was running before, nor on this machine."""
    inner.run().assert_outcomes(passed=10)
    with urlopen(f"{inner.server.partition('?')[0]}/v1/schema") as answer:
        assert json.load(answer)["classes"] == []
    assert not list((inner.pytester.path / "state").glob("claim-*"))


def test_what_is_violated_fails_with_its_evidence(inner: Inner) -> None:
    """A violated verdict fails its item: a sentence, the evidence and the command that repeats it, no traceback."""
    inner.scenario(WRONG)
    result = inner.run("--interfaces", "grpc")
    result.assert_outcomes(failed=1, passed=4)
    result.stdout.fnmatch_lines(
        ["violated: *(Tiny over grpc)", "*again: nearimage run tiny.yaml --target * --checks promise/nearest/first*"]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


def test_lf_runs_only_what_failed(inner: Inner) -> None:
    """After a run with a failure, `--lf` runs that item and no other."""
    inner.scenario(WRONG)
    inner.run("--interfaces", "grpc").assert_outcomes(failed=1, passed=4)
    again = inner.run("--interfaces", "grpc", "--lf", "-v")
    again.assert_outcomes(failed=1)
    assert again.parseoutcomes() == {"failed": 1}
    again.stdout.fnmatch_lines(["tiny.yaml::promise/nearest/first@Tiny@grpc FAILED*"])


def test_x_stops_at_the_first_failure(inner: Inner) -> None:
    """`-x` ends the run at the first item that does not hold."""
    inner.scenario(WRONG)
    inner.run("-x").assert_outcomes(failed=1, passed=2)


def test_two_workers_come_to_the_same_verdicts(inner: Inner) -> None:
    """With `-n 2` all workers ask one target; the verdicts are those of one process, but latencies are skipped.

    A project that makes errors of warnings has none by that.
    """
    one, two = inner.pytester.path / "one.jsonl", inner.pytester.path / "two.jsonl"
    inner.run("--record", str(one)).assert_outcomes(passed=10)
    inner.pytester.makeini("[pytest]\nfilterwarnings = error\n")
    result = inner.run_apart("-n", "2", "--record", str(two), "-rs")
    result.assert_outcomes(passed=8, skipped=2)
    result.stdout.fnmatch_lines(["*latency needs the machine to itself: run it without -n*"])
    alone, together = outcomes(one), outcomes(two)
    assert together.pop(("latency/answered", "graphql")) == together.pop(("latency/answered", "grpc")) == "skipped"
    assert together == {key: value for key, value in alone.items() if not key[0].startswith("latency/")}
    record = read(two)
    assert len(record.of(TargetEntry)) == 1
    [scenario] = record.scenarios
    assert [(found.name, found.objects) for found in scenario.collections] == [("Tiny", 9)]


def test_workers_without_a_scenario_are_left_alone(inner: Inner) -> None:
    """With `-n` in somebody's own tests nothing is started, whatever `--target` says."""
    (inner.pytester.path / "tiny.yaml").unlink()
    inner.pytester.makepyfile("def test_theirs(): pass")
    result = inner.pytester.runpytest_subprocess("-n", "1", "--target", "http://127.0.0.1:1", timeout=90)
    result.assert_outcomes(passed=1)


def test_junit_has_every_item(inner: Inner) -> None:
    """`--junitxml` has one case for each item, and the violated one with its sentence."""
    inner.scenario(WRONG)
    inner.run("--interfaces", "grpc", "--junitxml", "junit.xml")
    cases = ET.parse(inner.pytester.path / "junit.xml").findall(".//testcase")
    failed = {case.get("name"): case.find("failure") for case in cases if case.find("failure") is not None}
    assert len(cases) == 5
    assert list(failed) == ["promise/nearest/first@Tiny@grpc"]
    assert (failed["promise/nearest/first@Tiny@grpc"].get("message") or "").startswith("violated: ")


def test_benchmarks_hold_the_latencies(inner: Inner) -> None:
    """pytest-benchmark has a group for each question with both interfaces in it, and compares two runs."""
    inner.run("--benchmark-json", "one.json", "--benchmark-save", "one", "-k", "latency").assert_outcomes(passed=2)
    saved = json.loads((inner.pytester.path / "one.json").read_text())["benchmarks"]
    assert {(one["group"], one["extra_info"]["interface"]) for one in saved} == {
        ("Tiny nearest", "graphql"),
        ("Tiny nearest", "grpc"),
    }
    assert {len(one["stats"]["data"]) for one in saved} == {12}
    result = inner.run("--benchmark-compare", "-k", "latency")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*benchmark 'Tiny nearest': 4 tests*"])


def test_benchmarks_that_are_off_skip_the_latencies(inner: Inner) -> None:
    """With `--benchmark-disable` the latency items skip and say why."""
    result = inner.run("--benchmark-disable", "-rs", "-k", "latency or ascending")
    result.assert_outcomes(passed=2, skipped=2)
    result.stdout.fnmatch_lines(["*pytest-benchmark is switched off*"])


def test_nothing_but_skips_is_no_pass(inner: Inner) -> None:
    """A run in which every item was skipped exits like one that found no tests."""
    inner.scenario(ONE_CHECK + 'needs: {weaviate: ">=9"}\n')
    result = inner.run()
    result.assert_outcomes(skipped=8)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["*needs Weaviate >=9, this is 1.39.0*", "*Nothing ran, so nothing is known*"])


def test_a_project_that_makes_errors_of_warnings_passes(inner: Inner) -> None:
    """Neither our code nor our libraries raise a warning that `-W error` would turn into a failure."""
    inner.pytester.makepyfile(
        "def test_by_hand(near_image):\n"
        "    assert near_image('p-0000').hits\n"
        "import pytest\n"
        "pytestmark = pytest.mark.scenario('tiny.yaml')\n"
    )
    inner.pytester.makeini("[pytest]\nfilterwarnings = error\nxfail_strict = true\naddopts = --strict-markers\n")
    inner.run_apart().assert_outcomes(passed=11)


def test_a_target_that_is_not_there_ends_the_run(inner: Inner) -> None:
    """Without a database no item runs, the reason is said once, and the exit code is 4."""
    result = inner.pytester.runpytest_inprocess("--target", "http://127.0.0.1:1", "--record", "record.jsonl")
    assert result.ret == 4
    result.stdout.fnmatch_lines(["*http://127.0.0.1:1*"])
    record = read(inner.pytester.path / "record.jsonl")
    assert (record.exit_code, record.verdicts) == (4, ())
    assert record.notes[0].level == "error"


def test_a_record_that_cannot_be_written_ends_the_run(inner: Inner) -> None:
    """A full disk is a sentence and exit 2, not a traceback."""
    result = inner.run("--record", "/dev/full")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*the record cannot be written (No space left on device)*"])
    result.stdout.no_fnmatch_line("*INTERNALERROR*")


def test_pictures_stand_in_the_record_once(inner: Inner) -> None:
    """A picture that both interfaces show is one entry."""
    inner.run("--record", "record.jsonl", "-k", "question")
    record = read(inner.pytester.path / "record.jsonl")
    lines = re.findall(r'"type":"picture"', (inner.pytester.path / "record.jsonl").read_text())
    assert len(lines) == len(record.pictures) > 0
    assert len(record.of(VerdictEntry)) == len(record.shown) == 2
