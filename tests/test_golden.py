"""Golden vectors: read and written as they are, found by encoder, module and kind of device."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness import golden
from harness.errors import AnswerError
from harness.golden import Golden, apart, known, note
from harness.images import Picture, shipped, shipped_folder
from harness.inference.encoders import Encoders, load
from harness.model import Module

SMOKE_STORES = 6
VALUES = (0.1, -1 / 3, 1e-30, 12345.678)
SEEN = Golden("some/image:model-1", "img2vec-neural", "cuda", "today by a test", {"text a cat": VALUES})


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder in which nothing is known."""
    monkeypatch.setenv("NEARIMAGE_STATE", str(tmp_path))
    return tmp_path / "golden"


@pytest.fixture(scope="module")
def photo() -> Encoders:
    """Our own models."""
    return load("photo", preload=True)


def test_what_was_noted_down_is_known_again() -> None:
    """Everything is read back as it was written, each component to the bits of its float32."""
    note(SEEN)
    found = known(SEEN.encoder, SEEN.module, "cuda:1")
    assert found is not None
    assert replace(found, vectors=SEEN.vectors) == SEEN
    bits = [struct.pack("<f", one) for one in found.vectors["text a cat"]]
    assert bits == [struct.pack("<f", one) for one in VALUES]


@pytest.mark.parametrize(
    "other",
    [
        ("some/image:model-2", "img2vec-neural", "cuda:0"),
        ("some/image-model-1", "img2vec-neural", "cuda:0"),
        ("some/image:model-1", "multi2vec-clip", "cuda:0"),
        ("some/image:model-1", "img2vec-neural", "cpu"),
        ("some/image:model-1", "img2vec-neural", ""),
    ],
)
def test_another_encoder_module_or_device_is_not_known(other: tuple[str, str, str]) -> None:
    """A note is for one encoder behind one module on one kind of device, also where names read almost alike."""
    note(SEEN)
    assert known(*other) is None


def test_a_note_is_one_line_a_vector(state: Path) -> None:
    """The file is JSON that a person can compare line by line."""
    path = note(SEEN)
    assert path.parent == state
    assert path.name.startswith("img2vec-neural-some-image-model-1-")
    [line] = (line for line in path.read_text().splitlines() if '"text a cat"' in line)
    assert line == '  "text a cat": [0.1, -0.333333333, 1e-30, 12345.678]'
    assert json.loads(path.read_text())["encoder"] == SEEN.encoder


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"nearimage_golden": 2}',
        '{"nearimage_golden": 1, "encoder": "e", "module": "m", "device": "", "noted": "", "vectors": {}}',
        '{"nearimage_golden": 1, "encoder": "e", "module": "m", "device": "", "noted": "", "vectors": {"a": []}}',
        '{"nearimage_golden": 1, "encoder": "e", "module": "m", "device": "", "noted": "", "vectors": {"a": [NaN]}}',
        '{"nearimage_golden": 1, "encoder": "e", "module": "m", "device": "", "noted": "", "vectors": {"a": ["x"]}}',
    ],
)
def test_a_damaged_note_is_named(text: str) -> None:
    """What can't be read is an error that names the file and says what to do."""
    path = note(SEEN)
    path.write_text(text)
    with pytest.raises(AnswerError, match=str(path)) as caught:
        known(SEEN.encoder, SEEN.module, SEEN.device)
    assert caught.value.hint.startswith("Delete the file")


@pytest.mark.parametrize(
    ("now", "then", "distance", "longer", "component"),
    [
        ([3, 4], [3, 4], 0.0, 0.0, 0.0),
        ([6, 8], [3, 4], 0.0, 1.0, 4.0),
        ([0, 2], [2, 0], 1.0, 0.0, 2.0),
        ([-1, 0], [1, 0], 2.0, 0.0, 2.0),
        ([0, 0], [1, 0], 2.0, 1.0, 1.0),
        ([0, 0], [0, 0], 0.0, 0.0, 0.0),
    ],
)
def test_how_far_two_vectors_are_apart(
    now: list[float], then: list[float], distance: float, longer: float, component: float
) -> None:
    """Direction, length and the largest component are told apart; a vector of zeros has no direction."""
    off = apart(np.array(now, np.float64), np.array(then, np.float64))
    assert (off.distance, off.longer, off.component) == pytest.approx((distance, longer, component))


def test_a_tiny_turn_is_not_lost() -> None:
    """A turn by 1e-7 is told, although 1 - cosine in float64 would be almost nothing but rounding."""
    off = apart(np.array([1.0, 1e-7]), np.array([1.0, 0.0]))
    assert off.distance == pytest.approx(5e-15, rel=1e-6)


def test_another_file_of_the_same_name_is_another_picture() -> None:
    """A vector is kept under a picture's name and hash."""
    one, other = (Picture("cat.jpg", data, "", "") for data in (b"one", b"other"))
    assert golden.of_picture(one) != golden.of_picture(other)


def test_the_pictures_are_among_those_that_every_smoke_test_stores() -> None:
    """Where nothing may be written, the smoke test's collections have them all."""
    first = {one.name for one in shipped("photos").pictures[:SMOKE_STORES]}
    assert set(golden.NAMES) <= first


@pytest.mark.parametrize("module", list(Module), ids=str)
def test_our_own_encoders_are_known(module: Module, photo: Encoders) -> None:
    """The shipped vectors of each module are those of the pictures and texts of now, made on the CPU."""
    found = known(photo.about["models"][str(module)], str(module), "cpu")
    assert found is not None
    assert found.device == "cpu"
    pictures = {golden.of_picture(one) for one in golden.pictures()}
    texts = {golden.of_text(text) for text in golden.TEXTS} if module is Module.CLIP else set()
    assert set(found.vectors) == pictures | texts
    assert {len(one) for one in found.vectors.values()} == {384 if module is Module.CLIP else 1280}


def test_nothing_else_comes_along() -> None:
    """Each shipped file is that of an encoder of ours."""
    assert len(list((shipped_folder("fixtures") / "golden").iterdir())) == len(Module)
