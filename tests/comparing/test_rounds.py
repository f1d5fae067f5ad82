"""Rounds of two sides: what is kept of them when one falls silent."""

from __future__ import annotations

import pytest
from made_up import NAME

from harness.comparing.rounds import Asked, Pair, rounds
from harness.errors import AnswerError
from harness.model import Aggregation, Answer, NearVector, Question, State


class FallingSilent:
    """A named fake: an interface that answers so many questions and no more."""

    name = "graphql"

    def __init__(self, answers: int) -> None:
        self.answers = answers

    def ask(self, _: Question) -> Answer:
        """Answer in 10 ms, as long as that lasts."""
        self.answers -= 1
        return Answer(State.OK, received=0.01) if self.answers >= 0 else Answer(State.UNKNOWN, message="gone")

    def aggregate(self, _: Aggregation) -> Answer:
        """Nothing is counted."""
        return Answer(State.UNKNOWN)

    def renew(self) -> None:
        """There are no connections."""

    def close(self) -> None:
        """There are no connections."""


@pytest.mark.parametrize("answers", [(12, 100), (100, 12)])
@pytest.mark.parametrize("seed", range(3))
def test_whole_rounds_are_kept_when_a_side_falls_silent(answers: tuple[int, int], seed: int) -> None:
    """Whichever side ends in the third round and whoever was first in it, two rounds of both are there."""
    question = Question("Photo", NearVector((1.0,)))
    base, head = (Asked(FallingSilent(each), question) for each in answers)
    pair = Pair(NAME, base, head, requests=5, seconds=0.1)
    with pytest.raises(AnswerError, match="were not answered: gone"):
        list(rounds([pair], seed=seed))

    assert pair.series.rounds == 2
    assert (pair.series.base.n, pair.series.head.n) == (10, 10)
