"""The names of the photo model's classes as points in the joint space, computed once and shipped.

Computing them takes seconds, and the quantised text model rounds differently on different processors: a shipped file
makes every start fast and every machine place an image alike. `python -m harness.inference.labels` makes it again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from harness.inference.minilm import SentenceModel
from harness.inference.models import model_file
from harness.inference.turns import Turns

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FILE = "imagenet-label-embeddings.npy"


def label_embeddings() -> NDArray[np.float32]:
    """Return the shipped embeddings of the class names, [1000, 384], length 1, in logit order.

    Raises:
        TargetError: the file is missing.
    """
    halves: NDArray[np.float16] = np.load(model_file(_FILE), allow_pickle=False)
    return halves.astype(np.float32)


def class_names() -> list[list[str]]:
    """Return the synonyms of each of the 1,000 classes, in logit order."""
    entries = json.loads(model_file("imagenet-labels.json").read_text(encoding="utf-8"))
    return [entry["synonyms"] for entry in entries]


def embed_names(names: list[str], model: SentenceModel) -> NDArray[np.float32]:
    """Return the direction of the mean of a class's names, length 1: all its names speak for it, not only the first."""
    mean = np.mean([model.text(name) for name in names], axis=0)
    direction: NDArray[np.float32] = (mean / np.linalg.norm(mean)).astype(np.float32)
    return direction


def main() -> None:
    """Compute the embeddings of all class names and write them beside the models."""
    model = SentenceModel(turns=Turns())
    rows = [embed_names(names, model) for names in class_names()]
    np.save(model_file("imagenet-labels.json").with_name(_FILE), np.stack(rows).astype(np.float16))


if __name__ == "__main__":
    main()
