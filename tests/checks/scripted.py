"""Named fakes: an interface that answers what a test says, and a collection that was never in any server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np

from harness.checks import Case, Check
from harness.dataset import Dataset, Run, Stored
from harness.dataset.probe import Probe
from harness.model import Aggregation, Answer, Endpoint, Hit, Level, NearImage, Question, State, Tally
from harness.scenario import Asked, Collection

NOWHERE = Endpoint(target="nowhere", url="http://127.0.0.1:9", version="1.39.0", read_only=True)
"""An address at which nobody listens; read only, so that vectors come from what is stored."""


class Scripted:
    """An interface whose answers a test wrote."""

    name = "graphql"

    def __init__(self, answer: Callable[[Question], Answer]) -> None:
        self._answer = answer
        self.asked: list[Question] = []

    def ask(self, question: Question) -> Answer:
        """Return what the test says.

        Raises:
            ValueError: a threshold that JSON does not know, as the real interfaces do.
        """
        if not all(isfinite(one) for one in (question.distance, question.certainty) if one is not None):
            raise ValueError("no such number in JSON")
        self.asked.append(question)
        return self._answer(question)

    def aggregate(self, aggregation: Aggregation) -> Answer:
        """Count the hits that it would answer, under names that nothing is stored under."""
        answer = self._answer(Question(aggregation.collection, aggregation.near))
        if answer.state is not State.OK:
            return answer
        return replace(answer, hits=(), tally=Tally(len(answer.hits), 1, {"nobody's": len(answer.hits)}))

    def close(self) -> None:
        """Free nothing."""


def says(*hits: Hit) -> Scripted:
    """An interface that always finds these hits."""
    return Scripted(lambda _: Answer(State.OK, hits=hits))


def refuses(message: str) -> Scripted:
    """An interface that refuses everything with this message."""
    return Scripted(lambda _: Answer(State.REFUSED, message=message, code="422"))


def silent() -> Scripted:
    """An interface of which nobody knows what it did."""
    return Scripted(lambda _: Answer(State.UNKNOWN, message="timed out"))


def standing(collection: Collection, endpoint: Endpoint = NOWHERE) -> Dataset:
    """A collection as if it had been loaded: every picture with the vector that it carries."""
    pictures = collection.images.load().pictures
    stored = tuple(
        Stored(f"00000000-0000-0000-0000-{number:012}", picture, {"number": number, "label": picture.label}, vector)
        for number, picture in enumerate(pictures)
        if (vector := picture.vector) is not None
    )
    return Dataset(collection, collection.name, endpoint, stored)


def case_of(interface: Scripted, dataset: Dataset, *questions: Asked) -> Case:
    """A check's view of that collection over that interface."""
    run = Run("test", "host", 1)
    return Case(dataset, interface, run, Probe(dataset.endpoint, run), questions)


def exactly(dataset: Dataset) -> Scripted:
    """An interface that answers nearImage rightly, from the vectors that the collection has."""
    images = {one.picture.base64: one.vector for one in dataset.pictured if one.picture is not None}

    def answer(question: Question) -> Answer:
        assert isinstance(question.near, NearImage)
        truth = dataset.truth(images[question.near.image] or ())
        within = [
            Hit(id_, truth.distance(id_))
            for id_ in truth.ranking()
            if question.distance is None or truth.distance(id_) <= question.distance
        ]
        first = question.offset or 0
        return Answer(State.OK, hits=tuple(within[first : None if question.limit is None else first + question.limit]))

    return Scripted(answer)


def check_of(run: Callable[[Case], None], **changes: Any) -> Check:
    """A check that does this."""
    return replace(Check("test/this", Level.MUST, "It is so.", "the test", run), **changes)


def with_zeros(dataset: Dataset) -> Dataset:
    """The same collection, its first vector all zeros."""
    first = replace(dataset.stored[0], vector=tuple(np.zeros(len(dataset.stored[0].vector or ())).tolist()))
    return replace(dataset, stored=(first, *dataset.stored[1:]))
