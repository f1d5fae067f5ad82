"""What a record says of where the time of a question goes."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from harness.record.fact import Fact, Milliseconds, Text


class StagesEntry(Fact):
    """One question in three ways, in turns, over one connection; milliseconds, one number for each round.

    `image` asks by the image, `vector` by its vector (no inference service takes part; over gRPC where there is one),
    `null` by a picture of the same size that carries the vector, so that the service has it at once. They are from
    sending to the last byte of the answer. `waited` and `computed` are the service's own clock for the question by
    image. `encode` and `decode` are what the client does before sending and after the last byte, the median.
    """

    type: Literal["stages"] = "stages"
    target: Text = ""
    scenario: Text
    collection: Text
    question: Text
    interface: Text
    image: tuple[Milliseconds, ...]
    vector: tuple[Milliseconds, ...]
    null: tuple[Milliseconds, ...]
    waited: tuple[Milliseconds, ...]
    computed: tuple[Milliseconds, ...]
    encode: Milliseconds
    decode: Milliseconds

    @model_validator(mode="after")
    def _of_one_length(self) -> Self:
        columns = [self.image, self.vector, self.null, self.waited, self.computed]
        if len({len(column) for column in columns}) != 1 or not self.image:
            raise ValueError("the columns of a split have one length, at least 1")
        return self
