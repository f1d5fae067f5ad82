"""Splits the time of one question of a scenario: finds its vector, and a picture that carries it."""

from __future__ import annotations

from contextlib import closing

from harness.checks.case import Case
from harness.errors import AnswerError, UnsupportedError
from harness.images import planted_picture
from harness.interfaces import connect
from harness.load.http_lanes import GraphQLWire
from harness.load.stages import Split, Ways, split
from harness.model import Inference, NearImage, NearVector, Question
from harness.scenario import Asked

ROUNDS = 40
"""Of each way of asking; twenty carry a median."""


def stages(case: Case, asked: Asked, question: Question, service: Inference, *, requests: int) -> Split | None:
    """Return where the time of a question by image goes, over GraphQL; None where it can't be told.

    Args:
        case: the collection that is asked.
        asked: the question as the scenario has it.
        question: the same as it is sent.
        service: the inference service behind it, the harness's own.
        requests: how often the question itself is asked; it is not asked more often here.
    """
    if asked.picture is None or not isinstance(question.near, NearImage):
        return None
    try:
        vector = case.truth_of(asked.picture).query
        null = planted_picture(vector, name="null", least=len(asked.picture.data))
        by_vector, by_null = question.but(near=NearVector(vector)), question.but(near=NearImage(null.base64))
        ways = Ways(question, by_vector, by_null)
        with closing(connect("grpc" if case.endpoint.grpc else "graphql", case.endpoint)) as twin:
            return split(GraphQLWire(case.endpoint), twin, ways, service, rounds=min(ROUNDS, requests))
    except (AnswerError, UnsupportedError):
        return None
