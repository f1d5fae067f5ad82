"""Named, realistic faults of an inference service, each wrapped around its encoders.

`python -m harness.inference --fault NAME` serves one. Like the faults of the reference, each names the
check that notices it, and the benign ones are none: another service might well answer so, and no check may accuse it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.errors import UsageError
from harness.images import ImageError, decode_rgb
from harness.inference.encoders import Encoders, EncodingError, ImageEncoder, TextImageEncoder

Vector = NDArray[np.float32]
_PNG = b"\x89PNG"


class Manner:
    """How a service answers: as its model does. A fault overrides one of these methods.

    Args:
        honest: the encoder whose answers these are.
    """

    device = ""
    """What the service says that it computes on; empty for what it does compute on."""

    def __init__(self, honest: ImageEncoder) -> None:
        self.honest = honest

    def image(self, data: bytes) -> list[float]:
        """Return the vector of an encoded image file.

        Raises:
            EncodingError: it has none.
        """
        found = self.changed(np.asarray(self.honest.image(self.seen(data)), np.float32))
        return cast("list[float]", found.tolist())

    def text(self, text: str) -> list[float]:
        """Return the vector of a text; only behind a module that knows texts.

        Raises:
            EncodingError: it has none.
        """
        found = self.understood(np.asarray(cast("TextImageEncoder", self.honest).text(text), np.float32))
        return cast("list[float]", found.tolist())

    def seen(self, data: bytes) -> bytes:
        """Return the image file that the model looks at."""
        return data

    def changed(self, vector: Vector) -> Vector:
        """Return what is answered for an image of which the model said this."""
        return vector

    def understood(self, vector: Vector) -> Vector:
        """Return what is answered for a text of which the model said this."""
        return self.changed(vector)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `says` is what is wrong in words, `breaks` the check that notices it; empty for a benign one."""

    name: str
    says: str
    breaks: str
    manner: type[Manner]

    @property
    def benign(self) -> bool:
        """Whether no check may accuse it."""
        return not self.breaks

    def on(self, encoders: Encoders) -> Encoders:
        """Return encoders with this fault."""
        device = self.manner.device or encoders.device
        return replace(
            encoders,
            img2vec=self.manner(encoders.img2vec),
            clip=self.manner(encoders.clip),
            device=device,
            about={**encoders.about, "device": device},
        )


FAULTS: dict[str, Fault] = {}


def fault(breaks: str = "") -> Callable[[type[Manner]], type[Manner]]:
    """Register a class as a fault: its own name in snake case, its docstring as what it says.

    Args:
        breaks: the id of the check that notices it; empty for a benign one.
    """

    def register(manner: type[Manner]) -> type[Manner]:
        name = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in manner.__name__).lstrip("_")
        FAULTS[name] = Fault(name, (manner.__doc__ or "").strip().rstrip("."), breaks, manner)
        return manner

    return register


def named(name: str) -> Fault:
    """Return the fault of that name.

    Raises:
        UsageError: there is none.
    """
    if name not in FAULTS:
        raise UsageError(
            f"the inference service has no fault {name!r}", hint=f"There are: {', '.join(sorted(FAULTS))}."
        )
    return FAULTS[name]


def _red_and_blue_swapped(data: bytes) -> bytes:
    """The same picture as a program sees it that takes the channels in the other order."""
    try:
        pixels = np.asarray(decode_rgb(data))[:, :, ::-1]
    except ImageError:
        return data  # the model says what is wrong with it
    out = BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _of_length(part: float, direction: Vector, vector: Vector) -> Vector:
    """A vector of that direction, as long as this part of another."""
    scale = np.float32(part * float(np.linalg.norm(vector)) / float(np.linalg.norm(direction)))
    return cast("Vector", direction * scale)


# --- what it answers was different before ---------------------------------------------------------


@fault("encoder/same-as-before")
class AnotherVersion(Manner):
    """The model is another version: each vector is turned a little, always alike."""

    def changed(self, vector: Vector) -> Vector:
        return vector + _of_length(0.1, np.cos(np.arange(vector.size, dtype=np.float32)), vector)


@fault("encoder/same-as-before")
class RedIsBlue(Manner):
    """Red and blue are swapped before the model sees a picture."""

    def seen(self, data: bytes) -> bytes:
        return _red_and_blue_swapped(data)


@fault("encoder/same-as-before")
class Shortened(Manner):
    """Vectors come out half as long as before, in the same direction."""

    def changed(self, vector: Vector) -> Vector:
        return vector * np.float32(0.5)


# --- what it answers is no function of the image --------------------------------------------------


@fault("encoder/deterministic")
class Noisy(Manner):
    """Part of the model is drawn anew for each call, as if it were still being trained."""

    def __init__(self, honest: ImageEncoder) -> None:
        super().__init__(honest)
        self._drawn = np.random.default_rng(1)

    def changed(self, vector: Vector) -> Vector:
        return vector + _of_length(1e-4, self._drawn.standard_normal(vector.size).astype(np.float32), vector)


@fault("encoder/different-images")
class SeesNothing(Manner):
    """Each picture gets the same vector."""

    def changed(self, vector: Vector) -> Vector:
        return np.ones_like(vector)


@fault("encoder/file-format")
class FormatMatters(Manner):
    """Red and blue are swapped in files that are not PNG."""

    def seen(self, data: bytes) -> bytes:
        return data if data.startswith(_PNG) else _red_and_blue_swapped(data)


@fault("encoder/one-length")
class ShortTexts(Manner):
    """Texts get vectors that are one component shorter than those of images."""

    def understood(self, vector: Vector) -> Vector:
        return vector[:-1]


@fault("encoder/no-image")
class VectorOfRubbish(Manner):
    """What is no image gets a vector all the same."""

    def image(self, data: bytes) -> list[float]:
        try:
            return super().image(data)
        except EncodingError:
            out = BytesIO()
            Image.new("RGB", (1, 1)).save(out, "PNG")
            return super().image(out.getvalue())


# --- another device -------------------------------------------------------------------------------


def _rounded(vector: Vector, bits: int) -> Vector:
    """The same with so many bits of mantissa."""
    mantissa, exponent = np.frexp(vector)
    return np.asarray(np.ldexp(np.round(np.ldexp(mantissa, bits)), exponent - bits), np.float32)


@fault("encoder/devices-agree")
class CoarseOnTheGpu(Manner):
    """On the GPU it computes in so few bits that vectors point elsewhere."""

    device = "cuda:0"

    def changed(self, vector: Vector) -> Vector:
        return _rounded(vector, 1)


@fault()
class GpuRounds(Manner):
    """On the GPU it computes with eight bits of mantissa, as bfloat16 does."""

    device = "cuda:0"

    def changed(self, vector: Vector) -> Vector:
        return _rounded(vector, 8)


@fault()
class AnotherProcessor(Manner):
    """Another processor adds in another order: the last bits differ."""

    def changed(self, vector: Vector) -> Vector:
        return _rounded(vector, 20)


# at the end, because they are made of what is above: who knows the faults knows all of them
import harness.inference.decoding_faults  # noqa: E402, F401
