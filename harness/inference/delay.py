"""A service that answers later on purpose, to see that a comparison finds it and says where the time went."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace

from harness.errors import UsageError
from harness.inference.encoders import Encoders, ImageEncoder, TextImageEncoder

_OVERSLEPT = 0.001
"""Seconds by which a sleep may be too long; the last of them are watched instead."""

_TEXT = re.compile(r"(?P<number>\d+(?:\.\d+)?) ?(?P<unit>%|ms)")


@dataclass(frozen=True, slots=True)
class Delay:
    """How much later: a share of its own time for the picture, and milliseconds on top; a worker is busy meanwhile."""

    share: float = 0.0
    milliseconds: float = 0.0

    def on(self, encoders: Encoders) -> Encoders:
        """Return encoders that take so much longer and answer the same."""
        return replace(encoders, img2vec=_LateImages(encoders.img2vec, self), clip=_Late(encoders.clip, self))

    def wait(self, began: float) -> None:
        """Wait for as long as an answer that was begun then (`time.perf_counter`) is to be held back.

        To the microsecond: a sleep of 0.07 ms takes three times as long, and what is to be found would be larger than
        it is said to be.
        """
        now = time.perf_counter()
        until = now + (now - began) * self.share + self.milliseconds / 1000
        if until - now > _OVERSLEPT:
            time.sleep(until - now - _OVERSLEPT)
        while time.perf_counter() < until:
            pass


def parsed(text: str) -> Delay:
    """Return a delay as it is written: `5%` or `2ms`.

    Raises:
        UsageError: it is neither.
    """
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"a delay is a share or milliseconds, such as 5% or 2ms, not {text!r}")
    number = float(found["number"])
    return Delay(share=number / 100) if found["unit"] == "%" else Delay(milliseconds=number)


class _LateImages:
    def __init__(self, encoder: ImageEncoder, delay: Delay) -> None:
        self._images, self._delay = encoder, delay

    def image(self, data: bytes) -> list[float]:
        began = time.perf_counter()
        vector = self._images.image(data)
        self._delay.wait(began)
        return vector


class _Late(_LateImages):
    def __init__(self, encoder: TextImageEncoder, delay: Delay) -> None:
        super().__init__(encoder, delay)
        self._texts = encoder

    def text(self, text: str) -> list[float]:
        began = time.perf_counter()
        vector = self._texts.text(text)
        self._delay.wait(began)
        return vector
