"""Two targets asked in turn: round after round, a block of requests each, which one first drawn by lot.

Whatever disturbs the machine for longer than a round disturbs both sides; and the lot makes it certain, not likely,
that of two sides which do not differ each is the slower one in half of the rounds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from harness.comparing.series import Block, Name, Series, Side
from harness.errors import AnswerError
from harness.interfaces.service import NO_CALLS, calls_since
from harness.model import Answer, Inference, Interface, Question, State

BLOCK_SECONDS = 0.25
"""About so long one side is asked before it is the other's turn: long for a request, short for a disturbance."""

FEWEST, MOST = 5, 50
"""So many requests a block has at least and at most."""

_IN_A_ROW = 3
_BETWEEN = 0.01
"""Seconds of a round that go to asking the inference services what they did."""


@dataclass(slots=True)
class Asked:
    """One question at one side: how it is asked, and what came of it so far."""

    interface: Interface
    question: Question
    service: Inference | None = None
    blocks: list[Block] = field(default_factory=list)
    services: list[Block] | None = field(default_factory=list)
    errors: int = 0
    last: Answer | None = None
    _unanswered: int = 0

    def ask(self, requests: int) -> list[Answer]:
        """Ask so often, one after the other.

        Raises:
            AnswerError: several in a row had no answer: nothing is measured any more.
        """
        answers = []
        for _ in range(requests):
            answer = self.interface.ask(self.question)
            answers.append(answer)
            self._unanswered = self._unanswered + 1 if answer.state is State.UNKNOWN else 0
            if self._unanswered >= _IN_A_ROW:
                raise AnswerError(f"{_IN_A_ROW} requests in a row were not answered: {answer.message}")
        return answers

    def block(self, requests: int) -> None:
        """Ask a block, and keep its times."""
        since = self._calls_so_far()
        answers = self.ask(requests)
        served = self._served(since, answers)
        self.blocks.append(tuple(one.seconds * 1000 for one in answers if one.state is State.OK))
        self.errors += sum(one.state is not State.OK for one in answers)
        self.last = next((one for one in reversed(answers) if one.state is State.OK), self.last)
        if served is None:
            self.services = None
        elif self.services is not None:
            self.services.append(served)

    @property
    def side(self) -> Side:
        """What came of it so far, as a value."""
        return Side(tuple(self.blocks), None if self.services is None else tuple(self.services), self.errors)

    def _calls_so_far(self) -> int | None:
        if self.service is None or self.services is None:
            return None
        try:
            return calls_since(self.service.url, NO_CALLS)[0]
        except AnswerError:
            return None

    def _served(self, since: int | None, answers: Sequence[Answer]) -> Block | None:
        """The service's own time of each answered request; None unless each made exactly one call."""
        if since is None or self.service is None:
            return None
        try:
            calls = calls_since(self.service.url, since)[1]
        except AnswerError:
            return None
        if len(calls) != len(answers):
            return None
        return tuple(call.total_ms for call, one in zip(calls, answers, strict=True) if one.state is State.OK)


@dataclass(frozen=True, slots=True)
class Pair:
    """One question at both sides: how many requests a block of it has, and about how long a round takes."""

    name: Name
    base: Asked
    head: Asked
    requests: int
    seconds: float

    @property
    def series(self) -> Series:
        """What was measured so far; of a round that one side broke off the other's block has nothing beside it."""
        base, head = self.base.side, self.head.side
        whole = min(len(base.blocks), len(head.blocks))
        return Series(self.name, base.first(whole), head.first(whole), paired=True)


def pair(name: Name, base: Asked, head: Asked, *, warmup: int) -> Pair:
    """Warm both sides up, and find out how many requests make a block.

    Args:
        name: which question it is.
        base: one side.
        head: the other.
        warmup: how often each is asked before anything counts; at least five times.

    Raises:
        AnswerError: a side does not answer.
    """
    answers = [answer for side in (base, head) for answer in side.ask(max(warmup, FEWEST))]
    times = [one.seconds for one in answers if one.state is State.OK]
    if not times:
        raise AnswerError(f"{name.question} was not answered once: {answers[-1].message}")
    usual = median(times)
    requests = min(MOST, max(FEWEST, round(BLOCK_SECONDS / usual)))
    return Pair(name, base, head, requests, 2 * requests * usual + _BETWEEN)


def rounds(pairs: Sequence[Pair], *, seed: int) -> Iterator[int]:
    """Ask all pairs, a round at a time, and yield how many rounds are done; whoever iterates decides when it ends.

    Args:
        pairs: the questions.
        seed: of the lot that says which side comes first.

    Raises:
        AnswerError: a side does not answer any more.
    """
    lot, done = random.Random(seed), 0  # noqa: S311 - a lot between two sides, no secret
    while True:
        for each in pairs:
            first, second = (each.base, each.head) if lot.random() < 0.5 else (each.head, each.base)  # noqa: PLR2004
            first.block(each.requests)
            second.block(each.requests)
        done += 1
        yield done
