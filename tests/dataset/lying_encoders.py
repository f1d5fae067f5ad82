"""Named fakes: encoders that answer otherwise than they did before, or not at all."""

from __future__ import annotations

from harness.inference.encoders import Encoders, EncodingError
from harness.inference.planted import Planted


class Shifted(Planted):
    """Answers with the planted vector and a little more in each component."""

    def image(self, data: bytes) -> list[float]:
        """The vector, shifted."""
        return [one + 0.25 for one in super().image(data)]

    def text(self, text: str) -> list[float]:
        """The vector, shifted."""
        return [one + 0.25 for one in super().text(text)]


class FailsAtTheFifth(Planted):
    """Answers four times, then never again."""

    def __init__(self) -> None:
        self._answered = 0

    def image(self, data: bytes) -> list[float]:
        """The vector, or a failure.

        Raises:
            EncodingError: from the fifth image on.
        """
        self._answered += 1
        if self._answered > 4:
            raise EncodingError("tired")
        return super().image(data)


class EachLonger(Planted):
    """Answers each image with one component more than the one before."""

    def __init__(self) -> None:
        self._answered = 0

    def image(self, data: bytes) -> list[float]:
        """The vector, and so many zeros more."""
        self._answered += 1
        return [*super().image(data), *[0.0] * self._answered]


def encoders(fake: Planted) -> Encoders:
    """What a service needs to answer with this fake, over both protocols."""
    return Encoders("fake", fake, fake)
