"""Answers of a load: counted by their bodies, judged by the oracle, also while objects are added."""

from __future__ import annotations

import numpy as np
import pytest

from harness.load.answers import Answers, Expectation, faults, judged, recall
from harness.load.samples import Fate
from harness.model import Answer, Hit, Metric, NearVector, Question, State
from harness.oracle import Truth

IDS = ("a", "b", "c", "d")
VECTORS = np.array([[0.0], [1.0], [2.0], [3.0]], dtype=np.float32)
TRUTH = Truth(Metric.L2, (0.0,), IDS, VECTORS)
QUESTION = Question("Thing", NearVector((0.0,)), limit=2)


def hits(*pairs: tuple[str, float]) -> tuple[Hit, ...]:
    """Hits with these ids and distances."""
    return tuple(Hit(id_, distance) for id_, distance in pairs)


RIGHT = hits(("a", 0.0), ("b", 1.0))
MISSED = hits(("a", 0.0), ("c", 4.0))


def test_equal_bodies_are_kept_once() -> None:
    """A body counts as often as it came, for each question apart; refusals are told by their words."""
    answers = Answers()
    for question, fate, body in [(0, Fate.OK, b"x"), (0, Fate.OK, b"x"), (1, Fate.OK, b"x"), (0, Fate.REFUSED, b"no")]:
        answers(0, question, fate, body)
    assert answers.bodies == {(0, b"x"): 2, (1, b"x"): 1}
    assert answers.refusals == {"no": 1}


def test_a_wrong_answer_counts_as_often_as_it_came() -> None:
    """Of three equal wrong answers and one right one, three are wrong, and recall is their mean."""
    answers = Answers()
    for body in (b"right", b"missed", b"missed", b"missed"):
        answers(0, 0, Fate.OK, body)

    def decoded(body: bytes, question: Question) -> Answer:
        assert question is QUESTION
        return Answer(State.OK, RIGHT if body == b"right" else MISSED)

    found = judged(answers, lambda _: Expectation(QUESTION, TRUTH), decoded)
    assert (found.answers, found.bodies, found.wrong) == (4, 2, 3)
    assert found.recall == pytest.approx((1 + 3 * 0.5) / 4)
    assert found.faults[0].what == "a neighbour is missing"


def test_a_body_that_is_no_answer_is_wrong() -> None:
    """What the interface can't read is wrong, whatever its status was."""
    answers = Answers()
    answers(0, 0, Fate.OK, b"{}")
    found = judged(answers, lambda _: Expectation(QUESTION, TRUTH), lambda *_: Answer(State.UNKNOWN, message="odd"))
    assert found.wrong == 1


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (MISSED, "a neighbour is missing"),
        (hits(("a", 0.0), ("b", 1.5)), "a distance is wrong"),
        (hits(("b", 1.0), ("a", 0.0)), "the order is not ascending"),
        (hits(("a", 0.0), ("a", 0.0)), "an object was returned more than once"),
        (hits(("a", 0.0), ("b", 1.0), ("c", 4.0)), "a hit does not belong there"),
    ],
)
def test_every_kind_of_wrong_is_found(given: tuple[Hit, ...], said: str) -> None:
    """Neighbours, distances, order, repetition and number are judged."""
    assert said in [one.what for one in faults(given, Expectation(QUESTION, TRUTH))]


def test_what_an_index_overlooks_is_recall_where_recall_is_promised() -> None:
    """A missing neighbour is then no fault; a wrong distance still is."""
    loose = Expectation(QUESTION, TRUTH, exact=False)
    assert faults(MISSED, loose) == []
    assert recall(MISSED, loose) == 0.5
    assert faults(hits(("a", 0.0), ("c", 3.5)), loose)
    assert faults(hits(("a", 0.0), ("z", 3.5)), loose)


def test_added_objects_may_push_others_out_at_the_end() -> None:
    """With an added object among the hits only what is nearer than the last hit has to be there."""
    added = Expectation(QUESTION, TRUTH, added=frozenset({"new"}))
    assert faults(hits(("a", 0.0), ("new", 0.5)), added) == []
    assert recall(hits(("a", 0.0), ("new", 0.5)), added) == 1.0
    assert faults(hits(("new", 0.5), ("b", 1.0)), added)[0].what == "a neighbour is missing"


def test_an_added_object_may_stand_for_one_that_is_as_far_as_itself() -> None:
    """Of a tie at the end nobody promises which object is there: an added one may have taken its place."""
    added = Expectation(QUESTION, TRUTH, added=frozenset({"new"}))
    assert faults(hits(("a", 0.0), ("new", 1.0)), added) == []
    assert faults(hits(("a", 0.0), ("new", 1.5)), added)[0].what == "a neighbour is missing"


def test_a_filter_leaves_what_it_leaves() -> None:
    """With a filter the exact answer is that of the objects which it leaves."""
    filtered = Expectation(QUESTION, TRUTH, among=frozenset({"b", "c"}))
    assert faults(hits(("b", 1.0), ("c", 4.0)), filtered) == []
    assert faults(RIGHT, filtered)[0].what == "a neighbour is missing"
    assert recall(RIGHT, filtered) == 0.5
