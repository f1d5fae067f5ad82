"""The smallest number of objects at which a search by distance leaves one out is told exactly."""

from __future__ import annotations

from dataclasses import replace

from scripted import Scripted, case_of, standing

from harness.checks import all_checks
from harness.checks.judging import judge
from harness.dataset import Dataset
from harness.model import Answer, Hit, NearImage, Outcome, Question, State
from harness.scenario import Collection, Scenario

MOST = 9


def with_the_farthest_second(dataset: Dataset) -> Dataset:
    """The same objects in another order: the one that is farthest from the first comes right after it."""
    first, *others = dataset.stored
    truth = dataset.truth(first.vector or ())
    others.sort(key=lambda one: -truth.distance(one.id))
    ordered = [replace(one, properties={**one.properties, "number": n}) for n, one in enumerate((first, *others))]
    return replace(dataset, stored=tuple(ordered))


def capped(dataset: Dataset) -> Scripted:
    """A server that never finds more than nine, and is right otherwise."""
    images = {one.picture.base64: one.vector for one in dataset.pictured if one.picture is not None}

    def answer(question: Question) -> Answer:
        assert isinstance(question.near, NearImage)
        truth = dataset.truth(images[question.near.image] or ())
        below = question.where.value if question.where is not None else None
        passing = {one.id for one in dataset.stored if below is None or one.properties["number"] < below}
        hits = [Hit(id_, truth.distance(id_)) for id_ in truth.ranking() if id_ in passing]
        return Answer(State.OK, hits=tuple(hits[:MOST]))

    return Scripted(answer)


def test_the_smallest_number_is_that_of_the_objects_that_pass(scenario: Scenario) -> None:
    """Ten are told for a server that finds nine, though one of the ten is the farthest of all."""
    cosine: Collection = next(one for one in scenario.collections if one.name == "Cosine")
    dataset = with_the_farthest_second(standing(cosine))
    check = all_checks()["threshold/complete-with-filter"]
    verdict = judge(check, case_of(capped(dataset), dataset), scenario="a test")
    assert verdict.outcome is Outcome.VIOLATED
    assert (verdict.evidence["smallest_reach_that_fails"], verdict.evidence["returned_count"]) == (MOST + 1, MOST)
