"""Planted pictures and texts carry a vector that is read back bit for bit."""

from __future__ import annotations

import json
import math
import struct
import zlib
from contextlib import suppress
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.images import decode_rgb, planted_picture, planted_text, planted_text_vector, planted_vector
from harness.images.png import chunk

LARGEST = 3.4028234663852886e38
SMALLEST = 1.401298464324817e-45
components = st.floats(width=32, allow_nan=False, allow_infinity=False)
vectors = st.lists(components, min_size=1, max_size=40)


def bits(values: tuple[float, ...] | list[float] | None) -> bytes:
    """The float32 bits, in which 0.0 and -0.0 differ."""
    assert values is not None
    return struct.pack(f"<{len(values)}f", *values)


def carrying(text: bytes) -> bytes:
    """A planted PNG whose list was exchanged, with a checksum that fits."""
    data = planted_picture([1.0], name="x").data
    before, after = data.split(chunk(b"tEXt", b"nearimage:vector\0[1]"))
    return before + chunk(b"tEXt", b"nearimage:vector\0" + text) + after


@given(vectors)
def test_a_picture_gives_its_vector_back(vector: list[float]) -> None:
    """Every float32 vector comes back from a picture bit for bit, minus zero and subnormal numbers too."""
    picture = planted_picture(vector, name="x")
    assert bits(planted_vector(picture.data)) == bits(vector) == bits(picture.vector)


@given(vectors)
def test_the_list_is_json_that_any_encoder_reads(vector: list[float]) -> None:
    """The chunk, as Pillow reads it, is JSON whose numbers round to the same float32 values."""
    with Image.open(BytesIO(planted_picture(vector, name="x").data)) as image:
        numbers = json.loads(image.text["nearimage:vector"])
    assert np.array(numbers, dtype=np.float64).astype(np.float32).tobytes() == bits(vector)


@given(vectors, st.text(st.characters(codec="utf-8")))
def test_a_text_gives_its_vector_back(vector: list[float], text: str) -> None:
    """A planted text keeps its words in front and gives its vector back bit for bit."""
    planted = planted_text(vector, text)
    assert planted.startswith(text)
    assert bits(planted_text_vector(planted)) == bits(vector)


@pytest.mark.parametrize("value", [LARGEST, -LARGEST, SMALLEST, -SMALLEST, 0.0, -0.0, 0.1, 16777216.0, 16777217.0])
def test_the_ends_of_float32_are_carried(value: float) -> None:
    """The largest, the smallest and the zeros of float32 are carried; other numbers are rounded to the nearest."""
    rounded = float(np.float32(value))
    assert bits(planted_vector(planted_picture([value], name="x").data)) == bits([rounded])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 3.5e38, 1e300])
def test_what_float32_cannot_hold_is_refused(value: float) -> None:
    """Not a number, infinity and what float32 would make infinite cannot be planted."""
    with pytest.raises(ValueError, match="finite"):
        planted_picture([0.0, value], name="x")
    with pytest.raises(ValueError, match="finite"):
        planted_text([0.0, value])


def test_an_empty_vector_is_refused() -> None:
    """A vector without components cannot be planted."""
    with pytest.raises(ValueError, match="at least one"):
        planted_picture([], name="x")


def test_whole_numbers_are_written_plainly() -> None:
    """Whole numbers are written as such, so that a person can read the picture's text."""
    assert planted_text([1, -2.0, 2.5], "a cat") == "a cat nearimage:vector[1,-2,2.5]"


def test_a_planted_picture_is_an_image_that_shows_its_vector() -> None:
    """The file decodes to 16 x 16 RGB, red for what is above zero and blue for what is below."""
    image = decode_rgb(planted_picture([9.0, -9.0], name="x").data)
    top, bottom = image.getpixel((0, 0)), image.getpixel((15, 15))
    assert (image.mode, image.size) == ("RGB", (16, 16))
    assert top[0] > top[2]
    assert bottom[2] > bottom[0]


def test_planting_is_repeatable() -> None:
    """The same vector gives the same file."""
    assert planted_picture([1, 2, 3], name="a").data == planted_picture([1, 2, 3], name="b").data


def test_a_subject_is_the_name_if_none_is_given() -> None:
    """A planted picture without a subject is a subject of its own."""
    assert planted_picture([1.0], name="p").subject == "p"


def test_ordinary_files_carry_no_vector() -> None:
    """A JPEG, a PNG without the chunk and what is no image carry no vector."""
    plain = BytesIO()
    Image.new("RGB", (4, 4)).save(plain, "PNG")
    assert planted_vector(plain.getvalue()) is None
    assert planted_vector(b"\xff\xd8\xff\xe0 and so on") is None
    assert planted_vector(b"") is None
    assert planted_text_vector("a cat on a mat") is None


def test_a_vector_behind_the_pixels_is_found() -> None:
    """The chunk may stand anywhere, as after a program that saves texts last."""
    data = planted_picture([1.0], name="x").data
    carried = chunk(b"tEXt", b"nearimage:vector\0[1]")
    assert planted_vector(data.replace(carried, b"").replace(chunk(b"IEND", b""), carried + chunk(b"IEND", b""))) == (
        1.0,
    )


def test_a_flipped_bit_is_noticed() -> None:
    """A vector whose checksum does not fit is refused instead of being a little wrong."""
    data = planted_picture([1.0, 2.0], name="x").data
    with pytest.raises(ValueError, match="damaged"):
        planted_vector(data.replace(b"[1,2]", b"[1,3]"))


@given(st.integers(0, 200))
def test_a_cut_off_file_never_gives_another_vector(length: int) -> None:
    """Of a file that is cut off anywhere, the vector is read whole, or not at all."""
    vector = (1.0, 2.5, -3.0)
    with suppress(ValueError):
        assert planted_vector(planted_picture(vector, name="x").data[:length]) in {None, vector}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2",
        "{}",
        '["1"]',
        "[true]",
        "[null]",
        "[[1]]",
        "[NaN]",
        "[Infinity]",
        "[1e39]",
        "[]",
        "[1",
        "[1" + "0" * 400 + "]",
    ],
)
def test_a_list_that_is_none_is_refused(text: str) -> None:
    """What the chunk carries must be a list of finite numbers, in pictures and in texts."""
    with pytest.raises(ValueError, match="vector"):
        planted_vector(carrying(text.encode()))
    if text.startswith("["):
        with pytest.raises(ValueError, match="vector"):
            planted_text_vector(f"a cat nearimage:vector{text}")


def test_the_last_vector_of_a_text_counts() -> None:
    """Of several vectors in a text the last is taken, as texts are joined by putting one behind the other."""
    assert planted_text_vector(planted_text([2], planted_text([1]))) == (2.0,)


def test_a_lying_length_is_survived() -> None:
    """A chunk that claims to be longer than the file is no reason to fail otherwise than by a ValueError."""
    lying = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4s", 2**31, b"tEXt") + b"nearimage:vector\0[1]"
    with pytest.raises(ValueError, match="damaged"):
        planted_vector(lying + struct.pack(">I", zlib.crc32(b"tEXtnearimage:vector\0[1]")))
