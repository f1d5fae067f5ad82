"""Chapter durability: what is still true after the database was restarted, killed or frozen.

What is asked for by `needs: {abilities: [...]}`; these checks do something to the server itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import partial

from harness.abilities import CanKill, CanPause, CanRestart
from harness.checks.case import Case, Skipped
from harness.checks.rankings import different
from harness.checks.registry import check, directed, image_alone
from harness.checks.upheaval import Halves, Upheaval
from harness.dataset import Scratch, Stored
from harness.images import Picture, planted_picture
from harness.interfaces import connect
from harness.model import Hit, Question, State

_FEW = 5
_STORED = 8
_PATIENCE = 0.5
"""Seconds after which a question to a frozen database counts as not answered."""

_SAME = "the same question gives the same hits and distances before and after a restart"
_KEPT = "documentation of the storage: a write is persisted at once and outlives a crash"

Asked = list[tuple[Question, tuple[Hit, ...]]]
"""Questions, each with the hits that its own are a beginning of, whole ties and all."""


def _restart(case: Case) -> None:
    case.was_away(case.ability(CanRestart).restart())


def _kill(case: Case) -> None:
    case.was_away(case.ability(CanKill).kill())


_restarted = Upheaval(_restart, CanRestart)
_killed = Upheaval(_kill, CanKill)


def _ask(case: Case, questions: Sequence[Question]) -> Asked:
    return [(question, case.hits(question)) for question in questions]


def _rankings(case: Case) -> Asked:
    """Ask with each picture for a few hits and for all of them."""
    wholes = _ask(case, [case.near(query.picture, limit=case.count + 1) for query in case.queries])
    return [*wholes, *((question.but(limit=_FEW), hits) for question, hits in wholes)]


def _demand_same(case: Case, asked: Asked, when: str) -> None:
    """Demand each answer again, to the last digit; the order within a tie is nobody's promise."""
    for question, before in asked:
        _compare(case, question, before, case.hits(question), when)


def _compare(case: Case, question: Question, before: Sequence[Hit], after: Sequence[Hit], when: str) -> None:
    expected = len(before) if question.limit is None else min(question.limit, len(before))
    facts = {"when": when, "before": case.evidence(question, before[:expected])["returned"]}
    case.require(
        len(after) == expected, f"{when} it gives another number of hits", question, after, expected=expected, **facts
    )
    case.demand(question, after, different(after, before), **facts)


# --- after a restart -----------------------------------------------------------------------------


@check("durability/restart-same-answer", source=_SAME, abilities=("restart",))
@_restarted.around
def a_restart_changes_no_answer(case: Case) -> Halves:
    """After a restart the same question has the same answer, ids and distances, to the digit."""
    asked = _rankings(case)
    yield None
    _demand_same(case, asked, "after a restart")


