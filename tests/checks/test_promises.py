"""What a scenario promises and asks of its own, judged: the best hit, recall, precision, the exact answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scripted import case_of, exactly, says, standing

from harness.checks.judging import judge
from harness.checks.promises import promised, question_of
from harness.checks.questions import Seen, exact_answer
from harness.dataset import Dataset
from harness.model import Hit, NearText, Outcome, Verdict
from harness.scenario import EVERY_IMAGE, LATENCY, Asked, Collection, Promise


def asked(
    collection: Collection, name: str = "p-0000", *, limit: int | None = 4, distance: float | None = None
) -> Asked:
    """A question with a stored picture."""
    return Asked("mine", picture=collection.images.load().by_name(name), limit=limit, distance=distance)


def kept(
    dataset: Dataset, key: str, value: float | str, *, subject: str = "mine", hits: tuple[Hit, ...] | None = None
) -> Verdict:
    """What a promise comes to, with these hits or with the right ones."""
    check = promised(Promise(subject, key, value, str(value), 7))
    interface = exactly(dataset) if hits is None else says(*hits)
    return judge(check, case_of(interface, dataset, asked(dataset.collection)), scenario="")


def test_a_promise_is_a_check_of_its_own() -> None:
    """A promise has an id, the words of the file as its sentence, and its line as its source."""
    check = promised(Promise("tabby", "recall", 0.9, "0.90", 12))
    assert (check.id, check.sentence) == ("promise/tabby/recall", "tabby: recall 0.90")
    assert "line 12" in check.source


def test_latency_is_no_check_of_answers() -> None:
    """A promise about latency is measured elsewhere."""
    with pytest.raises(ValueError, match="measured, not checked"):
        promised(Promise(LATENCY, "p95", 60.0, "60ms", 1))


def test_the_best_hit_may_be_told_by_name_subject_or_label(squared: Collection) -> None:
    """`first` is kept by the name, the subject or the label of the best hit, and by nothing else."""
    dataset = standing(squared)
    best = dataset.stored[0].picture
    assert best is not None
    for told in (best.name, best.subject, best.label):
        assert kept(dataset, "first", told).outcome is Outcome.HELD
    broken = kept(dataset, "first", "p-0004")
    assert (broken.outcome, broken.evidence["best"][0]) == (Outcome.VIOLATED, best.name)


def test_no_hit_is_not_the_best_hit(squared: Collection) -> None:
    """An empty answer keeps no promise."""
    dataset = standing(squared)
    assert kept(dataset, "first", "p-0000", hits=()).outcome is Outcome.VIOLATED
    assert kept(dataset, "recall", 0.1, hits=()).outcome is Outcome.VIOLATED
    assert kept(dataset, "label_precision_at_2", 0.1, hits=()).outcome is Outcome.VIOLATED


def test_recall_counts_what_is_there(squared: Collection) -> None:
    """Two of the four nearest are a recall of one half."""
    dataset = standing(squared)
    truth = dataset.truth(dataset.stored[0].vector or ())
    half = tuple(Hit(id_, truth.distance(id_)) for id_ in truth.ranking()[:2])
    assert kept(dataset, "recall", 0.5, hits=half).outcome is Outcome.HELD
    assert kept(dataset, "recall", 0.51, hits=half).evidence["recall"] == 0.5


def test_precision_leaves_the_image_itself_out(squared: Collection) -> None:
    """An image that finds only itself has found none of its label."""
    dataset = standing(squared)
    itself = (Hit(dataset.ids[0], 0.0),)
    assert kept(dataset, "label_precision_at_2", 0.1, hits=itself).evidence["precision"] == 0.0
    assert kept(dataset, "label_precision_at_2", 1.0).outcome is Outcome.HELD


def test_precision_of_every_image_names_the_worst(squared: Collection) -> None:
    """Asked with every image, precision is the mean, and the worst images are named."""
    dataset = standing(squared)
    assert kept(dataset, "label_precision_at_2", 1.0, subject=EVERY_IMAGE).outcome is Outcome.HELD
    broken = kept(dataset, "label_precision_at_2", 1.0, subject=EVERY_IMAGE, hits=(Hit(dataset.ids[0], 0.0),))
    assert broken.outcome is Outcome.VIOLATED
    assert broken.evidence["images"] == len(dataset.pictured)
    assert set(broken.evidence["worst"].values()) == {0.0}


def test_without_another_of_its_label_there_is_no_precision(squared: Collection) -> None:
    """Where no image has another one of its label, precision says nothing and is skipped."""
    dataset = standing(squared)
    lonely = replace(dataset, stored=dataset.stored[:1])
    assert kept(lonely, "label_precision_at_2", 1.0, subject=EVERY_IMAGE).outcome is Outcome.SKIPPED


def test_a_question_that_is_not_asked_here_is_skipped(squared: Collection) -> None:
    """A promise about another collection's question is skipped."""
    assert kept(standing(squared), "first", "p-0000", subject="theirs").outcome is Outcome.SKIPPED


