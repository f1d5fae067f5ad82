"""Where the time of a question by image goes: the same question is asked in three ways, in turns.

By its image; by the vector of that image, which leaves the inference service out; and by a picture of the same size
that carries the vector, so that the service has it at once: a module that costs nothing. With what the service's own
clock says of each call, the time of the first falls apart. The vector goes over an interface that carries it as bytes,
if there is one: as a text it takes longer to read than to search for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from harness.errors import AnswerError
from harness.interfaces.service import NO_CALLS, calls_since
from harness.load.lanes import Wire
from harness.load.runner import run_closed
from harness.load.samples import Fate, Floats
from harness.model import Inference, Interface, Question, State

_BLOCK = 10
"""Rounds between which the ways are changed."""

_REPEATED = 9
"""So often encoding and decoding are timed."""

_IMAGE, _NULL = 0, 1


@dataclass(frozen=True, slots=True)
class Ways:
    """One question by its image, by the vector of that, and by a picture that carries it."""

    image: Question
    vector: Question
    null: Question


@dataclass(frozen=True, slots=True)
class Split:
    """What was measured, in milliseconds; columns have one number for each round.

    `image` and `null` are from sending to the last byte of the answer, `vector` to the decoded answer. `waited` and
    `computed` are the service's own clock for the question by image. `encode` and `decode` are what the client does
    before and after.
    """

    image: Floats
    vector: Floats
    null: Floats
    waited: Floats
    computed: Floats
    encode: float
    decode: float


def split(wire: Wire, twin: Interface, ways: Ways, service: Inference, *, rounds: int) -> Split:
    """Ask in turns and return what each way took.

    Args:
        wire: how pictures are asked, over one connection.
        twin: how the vector is asked.
        ways: the question.
        service: the inference service behind it, which is the harness's own.
        rounds: how often each way is asked, in blocks of ten; the first of each block does not count.

    Raises:
        AnswerError: a request was not answered, or the service can't tell which calls were ours.
    """
    blocks = [_block(wire, twin, ways, service) for _ in range(-(-rounds // _BLOCK))]
    body = blocks[-1].body
    columns = {name: np.concatenate([getattr(block, name) for block in blocks]) for name in _COLUMNS}
    return Split(
        **columns,
        encode=_typical(lambda: wire.encode(ways.image)),
        decode=_typical(lambda: wire.decoded(body, ways.image)),
    )


_COLUMNS = ("image", "vector", "null", "waited", "computed")


@dataclass(frozen=True, slots=True)
class _Block:
    image: Floats
    vector: Floats
    null: Floats
    waited: Floats
    computed: Floats
    body: bytes


def _block(wire: Wire, twin: Interface, ways: Ways, service: Inference) -> _Block:
    encoded = [wire.encode(ways.image), wire.encode(ways.null)]
    order = np.tile(np.array([_IMAGE, _NULL], dtype=np.int32), _BLOCK + 1)
    bodies: dict[int, bytes] = {}

    def heard(_row: int, question: int, _fate: Fate, body: bytes) -> None:
        bodies[question] = body

    since = calls_since(service.url, NO_CALLS)[0]
    samples = run_closed(wire, encoded, order, heard=heard)
    calls = calls_since(service.url, since)[1]
    answers = [twin.ask(ways.vector) for _ in range(_BLOCK + 1)]
    lost = samples.errors + sum(answer.state is not State.OK for answer in answers)
    if lost or len(samples) < len(order):
        raise AnswerError(f"{lost} requests were not answered while the time was split")
    if len(calls) != len(order):
        raise AnswerError(f"the inference service counted {len(calls)} calls for {len(order)} questions by image")
    mine = [call for call, way in zip(calls, order, strict=True) if way == _IMAGE][1:]
    milliseconds = samples.service * 1000
    return _Block(
        image=milliseconds[order == _IMAGE][1:],
        vector=np.array([answer.seconds for answer in answers[1:]]) * 1000,
        null=milliseconds[order == _NULL][1:],
        waited=np.array([call.waited_ms for call in mine]),
        computed=np.array([call.computed_ms for call in mine]),
        body=bodies[_IMAGE],
    )


def _typical(work: Callable[[], object]) -> float:
    """The median milliseconds of some work."""
    times = []
    for _ in range(_REPEATED):
        began = perf_counter()
        work()
        times.append(perf_counter() - began)
    return float(np.median(times)) * 1000
