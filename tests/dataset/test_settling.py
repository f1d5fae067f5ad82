"""Waiting until a collection is what it is going to be: compressed after it was filled, its queue empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.dataset.settling import first_definition, settle, shards_of
from harness.errors import AnswerError
from harness.interfaces.http import Reply
from harness.interfaces.rest import Rest
from harness.model import State
from harness.scenario import Collection, Scenario
from harness.stage import Stage


class Busy(Rest):
    """A named fake: a server whose shards say in turn what they are told to, and the last of it for ever."""

    def __init__(self, stage: Stage, says: list[Mapping[str, Any]]) -> None:
        super().__init__(stage.endpoint)
        self.asked = 0
        self._says = says

    def nodes(self) -> Reply:
        """What the shards say now."""
        said = self._says[min(self.asked, len(self._says) - 1)]
        self.asked += 1
        shards = [{"class": "Busy", **said}]
        return Reply(State.OK, "200", body={"nodes": [{"name": "busy", "shards": shards}]})


@pytest.fixture
def busy(stage: Stage) -> Iterator[Callable[..., Busy]]:
    """Makes a server whose shards say these things in turn."""
    made: list[Busy] = []

    def make(*says: Mapping[str, Any]) -> Busy:
        made.append(Busy(stage, list(says)))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def compressed(scenario: Scenario) -> Collection:
    """A collection whose vectors are to be compressed by product quantization."""
    return next(one for one in scenario.collections if one.quantizer == "pq")


def test_what_is_trained_is_created_uncompressed(compressed: Collection) -> None:
    """Product quantization is put off until there are objects; from a queue the server does it by itself."""
    assert first_definition(compressed)["vectorIndexConfig"]["pq"]["enabled"] is False
    assert compressed.definition["vectorIndexConfig"]["pq"]["enabled"] is True
    assert first_definition(replace(compressed, queued=True)) == compressed.definition
    assert first_definition(replace(compressed, quantizer="bq")) == compressed.definition


def test_a_collection_that_is_loaded_is_compressed(stage: Stage, scenario: Scenario, compressed: Collection) -> None:
    """Once its pictures are stored the class asks for compressed vectors, and its shards say that they are."""
    name = stage.dataset(scenario, compressed).class_name
    with Rest(stage.endpoint) as rest:
        assert rest.get_class(name).body["vectorIndexConfig"]["pq"]["enabled"] is True
        assert [one["compressed"] for one in shards_of(rest, name)] == [True]


def test_a_queue_is_waited_for(busy: Callable[..., Busy], squared: Collection) -> None:
    """A shard that has a queue, or indexes still, is asked again until it has none and is ready."""
    at_work = {"vectorQueueLength": 2, "vectorIndexingStatus": "INDEXING"}
    rest = busy(at_work, {**at_work, "vectorQueueLength": 0}, {"vectorQueueLength": 0, "vectorIndexingStatus": "READY"})
    settle(rest, replace(squared, queued=True), "Busy")
    assert rest.asked == 3


def test_nothing_is_asked_where_nothing_is_queued(busy: Callable[..., Busy], squared: Collection) -> None:
    """A collection that is indexed as it is stored is not waited for."""
    rest = busy({})
    settle(rest, squared, "Busy")
    assert rest.asked == 0


def test_a_queue_that_never_empties_ends_the_wait(
    busy: Callable[..., Busy], squared: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever: the error says what the shard said last."""
    monkeypatch.setattr("harness.dataset.settling._QUEUE_SECONDS", 0.0)
    with pytest.raises(AnswerError, match=r"did not come to rest within 0 s: .*'vectorQueueLength': 7"):
        settle(busy({"vectorQueueLength": 7}), replace(squared, queued=True), "Busy")


def test_a_shard_that_is_not_loaded_is_not_waited_for(busy: Callable[..., Busy], squared: Collection) -> None:
    """The shard of a tenant that was given nothing is never loaded: it would never be ready."""
    rest = busy({"vectorQueueLength": 0, "vectorIndexingStatus": "LAZY_LOADING"})
    settle(rest, replace(squared, queued=True), "Busy")
    assert rest.asked == 1
