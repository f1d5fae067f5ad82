"""The closed loop: what it counts, what it leaves out, and when it gives up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain, repeat

import pytest

from harness.errors import AnswerError
from harness.load.closed_loop import Times, closed_loop
from harness.model import Answer, NearVector, Question, State

QUESTION = Question("Photo", NearVector((1.0, 2.0)))


class Scripted:
    """An interface that gives the answers of a script, the n-th taking n seconds."""

    name = "scripted"

    def __init__(self, states: Iterator[State]) -> None:
        self._states = states
        self.asked = 0

    def ask(self, question: Question) -> Answer:
        """Answer as the script says."""
        assert question is QUESTION
        self.asked += 1
        return Answer(next(self._states), message=f"number {self.asked}", sent=0.0, received=float(self.asked))

    def close(self) -> None:
        """Nothing is open."""


def plainly(ask: Callable[[], None], warmup: int, rounds: int) -> None:
    """Call as often as is asked for."""
    for _ in range(warmup + rounds):
        ask()


def and_once_more(ask: Callable[[], None], warmup: int, rounds: int) -> None:
    """Call once more than is asked for, as a benchmark that runs a profiler does."""
    plainly(ask, warmup, rounds + 1)


def measured(*states: State, warmup: int = 0, how: Callable[..., None] = plainly) -> Times:
    """Measure against a script; what comes after it is answered."""
    interface = Scripted(chain(states, repeat(State.OK)))
    return closed_loop(interface, QUESTION, requests=4, warmup=warmup, repeat=how)


def test_warm_up_and_extra_calls_do_not_count() -> None:
    """Only the requests between the warm-up and what is called beyond have a time, in the order asked."""
    times = measured(warmup=2, how=and_once_more)
    assert times.milliseconds == (3000.0, 4000.0, 5000.0, 6000.0)
    assert (times.warmup, times.errors) == (2, 0)
    assert times.last is not None
    assert times.last.message == "number 6"


def test_what_was_not_answered_is_counted_and_has_no_time() -> None:
    """Refused and unknown answers are counted apart; the others keep their times."""
    times = measured(State.OK, State.REFUSED, State.UNKNOWN, State.OK)
    assert times.milliseconds == (1000.0, 4000.0)
    assert (times.refused, times.unknown, times.errors) == (1, 1, 2)


def test_without_a_service_that_is_ours_its_share_is_not_known() -> None:
    """The inference service's own times are None where it can't be asked."""
    assert measured().service is None


def test_silence_ends_the_measurement() -> None:
    """Three requests in a row without an answer end it: each may take its whole time-out, and nothing is measured."""
    interface = Scripted(chain([State.OK], repeat(State.UNKNOWN)))
    with pytest.raises(AnswerError, match="3 requests in a row were not answered: number 4"):
        closed_loop(interface, QUESTION, requests=100, warmup=0, repeat=plainly)
    assert interface.asked == 4


def test_single_silences_do_not_end_it() -> None:
    """Two unknown answers, an answer and two more are errors that are counted."""
    times = measured(State.UNKNOWN, State.UNKNOWN, State.OK, State.UNKNOWN, State.UNKNOWN, warmup=1)
    assert (times.unknown, len(times.milliseconds)) == (3, 1)


def test_refusals_do_not_end_it() -> None:
    """A server that refuses answers at once: every request is asked."""
    assert measured(*[State.REFUSED] * 4).refused == 4
