"""Demands of a refusal: that it is one, names its cause and nothing that was not sent, and is no crash."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.checks.case import Case, Skipped, Violation
from harness.dataset.loading import must
from harness.errors import AnswerError, TargetError
from harness.interfaces import graphql, grpc
from harness.interfaces.http import Reply
from harness.interfaces.rest import Written
from harness.model import Answer, NearImage, Question, State

_CRASHES = ("runtime error", "panic", "index out of range", "nil pointer", "goroutine ", "interface conversion")
_EMPTY = "200 with an empty body"
OPERATORS = ("nearImage", "nearText", "nearVector", "nearObject", "bm25", "hybrid")
"""By what two questions in one may be named in a message."""

_REPEATED = 80
"""A message that has so many characters of the image in it has all of them, and can't be read."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What is sent beside a question, in the words of each interface; None where it can't be said."""

    graphql: str | None = None
    grpc: Callable[[Any], None] | None = None


def answer_beside(case: Case, question: Question, beside: Beside) -> Answer:
    """Ask a question with something beside it that a `Question` cannot say.

    Raises:
        Skipped: this interface has no way to say it.
        Violation: the server crashed.
        AnswerError: nobody can say what it did.
    """
    if isinstance(case.interface, graphql.GraphQL) and beside.graphql is not None:
        text, variables = graphql.compose(question)
        head, _, rest = text.partition(f"{question.collection}(")
        text = f"{head}{question.collection}({beside.graphql} {rest}"
        answer = graphql.answered(case.interface.send(text, variables), question)
    elif isinstance(case.interface, grpc.Grpc) and beside.grpc is not None:
        request = grpc.compose(question)
        beside.grpc(request)
        answer = case.interface.ask_as(question, request)
    else:
        raise Skipped(f"this can't be said over {case.interface.name}")
    case.asked += 1
    return sane(case, question, answer)


def as_text(case: Case, question: Question, text: str, variables: Mapping[str, Any]) -> Answer:
    """Ask by a text of GraphQL's own.

    Raises:
        Skipped: this is another interface.
        Violation: the server crashed.
        AnswerError: nobody can say what it did.
    """
    if not isinstance(case.interface, graphql.GraphQL):
        raise Skipped(f"{case.interface.name} has no place for it")
    case.asked += 1
    return sane(case, question, graphql.answered(case.interface.send(text, variables), question))


def asked(case: Case, question: Question) -> Answer:
    """Ask one question, for which a crash is a violation.

    Raises:
        Violation: the server crashed.
        AnswerError: nobody can say what it did.
    """
    case.asked += 1
    return sane(case, question, case.interface.ask(question))


def sane(case: Case, question: Question, answer: Answer) -> Answer:
    """Return an answer that is one.

    Raises:
        Violation: the server crashed.
        AnswerError: nobody can say what it did.
    """
    no_crash(answer.message, case.evidence(question, ()) | {"code": answer.code})
    if answer.state is State.UNKNOWN:
        raise AnswerError(f"{case.describe(question)}: no answer: {answer.message}")
    return answer


def no_crash(message: str, facts: Mapping[str, Any]) -> None:
    """Do nothing unless this is what is left of a crash.

    Raises:
        Violation: it is.
    """
    if message == _EMPTY or any(word in message.lower() for word in _CRASHES):
        raise Violation("the server crashed over it", {**facts, "message": shortened(message)})


def demand_refused(
    case: Case,
    question: Question,
    answer: Answer,
    *,
    because: Sequence[str],
    sent: Sequence[str] = ("nearImage",),
) -> None:
    """Demand that a question was refused, with a message that is of use.

    Args:
        case: whose check this is.
        question: what was asked.
        answer: what came back.
        because: words of which the message has to have one.
        sent: the operators that were sent; no other may be named.

    Raises:
        Violation: it was answered, or the message does not name the cause, or names what was not sent.
    """
    if answer.state is State.OK:
        raise Violation("a question was answered that has to be refused", case.evidence(question, answer.hits))
    facts = case.evidence(question, ()) | {"message": shortened(answer.message)}
    named(answer.message, because, facts)
    strange = [name for name in OPERATORS if f"{name}'" in answer.message and name not in sent]
    if strange:
        raise Violation("the refusal names an operator that was not sent", facts | {"not_sent": strange})
    image = question.near.image if isinstance(question.near, NearImage) else ""
    if len(image) > _REPEATED and image[:_REPEATED] in answer.message:
        raise Violation("the refusal repeats the image that was sent", facts | {"characters": len(answer.message)})


def named(message: str, because: Sequence[str], facts: Mapping[str, Any]) -> None:
    """Demand that a message has one of these words in it.

    Raises:
        Violation: it has none.
    """
    if because and not any(word.lower() in message.lower() for word in because):
        raise Violation("the refusal does not name its cause", {**facts, "expected_to_name": list(because)})


def demand_class_refused(case: Case, definition: Mapping[str, Any], *, because: Sequence[str]) -> None:
    """Demand that a class is refused, and that the message names the cause.

    Raises:
        Violation: it was accepted, or the message does not name the cause, or the server crashed.
    """
    facts: dict[str, Any] = {"definition": dict(definition)}
    try:
        with case.scratch(definition):
            pass
    except TargetError as refusal:
        no_crash(refusal.what, facts)
        named(refusal.what, because, facts | {"message": shortened(refusal.what)})
        return
    except AnswerError as trouble:
        if _EMPTY in trouble.what:
            no_crash(_EMPTY, facts)
        raise
    raise Violation("a class was accepted that has to be refused", facts)


def written(found: Written, facts: Mapping[str, Any]) -> bool:
    """Whether an object was stored.

    Raises:
        Violation: the server crashed.
        AnswerError: nobody can say what it did.
    """
    no_crash(found.message, facts)
    if found.state is State.UNKNOWN:
        raise AnswerError(f"no answer when an object was to be stored: {found.message}")
    return found.state is State.OK


def refused_reply(reply: Reply, what: str, facts: Mapping[str, Any]) -> bool:
    """Whether a request was refused.

    Raises:
        Violation: the server crashed.
        AnswerError: nobody can say what it did.
    """
    no_crash(reply.message, facts)
    if reply.state is State.REFUSED:
        return True
    must(reply, what)
    return False


def shortened(message: str) -> str:
    """A message with whole images cut out of it."""
    return re.sub(r"[A-Za-z0-9+/=]{120,}", lambda found: f"{found[0][:20]}...", message)
