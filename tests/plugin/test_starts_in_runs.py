"""Scenarios that need other settings than others: each setting costs one start, in one run, with one record."""

from __future__ import annotations

import json

import pytest
from inner_runs import Inner
from running import ONE_CHECK

from harness.record import Record, read

FIVE = ONE_CHECK.replace("name: tiny", "name: five") + "needs: {settings: {QUERY_DEFAULTS_LIMIT: 5}}\n"
ALSO_FIVE = FIVE.replace("name: five", "name: also five")
BROKEN = FIVE.replace("QUERY_DEFAULTS_LIMIT: 5", "QUERY_DEFAULTS_LIMIT: none")
LATE = FIVE.replace("needs: {", 'needs: {weaviate: ">=99", ')
ASKED = ("--checks", "near-image/*", "--interfaces", "graphql", "--record", "record.jsonl")


@pytest.fixture
def several(inner: Inner) -> Inner:
    """Two scenarios that need a setting, with one between them that does not."""
    inner.scenario(FIVE, "a.yaml")
    inner.scenario(ONE_CHECK, "tiny.yaml")
    inner.scenario(ALSO_FIVE, "z.yaml")
    return inner


def _reference(inner: Inner, *arguments: str) -> tuple[pytest.RunResult, Record]:
    """Run against references that the run starts, and read its record."""
    result = inner.pytester.runpytest_inprocess("--target", "reference", *ASKED, *arguments)
    return result, read(inner.pytester.path / "record.jsonl")


def test_each_setting_costs_one_start(several: Inner) -> None:
    """Scenarios of one start are asked together, there are two starts for three scenarios, and nothing is left."""
    result, record = _reference(several, "-v")
    result.assert_outcomes(passed=3)
    asked = [line.partition(".yaml")[0] for line in result.outlines if "::near-image" in line and "PASSED" in line]
    assert asked == ["a", "z", "tiny"]
    assert [one.target for one in record.targets] == ["reference"]
    [note] = (one.text for one in record.notes if "started" in one.text)
    assert note.startswith("it was started once more with its own settings, in ")
    assert len(record.scenarios) == 3
    assert not list(several.pytester.path.glob("state/claim-*"))


def test_workers_share_the_starts(several: Inner) -> None:
    """With `-n 2` the controller starts each, and every scenario is asked at its own."""
    result = several.pytester.runpytest_subprocess("--target", "reference", *ASKED, "-n", "2", timeout=90)
    result.assert_outcomes(passed=3)
    record = read(several.pytester.path / "record.jsonl")
    assert sorted(one.name for one in record.scenarios if one.collections) == ["also five", "five", "tiny"]


def test_a_server_that_is_as_it_was_found_is_not_asked(several: Inner) -> None:
    """Of a server that runs already only what needs no settings is asked; the rest is skipped, and says why."""
    several.run(*ASKED).assert_outcomes(passed=1, skipped=2)
    record = read(several.pytester.path / "record.jsonl")
    said = {one.sentence for one in record.verdicts if one.outcome == "skipped"}
    assert said == {"the scenario needs QUERY_DEFAULTS_LIMIT=5 for its database: it was running already"}


def test_nothing_is_started_for_scenarios_of_other_versions(several: Inner) -> None:
    """A start in which everything would be skipped is not made."""
    for name in ("a.yaml", "z.yaml"):
        (several.pytester.path / name).unlink()
    several.scenario(LATE, "z.yaml")
    result, record = _reference(several)
    result.assert_outcomes(passed=1, skipped=1)
    assert not [one.text for one in record.notes if "started" in one.text]


def test_a_start_that_fails_fails_alone(several: Inner) -> None:
    """What can't be started with a setting is not asked; the others are, and the exit code is that of no target."""
    several.scenario(BROKEN, "z.yaml")
    (several.pytester.path / "a.yaml").unlink()
    result, record = _reference(several, "-rs")
    result.assert_outcomes(passed=1, skipped=1)
    assert result.ret == 4
    [note] = (one for one in record.notes if one.level == "error")
    assert note.text.startswith("it could not be started with QUERY_DEFAULTS_LIMIT=none: ")
    assert json.loads(record.path.read_text().splitlines()[-1])["exit_code"] == 4
