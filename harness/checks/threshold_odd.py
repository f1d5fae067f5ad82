"""Chapter threshold: what is no number, or none that a float can hold, is refused or taken for what it says.

Never is it a crash, and never does it let in what a right threshold would not. What might make a server hang goes to a
second one that is started for it, with a deadline.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from math import inf, nan
from typing import Literal

from harness.checks.case import Case, Query, Skipped, Violation
from harness.checks.refusing import no_crash, sane
from harness.checks.registry import check, kind_is, metric_is
from harness.interfaces import SPEAK_GRAPHQL, connect, graphql
from harness.model import Answer, Level, Metric, Question, State

_DEADLINE = 10.0
_FAR = 1e30
"""Beyond every distance of planted vectors, and a float32."""

_FEW = 8
_SAYS = "a threshold is a number: what is none can't have let anything in"
_VARIABLE = "$threshold"
_KINDS = ("distance", "certainty")

_Meaning = float | Literal["no threshold", "nothing"]
"""What something may be taken for beside being refused: a number, no threshold at all, or nothing else."""


# --- what may hang -------------------------------------------------------------------------------


@contextmanager
def _second(case: Case) -> Iterator[tuple[Case, Query]]:
    """A few objects on another server, which nobody misses, and a picture to ask with."""
    endpoint = case.second({})
    with (
        closing(connect(case.interface.name, endpoint, timeout=_DEADLINE)) as interface,
        case.scratch(endpoint=endpoint) as shelf,
    ):
        samples = case.samples(_FEW)
        pictures = [one.picture for one in samples if one.picture is not None]
        shelf.fill(pictures)
        there = case.on(shelf.read(), interface)
        yield there, Query(pictures[0].name, pictures[0], there.dataset.truth(samples[0].vector or ()))


@check(
    "threshold/not-a-number",
    level=Level.SHOULD,
    source=_SAYS,
    writes=True,
    by_name=True,
    when=(kind_is("planted"), metric_is(Metric.COSINE)),
    abilities=("second",),
)
def not_a_number_lets_nothing_in(case: Case) -> None:
    """NaN as a threshold is refused or lets nothing in, in time, and the server goes on."""
    with _second(case) as (there, query):
        for kind in _KINDS:
            question = there.near(query.picture, limit=_FEW, **{kind: nan})
            answer = _in_time(there, question, "NaN", kind)
            there.require(
                answer.state is State.REFUSED or not answer.hits,
                "a threshold that is no number lets hits in",
                question,
                answer.hits,
            )
            _goes_on(there, query)


@check(
    "threshold/infinite",
    level=Level.SHOULD,
    source="a threshold above the metric's maximum finds all, one below its minimum nothing",
    writes=True,
    by_name=True,
    when=(kind_is("planted"), metric_is(Metric.COSINE)),
    abilities=("second",),
)
def infinity_is_beyond_every_distance(case: Case) -> None:
    """An infinite distance is refused or finds all, minus infinity nothing, in time, and the server goes on."""
    with _second(case) as (there, query):
        for value, said in ((inf, "Infinity"), (-inf, "-Infinity"), (inf, "1e400"), (-inf, "-1e400")):
            question = there.near(query.picture, limit=_FEW, distance=value)
            answer = _in_time(there, question, said, "distance")
            expected = _FEW if value > 0 else 0
            there.require(
                answer.state is State.REFUSED or len(answer.hits) == expected,
                "an infinite threshold does not cut where it says",
                question,
                answer.hits,
                expected=expected,
            )
            _goes_on(there, query)


def _in_time(case: Case, question: Question, said: str, kind: str) -> Answer:
    """Ask with a number that JSON has no word for; as a word in the body where the interface is JSON.

    Raises:
        Violation: there was no answer in time, or the server crashed.
    """
    case.asked += 1
    if isinstance(case.interface, graphql.GraphQL):
        answer = _sent(case, question.but(**{kind: None}), kind, said)
    elif case.interface.name in SPEAK_GRAPHQL:
        raise Skipped(f"{case.interface.name} has no words for it")
    else:
        answer = case.interface.ask(question)
    facts = {**case.evidence(question, answer.hits), "sent": said}
    if answer.state is State.UNKNOWN:
        raise Violation(f"no answer to a threshold of {said}", {**facts, "message": answer.message})
    no_crash(answer.message, facts)
    return answer


def _goes_on(case: Case, query: Query) -> None:
    """Demand that a plain question is still answered."""
    question = case.near(query.picture, limit=_FEW)
    answer = case.interface.ask(question)
    case.require(answer.state is State.OK, "the server does not answer any more", question, message=answer.message)


# --- what is another type ------------------------------------------------------------------------


def _variable(question: Question, kind: str) -> str:
    """The text of a question whose threshold is a variable."""
    text, _ = graphql.compose(question)
    text = text.replace("($image: String!", f"($image: String!, {_VARIABLE}: Float", 1)
    return text.replace("image: $image", f"image: $image, {kind}: {_VARIABLE}", 1)


def _sent(case: Case, question: Question, kind: str, said: str) -> Answer:
    """Send a threshold as these characters in the JSON of the variables, whether that is JSON or not."""
    assert isinstance(case.interface, graphql.GraphQL)
    _, variables = graphql.compose(question)
    body = {"query": _variable(question, kind), "variables": {**variables, _VARIABLE[1:]: 0}}
    written = json.dumps(body).replace(f'"{_VARIABLE[1:]}": 0', f'"{_VARIABLE[1:]}": {said}')
    return graphql.answered(case.interface.send_as(written.encode()), question)


def _odd(case: Case, said: Mapping[str, _Meaning]) -> None:
    """Send thresholds as these characters, each of which may be refused or answered as what it means.

    Raises:
        Skipped: this interface can't say them.
        Violation: one is a crash, or answered otherwise.
    """
    if not isinstance(case.interface, graphql.GraphQL):
        raise Skipped(f"{case.interface.name} has numbers alone")
    query = case.queries[0]
    question = case.near(query.picture, limit=case.count + 1)
    for characters, meaning in said.items():
        case.asked += 1
        answer = sane(case, question, _sent(case, question, "distance", characters))
        if answer.state is State.OK:
            nothing = meaning == "nothing"
            case.require(not nothing, "what is no number was answered", question, answer.hits, sent=characters)
            expected = query.truth.expect(threshold=None if isinstance(meaning, str) else meaning)
            case.demand(question, answer.hits, query.truth.faults(answer.hits, expected), sent=characters)


@check(
    "threshold/as-text",
    level=Level.SHOULD,
    source="distance is a Float: a text is refused, or taken for the number that it says",
    by_name=True,
)
def a_text_is_no_other_threshold(case: Case) -> None:
    """A text for a distance is refused, or cuts where its number says."""
    middle = case.queries[0].truth.distinct_distances()[1]
    _odd(case, {json.dumps(str(middle)): middle, '"near"': "nothing", '""': "nothing"})


@check(
    "threshold/null",
    level=Level.SHOULD,
    source="the GraphQL specification: null for a variable that may be null",
    by_name=True,
)
def null_is_no_threshold(case: Case) -> None:
    """Null for a distance is refused, or counts as none given."""
    _odd(case, {"null": "no threshold"})


@check(
    "threshold/too-large",
    level=Level.SHOULD,
    source="a threshold above the metric's maximum finds all, one below its minimum nothing",
    by_name=True,
)
def what_no_float_holds_is_beyond_everything(case: Case) -> None:
    """A distance that no float can hold is refused, or is beyond everything."""
    _odd(case, {"1e400": _FAR, "1e39": _FAR, "-1e39": -_FAR, "-1e400": -_FAR})
