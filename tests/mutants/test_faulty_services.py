"""The encoder is part of what is tested: each faulty inference service is put to the check that names its fault."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from staging import behind, verdict
from staging import photographs as few_photographs

from harness import golden
from harness.checks import Check, all_checks
from harness.checks.judging import judge
from harness.images import shipped
from harness.inference.encoders import Encoders, load
from harness.inference.faults import FAULTS, Fault, Manner, Vector
from harness.model import Module, Outcome, Verdict
from harness.scenario import Scenario
from harness.stage import Stage

OFFICIAL = "semitechnologies/img2vec-pytorch:resnet50"
BENIGN = [FAULTS["gpu_rounds"], FAULTS["another_processor"]]
LIARS = [fault for fault in FAULTS.values() if fault.breaks.startswith("encoder/")]
CHECKS = [check for check in all_checks().values() if check.chapter == "encoder"]
SAME, AGREE = all_checks()["encoder/same-as-before"], all_checks()["encoder/devices-agree"]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of the test's own: nothing is known there of any encoder."""
    monkeypatch.setenv("NEARIMAGE_STATE", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture(scope="module")
def honest() -> Encoders:
    """The models, loaded once."""
    return load("auto", preload=True)


@pytest.fixture(scope="module")
def photographs() -> Scenario:
    """The scenario whose pictures a model has to look at."""
    return few_photographs()


def verdicts(stage: Stage, scenario: Scenario, *checks: Check) -> list[Verdict]:
    """What checks come to, behind each module."""
    return [
        verdict(stage, scenario, check, collection, "graphql")
        for check in checks
        for collection in scenario.collections
        if check.applies(collection)
    ]


def outcomes(found: list[Verdict]) -> set[Outcome]:
    """What they came to."""
    return {one.outcome for one in found}


def test_our_own_encoders_hold(honest: Encoders, photographs: Scenario, tmp_path: Path, state: Path) -> None:
    """Every check holds on our own service, but for the one about a GPU; nothing has to be noted down."""
    with behind(honest, tmp_path) as stage:
        found = verdicts(stage, photographs, *CHECKS)
    assert {one.check: one.sentence for one in found if one.outcome is not Outcome.HELD} == {
        AGREE.id: "it computes on the CPU"
    }
    assert {one.check for one in found} == {check.id for check in CHECKS}
    assert not state.exists()


@pytest.mark.parametrize("fault", LIARS, ids=lambda fault: fault.name)
def test_a_faulty_service_is_caught(fault: Fault, honest: Encoders, photographs: Scenario, tmp_path: Path) -> None:
    """The check that names a service's fault calls it violated behind each module that it looks at, with evidence."""
    with behind(fault.on(honest), tmp_path) as stage:
        found = verdicts(stage, photographs, all_checks()[fault.breaks])
    assert outcomes(found) == {Outcome.VIOLATED}
    for one in found:
        assert one.evidence["clause"] == all_checks()[fault.breaks].sentence
        assert len(one.evidence) > 2
        json.dumps(dict(one.evidence), allow_nan=False)


@pytest.mark.parametrize("fault", BENIGN, ids=lambda fault: fault.name)
def test_a_device_that_rounds_is_not_accused(
    fault: Fault, honest: Encoders, photographs: Scenario, tmp_path: Path
) -> None:
    """No check accuses a service whose last bits differ, nor one that computes on a GPU in half the digits."""
    with behind(fault.on(honest), tmp_path) as stage:
        found = verdicts(stage, photographs, *CHECKS)
    skipped = {one.check for one in found if one.outcome is not Outcome.HELD}
    assert skipped == (set() if fault.manner.device else {AGREE.id})
    assert outcomes(found) <= {Outcome.HELD, Outcome.SKIPPED}


def test_each_fault_breaks_a_check_of_this_chapter_and_says_what_is_wrong() -> None:
    """A fault names a check that exists, and has a sentence of its own."""
    assert {fault.breaks for fault in LIARS} == {check.id for check in CHECKS}
    assert len({fault.says for fault in FAULTS.values()} - {""}) == len(FAULTS)


def test_a_gpu_that_agrees_holds(honest: Encoders, photographs: Scenario, tmp_path: Path) -> None:
    """A service that says that it computes on a GPU and rounds as one is compared with the vectors of the CPU."""
    with behind(FAULTS["gpu_rounds"].on(honest), tmp_path) as stage:
        found = verdicts(stage, photographs, AGREE)
    assert outcomes(found) == {Outcome.HELD}
    assert "farthest vector" in found[0].evidence["measured"]


def test_a_gpu_with_other_neighbours_is_caught(honest: Encoders, photographs: Scenario, tmp_path: Path) -> None:
    """Vectors that are each near enough to those of the CPU are not enough if another picture is the nearest."""
    towards = {
        type(one): np.asarray(one.image(shipped("photos").by_name("coffee.jpg").data), np.float32)
        for one in (honest.img2vec, honest.clip)
    }

    class DrawnToCoffee(Manner):
        """Each picture is a little more like a cup of coffee than it was."""

        device = "cuda:0"

        def changed(self, vector: Vector) -> Vector:
            """The vector, turned by less than two degrees and a half."""
            coffee = towards[type(self.honest)]
            return vector + coffee * np.float32(0.04 * np.linalg.norm(vector) / np.linalg.norm(coffee))

    fault = Fault("drawn_to_coffee", "each picture is a little more like coffee", AGREE.id, DrawnToCoffee)
    with behind(fault.on(honest), tmp_path) as stage:
        photo = verdicts(stage, photographs, AGREE)[0]
    assert photo.sentence == "on the GPU another image is the nearest"
    assert {name: photo.evidence[name] for name in ("image", "nearest", "nearest_on_the_cpu")} == {
        "image": "astronaut.jpg",
        "nearest": "coffee.jpg",
        "nearest_on_the_cpu": "camera.jpg",
    }


def test_drift_says_which_image_and_how_far(honest: Encoders, photographs: Scenario, tmp_path: Path) -> None:
    """The evidence of a drift names the image, the cosine distance, the largest component and what it was held to."""
    with behind(FAULTS["another_version"].on(honest), tmp_path) as stage:
        [photo, _] = verdicts(stage, photographs, SAME)
    assert photo.sentence == "the encoder's vector of the image astronaut.jpg has drifted"
    assert photo.evidence["encoder"] == "EfficientNet-Lite0 features"
    assert 1e-3 < photo.evidence["cosine_distance"] < 2e-2
    assert photo.evidence["largest_difference_of_a_component"] > 0
    assert photo.evidence["allowed_cosine_distance"] == 1e-6


def test_an_encoder_that_is_not_ours_is_noted_down_when_first_seen(
    honest: Encoders, photographs: Scenario, tmp_path: Path, state: Path
) -> None:
    """First it is skipped with the place of the note, then held, and violated once its answers drift."""
    seen = []
    for turn, encoders in enumerate((honest, honest, FAULTS["red_is_blue"].on(honest))):
        with behind(encoders, tmp_path / str(turn), ours=False, image=OFFICIAL + "@sha256:12") as stage:
            seen.append(verdicts(stage, photographs, SAME)[0])
    assert [one.outcome for one in seen] == [Outcome.SKIPPED, Outcome.HELD, Outcome.VIOLATED]
    [note] = (path for path in (state / "golden").iterdir() if path.name.startswith("img2vec"))
    assert str(note) in seen[0].sentence
    assert "image sha256:12" in seen[2].evidence["noted"]


def test_another_digest_of_the_same_image_is_the_same_encoder(
    honest: Encoders, photographs: Scenario, tmp_path: Path
) -> None:
    """Drift between two builds of one image is found: the tag names the model, not the digest."""
    with behind(honest, tmp_path / "old", ours=False, image=OFFICIAL + "@sha256:12") as stage:
        verdicts(stage, photographs, SAME)
    with behind(FAULTS["red_is_blue"].on(honest), tmp_path / "new", ours=False, image=OFFICIAL + "@sha256:34") as stage:
        assert outcomes(verdicts(stage, photographs, SAME)) == {Outcome.VIOLATED}


def test_a_gpu_is_compared_with_what_the_same_image_gave_on_the_cpu(
    honest: Encoders, photographs: Scenario, tmp_path: Path
) -> None:
    """Without a note of the CPU it is skipped with what to do; with one, what the GPU answers is held to it."""
    coarse = FAULTS["coarse_on_the_gpu"].on(honest)
    with behind(coarse, tmp_path / "unknown", ours=False, image=OFFICIAL) as stage:
        unknown = verdicts(stage, photographs, AGREE)
    with behind(honest, tmp_path / "cpu", ours=False, image=OFFICIAL) as stage:
        verdicts(stage, photographs, SAME)
    with behind(coarse, tmp_path / "gpu", ours=False, image=OFFICIAL) as stage:
        known = verdicts(stage, photographs, AGREE)
    assert (outcomes(unknown), outcomes(known)) == ({Outcome.SKIPPED}, {Outcome.VIOLATED})
    assert "run this once without a GPU" in unknown[0].sentence


def test_a_server_that_runs_already_is_known_by_its_address(
    honest: Encoders, photographs: Scenario, tmp_path: Path, state: Path
) -> None:
    """Where nobody knows the service, its vectors are read back from the database and noted under its address."""
    with behind(honest, tmp_path, inference={}, started=False) as stage:
        first, second = (verdicts(stage, photographs, *CHECKS) for _ in range(2))
    photo = {one.check: one for one in first if one.collection == "Photo"}
    assert photo[SAME.id].outcome is Outcome.SKIPPED
    assert f"img2vec-neural of {stage.endpoint.url}" in photo[SAME.id].sentence
    assert photo[AGREE.id].sentence == "the service does not say what it computes on"
    rest = [one.outcome for one in second if one.check != AGREE.id]
    assert set(rest) == {Outcome.HELD}
    assert len(list((state / "golden").iterdir())) == 2


def test_a_server_of_ours_with_a_service_that_nobody_names_is_skipped(
    honest: Encoders, photographs: Scenario, tmp_path: Path, state: Path
) -> None:
    """A note under an address that is another in each run would never be found again: none is made."""
    with behind(honest, tmp_path, inference={}) as stage:
        [photo, _] = verdicts(stage, photographs, SAME)
    assert photo.outcome is Outcome.SKIPPED
    assert "nobody says which model" in photo.sentence
    assert not state.exists()


def test_the_database_passes_on_who_the_encoder_of_clip_is(
    honest: Encoders, photographs: Scenario, tmp_path: Path, state: Path
) -> None:
    """What CLIP's service says of itself is in the database's own description: ours is known at any address."""
    modules = {str(Module.CLIP): dict(honest.about)}
    with behind(honest, tmp_path, inference={}, started=False, modules=modules) as stage:
        [_, clip] = verdicts(stage, photographs, SAME)
    assert clip.outcome is Outcome.HELD
    assert [path.name.split("-")[0] for path in (state / "golden").iterdir()] == ["img2vec"]


def test_a_note_that_cannot_be_read_leaves_it_undecided(
    honest: Encoders, photographs: Scenario, tmp_path: Path, state: Path
) -> None:
    """A damaged note is named with what to do; it is never written over."""
    with behind(honest, tmp_path, ours=False, image=OFFICIAL) as stage:
        verdicts(stage, photographs, SAME)
        [note] = (state / "golden").glob("img2vec*")
        note.write_text('{"nearimage_golden": 1}')
        [photo, _] = verdicts(stage, photographs, SAME)
    assert photo.outcome is Outcome.UNDECIDED
    assert str(note) in photo.sentence
    assert note.read_text() == '{"nearimage_golden": 1}'


def test_a_note_that_cannot_be_written_is_told(
    honest: Encoders, photographs: Scenario, tmp_path: Path, state: Path
) -> None:
    """Where nothing can be written down the check is skipped with the reason."""
    state.write_text("a file where the folder should be")
    with behind(honest, tmp_path, ours=False, image=OFFICIAL) as stage:
        [photo, _] = verdicts(stage, photographs, SAME)
    assert photo.outcome is Outcome.SKIPPED
    assert "can't be noted down" in photo.sentence


def test_without_writing_the_stored_pictures_are_enough(
    honest: Encoders, photographs: Scenario, tmp_path: Path, state: Path
) -> None:
    """Read only, the vectors of the pictures that stand in the collection are compared; the rest is skipped."""
    with behind(honest, tmp_path) as stage:
        seen = [_read_only(stage, photographs, check) for check in (SAME, SAME, *CHECKS)]
    first, second, *others = seen
    assert (first.outcome, second.outcome) == (Outcome.SKIPPED, Outcome.HELD)
    assert "seen for the first time" in first.sentence
    assert {one.check for one in others if one.outcome is Outcome.HELD} == {SAME.id, "encoder/different-images"}
    assert outcomes(others) == {Outcome.HELD, Outcome.SKIPPED}
    [note] = (state / "golden").iterdir()
    assert len(json.loads(note.read_text())["vectors"]) == len(golden.NAMES)


def _read_only(stage: Stage, scenario: Scenario, check: Check) -> Verdict:
    """What a check comes to on CLIP's collection where nothing may be written and nobody knows the service."""
    dataset = stage.dataset(scenario, scenario.collections[-1])
    endpoint = replace(dataset.endpoint, read_only=True, started=False, inference={})
    return judge(check, stage.case(replace(dataset, endpoint=endpoint), "graphql"), scenario=scenario.name)
