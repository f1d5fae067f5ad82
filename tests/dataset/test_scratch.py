"""A collection that one check may change as it likes: empty at first, gone at the end, whatever happened."""

from __future__ import annotations

import pytest

from harness.dataset import Run
from harness.dataset.scratch import scratch
from harness.errors import AnswerError, TargetError
from harness.interfaces.rest import Rest
from harness.scenario import Collection, Scenario
from harness.stage import Stage


def classes(stage: Stage) -> set[str]:
    """The classes that the target has."""
    with Rest(stage.endpoint) as rest:
        return {one["class"] for one in rest.classes()}


def test_it_is_gone_afterwards(stage: Stage, squared: Collection) -> None:
    """A scratch collection is there while it is used, under the run's name, and gone afterwards."""
    before, run = classes(stage), Run()
    with scratch(stage.endpoint, squared, run) as shelf:
        assert classes(stage) - before == {shelf.class_name}
        assert shelf.class_name.startswith(run.prefix)
        assert shelf.read().stored == ()
    assert classes(stage) == before


def test_it_is_gone_after_a_failure(stage: Stage, squared: Collection) -> None:
    """A check that fails in the middle leaves no collection behind."""
    before = classes(stage)

    def fails() -> None:
        with scratch(stage.endpoint, squared, Run()) as shelf:
            shelf.add(squared.images.load().pictures[0])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert classes(stage) == before


def test_two_at_once_are_two(stage: Stage, squared: Collection) -> None:
    """Two scratch collections of one shape do not meet."""
    with scratch(stage.endpoint, squared, Run("same")) as one, scratch(stage.endpoint, squared, Run("same")) as other:
        one.add(squared.images.load().pictures[0])
        assert (len(one.read().stored), len(other.read().stored)) == (1, 0)


def test_a_definition_that_is_refused_is_trouble_with_the_target(stage: Stage, squared: Collection) -> None:
    """A class that the server refuses is told as such and leaves nothing."""
    before = classes(stage)
    wrong = {**squared.definition, "vectorizer": "no-such-module"}
    with (
        pytest.raises(TargetError, match="the server refused to create a class"),
        scratch(stage.endpoint, squared, Run(), definition=wrong),
    ):
        pass
    assert classes(stage) == before


def test_what_goes_in_can_be_read_changed_and_taken_out(stage: Stage, squared: Collection) -> None:
    """Objects are stored with their pictures, replaced, changed and deleted; what is read is what stands there."""
    one, other, *_ = squared.images.load().pictures
    with scratch(stage.endpoint, squared, Run()) as shelf:
        [id_] = shelf.fill([one])
        assert shelf.read().by_id[id_].vector == one.vector
        shelf.put(id_, other)
        assert (shelf.read().by_id[id_].vector, shelf.read().by_id[id_].picture) == (other.vector, other)
        shelf.patch(id_, {"number": 7})
        assert shelf.read().by_id[id_].properties["number"] == 7
        shelf.delete(id_)
        assert shelf.read().stored == ()


def test_a_vector_of_ones_own_is_stored(stage: Stage, squared: Collection) -> None:
    """An object that brings its vector keeps it."""
    picture = squared.images.load().pictures[0]
    own = tuple(float(one) for one in range(len(picture.vector or ())))
    with scratch(stage.endpoint, squared, Run()) as shelf:
        assert shelf.read().vectors.shape == (0, 0)
        id_ = shelf.add(picture, vector=own)
        assert shelf.read().by_id[id_].vector == own


def test_what_the_server_does_not_store_is_no_answer(stage: Stage, squared: Collection) -> None:
    """An object that is not stored stops whoever needs it, with the server's words."""
    with scratch(stage.endpoint, squared, Run()) as shelf, pytest.raises(AnswerError, match="blob"):
        shelf.put_in({"image": "this is no base64"})


def test_every_shape_has_a_scratch(stage: Stage, scenario: Scenario) -> None:
    """Each collection of a scenario can be had empty, with its own module and metric."""
    for collection in scenario.collections:
        with scratch(stage.endpoint, collection, Run()) as shelf:
            id_ = shelf.add(collection.images.load().pictures[0])
            assert shelf.read().by_id[id_].vector is not None


def test_tenants_have_parts_of_their_own(stage: Stage, squared: Collection) -> None:
    """Each tenant's part gives the same ids, holds its own objects, and can be made inactive and active again."""
    plain = {name: value for name, value in squared.definition.items() if name != "shardingConfig"}
    definition = {**plain, "multiTenancyConfig": {"enabled": True}}
    first, second, *_ = squared.images.load().pictures
    with scratch(stage.endpoint, squared, Run(), definition=definition) as shelf:
        mine, theirs = shelf.of("mine"), shelf.of("theirs")
        assert mine.fill([first]) == theirs.fill([second])
        parts = [mine.read(), theirs.read()]
        assert [part.tenant for part in parts] == ["mine", "theirs"]
        assert [[one.picture for one in part.stored] for part in parts] == [[first], [second]]
        mine.turn("COLD")
        with pytest.raises(AnswerError, match="not active"):
            mine.read()
        mine.turn("HOT")
        mine.delete(parts[0].ids[0])
        assert [len(part.read().stored) for part in (mine, theirs)] == [0, 1]