@check("durability/restart-threshold", source=_SAME, abilities=("restart",))
@_restarted.around
def a_restart_changes_no_threshold(case: Case) -> Halves:
    """After a restart a distance gives the same set, its boundary included."""
    questions = []
    for query in case.queries:
        hits = case.hits(case.near(query.picture, limit=case.count + 1))
        borders = {hits[place].distance for place in (0, len(hits) // 2, len(hits) - 1) if hits}
        questions += [
            case.near(query.picture, distance=border, limit=case.everything())
            for border in sorted(border for border in borders if border is not None)
        ]
    asked = _ask(case, questions)
    yield None
    _demand_same(case, asked, "after a restart")


@check("durability/restart-new-image", source="a class keeps its vectorizer", abilities=("restart",))
@_restarted.around
def a_new_image_is_understood_after_a_restart(case: Case) -> Halves:
    """After a restart an image that was never asked with is answered rightly, without a new import."""
    picture = _unseen(case)
    truth = case.truth_of(picture)
    yield None
    question = case.near(picture, limit=_FEW)
    hits = case.hits(question)
    case.demand(question, hits, truth.faults(hits, truth.expect(limit=_FEW)))
    case.demand(question, hits, truth.wrong_distances(hits))


def _unseen(case: Case) -> Picture:
    """A picture that nobody has asked with: one that is made where vectors can be chosen, else a stored one."""
    stored = case.samples(_FEW)[-1]
    if case.planted and not case.endpoint.read_only:
        first, *rest = stored.vector or ()
        return planted_picture((first + 1.0, *rest), name="never asked with")
    if stored.picture is None:
        raise Skipped("no stored image is left to ask with")
    return stored.picture


@check("durability/restart-import", source="a class keeps its vectorizer", writes=True, abilities=("restart",))
@_restarted.around
def a_new_object_is_found_after_a_restart(case: Case) -> Halves:
    """After a restart a new object gets a vector and is found beside those that were there."""
    with case.scratch() as shelf:
        pictures = _pictures(case)
        ids = shelf.fill(pictures[1:])
        yield None
        _demand_there(case, shelf, [*ids, shelf.add(pictures[0])], "after a restart")


@check("durability/restart-deleted", source="a deleted object is gone", writes=True, abilities=("restart",))
@_restarted.around
def a_deleted_object_stays_deleted_over_a_restart(case: Case) -> Halves:
    """An object that was deleted before a restart stays deleted; the others stay."""
    with case.scratch() as shelf:
        ids = shelf.fill(_pictures(case))
        shelf.delete(ids[0])
        yield None
        _demand_there(case, shelf, ids[1:], "after a restart")


# --- after a kill --------------------------------------------------------------------------------


@check("durability/kill-keeps", source=_KEPT, writes=True, abilities=("kill",))
@_killed.around
def a_kill_loses_nothing_that_was_acknowledged(case: Case) -> Halves:
    """After a kill every object whose storing was acknowledged is found by its image."""
    with case.scratch() as shelf:
        one, *others = _different(case)
        ids = shelf.fill([other.picture for other in others if other.picture is not None])
        assert one.picture is not None
        # with its vector, so that no model runs between the last write and the kill
        last = yield partial(shelf.add, one.picture, vector=one.vector)
        _demand_there(case, shelf, [*ids, last], "after a kill")


@check("durability/kill-replaced", source=_KEPT, writes=True, when=(directed, image_alone), abilities=("kill",))
@_killed.around
def a_kill_undoes_no_change(case: Case) -> Halves:
    """After a kill an object whose image was replaced is found by the new image and not by the old one."""
    with case.scratch() as shelf:
        old, new, *rest = _pictures(case)
        ids = shelf.fill([old, *rest])
        shelf.put(ids[0], new)
        there = case.on(shelf.read())
        asked = _ask(there, [there.near(one, limit=len(ids) + 1) for one in (old, new)])
        yield None
        _demand_there(case, shelf, ids, "after a kill")
        _demand_same(there, asked, "after a kill")


@check("durability/kill-deleted", source=_KEPT, writes=True, abilities=("kill",))
@_killed.around
def a_deleted_object_stays_deleted_over_a_kill(case: Case) -> Halves:
    """An object whose deletion was acknowledged before a kill stays deleted; the others stay."""
    with case.scratch() as shelf:
        ids = shelf.fill(_pictures(case))
        yield partial(shelf.delete, ids[0])
        _demand_there(case, shelf, ids[1:], "after a kill")


def _pictures(case: Case) -> list[Picture]:
    """A few stored pictures of different vectors."""
    return [one.picture for one in _different(case) if one.picture is not None]


def _different(case: Case) -> list[Stored]:
    """A few stored objects with pictures of different vectors."""
    found: dict[tuple[float, ...], Stored] = {}
    for stored in case.samples(_STORED * 4):
        if stored.picture is not None and stored.vector is not None:
            found.setdefault(stored.vector, stored)
    if len(found) < 3:  # noqa: PLR2004 - one that changes, one that it becomes, one that stays
        raise Skipped("too few images with different vectors")
    return list(found.values())[:_STORED]


def _demand_there(case: Case, shelf: Scratch, ids: Sequence[str], when: str) -> None:
    """Demand that exactly these objects are stored and that a search by each one's image gives the exact answer."""
    there = case.on(shelf.read())
    stored = {one.id for one in there.dataset.stored}
    there.require(
        stored >= set(ids), f"{when} an object is lost", lost=sorted(set(ids) - stored), stored=sorted(stored)
    )
    there.require(stored <= set(ids), f"{when} a deleted object is back", back=sorted(stored - set(ids)))
    for one in there.dataset.stored:
        there.require(one.vector is not None, f"{when} an object has no vector", id=one.id, stored=len(stored))
        if one.picture is None or one.vector is None:
            continue
        question = there.near(one.picture, limit=len(ids) + 1)
        hits = there.hits(question)
        lost, back = set(ids) - {hit.id for hit in hits}, {hit.id for hit in hits} - set(ids)
        there.require(not lost, f"{when} an object is stored and not found", question, hits, lost=sorted(lost))
        there.require(not back, f"{when} a deleted object is found", question, hits, back=sorted(back))
        if image_alone(case.collection):
            truth = there.dataset.truth(one.vector)
            there.demand(question, hits, truth.wrong_distances(hits))


# --- after a pause -------------------------------------------------------------------------------


@check("durability/pause", source="no answer is better than a wrong one", abilities=("pause",))
def a_pause_makes_no_wrong_answer(case: Case) -> str | None:
    """A frozen database gives no answer or the right one; after it resumes it answers as before."""
    target = case.ability(CanPause)
    asked = _rankings(case)
    question, before = asked[0]
    with target.paused(), closing(connect(case.interface.name, case.endpoint, timeout=_PATIENCE)) as impatient:
        case.asked += 1
        answer = impatient.ask(question)
    if answer.state is State.OK:
        _compare(case, question, before, answer.hits, "while it was frozen")
    _demand_same(case, asked, "after a pause")
    return "it answered while it was frozen" if answer.state is State.OK else None
