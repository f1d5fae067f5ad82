"""Each kind of image file has a service that misreads it: it is put to the check of that kind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from staging import behind, photographs, verdict

from harness.checks import all_checks
from harness.inference.encoders import Encoders, load
from harness.inference.faults import FAULTS, Fault
from harness.model import Outcome, Verdict
from harness.scenario import Scenario
from harness.stage import Stage

LIARS = [fault for fault in FAULTS.values() if fault.breaks.startswith("encoding/")]
CHECKS = [check for check in all_checks().values() if check.chapter == "encoding"]


@pytest.fixture(scope="module")
def honest() -> Encoders:
    """The models, loaded once."""
    return load("auto", preload=True)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """One collection of photographs, which a model has to look at."""
    scenario = photographs()
    return replace(scenario, collections=scenario.collections[:1])


def verdicts(stage: Stage, scenario: Scenario, interface: str) -> list[Verdict]:
    """What all checks of the chapter come to."""
    return [verdict(stage, scenario, check, scenario.collections[0], interface) for check in CHECKS]


@pytest.mark.parametrize("fault", LIARS, ids=lambda fault: fault.name)
def test_a_faulty_decoder_is_caught(fault: Fault, honest: Encoders, scenario: Scenario, tmp_path: Path) -> None:
    """The check of a kind of file calls a service violated that misreads it, with evidence."""
    check = all_checks()[fault.breaks]
    with behind(fault.on(honest), tmp_path) as stage:
        found = verdict(stage, scenario, check, scenario.collections[0], "graphql")
    assert found.outcome is Outcome.VIOLATED
    assert found.evidence["clause"] == check.sentence
    assert len(found.evidence) > 2
    json.dumps(dict(found.evidence), allow_nan=False)


@pytest.mark.parametrize("interface", ["graphql", "grpc"])
def test_our_own_decoder_holds(interface: str, honest: Encoders, scenario: Scenario, tmp_path: Path) -> None:
    """Every kind of file and every form of base64 is as it should be with our own service, over each interface."""
    with behind(honest, tmp_path) as stage:
        found = verdicts(stage, scenario, interface)
    assert {one.check: one.sentence for one in found if one.outcome is not Outcome.HELD} == {}


def test_a_decoder_that_ignores_how_the_camera_was_held_is_not_accused(
    honest: Encoders, scenario: Scenario, tmp_path: Path
) -> None:
    """Nothing promises that the orientation in a file is heeded."""
    with behind(FAULTS["exif_is_ignored"].on(honest), tmp_path) as stage:
        found = verdicts(stage, scenario, "graphql")
    assert {one.check: one.sentence for one in found if one.outcome is not Outcome.HELD} == {}


def test_a_server_of_others_gets_no_picture_that_may_harm_it(
    honest: Encoders, scenario: Scenario, tmp_path: Path
) -> None:
    """What takes much memory is sent to servers that were started for the run alone."""
    with behind(honest, tmp_path, started=False) as stage:
        found = verdicts(stage, scenario, "graphql")
    skipped = {one.check for one in found if one.outcome is Outcome.SKIPPED}
    assert skipped == {"encoding/large", "encoding/too-many-pixels"}
