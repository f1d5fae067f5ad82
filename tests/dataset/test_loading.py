"""A collection is put into the target once, and what the target made of it is read back."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from loading_elsewhere import load_here
from lying_encoders import EachLonger, FailsAtTheFifth, encoders
from staging import staged

from harness.dataset import Run, load
from harness.errors import AnswerError, TargetError
from harness.inference.planted import Planted
from harness.inference.serving import serve
from harness.interfaces.rest import Rest
from harness.reference.mutants import MUTANTS
from harness.reference.rules import Rules
from harness.scenario import Collection
from harness.stage import Stage, packed


def classes(stage: Stage) -> set[str]:
    """The classes that the target has."""
    with Rest(stage.endpoint) as rest:
        return {one["class"] for one in rest.classes()}


def test_every_picture_is_there_with_its_vector(stage: Stage, squared: Collection, tmp_path: Path) -> None:
    """After loading, each picture has an object with the vector that it carries and what the scenario keeps of it."""
    dataset = load(stage.endpoint, squared, Run(), folder=tmp_path)
    pictures = squared.images.load().pictures
    assert [one.picture for one in dataset.stored] == list(pictures)
    assert [one.vector for one in dataset.stored] == [picture.vector for picture in pictures]
    assert [one.properties["number"] for one in dataset.stored] == list(range(len(pictures)))
    assert dataset.stored[0].properties.keys() == {"label", "number"}
    assert dataset.vectors.dtype == np.float32


def test_the_same_picture_has_the_same_id_in_every_run(stage: Stage, squared: Collection, tmp_path: Path) -> None:
    """Two runs can be compared object by object, for an id follows from collection and picture."""
    (tmp_path / "other").mkdir()
    one = load(stage.endpoint, squared, Run(), folder=tmp_path)
    other = load(stage.endpoint, squared, Run(), folder=tmp_path / "other")
    assert one.ids == other.ids
    assert one.class_name != other.class_name


def test_equal_vectors_are_identical_objects(stage: Stage, squared: Collection, tmp_path: Path) -> None:
    """The objects of one vector are known, the object itself among them."""
    dataset = load(stage.endpoint, squared, Run(), folder=tmp_path)
    names = {dataset.by_id[id_].picture for id_ in dataset.identical(dataset.stored[0])}
    assert {picture.name for picture in names if picture} == {"p-0000", "p-0000#tie1"}


def test_progress_is_told(stage: Stage, squared: Collection, tmp_path: Path) -> None:
    """Whoever waits is told how many objects are stored, of how many."""
    told: list[tuple[int, int]] = []
    load(stage.endpoint, squared, Run(), folder=tmp_path, progress=lambda *numbers: told.append(numbers))
    assert told[-1] == (18, 18)


def test_two_processes_share_one_collection(stage: Stage, squared: Collection, tmp_path: Path) -> None:
    """Of two processes that want a collection at the same time one loads it, and both know the same of it."""
    run = Run()
    told = (packed(stage.endpoint), (run.id, run.host, run.pid), str(tmp_path))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        found = [one.result(timeout=60) for one in [pool.submit(load_here, *told) for _ in range(2)]]
    assert found[0][:2] == found[1][:2]
    assert sorted(portions for _, _, portions in found) == [0, 1]
    taken_over = load(stage.endpoint, squared, run, folder=tmp_path)
    assert [list(taken_over.ids), taken_over.vectors.tolist()] == list(found[0][:2])


def test_an_object_without_a_vector_is_taken_over_without_one(
    planted_url: str, squared: Collection, tmp_path: Path
) -> None:
    """What one process knows of objects that got no vector, the next one knows too."""
    with staged(MUTANTS["some_images_forgotten"].rules(), planted_url, tmp_path) as stage:
        run = Run()
        first = load(stage.endpoint, squared, run, folder=tmp_path)
        again = load(stage.endpoint, squared, run, folder=tmp_path)
    assert 0 < len(first.with_vector) < len(first.stored)
    assert again.stored == first.stored


def test_an_image_that_cannot_be_stored_leaves_no_half_collection(squared: Collection, tmp_path: Path) -> None:
    """If an image can't be stored its name and the server's reason are told, and nothing of the collection stays."""
    with serve(encoders(FailsAtTheFifth())) as url, staged(Rules(), url, tmp_path) as stage:
        with pytest.raises(AnswerError, match=r"the image p-\S+ could not be stored: .*500"):
            load(stage.endpoint, squared, Run(), folder=tmp_path)
        assert classes(stage) == set()


def test_vectors_of_different_lengths_are_no_collection(squared: Collection, tmp_path: Path) -> None:
    """A service whose vectors grow makes no collection that could be judged."""
    with serve(encoders(EachLonger())) as url, staged(Rules(), url, tmp_path) as stage:
        with pytest.raises(AnswerError):
            load(stage.endpoint, squared, Run(), folder=tmp_path)
        assert classes(stage) == set()


def test_a_class_that_is_refused_is_trouble_with_the_target(
    planted_url: str, squared: Collection, tmp_path: Path
) -> None:
    """A server that has that class already refuses it, and the refusal is told."""
    run = Run()
    with staged(Rules(), planted_url, tmp_path) as stage:
        load(stage.endpoint, squared, run, folder=tmp_path)
        (tmp_path / "other").mkdir()
        with pytest.raises(TargetError, match="the server refused to create the class"):
            load(stage.endpoint, squared, run, folder=tmp_path / "other")


def test_the_fakes_tell_the_truth_to_begin_with(squared: Collection) -> None:
    """The encoder behind the fakes answers with the planted vector."""
    picture = squared.images.load().pictures[0]
    assert tuple(Planted().image(picture.data)) == picture.vector