def test_a_question_without_limits_gets_one(squared: Collection) -> None:
    """Without limit and threshold a question asks for ten; with a threshold for everything within it."""
    case = case_of(says(), standing(squared))
    assert question_of(case, asked(squared, limit=None)).limit == 10
    assert question_of(case, asked(squared, limit=None, distance=2.0)).limit is None
    assert question_of(case, asked(squared, limit=3, distance=2.0)).limit == 3
    assert question_of(case, Asked("words", text="a cat")).near == NearText(("a cat",))


def test_what_was_asked_is_seen_whatever_the_verdict(squared: Collection) -> None:
    """Of a question people see what came back, what should have, and which of it is wrong, also if it is violated."""
    dataset = standing(squared)
    truth = dataset.truth(dataset.stored[0].vector or ())
    wrong = truth.ranking()[-1]
    seen: list[Seen] = []
    check = exact_answer(asked(squared, limit=2), seen)
    hits = (Hit(dataset.ids[0], 0.0), Hit(wrong, truth.distance(wrong)), Hit("ghost", 99.0))
    verdict = judge(check, case_of(says(*hits), dataset), scenario="")
    assert verdict.outcome is Outcome.VIOLATED
    [one] = seen
    assert [good for _, _, good in one.returned] == [True, False, False]
    assert [picture.name if picture else None for _, picture, _ in one.returned][::2] == ["p-0000", None]
    assert len(one.expected) == 2
    assert [distance for _, _, distance, _ in one.expected] == [0.0, 0.0]
    assert list(one.reach) == sorted(truth.distances.tolist())


def test_of_a_tie_that_is_cut_nobody_must_be_there(squared: Collection) -> None:
    """Of two equal objects and room for one, either is expected and neither must be there."""
    seen: list[Seen] = []
    dataset = standing(squared)
    judge(exact_answer(asked(squared, limit=1), seen), case_of(exactly(dataset), dataset), scenario="")
    assert [must for _, _, _, must in seen[0].expected] == [False]


def test_a_certainty_is_shown_as_its_threshold(squared: Collection) -> None:
    """A question with a certainty is shown with the distance that it stands for."""
    seen: list[Seen] = []
    question = Asked("mine", picture=asked(squared).picture, certainty=0.75)
    judge(exact_answer(question, seen), case_of(says(), standing(squared)), scenario="")
    assert seen[0].threshold == 0.5


def test_a_right_set_in_the_wrong_order_is_violated(squared: Collection) -> None:
    """The exact answer has its order too, and its distances."""
    dataset = standing(squared)
    truth = dataset.truth(dataset.stored[0].vector or ())
    right = [Hit(id_, truth.distance(id_)) for id_ in truth.ranking()[:4]]
    check = exact_answer(asked(squared), [])
    assert judge(check, case_of(says(*right), dataset), scenario="").outcome is Outcome.HELD
    assert judge(check, case_of(says(*right[::-1]), dataset), scenario="").sentence == "the order is not ascending"
    shifted = [replace(hit, distance=(hit.distance or 0.0) + 0.5) for hit in right]
    assert judge(check, case_of(says(*shifted), dataset), scenario="").sentence == "a distance is wrong"
