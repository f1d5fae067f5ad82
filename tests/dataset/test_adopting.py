"""Reading only, a collection is taken as the server has it, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.dataset import Dataset, UnfitError, adopt
from harness.errors import AnswerError
from harness.images import planted_picture
from harness.interfaces.rest import Object, Rest
from harness.model import Metric
from harness.scenario import Collection
from harness.stage import Stage

OWN = planted_picture((9, 9, 9, 9, 9, 9, 9, 9), name="mine")


@pytest.fixture
def theirs(stage: Stage, squared: Collection) -> Iterator[Collection]:
    """A class of the user's own: two of the scenario's pictures, one other, and one object without an image."""
    pictures = squared.images.load().pictures[:2]
    with Rest(stage.endpoint) as rest:
        rest.create_class(dict(squared.definition)).need("create it")
        rest.insert_batch(
            [
                Object("Squared", f"00000000-0000-0000-0000-00000000000{number}", values)
                for number, values in enumerate(
                    [
                        *({"image": picture.base64, "number": 5} for picture in pictures),
                        {"image": OWN.base64, "label": "ours"},
                        {"label": "no image"},
                    ]
                )
            ]
        )
        yield squared
        rest.delete_class("Squared").need("take it away")


@pytest.fixture
def adopted(stage: Stage, theirs: Collection) -> Dataset:
    """That class as it is found."""
    return adopt(replace(stage.endpoint, read_only=True), theirs)


def test_it_keeps_its_own_name_and_objects(adopted: Dataset) -> None:
    """The class is called as the user called it, and has the user's objects with the vectors that they have."""
    assert adopted.class_name == "Squared"
    assert len(adopted.stored) == 4
    assert len(adopted.with_vector) == 3
    assert adopted.by_id["00000000-0000-0000-0000-000000000002"].vector == OWN.vector


def test_pictures_of_the_scenario_are_recognised(adopted: Dataset, squared: Collection) -> None:
    """An object whose image is one of the scenario's pictures is that picture; another has its id for a name."""
    first = adopted.by_id["00000000-0000-0000-0000-000000000000"].picture
    other = adopted.by_id["00000000-0000-0000-0000-000000000002"].picture
    assert first == squared.images.load().pictures[0]
    assert other is not None
    assert (other.name, other.label, other.data) == ("00000000-0000-0000-0000-000000000002", "ours", OWN.data)
    assert adopted.by_id["00000000-0000-0000-0000-000000000003"].picture is None


def test_a_property_that_is_not_there_is_none(adopted: Dataset) -> None:
    """What the scenario keeps and an object does not have is nothing, and no trouble."""
    assert adopted.by_id["00000000-0000-0000-0000-000000000002"].properties == {"label": "ours", "number": None}


def test_a_class_that_is_not_there_is_not_made(stage: Stage, squared: Collection) -> None:
    """A class that the server lacks is the user's mistake, and stays away."""
    with pytest.raises(UnfitError, match="has no class Nobody"):
        adopt(stage.endpoint, replace(squared, name="Nobody"))
    with Rest(stage.endpoint) as rest:
        assert "Nobody" not in {one["class"] for one in rest.classes()}


def test_a_server_that_does_not_answer_has_not_said_that_there_is_no_class(stage: Stage, squared: Collection) -> None:
    """Nobody listens there: that is no answer, and not a class that is missing."""
    with pytest.raises(AnswerError, match="could not read the class Squared: the connection broke"):
        adopt(replace(stage.endpoint, url="http://127.0.0.1:1"), squared)


def test_a_class_by_another_metric_is_not_judged(stage: Stage, theirs: Collection) -> None:
    """A class whose metric is not what the scenario says is the user's mistake: every distance would be wrong."""
    with pytest.raises(UnfitError, match="l2-squared, the scenario says cosine"):
        adopt(stage.endpoint, replace(theirs, metric=Metric.COSINE))
