"""A scenario's own question as a check: the answer is the exact one; and what a person looks at afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.case import Case, Skipped
from harness.checks.promises import question_of
from harness.checks.registry import Check
from harness.images import Picture
from harness.model import Hit, Level
from harness.oracle import Expected, Truth, descents
from harness.scenario import Asked

_SHOWN = 24


@dataclass(frozen=True)
class Seen:
    """A question with what came back and what the exact answer is, both best first.

    `returned` says of each hit whether it may be there; `expected` of each object whether it must be (else it is one of
    a tie of which not all fit).
    """

    asked: Asked
    threshold: float | None
    returned: tuple[tuple[Hit, Picture | None, bool], ...]
    expected: tuple[tuple[str, Picture | None, float, bool], ...]
    reach: tuple[float, ...]


def exact_answer(asked: Asked, seen: list[Seen]) -> Check:
    """Return the check that the answer to a scenario's question is the exact one.

    Args:
        asked: the question.
        seen: what was seen is added here, whatever the verdict.
    """

    def run(case: Case) -> None:
        truth = _truth(case, asked)
        question = question_of(case, asked)
        hits = case.hits(question)
        threshold = asked.distance if asked.certainty is None else 2.0 * (1.0 - asked.certainty)
        expected = truth.expect(limit=question.limit, threshold=threshold)
        seen.append(_seen(case, asked, truth, hits, expected, threshold))
        case.demand(question, hits, truth.faults(hits, expected))
        case.demand(question, hits, truth.wrong_distances(hits))
        case.demand(question, hits, descents(hits))

    sentence = f"The answer to the question {asked.name} is the exact one."
    return Check(f"question/{asked.name}", Level.MUST, sentence, "the scenario", run)


def _truth(case: Case, asked: Asked) -> Truth:
    if asked.picture is not None:
        return case.truth_of(asked.picture)
    if asked.text is None:
        raise Skipped("the question has neither an image nor a text")
    return case.truth_of_text(asked.text)


def _seen(
    case: Case, asked: Asked, truth: Truth, hits: tuple[Hit, ...], expected: Expected, threshold: float | None
) -> Seen:
    def picture(id_: str) -> Picture | None:
        stored = case.dataset.by_id.get(id_)
        return stored.picture if stored else None

    count = min(expected.most, _SHOWN)
    should = [id_ for id_ in truth.ranking() if id_ in expected.may][:count]
    return Seen(
        asked=asked,
        threshold=threshold,
        returned=tuple((hit, picture(hit.id), hit.id in expected.may) for hit in hits[:_SHOWN]),
        expected=tuple((id_, picture(id_), truth.distance(id_), id_ in expected.must) for id_ in should),
        reach=tuple(sorted(truth.distances.tolist())[:500]),
    )
