"""The first form of a latency measurement: one question after the other, each waiting for the answer before it.

A closed loop hides stalls (a server that stops answers fewer questions, not slower ones), and says so wherever its
figures are shown. What it measures well is the time of one question on an idle server, and where that time goes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.errors import AnswerError
from harness.interfaces.service import NO_CALLS, calls_since
from harness.model import Answer, Inference, Interface, Question, State

_IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Times:
    """What a closed loop measured, in milliseconds, in the order asked; refused and unknown answers have no time.

    `service` has the inference service's own time of each answered request, or is None where it can't be told.
    """

    milliseconds: tuple[float, ...]
    service: tuple[float, ...] | None
    refused: int
    unknown: int
    warmup: int
    last: Answer | None

    @property
    def errors(self) -> int:
        """How many requests were not answered."""
        return self.refused + self.unknown


Repeat = Callable[[Callable[[], None], int, int], None]
"""Calls a function (warm-up, then rounds) times, however it likes to."""


def closed_loop(
    interface: Interface,
    question: Question,
    *,
    requests: int,
    warmup: int,
    repeat: Repeat,
    service: Inference | None = None,
) -> Times:
    """Ask a question over and over and return the times.

    Args:
        interface: how to ask.
        question: what to ask.
        requests: how many answers count.
        warmup: how many are asked first and do not count.
        repeat: does the asking; extra calls at its end do not count.
        service: the inference service behind the question, if it is the harness's own.

    Raises:
        AnswerError: if the inference service is ours and does not tell of its calls, or if several requests in a row
            have no answer: each may take its whole time-out, and nothing is measured any more.
    """
    answers: list[Answer] = []

    def ask() -> None:
        answers.append(interface.ask(question))
        if len(answers) >= _IN_A_ROW and all(one.state is State.UNKNOWN for one in answers[-_IN_A_ROW:]):
            raise AnswerError(f"{_IN_A_ROW} requests in a row were not answered: {answers[-1].message}")

    since = calls_since(service.url, NO_CALLS)[0] if service else 0
    repeat(ask, warmup, requests)
    counted = answers[warmup : warmup + requests]
    good = [answer for answer in counted if answer.state is State.OK]
    return Times(
        milliseconds=tuple(answer.seconds * 1000 for answer in good),
        service=_service_times(service, since, len(answers), warmup, counted) if service else None,
        refused=sum(answer.state is State.REFUSED for answer in counted),
        unknown=sum(answer.state is State.UNKNOWN for answer in counted),
        warmup=warmup,
        last=counted[-1] if counted else None,
    )


def _service_times(
    service: Inference, since: int, asked: int, warmup: int, counted: list[Answer]
) -> tuple[float, ...] | None:
    """Pair each request with the one call that it made; None if it made more or fewer."""
    try:
        _, calls = calls_since(service.url, since)
    except AnswerError:
        return None
    if len(calls) != asked:
        return None
    pairs = zip(calls[warmup : warmup + len(counted)], counted, strict=True)
    return tuple(call.total_ms for call, answer in pairs if answer.state is State.OK)
