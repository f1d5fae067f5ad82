"""Encoders with real models: EfficientNet-Lite0 for images, and a joint space with texts made from it.

The joint space is a stand-in for CLIP (a form of ConSE, Norouzi et al. 2013): an image is where the names of the ten
classes that the photo model finds likeliest are, weighted by their probabilities, in the space in which a text is its
sentence embedding. `README.md` beside this file says what that can and cannot tell apart.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from harness.images import ImageError, decode_rgb
from harness.inference.encoders import EncodingError
from harness.inference.labels import label_embeddings
from harness.inference.minilm import SentenceModel
from harness.inference.models import Model, model_file

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from harness.inference.turns import Turns

_SIDE = 224
_CLASSES = 10


def pixels(data: bytes) -> NDArray[np.float32]:
    """Decode an image file and return the photo model's input, [1, 3, 224, 224], RGB scaled to (x - 127) / 128.

    The image is stretched to the square, as Weaviate's container does, so nothing at the edges is lost.

    Raises:
        EncodingError: it is not an image that can be decoded.
    """
    try:
        picture = decode_rgb(data)
    except ImageError as error:
        raise EncodingError(str(error)) from error
    small = picture.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
    planes = np.empty((1, 3, _SIDE, _SIDE), np.float32)
    planes[0] = np.asarray(small).transpose(2, 0, 1)
    planes -= 127
    planes *= 1 / 128
    return planes


class PhotoModels:
    """The models behind both photo encoders, loaded when they are first needed.

    Args:
        device: where the photo model runs; the sentence model is small and quantised for the CPU, and stays there.
        turns: shared by everything that computes in one service.
    """

    def __init__(self, *, device: str, turns: Turns) -> None:
        self._device = device
        self._turns = turns
        self._loading = threading.Lock()
        self._photo: Model | None = None
        self._sentence: SentenceModel | None = None
        self._labels: NDArray[np.float32] | None = None

    def load(self) -> None:
        """Load everything now.

        Raises:
            TargetError: a file is missing, or the GPU that was asked for cannot be used.
        """
        self.photo()
        self.sentence()
        self.labels()

    def photo(self) -> Model:
        """Return EfficientNet-Lite0: output `features` [1, 1280] or `logits` [1, 1000]."""
        with self._loading:
            if self._photo is None:
                self._photo = Model(model_file("efficientnet-lite0.onnx"), device=self._device, turns=self._turns)
            return self._photo

    def sentence(self) -> SentenceModel:
        """Return the text encoder."""
        with self._loading:
            if self._sentence is None:
                self._sentence = SentenceModel(turns=self._turns)
            return self._sentence

    def labels(self) -> NDArray[np.float32]:
        """Return the sentence embeddings of the photo model's class names, [1000, 384], in logit order."""
        with self._loading:
            if self._labels is None:
                self._labels = label_embeddings()
            return self._labels


class PhotoEncoder:
    """Images to 1,280 features, none below zero and not normalised, like those of Weaviate's ResNet-50."""

    def __init__(self, models: PhotoModels) -> None:
        self._models = models

    def image(self, data: bytes) -> list[float]:
        """Return the photo model's features of an image file.

        Raises:
            EncodingError: it is not an image that can be decoded.
        """
        features: list[float] = self._models.photo().run("features", {"pixel_values": pixels(data)})[0].tolist()
        return features


class JointEncoder:
    """Images and texts to one space of 384 components: the stand-in for CLIP."""

    def __init__(self, models: PhotoModels) -> None:
        self._models = models

    def image(self, data: bytes) -> list[float]:
        """Return the mean of the ten likeliest class names' embeddings, weighted by their probabilities.

        Its length is at most 1, and the shorter the less the ten names have in common.

        Raises:
            EncodingError: it is not an image that can be decoded.
        """
        logits = self._models.photo().run("logits", {"pixel_values": pixels(data)})[0]
        vector: list[float] = _weighted_mean(logits, self._models.labels()).tolist()
        return vector

    def text(self, text: str) -> list[float]:
        """Return the sentence embedding of a text, of length 1."""
        return self._models.sentence().text(text)


def _weighted_mean(logits: NDArray[np.float32], labels: NDArray[np.float32]) -> NDArray[np.float32]:
    likeliest = np.argsort(-logits, kind="stable")[:_CLASSES]
    odds = np.exp(logits[likeliest] - logits[likeliest[0]])
    mean: NDArray[np.float32] = (odds / odds.sum()) @ labels[likeliest]
    return mean
