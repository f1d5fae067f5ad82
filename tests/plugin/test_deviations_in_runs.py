"""Deviations in a run: what is known doesn't fail it, what is strict does, what does not show any more is fixed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from inner_runs import Inner
from running import TINY

import harness.targets.greeting
from harness.inference.serving import serve as serve_inference
from harness.model import Outcome
from harness.record import Record, read
from harness.reference.mutants import MUTANTS
from harness.reference.server import serve

BEYOND = TINY.replace(
    "[near-image/ascending, threshold/inclusive]", "[near-image/ascending, threshold/excludes-beyond]"
)
BEYOND = BEYOND.replace("load: {requests: 12, warmup: 2}\n", "")
LISTED = """\
nearimage-deviations: 1
deviations:
  - check: threshold/excludes-beyond
    versions: ">=1.19"
    seen: {sentence: does not belong there}
    what: A little beyond the threshold is within it.
    smallest: two objects
    link: https://example.org/issues/1
"""


@pytest.fixture(scope="module")
def generous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose thresholds are generous."""
    rules, folder = MUTANTS["generous_threshold"].rules(), tmp_path_factory.mktemp("generous")
    with serve_inference() as service, serve(inference_url=service, folder=folder, rules=rules) as served:
        yield f"{served.url}?grpc={served.grpc.rpartition(':')[2]}"


@pytest.fixture
def run(inner: Inner, monkeypatch: pytest.MonkeyPatch) -> Inner:
    """A test run that takes the reference for a Weaviate, with a file of deviations beside its scenario."""
    monkeypatch.setattr(harness.targets.greeting, "SERVER", "nobody")
    inner.scenario(BEYOND)
    (inner.pytester.path / "known.yaml").write_text(LISTED)
    return inner


def recorded(inner: Inner) -> Record:
    """What the run wrote down."""
    return read(Path(inner.pytester.path) / "a.jsonl")


def outcomes(inner: Inner) -> set[Outcome]:
    """What the listed check came to."""
    return {one.outcome for one in recorded(inner).verdicts if one.check == "threshold/excludes-beyond"}


def test_what_is_listed_does_not_fail_a_run(run: Inner, generous: str) -> None:
    """It is an expected failure of pytest's, the run ends with 0, and the summary has the sentence and the link."""
    run.server = generous
    result = run.run("--deviations", "known.yaml", "--record", "a.jsonl")
    result.assert_outcomes(passed=6, xfailed=2)
    assert result.ret == 0
    assert outcomes(run) == {Outcome.KNOWN}
    result.stdout.fnmatch_lines(
        [
            "*Known deviations*",
            "*threshold/excludes-beyond*https://example.org/issues/1*",
            "*A little beyond the threshold is within it.*",
            "*--checks threshold/excludes-beyond --deviations known.yaml*",
            "*Nothing new: * deviates as is known.*",
        ]
    )


def test_when_strict_it_fails(run: Inner, generous: str) -> None:
    """It is violated, with the deviation in its evidence, and the run ends with 1."""
    run.server = generous
    result = run.run("--deviations", "known.yaml", "--strict-deviations", "--record", "a.jsonl")
    result.assert_outcomes(passed=6, failed=2)
    assert outcomes(run) == {Outcome.VIOLATED}
    result.stdout.fnmatch_lines(['*known_deviation: "A little beyond the threshold is within it."*'])


def test_what_shows_nowhere_is_fixed(run: Inner) -> None:
    """A server that keeps the clause is told so, once, and the run ends with 0."""
    result = run.run("--deviations", "known.yaml", "--record", "a.jsonl")
    result.assert_outcomes(passed=8)
    fixed = [one for one in recorded(run).verdicts if one.outcome is Outcome.FIXED]
    assert [(one.check, one.evidence["asked_in_places"]) for one in fixed] == [("threshold/excludes-beyond", 2)]
    assert recorded(run).exit_code == result.ret == 0
    result.stdout.fnmatch_lines(["*listed for >=1.19 and not so at *"])


def test_workers_judge_together(run: Inner) -> None:
    """With `-n` nobody but the controller says that something is fixed, and of the reference nothing is."""
    run.run_apart("-n", "2", "--deviations", "known.yaml", "--record", "a.jsonl").assert_outcomes(passed=8)
    assert outcomes(run) == {Outcome.HELD}


def test_of_the_reference_nothing_is_known(inner: Inner, generous: str) -> None:
    """Whatever is listed, a fault of our own stand-in is a violation."""
    inner.server = generous
    inner.scenario(BEYOND)
    (inner.pytester.path / "known.yaml").write_text(LISTED)
    inner.run("--deviations", "known.yaml").assert_outcomes(passed=6, failed=2)


def test_a_mistake_in_the_file_ends_a_run_before_it_starts(inner: Inner) -> None:
    """The file, the line and the nearest name are said, and the exit code is that of wrong usage."""
    (inner.pytester.path / "known.yaml").write_text(LISTED.replace("excludes-beyond", "excludes-beyon"))
    result = inner.run("--deviations", "known.yaml")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*known.yaml:3: no check is called threshold/excludes-beyon*"])
