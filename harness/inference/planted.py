"""Encoders whose answers the harness chooses: the image or the text carries its own vector."""

from __future__ import annotations

from harness.images import planted_text_vector, planted_vector
from harness.inference.encoders import EncodingError, ImageEncoder, TextImageEncoder


class Planted:
    """Answers with the vector that was planted, exactly as it was written, and with nothing else."""

    def image(self, data: bytes) -> list[float]:
        """Return the vector that an image file carries.

        Raises:
            EncodingError: it carries none, or a broken one.
        """
        vector = _carried_by_image(data)
        if vector is None:
            raise EncodingError("the image carries no planted vector, and this service has no other encoder")
        return vector

    def text(self, text: str) -> list[float]:
        """Return the vector that a text carries.

        Raises:
            EncodingError: it carries none, or a broken one.
        """
        vector = _carried_by_text(text)
        if vector is None:
            raise EncodingError("the text carries no planted vector, and this service has no other encoder")
        return vector


class PlantedImageElse:
    """Answers with an image's planted vector where there is one, and asks another encoder where there is none."""

    def __init__(self, other: ImageEncoder) -> None:
        self._other_image = other

    def image(self, data: bytes) -> list[float]:
        """Return the vector that an image file carries, or the other encoder's.

        Raises:
            EncodingError: it carries a broken one, or the other encoder has none.
        """
        vector = _carried_by_image(data)
        return self._other_image.image(data) if vector is None else vector


class PlantedElse(PlantedImageElse):
    """The same for images and texts."""

    def __init__(self, other: TextImageEncoder) -> None:
        super().__init__(other)
        self._other_text = other

    def text(self, text: str) -> list[float]:
        """Return the vector that a text carries, or the other encoder's.

        Raises:
            EncodingError: it carries a broken one.
        """
        vector = _carried_by_text(text)
        return self._other_text.text(text) if vector is None else vector


def _carried_by_image(data: bytes) -> list[float] | None:
    try:
        vector = planted_vector(data)
    except ValueError as error:
        raise EncodingError(f"the vector planted in the image is broken: {error}") from error
    return None if vector is None else list(vector)


def _carried_by_text(text: str) -> list[float] | None:
    try:
        vector = planted_text_vector(text)
    except ValueError as error:
        raise EncodingError(f"the vector planted in the text is broken: {error}") from error
    return None if vector is None else list(vector)
