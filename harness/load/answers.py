"""The answers of a load, kept while time is measured and judged afterwards: a fast wrong answer is no good percentile.

The same question has the same answer again and again, to the byte; so nearly all answers of a load are compared by
keeping each body once and counting it. Beyond a bound of different bodies the rest is only counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from math import inf, nextafter

from harness.load.samples import Fate
from harness.model import Answer, Hit, Question, State
from harness.oracle import Fault, Truth, descents, repeated

MOST = 4_000
"""Different bodies that are kept."""

_MOST_BYTES = 64 * 2**20
_MOST_WORDS = 20
_SHOWN = 300


class Answers:
    """Counts bodies; an instance is what a loop's `heard` calls. The longest words of refusals are cut."""

    def __init__(self) -> None:
        self.bodies: dict[tuple[int, bytes], int] = {}
        self.refusals: Counter[str] = Counter()
        self.unkept = 0
        self._bytes = 0

    def __call__(self, row: int, question: int, fate: Fate, body: bytes) -> None:
        """Keep an answer."""
        del row
        if fate == Fate.OK:
            key = (question, body)
            count = self.bodies.get(key)
            if count is not None:
                self.bodies[key] = count + 1
            elif len(self.bodies) < MOST and self._bytes < _MOST_BYTES:
                self.bodies[key] = 1
                self._bytes += len(body)
            else:
                self.unkept += 1
        elif fate == Fate.REFUSED:
            words = body[:_SHOWN].decode("utf-8", "replace")
            if words in self.refusals or len(self.refusals) < _MOST_WORDS:
                self.refusals[words] += 1


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the answers to one question are held against.

    `among` has the ids that a filter leaves, None for all. `added` are ids of objects that were stored meanwhile: they
    may stand in the answer, and push others out at its end. With `exact` no neighbour may be missing; otherwise an
    index may overlook some, which is told as recall, and what it does return has to be right.
    """

    question: Question
    truth: Truth
    among: frozenset[str] | None = None
    added: frozenset[str] = frozenset()
    exact: bool = True

    @property
    def threshold(self) -> float | None:
        """The largest distance asked for."""
        question = self.question
        return question.distance if question.certainty is None else 2.0 * (1.0 - question.certainty)


@dataclass(slots=True)
class Judged:
    """What the oracle said; `faults` are those of the first wrong answer, `question` what it was an answer to."""

    answers: int = 0
    bodies: int = 0
    wrong: int = 0
    faults: list[Fault] = field(default_factory=list)
    question: int = -1
    hits: tuple[Hit, ...] = ()
    _found: float = 0.0

    @property
    def recall(self) -> float | None:
        """The mean recall of the answers that were compared; None if there are none."""
        return self._found / self.answers if self.answers else None

    def add(self, question: int, count: int, hits: tuple[Hit, ...], faults: list[Fault], recall: float) -> None:
        """Count so many equal answers."""
        self.answers += count
        self.bodies += 1
        self._found += recall * count
        if faults:
            self.wrong += count
            if not self.faults:
                self.faults, self.question, self.hits = faults, question, hits


def judged(
    answers: Answers,
    expected: Callable[[int], Expectation | None],
    decoded: Callable[[bytes, Question], Answer],
) -> Judged:
    """Return what the oracle says of the answers.

    Args:
        answers: what was kept.
        expected: what the answers to the question at a position are held against; None if they are not compared.
        decoded: reads a body.
    """
    found = Judged()
    for (question, body), count in answers.bodies.items():
        expectation = expected(question)
        if expectation is None:
            continue
        answer = decoded(body, expectation.question)
        if answer.state is not State.OK:
            fault = Fault("an answer can't be read", {"message": answer.message})
            found.add(question, count, (), [fault], 0.0)
        else:
            found.add(question, count, answer.hits, faults(answer.hits, expectation), recall(answer.hits, expectation))
    return found


def faults(hits: Sequence[Hit], expectation: Expectation) -> list[Fault]:
    """Return each way in which these hits are wrong."""
    question, truth = expectation.question, expectation.truth
    known = [hit for hit in hits if hit.id not in expectation.added]
    limit, threshold = question.limit, expectation.threshold
    if len(known) < len(hits):
        # what was added may have pushed out what is as far as the last hit or farther, and nothing nearer
        limit = None
        if question.limit is not None and len(hits) >= question.limit and hits[-1].distance is not None:
            edge = nextafter(hits[-1].distance - truth.apart(truth.ids), -inf)
            threshold = edge if threshold is None else min(edge, threshold)
        known = [hit for hit in known if threshold is None or hit.distance is None or hit.distance <= threshold]
    if expectation.exact:
        found = truth.faults(known, truth.expect(limit=limit, threshold=threshold, among=expectation.among))
    else:
        may = truth.expect(threshold=threshold, among=expectation.among).may
        strange = [hit.id for hit in known if hit.id not in may]
        found = repeated([hit.id for hit in known])
        found += [Fault("a hit does not belong there", {"extra": strange[:5]})] if strange else []
        if question.limit is not None and len(hits) > question.limit:
            found.append(Fault("there are more hits than were asked for", {"returned": len(hits)}))
    return found or truth.wrong_distances(known) or descents(hits)


def recall(hits: Iterable[Hit], expectation: Expectation) -> float:
    """Return the share of the exact answer that is there, any of a tie counting; 1 if there is nothing to find."""
    question, truth = expectation.question, expectation.truth
    ids = [hit.id for hit in hits if hit.id not in expectation.added]
    if expectation.among is None and expectation.threshold is None and question.limit is not None:
        pushed_out = sum(1 for hit in hits if hit.id in expectation.added)
        return truth.recall(ids, question.limit - pushed_out)
    wanted = truth.expect(limit=question.limit, threshold=expectation.threshold, among=expectation.among)
    return len(wanted.must & set(ids)) / len(wanted.must) if wanted.must else 1.0
