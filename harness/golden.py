"""Golden vectors: what an encoder answered for a few photographs and texts when it was first seen.

Those of our own encoders come along in `fixtures/golden/` (`fixtures/note_golden.py` makes them). Those of any other
are noted down in the state folder the first time. A note is for one encoder behind one module on one kind of device,
so that an encoder on a GPU can be compared with itself on the CPU.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import AnswerError
from harness.images import Picture, shipped, shipped_folder
from harness.keeping import state_folder, write_text

CPU = "cpu"
NAMES = ("astronaut.jpg", "camera.jpg", "chelsea.jpg", "coffee.jpg")
"""Of our photographs those whose vectors are kept; all of them are among the first six, which the smoke test stores."""

TEXTS = ("a cat", "a cup of coffee")
"""The texts whose vectors are kept, for encoders that know texts."""

_FORM = "nearimage_golden"
_FOLDER = "golden"
_LONGEST_NAME = 48


@dataclass(frozen=True, slots=True)
class Golden:
    """The vectors of one encoder.

    `encoder` is what it is called, `module` the Weaviate module behind which it stands, `device` the kind of device
    that it computed on (`cpu`, `cuda`, or empty: it did not say), `noted` when and by whom in words. `vectors` are by
    `of_picture` and `of_text`, n float32 components each.
    """

    encoder: str
    module: str
    device: str
    noted: str
    vectors: Mapping[str, tuple[float, ...]]


@dataclass(frozen=True, slots=True)
class Apart:
    """How far a vector is from another: cosine distance, relative difference in length, largest of a component."""

    distance: float
    longer: float
    component: float


def pictures() -> tuple[Picture, ...]:
    """Return the photographs whose vectors are kept."""
    return tuple(shipped("photos").by_name(name) for name in NAMES)


def of_picture(picture: Picture) -> str:
    """Return what a picture's vector is kept under: another file of the same name is another picture."""
    return f"image {picture.name} {picture.sha256}"


def of_text(text: str) -> str:
    """Return what a text's vector is kept under."""
    return f"text {text}"


def kind_of(device: str) -> str:
    """Return the kind of device: `cuda` for any `cuda:N`."""
    return device.partition(":")[0]


def known(encoder: str, module: str, device: str) -> Golden | None:
    """Return what is known of an encoder on a device such as `cpu` or `cuda:1`; None if it was never seen.

    Raises:
        AnswerError: it is known, but what was noted down can't be read.
    """
    name = _file_name(encoder, module, device)
    for folder in (shipped_folder("fixtures") / _FOLDER, state_folder() / _FOLDER):
        if (folder / name).is_file():
            return _read(folder / name)
    return None


def note(golden: Golden, folder: Path | None = None) -> Path:
    """Write golden vectors down and return where; in the state folder unless another is named.

    Raises:
        OSError: that can't be done.
    """
    path = (folder or state_folder() / _FOLDER) / _file_name(golden.encoder, golden.module, golden.device)
    facts = {name: getattr(golden, name) for name in ("encoder", "module", "device", "noted")}
    lines = [f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}," for name, value in facts.items()]
    rows = [f"  {json.dumps(name)}: [{_printed(vector)}]" for name, vector in golden.vectors.items()]
    text = "\n".join(["{", f' "{_FORM}": 1,', *lines, ' "vectors": {', ",\n".join(rows), " }", "}", ""])
    write_text(path, text)
    return path


def apart(now: NDArray[np.float64], then: NDArray[np.float64]) -> Apart:
    """Compare two vectors of the same number of components; one without a direction is as far off as can be."""
    lengths = float(np.linalg.norm(now)), float(np.linalg.norm(then))
    largest = float(np.abs(now - then).max())
    if not min(lengths):
        return Apart(0.0 if lengths[0] == lengths[1] else 2.0, abs(lengths[0] - lengths[1]), largest)
    # 1 - cos would lose what is small: for unit vectors it is half the square of the way between them.
    distance = float(np.square(now / lengths[0] - then / lengths[1]).sum()) / 2
    return Apart(distance, abs(lengths[0] / lengths[1] - 1), largest)


def _file_name(encoder: str, module: str, device: str) -> str:
    """A name that people can read, and that no two encoders share."""
    words = re.sub(r"[^a-z0-9.]+", "-", encoder.lower()).strip("-.")[:_LONGEST_NAME].strip("-.")
    mark = sha256(encoder.encode()).hexdigest()[:8]
    return f"{module}-{words}-{mark}-{kind_of(device) or 'somewhere'}.json"


def _printed(vector: tuple[float, ...]) -> str:
    """Nine digits each: what every float32 reads back from."""
    return ", ".join(f"{value:.9g}" for value in vector)


def _read(path: Path) -> Golden:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return _golden(values)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"the golden vectors in {path} can't be read: {error}"
        raise AnswerError(what, hint="Delete the file: the vectors are then noted down anew.") from error


def _golden(values: Mapping[str, Any]) -> Golden:
    if values[_FORM] != 1:
        raise ValueError("they are of another version of nearimage")
    vectors = {name: tuple(float(one) for one in vector) for name, vector in values["vectors"].items()}
    if not vectors or not all(vector and all(map(isfinite, vector)) for vector in vectors.values()):
        raise ValueError("there is a vector without components or with one that is no number")
    return Golden(str(values["encoder"]), str(values["module"]), str(values["device"]), str(values["noted"]), vectors)
