"""Generated cases: a fault is found and written down as a scenario that repeats it; what is right is not accused."""

from __future__ import annotations

from pathlib import Path

import pytest
from staging import staged

from harness.checks.judging import judge
from harness.checks.steps import done
from harness.generating import search
from harness.interfaces import DEFAULT
from harness.interfaces.rest import Rest
from harness.model import Outcome, Verdict
from harness.proving.proof import ALL_TOGETHER, HONEST, right_rules
from harness.reference.mutants import MUTANTS
from harness.scenario import load_scenario
from harness.stage import Stage

FAULTS = {
    "stale_after_put": 2,
    "deleted_is_found": 2,
    "patch_loses_vector": 2,
    "exclusive_threshold": 2,
}
"""Faults of the reference, and with how many steps each of them shows at least."""


def replayed(text: str, interface: str, stage: Stage, folder: Path) -> Verdict:
    """What a scenario of steps comes to on a stage."""
    path = folder / "generated.yaml"
    path.write_text(text)
    scenario = load_scenario(path)
    assert scenario.steps is not None
    dataset = stage.dataset(scenario, scenario.collections[0])
    return judge(done(scenario.steps), stage.case(dataset, interface), scenario=scenario.name)


@pytest.mark.parametrize(("fault", "fewest"), FAULTS.items(), ids=list(FAULTS))
def test_a_fault_is_found_and_its_scenario_repeats_it(
    fault: str, fewest: int, honest: Stage, planted_url: str, tmp_path: Path
) -> None:
    """A server with a fault fails a case; its scenario, read again, fails there and holds on the honest reference."""
    with staged(MUTANTS[fault].rules(), planted_url, tmp_path / "faulty") as stage:
        searched = search(stage, cases=100, seed_=0, seconds=60, interfaces=DEFAULT, shrinking=1)
        found = searched.found
        assert found is not None
        assert found.every_time
        assert fewest <= len(found.steps) <= 6
        again = replayed(found.scenario, found.interface, stage, tmp_path)
        assert again.outcome is Outcome.VIOLATED
        assert again.sentence == found.violation.what
        assert again.evidence["step"] == len(found.steps)
    assert replayed(found.scenario, found.interface, honest, tmp_path).outcome is Outcome.HELD


@pytest.mark.parametrize(("name", "seed"), [(HONEST, 0), (ALL_TOGETHER, 1)])
def test_what_is_right_is_never_accused(name: str, seed: int, planted_url: str, tmp_path: Path) -> None:
    """The honest reference and one that differs in each way that is allowed hold, and no class is left there."""
    with staged(right_rules(name), planted_url, tmp_path) as stage:
        searched = search(stage, cases=25, seed_=seed, seconds=60, interfaces=DEFAULT)
        assert (searched.found, searched.trouble, searched.out_of_time) == (None, None, False)
        assert searched.cases >= 25
        assert searched.steps > searched.cases
        assert len(searched.shapes) > 5
        with Rest(stage.endpoint) as rest:
            assert not [one for one in rest.classes() if "Generated" in one["class"] and "Probe" not in one["class"]]


def test_the_same_seed_draws_the_same(planted_url: str, tmp_path: Path) -> None:
    """Two searches with one seed find the same case, to the last step."""
    found = []
    for number in range(2):
        with staged(MUTANTS["deleted_is_found"].rules(), planted_url, tmp_path / str(number)) as stage:
            searched = search(stage, cases=50, seed_=3, seconds=60, interfaces=["grpc"], shrinking=0)
            found.append(searched.found.scenario if searched.found else "")
    assert found[0]
    assert found[0] == found[1]


def test_no_time_is_nothing_asked(honest: Stage) -> None:
    """When the time is over nothing more is asked, and the search says so."""
    searched = search(honest, cases=10, seed_=0, seconds=0, interfaces=DEFAULT)
    assert searched.out_of_time
    assert searched.steps == 0


def test_a_server_that_falls_silent_leaves_it_undecided(honest: Stage) -> None:
    """Trouble ends the search; it is neither a finding nor a pass."""
    from dataclasses import replace

    from harness.dataset import Run

    nobody = Stage(replace(honest.endpoint, url="http://127.0.0.1:9"), Run(), Path())
    searched = search(nobody, cases=10, seed_=0, seconds=60, interfaces=DEFAULT)
    assert searched.found is None
    assert searched.trouble is not None
    assert searched.steps == 0
