"""What an encoder is, and which ones a service can be started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.errors import UsageError
from harness.inference.device import CPU
from harness.inference.turns import Turns
from harness.model import Module

NAMES = ("auto", "photo", "planted")

_PLANTED = "the vector that was planted"
_FEATURES = "EfficientNet-Lite0 features"
_STAND_IN = "EfficientNet-Lite0 class names placed by all-MiniLM-L6-v2: a stand-in for CLIP"


class EncodingError(ValueError):
    """An image or a text has no vector here; the message says why, to whoever sent it."""


class ImageEncoder(Protocol):
    """Turns images into vectors."""

    def image(self, data: bytes) -> list[float]:
        """Return the vector of an encoded image file; the same bytes give the same vector.

        Raises:
            EncodingError: it has none.
        """


class TextImageEncoder(ImageEncoder, Protocol):
    """Turns images and texts into vectors of one space."""

    def text(self, text: str) -> list[float]:
        """Return the vector of a text.

        Raises:
            EncodingError: it has none.
        """


@dataclass(frozen=True, slots=True)
class Encoders:
    """What one service answers with: an encoder for each of the two modules.

    `device` is "cpu" or "cuda:N"; `about` is what CLIP's `GET /meta` tells; `turns` is shared by all models.
    """

    name: str
    img2vec: ImageEncoder
    clip: TextImageEncoder
    device: str = CPU
    about: Mapping[str, Any] = field(default_factory=dict)
    turns: Turns = field(default_factory=Turns)


def load(name: str = "auto", *, device: str = CPU, preload: bool = False) -> Encoders:
    """Return the encoders of that name.

    Args:
        name: "photo" (real models), "planted" (the vector that the image or the text carries) or "auto" (the one that
            it carries, else the models').
        device: of `device.choose`.
        preload: load the models now and not when the first image needs them. A GPU is always tried now, so that one
            that cannot be used stops the start and not the first query.

    Raises:
        UsageError: there is no such encoder.
        TargetError: a model file is missing, or the GPU cannot be used.
    """
    from harness.inference.planted import Planted, PlantedElse, PlantedImageElse

    if name not in NAMES:
        raise UsageError(f"there is no encoder {name!r}", hint=f"Choose one of {', '.join(NAMES)}.")
    if name == "planted":
        return Encoders(name, Planted(), Planted(), device, _about(name, device, _PLANTED, _PLANTED))
    from harness.inference.photo import JointEncoder, PhotoEncoder, PhotoModels

    turns = Turns()
    models = PhotoModels(device=device, turns=turns)
    if preload or device != CPU:
        models.load()
    img2vec, clip = PhotoEncoder(models), JointEncoder(models)
    about = _about(name, device, _FEATURES, _STAND_IN)
    if name == "photo":
        return Encoders(name, img2vec, clip, device, about, turns)
    return Encoders(name, PlantedImageElse(img2vec), PlantedElse(clip), device, about, turns)


def _about(name: str, device: str, features: str, joint: str) -> dict[str, Any]:
    """What `GET /meta` tells; Weaviate shows it as the entry of CLIP's module, for which `model` is meant."""
    models = {str(Module.IMG2VEC): features, str(Module.CLIP): joint}
    return {"service": "nearimage inference", "encoder": name, "device": device, "model": joint, "models": models}
