"""Asks one question for a hand-written test: a picture by its name or path, the arguments as Weaviate calls them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from harness.dataset import Dataset
from harness.errors import UsageError
from harness.model import Answer, Interface, NearImage, Question


def ask_near_image(
    interface: Interface, dataset: Dataset, image: str | PathLike[str], arguments: Mapping[str, Any]
) -> Answer:
    """Ask `nearImage` and return the answer.

    Args:
        interface: how to ask.
        dataset: the collection.
        image: the name of one of its pictures, or the path of an image file.
        arguments: further fields of `harness.model.Question`; `collection` is another class of the same database.

    Raises:
        UsageError: if there is neither such a picture nor such a file.
    """
    named = {one.picture.name: one.picture for one in dataset.pictured if one.picture is not None}
    if str(image) in named:
        encoded = named[str(image)].base64
    elif Path(image).is_file():
        encoded = b64encode(Path(image).read_bytes()).decode()
    else:
        raise UsageError(f"{image} is neither a picture of {dataset.collection.name} nor a file")
    return interface.ask(Question(**{"collection": dataset.class_name, "near": NearImage(encoded), **arguments}))
